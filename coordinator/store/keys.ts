/** Secrets of a coordinator, each in a file of its own that only its user can read. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Identity, identityFrom } from "../../shared/secure-sum/keys.ts";

/** The Ed25519 key that signs rounds and checkpoints: `coordinator.key`, PKCS #8. Made on first use. */
export async function coordinatorIdentity(dataDir: string): Promise<Identity> {
  const file = join(dataDir, "coordinator.key");
  const algorithm = { name: "Ed25519" };
  if (!existsSync(file)) {
    const pair = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
    const secret = Buffer.from(await crypto.subtle.exportKey("pkcs8", pair.privateKey)).toString("base64");
    writeSecret(dataDir, file, secret);
  }
  const pkcs8 = Buffer.from(readFileSync(file, "utf8"), "base64");
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", privateKey);
  const publicKey = await crypto.subtle.importKey("raw", Buffer.from(x!, "base64url"), algorithm, true, ["verify"]);
  return identityFrom({ publicKey, privateKey });
}

/** What the operator signs in with: `operator.key`, 256 random bits. Made on first use. */
export function operatorKey(dataDir: string): string {
  const file = join(dataDir, "operator.key");
  if (!existsSync(file)) writeSecret(dataDir, file, randomBytes(32).toString("base64url"));
  return readFileSync(file, "utf8").trim();
}

function writeSecret(dataDir: string, file: string, secret: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(file, secret, { mode: 0o600, flag: "wx" });
}

/** The operator's key of a folder that has one. */
export function existingOperatorKey(dataDir: string): string | undefined {
  const file = join(dataDir, "operator.key");
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}
