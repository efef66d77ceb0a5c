import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { fromHex, toHex } from "../canonical.ts";
import { type Hash, leafHash, MerkleTree, nodeHash, verifyConsistency, verifyInclusion } from "./tree.ts";

/** The eight leaves and roots that certificate-transparency's own tests use for RFC 6962. */
const leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const roots = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const largest = 64;
const tree = new MerkleTree();
const hashes: Hash[] = [];

beforeAll(async () => {
  for (let i = 0; i < largest; i++) {
    const hash = await leafHash(new Uint8Array([i, i * 7]));
    hashes.push(hash);
    tree.push(hash);
  }
});

test("roots are RFC 6962's", async () => {
  const known = new MerkleTree();
  expect(toHex(await known.root())).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (const [i, leaf] of leaves.entries()) {
    known.push(await leafHash(fromHex(leaf)));
    expect(toHex(await known.root())).toBe(roots[i]);
  }
  for (const [i, root] of roots.entries()) expect(toHex(await known.root(i + 1))).toBe(root);
});

test("a node is never a leaf", async () => {
  const [a, b] = [hashes[0]!, hashes[1]!];
  expect(await leafHash(new Uint8Array([...a, ...b]))).not.toEqual(await nodeHash(a, b));
});

test("every leaf of every tree up to 64 is proven to be in, at its own place only", async () => {
  for (let size = 1; size <= largest; size++) {
    const root = await tree.root(size);
    for (let index = 0; index < size; index++) {
      const path = await tree.inclusion(index, size);
      expect(await verifyInclusion(hashes[index]!, index, size, path, root)).toBe(true);
      expect(await verifyInclusion(hashes[(index + 1) % largest]!, index, size, path, root)).toBe(false);
      const elsewhere = (index + 1) % size;
      if (size > 1) expect(await verifyInclusion(hashes[index]!, elsewhere, size, path, root)).toBe(false);
    }
  }
});

test("every tree up to 64 is proven to grow into every larger one, and into no other", async () => {
  for (let second = 0; second <= largest; second++) {
    const root = await tree.root(second);
    for (let first = 0; first <= second; first++) {
      const before = await tree.root(first);
      const proof = await tree.consistency(first, second);
      expect(await verifyConsistency(first, second, proof, before, root)).toBe(true);
      if (first === 0 || (first + second) % 4 !== 0) continue;
      const wrong = hashes[0]!.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
      expect(await verifyConsistency(first, second, proof, wrong, root)).toBe(false);
      expect(await verifyConsistency(first, second, proof, before, wrong)).toBe(false);
      if (first < second) expect(await verifyConsistency(second, first, proof, root, before)).toBe(false);
    }
  }
});

const flipped = (hash: Hash, bit: number) => hash.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
const place = fc.integer({ min: 1, max: largest }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)));

test("an inclusion proof with any one bit, or its length, changed is refused", async () => {
  await fc.assert(
    fc.asyncProperty(place, fc.nat(255), fc.nat(), async ([size, index], bit, which) => {
      const root = await tree.root(size);
      const leaf = hashes[index]!;
      const path = await tree.inclusion(index, size);
      expect(await verifyInclusion(flipped(leaf, bit), index, size, path, root)).toBe(false);
      expect(await verifyInclusion(leaf, index, size, path, flipped(root, bit))).toBe(false);
      expect(await verifyInclusion(leaf, index, size, [...path, leaf], root)).toBe(false);
      if (path.length === 0) return;
      const at = which % path.length;
      const altered = path.map((hash, i) => (i === at ? flipped(hash, bit) : hash));
      expect(await verifyInclusion(leaf, index, size, altered, root)).toBe(false);
      expect(await verifyInclusion(leaf, index, size, path.slice(1), root)).toBe(false);
      expect(await verifyInclusion(leaf, index, size, path.slice(0, -1), root)).toBe(false);
    }),
    { seed: 6, numRuns: 150 },
  );
});

test("a consistency proof with any one bit, or its length, changed is refused", async () => {
  await fc.assert(
    fc.asyncProperty(place, fc.nat(255), fc.nat(), async ([second, less], bit, which) => {
      const first = less + 1;
      const [before, after] = [await tree.root(first), await tree.root(second)];
      const proof = await tree.consistency(first, second);
      expect(await verifyConsistency(first, second, [...proof, before], before, after)).toBe(false);
      if (proof.length === 0) return;
      const at = which % proof.length;
      const altered = proof.map((hash, i) => (i === at ? flipped(hash, bit) : hash));
      expect(await verifyConsistency(first, second, altered, before, after)).toBe(false);
      expect(await verifyConsistency(first, second, proof.slice(1), before, after)).toBe(false);
      expect(await verifyConsistency(first, second, proof.slice(0, -1), before, after)).toBe(false);
    }),
    { seed: 6, numRuns: 150 },
  );
});

test("a rewritten history has no consistency proof", async () => {
  const rewritten = new MerkleTree();
  for (const [i, hash] of hashes.entries()) rewritten.push(i === 5 ? flipped(hash, 0) : hash);
  for (const first of [6, 20, 32, 63]) {
    const proof = await rewritten.consistency(first);
    expect(await verifyConsistency(first, largest, proof, await tree.root(first), await rewritten.root())).toBe(false);
  }
});

test("places that do not exist are refused", async () => {
  const root = await tree.root(4);
  const path = await tree.inclusion(0, 4);
  for (const index of [-1, 4, 0.5, Number.NaN, Infinity])
    expect(await verifyInclusion(hashes[0]!, index, 4, path, root)).toBe(false);
  await expect(tree.inclusion(4, 4)).rejects.toThrow(RangeError);
  await expect(tree.inclusion(0, largest + 1)).rejects.toThrow(RangeError);
  await expect(tree.consistency(5, 4)).rejects.toThrow(RangeError);
  for (const [first, second] of [
    [-1, 4],
    [0.5, 4],
    [1, Number.NaN],
    [5, 4],
  ] as const)
    expect(await verifyConsistency(first, second, [], root, root)).toBe(false);
});
