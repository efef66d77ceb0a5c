/**
 * The four states of a vector on its way out of a tab, as types, so that an un-noised or unmasked
 * upload does not compile. Each brand is given in one file only (a test counts the casts):
 *
 *   Encoded ──▶ Noised ──▶ Masked ──▶ the socket
 *   encode.ts   discrete-gaussian.ts   masks.ts
 */
declare const stage: unique symbol;
interface Stage<Name extends string> {
  readonly [stage]: Name;
}

/** Integers whose change by one unit of privacy is at most the layout's `sensitivity` in L2. Never leaves the tab. */
export type Encoded = Int32Array & Stage<"encoded">;
/** Encoded plus this tab's share of exact discrete Gaussian noise. Never leaves the tab unmasked. */
export type Noised = Int32Array & Stage<"noised">;
/** Noised plus pairwise and self masks, modulo 2^bits: uniform to anyone without the keys. The only type the wire takes. */
export type Masked = Uint32Array & Stage<"masked">;
