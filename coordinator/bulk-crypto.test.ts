import { expect, test } from "vitest";
import { addMask } from "../shared/secure-sum/masks.ts";
import { bulkCrypto } from "./bulk-crypto.ts";

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
