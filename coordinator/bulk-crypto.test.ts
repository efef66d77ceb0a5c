import { expect, test } from "vitest";
import { keyAgreement } from "../shared/secure-sum/keys.ts";
import { addMask, pairKey, selfKey } from "../shared/secure-sum/masks.ts";
import { bulkCrypto } from "./bulk-crypto.ts";

test("a dropout's keys and what is derived from them are those a tab makes; a key of low order is refused", async () => {
  const context = { announcementHash: new Uint8Array(32).fill(1), rosterHash: new Uint8Array(32).fill(2) };
  const tab = await keyAgreement();
  const coordinator = await bulkCrypto.agreement(tab.secret);
  expect(coordinator.publicKey).toEqual(tab.publicKey);
  const peer = await keyAgreement();
  const shared = await tab.agree(peer.publicKey);
  expect(await coordinator.agree(peer.publicKey)).toEqual(shared);
  expect(await pairKey(context, shared, 1, 2, bulkCrypto.hkdf)).toEqual(await pairKey(context, shared, 1, 2));
  expect(await selfKey(context, shared, 1, bulkCrypto.hkdf)).toEqual(await selfKey(context, shared, 1));
  for (const low of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31))])
    await expect(coordinator.agree(low)).rejects.toThrow();
});

test("a tab's masks and the coordinator's are the same, at every width and over all pieces", async () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => 3 * i);
  for (const bits of [1, 20, 27, 32]) {
    const [tab, coordinator] = [new Uint32Array(200_003), new Uint32Array(200_003)];
    await addMask(tab, key, 1, bits);
    await addMask(coordinator, key, 1, bits, bulkCrypto.cipher);
    expect(coordinator).toEqual(tab);
    await addMask(coordinator, key, -1, bits, bulkCrypto.cipher);
    expect(coordinator.every((x) => x === 0)).toBe(true);
  }
});
