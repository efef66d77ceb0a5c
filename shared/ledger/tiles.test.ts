import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { checkLedger } from "./file.ts";
import { fileOf, goodHistory, type Log, newLog } from "./testing.ts";
import {
  entryBundle,
  hashTile,
  openVerifierKey,
  parseTilePath,
  readMirror,
  tilePath,
  tilesOf,
  verifierKey,
} from "./tiles.ts";
import { leafHash, MerkleTree, nodeHash } from "./tree.ts";

const encode = (text: string) => new TextEncoder().encode(text);

async function mirrorOf(log: Log): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  files.set("checkpoint", encode((await fileOf(log)).checkpoint));
  files.set("vkey", encode(`${await verifierKey(log.signer.publicKey)}\n`));
  for (const tile of tilesOf(log.tree.size)) {
    const first = tile.index * 256;
    const bytes =
      tile.level === "entries"
        ? entryBundle(log.leaves.slice(first, first + tile.width).map(encode))
        : await hashTile(log.tree, tile);
    files.set(tilePath(tile), bytes!);
  }
  return files;
}

describe("C2SP tlog-tiles", () => {
  it("a log of 70,000 entries has the specification's own tiles", () => {
    const tiles = tilesOf(70_000);
    const of = (level: number) => tiles.filter((tile) => tile.level === level).map((tile) => tile.width);
    expect(of(0)).toEqual([...Array(273).fill(256), 112]);
    expect(of(1)).toEqual([256, 17]);
    expect(of(2)).toEqual([1]);
    expect(of(3)).toEqual([]);
    expect(tilePath({ level: 0, index: 273, width: 112 })).toBe("tile/0/273.p/112");
    expect(tilePath({ level: 1, index: 1_234_067, width: 256 })).toBe("tile/1/x001/x234/067");
    expect(tilePath({ level: "entries", index: 0, width: 256 })).toBe("tile/entries/000");
  });

  it("a path has one spelling", () => {
    fc.assert(
      fc.property(
        fc.record({
          level: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant("entries" as const)),
          index: fc.integer({ min: 0, max: 5_000_000 }),
          width: fc.integer({ min: 1, max: 256 }),
        }),
        (tile) => {
          expect(parseTilePath(tilePath(tile))).toEqual(tile);
        },
      ),
      { seed: 31 },
    );
    for (const path of [
      "tile/0/1",
      "tile/0/x000/001",
      "tile/00/001",
      "tile/0/001.p/256",
      "tile/0/001.p/0",
      "tile/0/../1",
    ])
      expect(parseTilePath(path), path).toBeUndefined();
  });

  it("a tile of level one holds the roots of the tiles below it", async () => {
    const tree = new MerkleTree();
    for (let i = 0; i < 600; i++) tree.push(await leafHash(encode(String(i))));
    const [below, above] = [
      await hashTile(tree, { level: 0, index: 1, width: 256 }),
      await hashTile(tree, { level: 1, index: 0, width: 2 }),
    ];
    let hashes = Array.from({ length: 256 }, (_, i) => below!.slice(32 * i, 32 * i + 32));
    while (hashes.length > 1)
      hashes = await Promise.all(hashes.filter((_, i) => i % 2 === 0).map((h, i) => nodeHash(h, hashes[2 * i + 1]!)));
    expect(above!.slice(32)).toEqual(hashes[0]);
    expect(await hashTile(tree, { level: 1, index: 0, width: 3 })).toBeUndefined();
  });

  it("the verifier key is a signed note's, and is refused with another id", async () => {
    const { signer } = await newLog([]);
    const key = await verifierKey(signer.publicKey);
    expect(key).toMatch(/^murmur\/ledger\+[0-9a-f]{8}\+AQ?[A-Za-z0-9+/]+$/);
    expect(await openVerifierKey(key)).toEqual(signer.publicKey);
    expect(await openVerifierKey(key.replace(/\+[0-9a-f]{8}/, "+00000000"))).toBeUndefined();
  });
});

describe("a mirror", () => {
  let files: Map<string, Uint8Array>;
  const read = (from: Map<string, Uint8Array>) => async (path: string) => from.get(path);
  beforeAll(async () => {
    files = await mirrorOf(await newLog(await goodHistory()));
  });

  it("is read back as the ledger it was made of", async () => {
    const { ledger, problems } = await readMirror(read(files));
    expect(problems).toEqual([]);
    expect((await checkLedger(ledger)).entries).toEqual(await goodHistory());
    expect((await checkLedger(ledger)).problems).toEqual([]);
  });

  it("any one bit changed in any of its files is found", async () => {
    const places = [...files].flatMap(([name, bytes]) => Array.from(bytes, (_, at) => ({ name, at })));
    await fc.assert(
      fc.asyncProperty(fc.nat(places.length - 1), fc.nat(7), async (place, bit) => {
        const { name, at } = places[place]!;
        const altered = new Map(files);
        const bytes = files.get(name)!.slice();
        bytes[at]! ^= 1 << bit;
        altered.set(name, bytes);
        const { ledger, problems } = await readMirror(read(altered));
        const all = [...problems, ...(ledger ? (await checkLedger(ledger)).problems : [])];
        // The line's end behind the key is the one byte that says nothing.
        if (name === "vkey" && at === bytes.length - 1) return;
        expect(all, `${name}[${at}] bit ${bit}`).not.toEqual([]);
      }),
      { seed: 32, numRuns: 400 },
    );
  });

  it("without one of its files is found", async () => {
    for (const name of files.keys()) {
      const partial = new Map(files);
      partial.delete(name);
      expect((await readMirror(read(partial))).problems, name).not.toEqual([]);
    }
  });
});
