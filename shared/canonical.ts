import canonicalize from "canonicalize";

/** What may stand in a signed or hashed body: no floats in disguise, no undefined, no binary. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** RFC 8785 (JSON Canonicalization Scheme) bytes of `body`; throws on NaN, infinities and undefined. */
export function canonicalBytes(body: unknown): Uint8Array<ArrayBuffer> {
  const text = canonicalize(body);
  if (text === undefined) throw new TypeError("canonicalBytes: the body has no JSON form");
  return new TextEncoder().encode(text);
}

/** SHA-256: WebCrypto's in a tab, the platform's own where there are thousands of small ones to make. */
export type Sha256 = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;

export const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** Lower-case hexadecimal SHA-256 of the canonical bytes of `body`. */
export async function hashOf(body: unknown): Promise<string> {
  return toHex(await sha256(canonicalBytes(body)));
}

const hexDigits = new TextEncoder().encode("0123456789abcdef");
const ascii = new TextDecoder();

export function toHex(bytes: Uint8Array): string {
  // One flat string: put together digit by digit it would be a tree of them, ten times as large.
  const digits = new Uint8Array(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    digits[2 * i] = hexDigits[bytes[i]! >>> 4]!;
    digits[2 * i + 1] = hexDigits[bytes[i]! & 15]!;
  }
  return ascii.decode(digits);
}

/** By character code; 16 for what is none. */
const hexValues = new Uint8Array(256).fill(16);
for (const [value, digit] of hexDigits.entries()) hexValues[digit] = value;

/** @throws TypeError where the text is not lower-case hexadecimal of whole bytes */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length >>> 1);
  let isWrong = text.length % 2 !== 0;
  for (let i = 0; i < bytes.length; i++) {
    const high = hexValues[text.charCodeAt(2 * i)] ?? 16;
    const low = hexValues[text.charCodeAt(2 * i + 1)] ?? 16;
    isWrong ||= high > 15 || low > 15;
    bytes[i] = (high << 4) | low;
  }
  if (isWrong) throw new TypeError("fromHex: not lower-case hexadecimal");
  return bytes;
}

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
