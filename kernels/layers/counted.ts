/** What the snippet counted.wgsl needs: the tokens of a row, and the token numbers, where its padding shows. */
import type { PlacedLayer } from "../layout.ts";

/** The model's input; bound also where it has no token numbers and is not read. */
export const idsBuffer = "activation 0";

export const countedOf = ({ ids }: PlacedLayer, tokens: number) => ({
  constants: { TOKENS: tokens, ...(ids && { IDS_STRIDE: ids.stride }) },
  flags: { padded: ids !== undefined },
});
