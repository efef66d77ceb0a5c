/**
 * The ledger as static files, C2SP tlog-tiles: anyone may mirror it with ordinary tools, and check the mirror offline.
 *
 *   checkpoint                     signed note (checkpoint.ts)
 *   tile/<L>/<N>[.p/<W>]           256 hashes of level 8·L, or the W that there are; 32 bytes each
 *   tile/entries/<N>[.p/<W>]       the entries under a level-0 tile, each after its length in 16 bits
 *   vkey                           the log's key in note form, «name+id+key»; not of tlog-tiles: a reader should know it
 *
 * N is written in groups of three digits, all but the last with an x before: 1234067 is x001/x234/067.
 */
import { fromBase64, toBase64, toHex } from "../canonical.ts";
import { keyId, openCheckpoint, origin } from "./checkpoint.ts";
import type { LedgerFile } from "./file.ts";
import { leafHash, MerkleTree } from "./tree.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export const tileWidth = 256;
const hashBytes = 32;

/** `level` is a number, or the entries themselves. */
export interface Tile {
  level: number | "entries";
  index: number;
  /** 1 … 256; below 256 the tile is partial */
  width: number;
}

export function tilePath({ level, index, width }: Tile): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/\d{3}/g)!;
  const place = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join("/");
  return `tile/${level}/${place}${width < tileWidth ? `.p/${width}` : ""}`;
}

/** Undefined unless the path is a tile's in its one spelling. */
export function parseTilePath(path: string): Tile | undefined {
  const match = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (!match) return undefined;
  const tile: Tile = {
    level: match[1] === "entries" ? "entries" : Number(match[1]),
    index: Number(match[2]!.replaceAll(/[x/]/g, "")),
    width: match[3] === undefined ? tileWidth : Number(match[3]),
  };
  return tile.width >= 1 && tilePath(tile) === path ? tile : undefined;
}

/** Every tile of a log of `size` entries, the partial ones only where they are the last. */
export function tilesOf(size: number): Tile[] {
  const tiles: Tile[] = [];
  const add = (level: Tile["level"], count: number) => {
    for (let index = 0; index * tileWidth < count; index++)
      tiles.push({ level, index, width: Math.min(tileWidth, count - index * tileWidth) });
  };
  add("entries", size);
  for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / tileWidth)) add(level, count);
  return tiles;
}

/** A level's tile out of the tree; undefined where the log is not that long. */
export async function hashTile(tree: MerkleTree, tile: Tile): Promise<Bytes | undefined> {
  if (tile.level === "entries") return undefined;
  const span = tileWidth ** tile.level;
  const first = tile.index * tileWidth;
  if ((first + tile.width) * span > tree.size) return undefined;
  const bytes = new Uint8Array(tile.width * hashBytes);
  for (let i = 0; i < tile.width; i++) bytes.set(await tree.subtree((first + i) * span, span), i * hashBytes);
  return bytes;
}

/** @param entries those of one tile, in order */
export function entryBundle(entries: readonly Uint8Array[]): Bytes {
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const entry of entries) {
    view.setUint16(at, entry.length);
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bytes;
}

function openBundle(bytes: Uint8Array): Uint8Array[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 2 <= bytes.length ? at + 2 + view.getUint16(at) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) return undefined;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}

/** signed-note: a verifier key, «name+hex of its id+base64 of 0x01 and the Ed25519 key». */
export async function verifierKey(publicKey: Bytes): Promise<string> {
  return `${origin}+${toHex(await keyId(publicKey))}+${toBase64(Uint8Array.of(1, ...publicKey))}`;
}

export async function openVerifierKey(text: string): Promise<Bytes | undefined> {
  const match = /^[^+]+\+[0-9a-f]{8}\+([A-Za-z0-9+/]{44})$/.exec(text);
  if (!match) return undefined;
  const publicKey = fromBase64(match[1]!).slice(1);
  return (await verifierKey(publicKey)) === text ? publicKey : undefined;
}

/**
 * A mirror read back: the ledger it holds, and what is wrong with its tiles. Whether the entries themselves are right is
 * checked afterwards, as for any ledger (file.ts).
 * @param read a file's bytes by its path, undefined where there is none
 */
export async function readMirror(
  read: (path: string) => Promise<Uint8Array | undefined>,
): Promise<{ ledger?: LedgerFile; problems: string[] }> {
  const text = async (path: string) => {
    const bytes = await read(path);
    return bytes && new TextDecoder("utf-8").decode(new Uint8Array(bytes));
  };
  const publicKey = await openVerifierKey(((await text("vkey")) ?? "").trimEnd());
  if (!publicKey) return { problems: ["vkey is not the key of a Murmur ledger"] };
  const note = (await text("checkpoint")) ?? "";
  const checkpoint = await openCheckpoint(note, publicKey);
  if (!checkpoint) return { problems: ["the checkpoint is malformed or not signed by the ledger's key"] };
  const problems: string[] = [];
  const leaves: string[] = [];
  const tree = new MerkleTree();
  for (const tile of tilesOf(checkpoint.size)) {
    const path = tilePath(tile);
    const bytes = await read(path);
    if (tile.level === "entries") {
      const entries = bytes && openBundle(bytes);
      if (entries?.length !== tile.width) return { problems: [`${path} does not hold ${tile.width} entries`] };
      for (const entry of entries) {
        leaves.push(new TextDecoder("utf-8").decode(new Uint8Array(entry)));
        tree.push(await leafHash(entry));
      }
    } else {
      const expected = await hashTile(tree, tile);
      if (!bytes || bytes.length !== expected!.length || !expected!.every((byte, i) => byte === bytes[i]))
        problems.push(`${path} does not hold the hashes of its entries`);
    }
  }
  return { ledger: { publicKey: toHex(publicKey), checkpoint: note, leaves }, problems };
}
