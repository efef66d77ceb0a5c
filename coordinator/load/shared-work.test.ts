import { expect, test } from "vitest";
import { generateIdentityKeys, identityFrom, keyAgreement } from "../../shared/secure-sum/keys.ts";
import { webCryptoHkdf } from "../../shared/secure-sum/masks.ts";
import { sharedCrypto } from "./shared-work.ts";

const bytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));

test("members of one process derive what tabs do", async () => {
  const { hkdf, agreement } = sharedCrypto();
  const [secret, salt, info] = [bytes(32), bytes(32), bytes(77)];
  expect(await hkdf(secret, salt, info)).toEqual(await webCryptoHkdf(secret, salt, info));
  const [one, other] = [bytes(32), bytes(32)];
  const [here, there] = [await agreement(one), await keyAgreement(other)];
  expect(here.publicKey).toEqual((await keyAgreement(one)).publicKey);
  const agreed = await there.agree(here.publicKey);
  expect(await here.agree(there.publicKey)).toEqual(agreed);
  // The other end's turn, then anew.
  for (let i = 0; i < 2; i++) expect(await (await agreement(other)).agree(here.publicKey)).toEqual(agreed);
  await expect(here.agree(new Uint8Array(32))).rejects.toThrow();
});

test("a signature that was checked before is right or wrong as it was; another message under it is another question", async () => {
  const { verify } = sharedCrypto();
  const identity = await identityFrom(await generateIdentityKeys());
  const message = bytes(100);
  const signature = await identity.sign(message);
  for (let i = 0; i < 2; i++) {
    expect(await verify(identity.publicKey, signature, message)).toBe(true);
    expect(await verify(identity.publicKey, signature, bytes(100))).toBe(false);
    expect(await verify(identity.publicKey, bytes(64), message)).toBe(false);
  }
});
