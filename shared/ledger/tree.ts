/** Merkle tree of an append-only log (RFC 6962 §2.1): hashes, proofs, and their verification (RFC 9162 §2.1). */
import { sha256 } from "../canonical.ts";

export type Hash = Uint8Array<ArrayBuffer>;

const concat = (...parts: Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
};

/** RFC 6962 §2.1: leaves and nodes are hashed apart, so that no node passes for a leaf. */
export const leafHash = (leaf: Uint8Array): Promise<Hash> => sha256(concat(new Uint8Array([0]), leaf));
export const nodeHash = (left: Hash, right: Hash): Promise<Hash> => sha256(concat(new Uint8Array([1]), left, right));

/** Largest power of two below n (n > 1). */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** A log's leaf hashes with its complete subtrees remembered, so that roots and proofs cost O(log n). */
export class MerkleTree {
  readonly #leaves: Hash[] = [];
  /** Complete subtrees by «start/size» */
  readonly #nodes = new Map<string, Hash>();

  get size(): number {
    return this.#leaves.length;
  }

  push(leaf: Hash): void {
    this.#leaves.push(leaf);
  }

  /** MTH(D[0:size]); the empty tree's root is the hash of nothing. */
  root(size = this.size): Promise<Hash> {
    return size === 0 ? sha256(new Uint8Array()) : this.#hash(0, size);
  }

  async #hash(start: number, size: number): Promise<Hash> {
    if (size === 1) return this.#leaves[start]!;
    const key = `${start}/${size}`;
    const known = this.#nodes.get(key);
    if (known) return known;
    const k = split(size);
    const hash = await nodeHash(await this.#hash(start, k), await this.#hash(start + k, size - k));
    if (Number.isInteger(Math.log2(size))) this.#nodes.set(key, hash);
    return hash;
  }

  /** MTH(D[start:start + size]) of a complete subtree: `size` a power of two, `start` a multiple of it */
  subtree(start: number, size: number): Promise<Hash> {
    if (!(start >= 0 && start + size <= this.size)) throw new RangeError(`no subtree of ${size} at ${start}`);
    return this.#hash(start, size);
  }

  /** PATH(index, D[0:size]), from the leaf up (§2.1.1) */
  async inclusion(index: number, size = this.size): Promise<Hash[]> {
    const path = async (m: number, start: number, n: number): Promise<Hash[]> => {
      if (n === 1) return [];
      const k = split(n);
      return m < k
        ? [...(await path(m, start, k)), await this.#hash(start + k, n - k)]
        : [...(await path(m - k, start + k, n - k)), await this.#hash(start, k)];
    };
    if (!(index >= 0 && index < size && size <= this.size)) throw new RangeError(`no leaf ${index} among ${size}`);
    return path(index, 0, size);
  }

  /** PROOF(first, D[0:second]) (§2.1.2); empty when first is 0 or both are equal */
  async consistency(first: number, second = this.size): Promise<Hash[]> {
    const proof = async (m: number, start: number, n: number, whole: boolean): Promise<Hash[]> => {
      if (m === n) return whole ? [] : [await this.#hash(start, n)];
      const k = split(n);
      return m <= k
        ? [...(await proof(m, start, k, whole)), await this.#hash(start + k, n - k)]
        : [...(await proof(m - k, start + k, n - k, false)), await this.#hash(start, k)];
    };
    if (!(first >= 0 && first <= second && second <= this.size))
      throw new RangeError(`no proof from ${first} to ${second}`);
    return first === 0 ? [] : proof(first, 0, second, true);
  }
}

const equal = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** RFC 9162 §2.1.3.2 */
export async function verifyInclusion(
  leaf: Hash,
  index: number,
  size: number,
  path: readonly Hash[],
  root: Hash,
): Promise<boolean> {
  if (!(Number.isSafeInteger(index) && index >= 0 && index < size)) return false;
  let fn = index;
  let sn = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = await nodeHash(sibling, hash);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && equal(hash, root);
}

/** RFC 9162 §2.1.4.2: that the tree of `first` leaves is a prefix of the one of `second`. */
export async function verifyConsistency(
  first: number,
  second: number,
  proof: readonly Hash[],
  firstRoot: Hash,
  secondRoot: Hash,
): Promise<boolean> {
  if (!(Number.isSafeInteger(first) && Number.isSafeInteger(second) && first >= 0 && first <= second)) return false;
  if (first === second) return proof.length === 0 && equal(firstRoot, secondRoot);
  if (first === 0) return proof.length === 0;
  const path = Number.isInteger(Math.log2(first)) ? [firstRoot, ...proof] : [...proof];
  if (path.length === 0) return false;
  let fn = first - 1;
  let sn = second - 1;
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  let a = path[0]!;
  let b = path[0]!;
  for (const sibling of path.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      a = await nodeHash(sibling, a);
      b = await nodeHash(sibling, b);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      b = await nodeHash(b, sibling);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && equal(a, firstRoot) && equal(b, secondRoot);
}
