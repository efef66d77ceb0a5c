/** What lies in the arena for one model: sizes and contents of every buffer, padded as layout.ts draws it. */
import { scoreBins, type Witness } from "../shared/fairness/histogram.ts";
import { padding, tokenCounts } from "../shared/text/padding.ts";
import { Arena, usage } from "./arena.ts";
import { type Chunk, encodeChunks, mostOf, pack, unpacked } from "./chunks.ts";
import type { Rows, TableSizes } from "./inputs.ts";
import { sliceOf } from "./layers/dense/dense.ts";
import { kinds } from "./layers/kinds.ts";
import { checkParameters, type Layout, type PaddedRows, type Tensor, wholeQuads } from "./layout.ts";
import { momentsOf, type Optimizer } from "./optimizer/optimizer.ts";
import { wholeTiles } from "./tiles/tile.ts";

export class Memory {
  readonly #device: GPUDevice;
  readonly #layout: Layout;
  readonly #tables: TableSizes;
  /** Tokens of each row, where rows are packed */
  tokens = new Uint32Array(0);
  readonly arena: Arena;

  /** Allocates what depends on the model alone. @param frozen parameters of an encoder [layout.frozen] */
  constructor(device: GPUDevice, layout: Layout, tables: TableSizes, frozen: Float32Array) {
    this.#device = device;
    this.#layout = layout;
    this.#tables = tables;
    this.arena = new Arena(device);
    const shape = [tables.cells, tables.attributes, layout.layers.length - 1];
    this.#upload("tables", new Uint32Array(shape), usage.uniform);
    this.result("parameters", this.sizes.parameters);
    this.result("sum", this.sizes.parameters);
    this.result("flags", this.sizes.flags);
    this.result("histogram", this.sizes.histogram);
    this.result("selected", 0);
    // Bound by kernels that a call may not run; a binding needs a buffer all the same.
    const unused = [
      "features",
      "input norms",
      "facts",
      "first tokens",
      "spans",
      "places",
      "witness",
      "thresholds",
      "anchor",
      "steps",
      "drift",
    ];
    for (const name of unused) this.#upload(name, new Uint32Array(1));
    for (const name of ["first", "second"]) this.result(name, 0);
    this.#upload("frozen", frozen);
  }

  /** Bytes of the buffers whose size the model gives. */
  get sizes(): { parameters: number; flags: number; histogram: number } {
    const { parameters, layers } = this.#layout;
    return {
      parameters: parameters * 4,
      flags: layers.length * 4,
      histogram: this.#tables.cells * 2 * scoreBins.count * 4,
    };
  }

  /** A buffer that kernels write and that is copied from. */
  result(name: string, bytes: number): GPUBuffer {
    return this.arena.ensure(name, bytes, usage.storage | usage.copyFrom | usage.copyTo);
  }

  /** Rows whose column of ones and zeros behind stand there once and for all: kernels write the columns before. */
  #padded(name: string, { width, stride, ones }: PaddedRows, rows: number): void {
    const { generation } = this.arena;
    this.result(name, rows * stride * 4);
    if (this.arena.generation === generation || !ones) return;
    const content = new Float32Array(this.arena.get(name).size / 4);
    for (let at = width; at < content.length; at += stride) content[at] = 1;
    this.#device.queue.writeBuffer(this.arena.get(name), 0, content);
  }

  uploadRows(rows: Rows): void {
    const { input } = this.#layout.layers[0]!;
    const { attributes } = this.#tables;
    const { labels } = this.#layout;
    const facts = new Uint32Array(rows.count * (labels + attributes));
    const features = this.#paddedLines(rows);
    for (let row = 0; row < rows.count; row++) {
      const fact = row * (labels + attributes);
      facts.set(rows.labels.subarray(row * labels, (row + 1) * labels), fact);
      facts.set(rows.cells.subarray(row * attributes, (row + 1) * attributes), fact + labels);
    }
    this.#upload("features", features);
    if (this.#layout.layers[0]!.picks) this.#upload("input norms", normsOf(features, input.stride));
    this.#upload("facts", facts);
    if (!this.#layout.packed) return;
    this.tokens = this.#layout.begins === "tokens" ? tokenCounts(rows.features, input.width) : rows.tokens!.slice();
    let first = 0;
    const firsts = this.tokens.map((count) => {
      first += count;
      return first - count;
    });
    this.#upload("first tokens", firsts);
  }

  /** The rows' features, padded line by line; token numbers without their own padding. */
  #paddedLines({ features }: Rows): Float32Array {
    const { width, stride, ones } = this.#layout.layers[0]!.input.rows;
    const given = this.#layout.begins === "tokens" ? features.filter((number) => number !== padding) : features;
    const lines = given.length / width;
    const padded = new Float32Array(lines * stride);
    for (let line = 0; line < lines; line++) {
      padded.set(given.subarray(line * width, (line + 1) * width), line * stride);
      if (ones) padded[line * stride + width] = 1;
    }
    return padded;
  }

  /**
   * Parameters, of each of many models the same, row indices and chunks of a call, and room for its largest chunk.
   * @returns the chunks, with the places of their lines
   */
  uploadCall<Own extends Chunk>(parameters: Float32Array, batch: Uint32Array, cuts: Own[], models = 1): Own[] {
    checkParameters(this.#layout, parameters);
    const { length } = parameters;
    const all = models === 1 ? parameters : new Float32Array(models * length);
    if (models > 1) for (let model = 0; model < models; model++) all.set(parameters, model * length);
    this.#upload("parameters", all, usage.storage | usage.copyFrom);
    this.#upload("batch", batch);
    const { chunks, spans, places } = this.#layout.packed ? pack(cuts, batch, this.tokens) : unpacked(cuts);
    this.#upload("spans", spans);
    this.#upload("places", places);
    this.#upload("chunks", encodeChunks(chunks), usage.uniform);
    const tiled = wholeTiles(mostOf(chunks, "rows"));
    const lines = wholeTiles(mostOf(chunks, "lines"));
    const { layers } = this.#layout;
    const [first] = layers as [Layout["layers"][0]];
    const roomFor = ({ packed, rowsEach }: Tensor) => (packed ? lines : tiled * rowsEach);
    if (!first.picks) this.#padded(first.input.activation, first.input.rows, roomFor(first.input));
    for (const { output, ...layer } of layers) {
      this.#padded(output.activation, output.rows, roomFor(output));
      this.result(output.gradient, roomFor(output) * output.rows.stride * 4);
      for (const { name, each, rows } of kinds[layer.kind].buffers({ output, ...layer }))
        this.#padded(name, rows, tiled * each);
    }
    this.result("norms", tiled * 4);
    this.result("factors", tiled * 4);
    return chunks;
  }

  /** [models, slices, parameters in whole quads], for chunks of so many rows of each model, or so many lines */
  plainGradient({ rows, lines }: Pick<Chunk, "rows" | "lines">, models = 1): void {
    const slices = this.#layout.layers.map(({ positions, output }) =>
      Math.ceil((output.packed ? lines : rows * positions) / sliceOf(positions)),
    );
    this.result("gradient", models * Math.max(1, ...slices) * 4 * wholeQuads(this.#layout.parameters));
  }

  /** Of each batch and model, how many rows it has and what takes their sum to the mean [batches, models, 2] */
  uploadSteps(steps: Float32Array): void {
    this.#upload("steps", steps);
  }

  /** What each model adds to its gradients [models, parameters] */
  uploadDrift(drift: Float32Array): void {
    this.#upload("drift", drift);
  }

  /** What the optimizer remembers of each model; the names of what begins at zero. */
  optimizerState(optimizer: Optimizer, parameters: Float32Array, models = 1): string[] {
    const moments = momentsOf(optimizer);
    for (const name of moments) this.result(name, models * this.sizes.parameters);
    if (optimizer.proximal > 0) this.#upload("anchor", parameters);
    return moments;
  }

  /** [cells, 2, 17]: a cell's 16 slopes, then its weight, as loss/gradient.wgsl reads them. */
  uploadWitness(witness: Witness): void {
    const bins = scoreBins.count;
    const table = new Float32Array(this.#tables.cells * 2 * (bins + 1));
    witness.weight.forEach((weight, entry) => {
      table.set(witness.slope.slice(entry * bins, (entry + 1) * bins), entry * (bins + 1));
      table[entry * (bins + 1) + bins] = weight;
    });
    this.#upload("witness", table);
  }

  uploadThresholds(thresholds: Float32Array): void {
    this.#upload("thresholds", thresholds);
  }

  #upload(name: string, data: Float32Array | Uint32Array | ArrayBuffer, use: number = usage.storage): void {
    const buffer = this.arena.ensure(name, data.byteLength, use | usage.copyTo);
    // Typed arrays may lie over shared memory by their type, which writeBuffer's type leaves out.
    this.#device.queue.writeBuffer(buffer, 0, data as Exclude<typeof data, Float32Array | Uint32Array>);
  }
}

/** Lengths of padded rows, the column of ones among them. */
const normsOf = (features: Float32Array, stride: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: features.length / stride }, (_, row) =>
    Math.sqrt(features.subarray(row * stride, (row + 1) * stride).reduce((sum, x) => sum + x * x, 0)),
  );
