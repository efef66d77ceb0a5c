/** Secrets of a coordinator, each in a file of its own that only its user can read. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "../../shared/errors.ts";
import { type Identity, identityFrom } from "../../shared/secure-sum/keys.ts";
import type { KeyedRole } from "../access.ts";

const algorithm = { name: "Ed25519" };

/** The Ed25519 key that signs rounds and checkpoints. */
export const coordinatorIdentity = (dataDir: string): Promise<Identity> => signingIdentity(dataDir, "coordinator");

/**
 * An Ed25519 key of its own for each part: `coordinator.key` or `witness.key`, PKCS #8. Made on first use.
 * @throws InputError when the file is damaged: another key would be another coordinator, or witness
 */
export async function signingIdentity(dataDir: string, part: "coordinator" | "witness"): Promise<Identity> {
  const file = join(dataDir, `${part}.key`);
  if (!existsSync(file)) await createIdentity(file).catch(unlessThere);
  return readIdentity(file, "Restore it from a copy, or start with a new folder.");
}

/** A new Ed25519 key, PKCS #8 in base64. A file that is there is never replaced. */
export async function createIdentity(file: string): Promise<void> {
  const pair = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const secret = Buffer.from(await crypto.subtle.exportKey("pkcs8", pair.privateKey)).toString("base64");
  writeSecret(dirname(file), file, secret);
}

/** @throws InputError when the file is not such a key */
export async function readIdentity(file: string, fix: string): Promise<Identity> {
  try {
    const pkcs8 = Buffer.from(readFileSync(file, "utf8"), "base64");
    const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, true, ["sign"]);
    const { x } = await crypto.subtle.exportKey("jwk", privateKey);
    const publicKey = await crypto.subtle.importKey("raw", Buffer.from(x!, "base64url"), algorithm, true, ["verify"]);
    return await identityFrom({ publicKey, privateKey });
  } catch {
    throw new InputError(file, "holds no Ed25519 key", fix);
  }
}

/**
 * What an operator or a researcher signs in with: `operator.key`, `researcher.key`, 256 random bits in base64url. Made on
 * first use.
 * @throws InputError when the file is damaged: an empty key would let everybody in
 */
export function accessKey(dataDir: string, role: KeyedRole): string {
  const file = join(dataDir, `${role}.key`);
  if (!existsSync(file))
    try {
      writeSecret(dataDir, file, randomBytes(32).toString("base64url"));
    } catch (error) {
      unlessThere(error);
    }
  const key = readFileSync(file, "utf8").trim();
  if (!/^[\w-]{43}$/.test(key))
    throw new InputError(file, `holds no ${role}'s key`, "Delete it; the next start makes a new one.");
  return key;
}

/** The files of a coordinator's secrets, by name */
export const keyFiles = ["coordinator.key", "operator.key", "researcher.key"] as const;

/** All of them, for a backup. @throws InputError when one is missing */
export function readKeys(dataDir: string): Record<(typeof keyFiles)[number], string> {
  const read = (name: string) => {
    const file = join(dataDir, name);
    if (!existsSync(file)) throw new InputError("--data-dir", `${dataDir} holds no ${name}`, "Name the right folder.");
    return readFileSync(file, "utf8").trim();
  };
  const [coordinator, operator, researcher] = keyFiles.map(read) as [string, string, string];
  return { "coordinator.key": coordinator, "operator.key": operator, "researcher.key": researcher };
}

/** From a backup. @throws InputError when another key is there: it is never replaced */
export function restoreKeys(dataDir: string, keys: Readonly<Record<(typeof keyFiles)[number], string>>): void {
  for (const name of keyFiles) {
    const file = join(dataDir, name);
    if (!existsSync(file)) writeSecret(dataDir, file, keys[name]);
    else if (readFileSync(file, "utf8").trim() !== keys[name])
      throw new InputError("--data-dir", `${dataDir} holds another ${name}`, "Restore into an empty folder.");
  }
}

/** Of several processes that start in one folder, one makes the key. */
function unlessThere(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
}

/** Whole and on the disk, or not there at all: a disk that fills up must not leave half a key. */
function writeSecret(dataDir: string, file: string, secret: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  const handle = openSync(draft, "w", 0o600);
  try {
    writeSync(handle, secret);
    fsyncSync(handle);
    // Unlike rename, link never replaces a key that came to be in the meantime.
    linkSync(draft, file);
  } finally {
    closeSync(handle);
    rmSync(draft, { force: true });
  }
}

/** The operator's key of a folder that has one. */
export function existingOperatorKey(dataDir: string): string | undefined {
  const file = join(dataDir, "operator.key");
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}
