import { beforeAll, expect, test } from "vitest";
import { fromBase64, toBase64 } from "../canonical.ts";
import { generateIdentityKeys, type Identity, identityFrom } from "../secure-sum/keys.ts";
import { openCheckpoint, signCheckpoint } from "./checkpoint.ts";

const root = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
let signer: Identity;
let note: string;
beforeAll(async () => {
  signer = await identityFrom(await generateIdentityKeys());
  note = await signCheckpoint({ size: 17, root }, signer.publicKey, signer);
});

test("a checkpoint is a signed note: origin, size, root, and one signature line", async () => {
  const lines = note.split("\n");
  expect(lines.slice(0, 4)).toEqual(["murmur/ledger", "17", toBase64(root), ""]);
  expect(lines[4]).toMatch(/^— murmur\/ledger [A-Za-z0-9+/]{91}=$/);
  expect(lines.slice(5)).toEqual([""]);
  expect(await openCheckpoint(note, signer.publicKey)).toEqual({ size: 17, root });
});

test("it is of no other key", async () => {
  const other = await identityFrom(await generateIdentityKeys());
  expect(await openCheckpoint(note, other.publicKey)).toBeUndefined();
  const forged = await signCheckpoint({ size: 17, root }, signer.publicKey, other);
  expect(await openCheckpoint(forged, signer.publicKey)).toBeUndefined();
});

test("any change of any character is refused", async () => {
  for (let at = 0; at < note.length; at++) {
    for (const other of ["A", "0", "\n", " "]) {
      const altered = note.slice(0, at) + other + note.slice(at + 1);
      if (altered !== note) expect(await openCheckpoint(altered, signer.publicKey), `${at} ${other}`).toBeUndefined();
    }
    expect(await openCheckpoint(note.slice(0, at) + note.slice(at + 1), signer.publicKey)).toBeUndefined();
  }
  for (const altered of [`${note}\n`, ` ${note}`, note + note, ""])
    expect(await openCheckpoint(altered, signer.publicKey)).toBeUndefined();
});

test("another spelling of the same base64 is refused", async () => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const text = toBase64(root);
  const last = alphabet.indexOf(text[42]!);
  const spelling = `${text.slice(0, 42)}${alphabet[last ^ 1]}=`;
  expect(fromBase64(spelling)).toEqual(root);
  expect(await openCheckpoint(note.replace(text, spelling), signer.publicKey)).toBeUndefined();
});

test("a size that is not a plain safe integer is refused even when it is signed", async () => {
  for (const size of [-1, 1.5, 2 ** 60]) {
    const signed = await signCheckpoint({ size, root }, signer.publicKey, signer);
    expect(await openCheckpoint(signed, signer.publicKey)).toBeUndefined();
  }
});
