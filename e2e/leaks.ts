/**
 * Looks for what must not be in what a coordinator received. Returns findings, so that a test can also show that broken
 * privacy is found.
 */
import { pack } from "../shared/secure-sum/packing.ts";
import { tabMessages } from "../shared/wire.ts";
import type { Heard } from "./wiretap.ts";

export interface Secrets {
  /** Texts of cells, columns and groups that only the tabs know of or only they could tell */
  texts: string[];
  numbers: number[];
  /** Every tab's vectors, before noise and with it */
  vectors: { encoded: Int32Array; noised: Int32Array }[];
}

/** What a tab may say, by event: paths of the message's values. Written out: a new one is to be thought about here too. */
const allowed: Record<string, string[]> = {
  hello: ["identity", "invite", "ledgerSize", "run", "signature"],
  ready: ["body.announcementHash", "body.boxKey", "body.commitment", "body.identity", "body.maskKey", "signature"],
  nonce: ["nonce", "rosterHash"],
  shares: [
    "boxes",
    "shares.body.boxesHash",
    "shares.body.commitment",
    "shares.body.from",
    "shares.body.rosterHash",
    "shares.signature",
  ],
  masked: ["body.deliveryHash", "body.from", "body.rosterHash", "body.sha256", "signature"],
  agreement: ["body.from", "body.survivorsHash", "signature"],
  unmask: ["shares", "unmask.body.from", "unmask.body.sharesHash", "unmask.body.survivorsHash", "unmask.signature"],
  decline: ["announcementHash", "reason"],
};

/** χ² over 256 byte values has mean 255 and deviation 22.6: above 420 a uniform source is 1 time in 10^9. */
const largestChiSquare = 420;

export function findLeaks(heard: readonly Heard[], secrets: Secrets): string[] {
  const findings = new Set<string>();
  const payloads: Buffer[] = [];
  const haystacks: Buffer[] = [];
  for (const { raw, frames } of heard) {
    haystacks.push(raw, Buffer.concat(frames.map((frame) => frame.data)));
    for (const { binary, data } of frames) {
      if (binary && data.length >= 4) payloads.push(data);
      if (binary) continue;
      const leaves = checkMessage(String(data), findings);
      // What is told in hex or base64 is looked into as bytes, too.
      for (const text of leaves) haystacks.push(Buffer.from(text, "hex"), Buffer.from(text, "base64"));
    }
  }
  for (const text of secrets.texts)
    if (
      spellingsOf(Buffer.from(text))
        .concat(Buffer.from(text, "utf16le"), Buffer.from(encodeURIComponent(text)))
        .some((s) => isIn(haystacks, s))
    )
      findings.add(`the text «${text}»`);
  for (const number of secrets.numbers)
    if (numberSpellings(number).some((s) => isIn(haystacks, s))) findings.add(`the number ${number}`);

  for (const { encoded, noised } of secrets.vectors) {
    for (const [name, vector] of Object.entries({ encoded, noised })) {
      const packed = Buffer.from(pack(Uint32Array.from(vector) as never, 32));
      if (payloads.some((payload) => payload.equals(packed))) findings.add(`a vector as it was ${name}`);
      // Even a piece of it; zeros stand anywhere.
      const piece = packed.subarray(0, 32);
      if (piece.some((byte) => byte !== 0) && isIn(haystacks, piece))
        findings.add(`a piece of a vector as it was ${name}`);
    }
  }
  const counts = new Float64Array(256);
  for (const payload of payloads) for (const byte of payload) counts[byte]!++;
  const expected = payloads.reduce((sum, payload) => sum + payload.length, 0) / 256;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // Negated, so that no payload at all (NaN) is a finding.
  if (!(chiSquare < largestChiSquare)) findings.add(`payloads are not uniform: χ² ${chiSquare.toFixed(0)}`);
  return [...findings];
}

/** One Socket.IO packet against the list. @returns the texts in it */
function checkMessage(packet: string, findings: Set<string>): string[] {
  // Engine.IO's pong, and Socket.IO's connect and disconnect of the namespace.
  if (/^(3|40\/tab,|41\/tab,?)$/.test(packet)) return [];
  const [, json] = /^4(?:2|51-)\/tab,\d+(\[.*\])$/s.exec(packet) ?? [];
  if (json === undefined) {
    findings.add(`a packet of another kind: ${packet.slice(0, 40)}`);
    return [];
  }
  // The bytes themselves follow in a frame of their own.
  const bytes = new Uint8Array();
  const isPlace = (value: unknown) => JSON.stringify(value) === '{"_placeholder":true,"num":0}';
  const [event, message, ...rest] = JSON.parse(json, (_, value) => (isPlace(value) ? bytes : value)) as [
    string,
    unknown,
    ...unknown[],
  ];
  if (event === "piece" && message === bytes && rest.length === 0) return [];
  const paths = allowed[event];
  const schema = Object.hasOwn(tabMessages, event) && tabMessages[event as keyof typeof tabMessages];
  if (!paths || !schema) {
    findings.add(`an event «${event}»`);
    return [];
  }
  if (!schema.safeParse(message).success) findings.add(`a malformed «${event}»`);
  if (rest.length > 0) findings.add(`more than one message in «${event}»`);
  const texts: string[] = [];
  const walk = (value: unknown, path: string) => {
    if (typeof value === "object" && value !== null && value !== bytes) {
      for (const [key, inner] of Object.entries(value)) walk(inner, `${path}${path && "."}${key}`);
      return;
    }
    if (!paths.includes(path)) findings.add(`«${path}» in «${event}»`);
    if (typeof value === "string") texts.push(value);
  };
  walk(message, "");
  return texts;
}

const isIn = (haystacks: readonly Buffer[], needle: Buffer) => haystacks.some((haystack) => haystack.includes(needle));

/** As bytes, in hex, and in base64 at each of the three places in which it may begin. */
function spellingsOf(bytes: Buffer): Buffer[] {
  const hex = bytes.toString("hex");
  const base64 = [0, 1, 2].flatMap((skipped) => {
    const text = Buffer.concat([Buffer.alloc(skipped), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    // Characters at both ends also hold neighbours' bits.
    const own = text.slice(skipped === 0 ? 0 : skipped + 1, -1);
    return [own, own.replaceAll("+", "-").replaceAll("/", "_")];
  });
  return [bytes, ...[hex, hex.toUpperCase(), ...base64].map((text) => Buffer.from(text))];
}

/** By four bytes of chance, a megabyte of noise holds a given f32 once in 4000 runs; marks are few. */
function numberSpellings(number: number): Buffer[] {
  const view = new DataView(new ArrayBuffer(24));
  view.setFloat32(0, number, true);
  view.setFloat32(4, number, false);
  view.setFloat64(8, number, true);
  view.setFloat64(16, number, false);
  const bytes = Buffer.from(view.buffer);
  const wide = [bytes.subarray(8, 16), bytes.subarray(16, 24)].flatMap(spellingsOf);
  return [Buffer.from(String(number)), bytes.subarray(0, 4), bytes.subarray(4, 8), ...wide];
}
