/** Adversarial test 15: whatever clients send, only a few vectors are in memory at a time, and each refusal has a name. */
import { beforeAll, expect, test, vi } from "vitest";
import { toHex } from "../shared/canonical.ts";
import type { Adding } from "../shared/round/3-masked.ts";
import { signBody } from "../shared/round/signed.ts";
import { generateIdentityKeys, type Identity, identityFrom } from "../shared/secure-sum/keys.ts";
import { bulkCrypto } from "./bulk-crypto.ts";
import { Uploads } from "./uploads.ts";

const clients = 20;
let identities: Identity[];
beforeAll(async () => {
  const keys = await Promise.all(Array.from({ length: clients }, generateIdentityKeys));
  identities = await Promise.all(keys.map(identityFrom));
});
const who = (i: number) => toHex(identities[i]!.publicKey);

/** Vectors of 4 MB, so that no more than the fewest places are open. */
function adding(): Adding {
  const dimension = 2 ** 20;
  return {
    cohort: { rosterHash: "r" },
    identities: identities.map((_, i) => who(i)),
    deliveryHash: "d",
    partners: new Map(identities.map((_, i) => [i, []])),
    plan: { layout: { dimension }, bits: 32 },
    received: new Set(),
    sum: new Uint32Array(dimension),
    startHash: bulkCrypto.startHash,
    verify: bulkCrypto.verify,
  } as unknown as Adding;
}
const header = (i: number) =>
  signBody("masked", { rosterHash: "r", from: i, deliveryHash: "d", sha256: "00".repeat(32) }, identities[i]!);
/** Each is given back when it has been taken. */
const piece = () => new Uint8Array(2 ** 18);

test("[15] only so many uploads are open at a time; the others wait, and each that ends lets one in", async () => {
  const uploads = new Uploads(adding(), 60_000, () => {});
  const granted: number[] = [];
  const answers = identities.map(async (_, i) => {
    await uploads.admit(who(i), { header: await header(i) });
    granted.push(i);
  });
  const has = (count: number) => vi.waitFor(() => expect(granted).toHaveLength(count), { timeout: 60_000 });
  await has(uploads.places);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await has(uploads.places);
  expect(uploads.places).toBeLessThan(clients);
  for (let i = 0; i < clients; i++) {
    uploads.release(who(granted[i]!));
    await has(Math.min(clients, uploads.places + i + 1));
  }
  await Promise.all(answers);
});

test("[15] ten thousand tiny pieces end with the first; an endless upload ends where its vector would", async () => {
  const state = adding();
  const uploads = new Uploads(state, 60_000, () => {});
  await uploads.admit(who(0), { header: await header(0) });
  let refused = 0;
  for (let i = 0; i < 10_000; i++)
    await uploads.admit(who(0), { piece: new Uint8Array(1) }).catch((error: Error) => {
      expect(error.message).toBe(i === 0 ? "payload-invalid" : "message-invalid");
      refused++;
    });
  expect(refused).toBe(10_000);
  await uploads.admit(who(1), { header: await header(1) });
  for (let i = 0; i < 15; i++) expect(await uploads.admit(who(1), { piece: piece() })).toBe("more");
  // The sixteenth piece is the last one there is room for, and its hash is wrong.
  await expect(uploads.admit(who(1), { piece: piece() })).rejects.toThrow("payload-invalid");
  await expect(uploads.admit(who(1), { piece: piece() })).rejects.toThrow("message-invalid");
  expect(state.received.size).toBe(0);
  expect(state.sum.every((x) => x === 0)).toBe(true);
});

test("[15] one sender's pieces never end up in another's vector, and a second header ends the upload", async () => {
  const uploads = new Uploads(adding(), 60_000, () => {});
  await uploads.admit(who(0), { header: await header(0) });
  await expect(uploads.admit(who(1), { piece: piece() })).rejects.toThrow("message-invalid");
  await expect(uploads.admit(who(1), { header: await header(0) })).rejects.toThrow("message-invalid");
  await expect(uploads.admit(who(0), { header: await header(0) })).rejects.toThrow("duplicate");
  await expect(uploads.admit(who(0), { piece: piece() })).rejects.toThrow("message-invalid");
});

test("[15] who has its turn and is silent is reported; when the phase is over the waiting are told so", async () => {
  const silent: string[] = [];
  const uploads: Uploads = new Uploads(adding(), 300, (identity) => {
    silent.push(identity);
    uploads.release(identity);
  });
  const headers = await Promise.all(identities.map((_, i) => header(i)));
  const answers = headers.map((header, i) => uploads.admit(who(i), { header }).catch((error: Error) => error.message));
  await vi.waitFor(() => expect(silent.length).toBeGreaterThanOrEqual(uploads.places), { timeout: 60_000 });
  uploads.close();
  expect(await Promise.all(answers)).toContain("timed-out");
});
