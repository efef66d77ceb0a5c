/**
 * Micro-batches. A batch is cut into chunks so that memory stays bounded; since rows are summed in integers, the cuts
 * cannot be seen in the result.
 */
import { chunkStride } from "./dispatch.ts";
import { wholeQuads } from "./layout.ts";
import { shift } from "./private-sum/rounding.ts";

/** Twin of wgsl/snippets/chunk.wgsl, which explains the fields, but for the two that are the same in all. */
export interface Chunk {
  first: number;
  rows: number;
  firstLine: number;
  lines: number;
  room: number;
  thresholds: number;
  limit: number;
  unit: number;
  exact: number;
  rate: number;
  scale: number;
  correction1: number;
  correction2: number;
}

/** Cuts `rows` rows that start at `start` of the uploaded batch into chunks of at most `size`. */
export function cut(start: number, rows: number, size: number, common: Partial<Chunk>): Chunk[] {
  const chunks: Chunk[] = [];
  for (let done = 0; done < rows; done += size) {
    const neutral = { thresholds: 0, limit: 1, unit: 1, exact: 4, rate: 0, scale: 0, correction1: 1, correction2: 1 };
    const own = Math.min(size, rows - done);
    chunks.push({ ...neutral, ...common, first: start + done, rows: own, firstLine: 0, lines: 0, room: own });
  }
  return chunks;
}

/** Rows of the largest chunk: at most 4,096, fewer where a row is so wide that a layer would pass 32 MiB. */
export const chunkRows = (widest: number): number =>
  Math.max(1, Math.min(4096, Math.floor((32 * 2 ** 20) / (4 * widest))));

/** Where the tokens of a call's rows lie, which are packed; see wgsl/snippets/lines.wgsl and places.wgsl. */
export interface Packed<Own extends Chunk> {
  chunks: Own[];
  /** Of each row of the batch, its first line in its chunk, and how many tokens it has [batch, 2] */
  spans: Uint32Array;
  /** Of each line of each chunk, its row in the chunk, and which of the row's tokens it is [lines, 2] */
  places: Uint32Array;
}

/** Of a line that only fills its row's last quad; twin of wgsl/snippets/places.wgsl. */
const noToken = 0xffffffff;

/** @param counts of tokens, of all rows */
export function pack<Own extends Chunk>(chunks: readonly Own[], batch: Uint32Array, counts: Uint32Array): Packed<Own> {
  const spans = new Uint32Array(2 * batch.length);
  const total = batch.reduce((sum, row) => sum + wholeQuads(counts[row]!), 0);
  const places = new Uint32Array(2 * total);
  let firstLine = 0;
  const packed = chunks.map((chunk) => {
    let own = 0;
    for (let row = 0; row < chunk.rows; row++) {
      const count = counts[batch[chunk.first + row]!]!;
      spans.set([own, count], 2 * (chunk.first + row));
      for (let token = 0; token < wholeQuads(count); token++, own++)
        places.set([row, token < count ? token : noToken], 2 * (firstLine + own));
    }
    const placed = { ...chunk, firstLine, lines: own };
    firstLine += own;
    return placed;
  });
  return { chunks: packed, spans, places };
}

/** Where rows are not packed: bindings need buffers all the same. */
export const unpacked = <Own extends Chunk>(chunks: Own[]): Packed<Own> => ({
  chunks,
  spans: new Uint32Array(1),
  places: new Uint32Array(1),
});

/** Of the largest chunk */
export const mostOf = (chunks: readonly Chunk[], count: "rows" | "lines"): number =>
  chunks.reduce((most, chunk) => Math.max(most, chunk[count]), 0);

/** The records as the uniform buffer holds them, one every `chunkStride` bytes. */
export function encodeChunks(chunks: Chunk[]): ArrayBuffer {
  const bytes = new ArrayBuffer(Math.max(1, chunks.length) * chunkStride);
  const view = new DataView(bytes);
  chunks.forEach((chunk, i) => {
    const at = i * chunkStride;
    view.setUint32(at, chunk.first, true);
    view.setUint32(at + 4, chunk.rows, true);
    view.setUint32(at + 8, chunk.room, true);
    view.setUint32(at + 12, chunk.thresholds, true);
    view.setFloat32(at + 16, chunk.limit, true);
    view.setFloat32(at + 20, chunk.unit, true);
    view.setUint32(at + 24, chunk.exact, true);
    view.setFloat32(at + 28, shift, true);
    view.setFloat32(at + 32, shift, true);
    view.setFloat32(at + 36, chunk.rate, true);
    view.setFloat32(at + 40, chunk.scale, true);
    view.setFloat32(at + 44, chunk.correction1, true);
    view.setFloat32(at + 48, chunk.correction2, true);
    view.setUint32(at + 52, chunk.firstLine, true);
    view.setUint32(at + 56, chunk.lines, true);
  });
  return bytes;
}
