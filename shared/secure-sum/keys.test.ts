/** Every test runs twice: on the platform's curves, and on the fallback that stands in where the platform has none. */
import fc from "fast-check";
import nacl from "tweetnacl";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { fromHex, toHex } from "../canonical.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Keys = typeof import("./keys.ts");

const message = new TextEncoder().encode("a message");

/** The module as it is on a platform whose WebCrypto has never heard of the curves. */
async function withoutCurves(): Promise<Keys> {
  vi.resetModules();
  const importKey = crypto.subtle.importKey.bind(crypto.subtle) as (...args: unknown[]) => Promise<CryptoKey>;
  const spy = vi.spyOn(crypto.subtle, "importKey").mockImplementation(((...args: unknown[]) => {
    const name = (args[2] as { name?: string }).name ?? "";
    return ["X25519", "Ed25519"].includes(name) ? Promise.reject(new Error("not supported")) : importKey(...args);
  }) as never);
  const keys = await import("./keys.ts");
  // The module asks once by doing and remembers the answer.
  await keys.keyAgreement();
  await keys.generateIdentityKeys();
  spy.mockRestore();
  return keys;
}

async function withCurves(): Promise<Keys> {
  vi.resetModules();
  return import("./keys.ts");
}

/** 255-bit u-coordinates of order 1, 2, 4 or 8, with every encoding of each (Bernstein, «Curve25519», «Validate»). */
const lowOrderX25519 = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].flatMap((hex) => {
  // RFC 7748 §5: the top bit is ignored.
  const high = fromHex(hex);
  high[31]! |= 0x80;
  return [hex, toHex(high)];
});

/** y-coordinates of the eight points of small order, canonical and not, with both signs. */
const lowOrderEd25519 = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].flatMap((hex) => {
  const signed = fromHex(hex);
  signed[31]! |= 0x80;
  return [hex, toHex(signed)];
});

/** Order of the base point, RFC 8032 §5.1. */
const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const littleEndian = (bytes: Bytes) => bytes.reduceRight((n, byte) => (n << 8n) | BigInt(byte), 0n);
const bytesOf = (n: bigint) => Uint8Array.from({ length: 32 }, (_, i) => Number((n >> BigInt(8 * i)) & 255n));

describe.each([
  ["the platform's curves", withCurves],
  ["the fallback", withoutCurves],
])("with %s", (name, load) => {
  let keys: Keys;
  beforeAll(async () => {
    keys = await load();
  });

  test("is what is tested here", async () => {
    expect("secret" in (await keys.generateIdentityKeys())).toBe(name === "the fallback");
  });

  test("X25519 meets RFC 7748 §6.1", async () => {
    const alice = await keys.keyAgreement(fromHex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
    const bob = await keys.keyAgreement(fromHex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
    expect(toHex(alice.publicKey)).toBe("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    expect(toHex(bob.publicKey)).toBe("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    const secret = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
    expect(toHex(await alice.agree(bob.publicKey))).toBe(secret);
    expect(toHex(await bob.agree(alice.publicKey))).toBe(secret);
  });

  test("a signature verifies, and not on another message, key or signature", async () => {
    const identity = await keys.identityFrom(await keys.generateIdentityKeys());
    const other = await keys.identityFrom(await keys.generateIdentityKeys());
    const signature = await identity.sign(message);
    expect(await keys.verifySignature(identity.publicKey, signature, message)).toBe(true);
    expect(await keys.verifySignature(other.publicKey, signature, message)).toBe(false);
    expect(await keys.verifySignature(identity.publicKey, signature, message.slice(1))).toBe(false);
    for (let bit = 0; bit < 512; bit += 7) {
      const altered = signature.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(await keys.verifySignature(identity.publicKey, altered, message)).toBe(false);
    }
  });

  test("[9] a malleated signature, S + L, is refused", async () => {
    const identity = await keys.identityFrom(await keys.generateIdentityKeys());
    const signature = await identity.sign(message);
    for (let s = littleEndian(signature.slice(32)) + order; s < 2n ** 256n; s += order) {
      const malleated = new Uint8Array([...signature.slice(0, 32), ...bytesOf(s)]);
      expect(await keys.verifySignature(identity.publicKey, malleated, message)).toBe(false);
    }
  });

  test.each(lowOrderX25519)("[5] the low-order X25519 key %s is refused", async (hex) => {
    const own = await keys.keyAgreement();
    await expect(own.agree(fromHex(hex))).rejects.toThrow();
  });

  test.each(lowOrderEd25519)("nothing is signed by the low-order Ed25519 key %s", async (hex) => {
    const key = fromHex(hex);
    // With S = 0, R a point of small order and k·A of small order, the equation holds for some messages.
    for (const r of lowOrderEd25519.slice(0, 10)) {
      for (let n = 0; n < 8; n++) {
        const signature = new Uint8Array([...fromHex(r), ...new Uint8Array(32)]);
        expect(await keys.verifySignature(key, signature, new Uint8Array([n]))).toBe(false);
      }
    }
  });

  test("malformed keys and signatures are refused without throwing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ maxLength: 70 }), async (key, signature) => {
        expect(await keys.verifySignature(new Uint8Array(key), new Uint8Array(signature), message)).toBe(false);
      }),
      { seed: 2 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        async (key, signature) => {
          expect(await keys.verifySignature(new Uint8Array(key), new Uint8Array(signature), message)).toBe(false);
        },
      ),
      { seed: 2 },
    );
  });

  test("a peer key of another length is refused", async () => {
    const own = await keys.keyAgreement();
    for (const length of [0, 31, 33]) await expect(own.agree(new Uint8Array(length).fill(9))).rejects.toThrow();
  });
});

test("[5] a platform that lets a low-order key pass is caught by the secret of zeros", async () => {
  const keys = await withCurves();
  const own = await keys.keyAgreement();
  const spy = vi.spyOn(crypto.subtle, "deriveBits").mockResolvedValue(new ArrayBuffer(32));
  await expect(own.agree(new Uint8Array(32).fill(9))).rejects.toThrow("low order");
  spy.mockRestore();
});

describe("the platform's curves and the fallback agree byte for byte", () => {
  let platform: Keys;
  let fallback: Keys;
  beforeAll(async () => {
    fallback = await withoutCurves();
    platform = await withCurves();
  });
  afterAll(() => vi.resetModules());

  test("on X25519 public keys and shared secrets", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        async (mine, theirs) => {
          const [a, b] = await Promise.all([
            platform.keyAgreement(new Uint8Array(mine)),
            fallback.keyAgreement(new Uint8Array(mine)),
          ]);
          expect(toHex(a.publicKey)).toBe(toHex(b.publicKey));
          const peer = (await fallback.keyAgreement(new Uint8Array(theirs))).publicKey;
          expect(toHex(await a.agree(peer))).toBe(toHex(await b.agree(peer)));
        },
      ),
      { seed: 3, numRuns: 50 },
    );
  });

  test("on Ed25519: RFC 8032 §7.1, and each verifies what the other signs", async () => {
    // TEST 2 of RFC 8032 §7.1.
    const secret = fromHex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    const own = await fallback.identityFrom({ secret });
    expect(toHex(own.publicKey)).toBe("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    const signature = await own.sign(new Uint8Array([0x72]));
    expect(toHex(signature)).toBe(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
    const wrapped = new Uint8Array([...fromHex("302e020100300506032b657004220420"), ...secret]);
    const privateKey = await crypto.subtle.importKey("pkcs8", wrapped, { name: "Ed25519" }, false, ["sign"]);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const text = new Uint8Array(bytes);
        const a = new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, privateKey, text));
        expect(toHex(a)).toBe(toHex(await own.sign(text)));
        expect(await platform.verifySignature(own.publicKey, a, text)).toBe(true);
        expect(await fallback.verifySignature(own.publicKey, a, text)).toBe(true);
      }),
      { seed: 3, numRuns: 50 },
    );
  });

  test("and so does tweetnacl: keys, shared secrets and signatures, each way", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 200 }),
        async (mine, theirs, text) => {
          const [secret, peerSecret, message] = [mine, theirs, text].map((bytes) => new Uint8Array(bytes)) as Bytes[];
          const peer = nacl.scalarMult.base(peerSecret!);
          const signer = nacl.sign.keyPair.fromSeed(secret!);
          const signature = new Uint8Array(nacl.sign.detached(message!, signer.secretKey));
          for (const keys of [platform, fallback]) {
            const own = await keys.keyAgreement(secret);
            expect(toHex(own.publicKey)).toBe(toHex(nacl.scalarMult.base(secret!)));
            expect(toHex(await own.agree(new Uint8Array(peer)))).toBe(toHex(nacl.scalarMult(secret!, peer)));
            expect(await keys.verifySignature(new Uint8Array(signer.publicKey), signature, message!)).toBe(true);
          }
          const identity = await fallback.identityFrom({ secret: secret! });
          expect(toHex(await identity.sign(message!))).toBe(toHex(signature));
        },
      ),
      { seed: 9, numRuns: 20 },
    );
  });
});

test("[5] [9] tweetnacl by itself takes low-order keys and malleated signatures, which is why nobody here asks it", () => {
  const low = fromHex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
  expect(toHex(nacl.scalarMult(new Uint8Array(32).fill(5), low))).toBe("00".repeat(32));
  const signer = nacl.sign.keyPair.fromSeed(new Uint8Array(32).fill(5));
  const signature = nacl.sign.detached(message, signer.secretKey);
  const s = bytesOf(littleEndian(new Uint8Array(signature.slice(32))) + order);
  const malleated = new Uint8Array([...signature.slice(0, 32), ...s]);
  expect(nacl.sign.detached.verify(message, malleated, signer.publicKey)).toBe(true);
});
