/**
 * Who masks and shares with whom: a Harary graph (every member with the k/2 next ones to both sides of a ring) on a
 * random order of the roster (Bell et al. 2020, §3). With k = n − 1 it is the complete graph.
 *
 * The order comes from a seed that nobody controls alone: the roster's hash and a nonce of every member, to which each
 * committed in its offer and which it reveals when the roster, and so every other commitment, stands.
 */
import { fromHex, type Sha256, sha256 } from "../canonical.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export const nonceLength = 16;

/**
 * A member's 32 bytes in the roster. They bind its nonce and, by their hash, its identity and keys; whoever has them knows
 * neither. @param keysHash 32 bytes
 */
export async function nonceCommitment(
  nonce: Bytes,
  keysHash: Bytes,
  announcementHash: string,
  digest: Sha256 = sha256,
): Promise<Bytes> {
  return digest(joined("murmur/nonce/2", fromHex(announcementHash), keysHash, nonce));
}

/**
 * 32 bytes; moves with the roster and with each nonce.
 * @param nonces of the members that revealed theirs, by roster index, in ascending order
 */
export function graphSeed(rosterHash: Bytes, nonces: ReadonlyMap<number, Bytes>): Promise<Bytes> {
  const parts = [...nonces].flatMap(([member, nonce]) => [bigEndian(member), nonce]);
  return sha256(joined("murmur/graph/1", rosterHash, ...parts));
}

export interface Graph {
  /** Roster indices, ascending; without the member itself */
  neighbours(member: number): readonly number[];
}

/**
 * @param size members of the roster @param degree even, or size − 1
 * @param present who of them is anybody's neighbour: those who left are drawn, and left out
 */
export async function drawGraph(
  seed: Bytes,
  size: number,
  degree: number,
  present: { has(member: number): boolean } = { has: () => true },
): Promise<Graph> {
  const order = await permutation(seed, size);
  const places = new Uint32Array(size);
  for (let place = 0; place < size; place++) places[order[place]!] = place;
  const reach = Math.ceil(degree / 2);
  const known: number[][] = [];
  const around = (member: number) => {
    const found = new Set<number>();
    for (let step = 1; step <= reach; step++) {
      found.add(order[(places[member]! + step) % size]!);
      found.add(order[(places[member]! - step + size) % size]!);
    }
    found.delete(member);
    return [...found].filter((other) => present.has(other)).sort((a, b) => a - b);
  };
  return {
    neighbours: (member) => {
      known[member] ??= around(member);
      return known[member];
    },
  };
}

/** Fisher–Yates, every order equally likely, with words from AES-256-CTR under the seed. */
async function permutation(seed: Bytes, size: number): Promise<Uint32Array> {
  const next = await words(seed);
  const order = Uint32Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    // Words in the last, incomplete run of i + 1 are thrown away: the rest divides evenly.
    const limit = 2 ** 32 - (2 ** 32 % (i + 1));
    let word = await next();
    while (word >= limit) word = await next();
    const j = word % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

async function words(seed: Bytes): Promise<() => number | Promise<number>> {
  const key = await crypto.subtle.importKey("raw", seed, "AES-CTR", false, ["encrypt"]);
  const zeros = new Uint8Array(2 ** 16);
  let view = new DataView(zeros.buffer, 0, 0);
  let block = 0;
  let at = 0;
  const refill = async () => {
    const counter = new Uint8Array(16);
    new DataView(counter.buffer).setUint32(12, block * (zeros.length / 16));
    block++;
    view = new DataView(await crypto.subtle.encrypt({ name: "AES-CTR", counter, length: 64 }, key, zeros));
    at = 0;
    return take();
  };
  // Little-endian on every platform: two tabs that disagree on the order have no sum.
  const take = () => {
    at += 4;
    return view.getUint32(at - 4, true);
  };
  return () => (at + 4 <= view.byteLength ? take() : refill());
}

function bigEndian(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function joined(domain: string, ...parts: Bytes[]): Bytes {
  const all = [new TextEncoder().encode(domain), ...parts];
  const bytes = new Uint8Array(all.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
