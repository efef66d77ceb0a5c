import { expect, test } from "vitest";
import { generateIdentityKeys, identityFrom, keyAgreement, verifySignature } from "../shared/secure-sum/keys.ts";
import { addMasks, pairKey, selfKey } from "../shared/secure-sum/masks.ts";
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
    await addMasks(tab, [key], 1, bits);
    await addMasks(coordinator, [key], 1, bits, bulkCrypto.cipher);
    expect(coordinator).toEqual(tab);
    await addMasks(coordinator, [key], -1, bits, bulkCrypto.cipher);
    expect(coordinator.every((x) => x === 0)).toBe(true);
  }
});

test("[9] the coordinator takes and refuses the same signatures as a tab: altered, malleated, by keys of low order", async () => {
  const identity = await identityFrom(await generateIdentityKeys());
  const message = new TextEncoder().encode("a message");
  const good = await identity.sign(message);
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  let s = order + BigInt(`0x${Buffer.from(good.slice(32)).reverse().toString("hex")}`);
  const malleated = good.slice();
  for (let i = 32; i < 64; i++, s >>= 8n) malleated[i] = Number(s & 255n);
  const low = Uint8Array.of(1, ...new Uint8Array(31));
  const cases = [
    [identity.publicKey, good, message, true],
    [identity.publicKey, good, message.slice(1), false],
    [identity.publicKey, good.map((byte, i) => (i === 40 ? byte ^ 1 : byte)), message, false],
    [identity.publicKey, malleated, message, false],
    [low, new Uint8Array([...low, ...new Uint8Array(32)]), message, false],
    [new Uint8Array(31), good, message, false],
    [identity.publicKey, good.slice(1), message, false],
  ] as const;
  for (const [key, signature, text, right] of cases) {
    expect(await verifySignature(key, signature, text)).toBe(right);
    expect(await verifySignature(key, signature, text, bulkCrypto.verify)).toBe(right);
  }
});
