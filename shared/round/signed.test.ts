/** Where the curves come from a part of the page that does not come, nothing is said of a signature. */
import { afterEach, expect, test, vi } from "vitest";
import { toHex } from "../canonical.ts";
import { generateIdentityKeys, identityFrom } from "../secure-sum/keys.ts";
import { signBody } from "./signed.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.doUnmock("@noble/curves/ed25519.js");
  vi.resetModules();
});

test("a fallback that cannot be loaded is an error, and a signature that is none is still no signature", async () => {
  const signer = await identityFrom(await generateIdentityKeys());
  const message = await signBody("review", { decision: "approve" }, signer);
  const key = toHex(signer.publicKey);
  vi.resetModules();
  vi.spyOn(crypto.subtle, "importKey").mockRejectedValue(new Error("not supported"));
  vi.doMock("@noble/curves/ed25519.js", () => {
    throw new TypeError("Failed to fetch dynamically imported module");
  });
  const { isSignedBy } = await import("./signed.ts");
  await expect(isSignedBy("review", message, key)).rejects.toThrow();
  expect(await isSignedBy("review", { ...message, signature: "no hex" }, key)).toBe(false);
});
