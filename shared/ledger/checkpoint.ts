/**
 * A signed checkpoint of the log: C2SP tlog-checkpoint (origin, size, base64 root) as a C2SP signed note with one Ed25519
 * signature.
 */
import { fromBase64, sha256, toBase64 } from "../canonical.ts";
import { type Identity, verifySignature } from "../secure-sum/keys.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export const origin = "murmur/ledger";

export interface Checkpoint {
  size: number;
  /** 32 bytes */
  root: Bytes;
}

const encode = (text: string) => new TextEncoder().encode(text);
const body = ({ size, root }: Checkpoint): string => `${origin}\n${size}\n${toBase64(root)}\n`;

/** signed-note: the key's name in a note, SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key)[:4]; 0x01 stands for Ed25519. */
export async function keyId(publicKey: Bytes): Promise<Bytes> {
  const name = encode(`${origin}\n`);
  const bytes = new Uint8Array(name.length + 1 + publicKey.length);
  bytes.set(name);
  bytes[name.length] = 1;
  bytes.set(publicKey, name.length + 1);
  return (await sha256(bytes)).slice(0, 4);
}

export async function signCheckpoint(
  checkpoint: Checkpoint,
  publicKey: Bytes,
  signer: Pick<Identity, "sign">,
): Promise<string> {
  const text = body(checkpoint);
  const signature = await signer.sign(encode(text));
  const line = new Uint8Array(4 + signature.length);
  line.set(await keyId(publicKey));
  line.set(signature, 4);
  return `${text}\n— ${origin} ${toBase64(line)}\n`;
}

/** The checkpoint in a note, or undefined unless it is exactly well-formed and signed by `publicKey`. */
export async function openCheckpoint(note: string, publicKey: Bytes): Promise<Checkpoint | undefined> {
  const match = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n\n— ([^ \n]+) ([A-Za-z0-9+/]{91}=)\n$/u.exec(note);
  if (!match || match[1] !== origin || match[4] !== origin) return undefined;
  const checkpoint = { size: Number(match[2]), root: fromBase64(match[3]!) };
  const line = fromBase64(match[5]!);
  // Base64 has several spellings of one value; only the canonical one is taken.
  if (!Number.isSafeInteger(checkpoint.size) || toBase64(checkpoint.root) !== match[3] || toBase64(line) !== match[5])
    return undefined;
  const id = await keyId(publicKey);
  if (!id.every((byte, i) => byte === line[i])) return undefined;
  return (await verifySignature(publicKey, line.slice(4), encode(body(checkpoint)))) ? checkpoint : undefined;
}
