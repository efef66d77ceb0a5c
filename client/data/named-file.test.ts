import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fetchNamed, type Kept, pieceBytes } from "./named-file.ts";

const file = Uint8Array.from({ length: 2.5 * pieceBytes }, (_, i) => i % 97);
const sha256 = createHash("sha256").update(file).digest("hex");

/** A browser's cache. */
function cacheOf(): Kept & { places: Map<string, Response> } {
  const places = new Map<string, Response>();
  return {
    places,
    match: async (place) => places.get(String(place))?.clone(),
    put: async (place, response) => void places.set(String(place), response),
    delete: async (place) => places.delete(String(place)),
  };
}

let asked: string[];
/** What the network does with the next requests; then it serves the file. */
let faults: (() => Response)[];

beforeEach(() => {
  asked = [];
  faults = [];
  vi.stubGlobal("fetch", async (_: string, { headers }: { headers: { range: string } }) => {
    asked.push(headers.range);
    const fault = faults.shift();
    if (fault) return fault();
    const [from, to] = /bytes=(\d+)-(\d+)/.exec(headers.range)!.slice(1).map(Number) as [number, number];
    const piece = file.slice(from, to + 1);
    const range = `bytes ${from}-${from + piece.length - 1}/${file.length}`;
    return new Response(piece, { status: 206, headers: { "content-range": range } });
  });
});
afterEach(() => vi.unstubAllGlobals());

const gone = () => {
  throw new TypeError("network");
};

describe("a file that a task names", () => {
  const waits: number[] = [];
  const wait = async (ms: number) => void waits.push(ms);
  const get = (cache: Kept | undefined, told: number[] = []) =>
    fetchNamed("", sha256, (loaded) => told.push(loaded / file.length), { kept: Promise.resolve(cache), wait });

  it("comes in pieces, and is kept", async () => {
    const told: number[] = [];
    const cache = cacheOf();
    expect(
      createHash("sha256")
        .update(await get(cache, told))
        .digest("hex"),
    ).toBe(sha256);
    expect(asked.length).toBe(3);
    expect(told.at(-1)).toBe(1);
    await get(cache);
    expect(asked.length, "asked for once").toBe(3);
  });

  it("goes on behind the last piece when the tab was closed or the connection lost", async () => {
    const cache = cacheOf();
    const first = fetchNamed(
      "",
      sha256,
      () => {
        faults = Array<() => Response>(4).fill(gone);
      },
      { kept: Promise.resolve(cache), wait },
    );
    await expect(first).rejects.toThrow("named file: the coordinator did not send it");
    asked = [];
    faults = [];
    await get(cache);
    expect(asked.map((range) => Number(/\d+/.exec(range)![0]))).toEqual([pieceBytes, 2 * pieceBytes]);
  });

  it("asks again for a piece that breaks off", async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) });
    faults = [() => new Response(broken, { status: 206 }), gone];
    await get(undefined);
    expect(waits.slice(-2)).toEqual([1000, 3000]);
  });

  it("is fetched anew where what was kept is spoilt, and refused where it is another one", async () => {
    const cache = cacheOf();
    await get(cache);
    const [place, response] = [...cache.places.entries()][1]!;
    const bytes = new Uint8Array(await response.clone().arrayBuffer());
    bytes[7]! ^= 1;
    cache.places.set(place, new Response(bytes, { headers: response.headers }));
    asked = [];
    await get(cache);
    expect(asked.length).toBe(3);

    const other = "0".repeat(64);
    const refused = fetchNamed("", other, () => {}, { kept: Promise.resolve(cache), wait });
    await expect(refused).rejects.toThrow("named file: it is not the one that the task names");
    expect([...cache.places.keys()].filter((place) => place.includes(other))).toEqual([]);
  });

  it("is refused where pieces are none, or of nothing", async () => {
    faults = [() => new Response(file, { status: 200 })];
    await expect(get(undefined)).rejects.toThrow("named file: the coordinator did not send it in pieces");
    faults = [() => new Response(new Uint8Array(0), { status: 206, headers: { "content-range": "bytes 0-0/5" } })];
    await expect(get(undefined)).rejects.toThrow("named file: the coordinator did not send it in pieces");
  });
});
