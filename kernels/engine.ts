/**
 * The engine of a tab: answers on the GPU what a question asks of local rows. Rows stay on the adapter; each call
 * uploads parameters and row indices, records everything, and reads back once.
 *
 * Calls on one engine run one after the other. Every method rejects with an InputError on bad input and when a layer
 * gives a value that is not finite (the error names the layer), and with `adapter lost: …` once the device is gone.
 */
import { InputError } from "../shared/errors.ts";
import type { Witness } from "../shared/fairness/histogram.ts";
import type { Architecture } from "../shared/model.ts";
import { Calls, type Read } from "./calls.ts";
import { checkBatch, checkClip, checkDistinct, checkFlags, checkRows, checkWitness } from "./checks.ts";
import { type Chunk, chunkRows, cut } from "./chunks.ts";
import { type Launch, record } from "./dispatch.ts";
import type { Clip, Rows, TableSizes } from "./inputs.ts";
import { type Layout, layoutOf, pad, unpad } from "./layout.ts";
import { Memory } from "./memory.ts";
import { buildProgram, compileKernels, type Kernels, type Program } from "./program.ts";
import { thresholdsAbove } from "./thresholds.ts";

export type { Clip, Rows } from "./inputs.ts";

export interface PrivateSum {
  /** Sum over the batch of round(unit · clip(gᵢ)) [parameterCount]; each row's part has L2 norm ≤ unit·norm + ½√P */
  gradient: Int32Array;
  /** Counts of the batch's logits at the given parameters [cells, 2, 16] */
  histogram: Uint32Array;
}

export interface Counts {
  /** [cells, 2, 16] */
  histogram: Uint32Array;
  /** How many logits are ≥ each threshold [thresholds, cells, 2] */
  selected: Uint32Array;
}

/** f32 errs in norm, quotient and product by less than this share of the clip norm (see private-sum/*.wgsl). */
const safetyMargin = 1e-4;
/** Chunks of local training between submits: enough to hide a submit, few enough for a driver's watchdog. */
const chunksPerSubmit = 64;

export class Engine {
  readonly #device: GPUDevice;
  readonly #kernels: Kernels;
  readonly #layout: Layout;
  readonly #tables: TableSizes;
  readonly #memory: Memory;
  readonly #calls: Calls;
  readonly #chunkRows: number;
  #program: { generation: number; program: Program } | undefined;
  #count = 0;

  private constructor(device: GPUDevice, kernels: Kernels, layout: Layout, tables: TableSizes, chunkLimit: number) {
    this.#device = device;
    this.#kernels = kernels;
    this.#layout = layout;
    this.#tables = tables;
    this.#memory = new Memory(device, layout, tables);
    this.#calls = new Calls(device, this.#memory.arena);
    const widest4 = Math.max(...layout.layers.map((layer) => Math.max(layer.inputs4, layer.outputs4)));
    this.#chunkRows = Math.min(chunkRows(widest4), chunkLimit);
  }

  /**
   * Compiles the kernels and allocates what depends on the model alone.
   * @param tables `cells` as in cellsOf(task), `attributes` as in cellsPerRow(task)
   * @param chunkLimit largest micro-batch; bounds memory, never changes a result
   */
  static async create(
    device: GPUDevice,
    architecture: Architecture,
    tables: TableSizes,
    chunkLimit = 4096,
  ): Promise<Engine> {
    return new Engine(device, await compileKernels(device), layoutOf(architecture), tables, chunkLimit);
  }

  /** Uploads the rows once; replaces earlier ones. Not while a call is under way. */
  load(rows: Rows): void {
    if (this.#calls.gone) throw this.#calls.gone;
    if (this.#calls.underWay > 0) throw new Error("Engine.load: a call is under way; await it first");
    checkRows(rows, this.#layout.layers[0]!.inputs, this.#tables);
    this.#memory.uploadRows(rows);
    this.#count = rows.count;
  }

  /**
   * The sum of the batch's clipped gradients on the integer grid, and its score histogram.
   * @param batch distinct row indices; may be empty
   */
  async privateSum(parameters: Float32Array, batch: Uint32Array, witness: Witness, clip: Clip): Promise<PrivateSum> {
    const { sizes } = this.#memory;
    const reads: Read[] = [
      ["sum", sizes.parameters],
      ["histogram", sizes.histogram],
    ];
    const [sum, histogram] = await this.#call(reads, (encoder) => {
      checkBatch(batch, this.#count);
      checkDistinct(batch);
      checkClip(clip, batch.length);
      checkWitness(witness, this.#tables);
      this.#memory.uploadWitness(witness);
      const chunks = cut(0, batch.length, this.#chunkRows, gridOf(clip));
      this.#memory.uploadCall(parameters, batch, chunks);
      const { forward, histogram, backward } = this.#launches();
      this.#recordAll(encoder, chunks, [...forward, histogram, ...backward], reads);
      return encoder;
    });
    return {
      gradient: unpad(this.#layout, new Int32Array(sum!), new Int32Array(this.#layout.parameters)),
      histogram: new Uint32Array(histogram!),
    };
  }

  /** Counts at fixed parameters. `thresholds` are logits. */
  async evaluate(parameters: Float32Array, batch: Uint32Array, thresholds: number[]): Promise<Counts> {
    const selectedBytes = thresholds.length * this.#tables.cells * 2 * 4;
    const reads: Read[] = [
      ["histogram", this.#memory.sizes.histogram],
      ["selected", selectedBytes],
    ];
    const [histogram, selected] = await this.#call(reads, (encoder) => {
      checkBatch(batch, this.#count);
      this.#memory.uploadThresholds(thresholdsAbove(thresholds));
      this.#memory.result("selected", selectedBytes);
      const chunks = cut(0, batch.length, this.#chunkRows, { thresholds: thresholds.length });
      this.#memory.uploadCall(parameters, batch, chunks);
      const { forward, histogram, selected } = this.#launches();
      this.#recordAll(encoder, chunks, [...forward, histogram, selected], reads);
      return encoder;
    });
    return { histogram: new Uint32Array(histogram!), selected: new Uint32Array(selected!) };
  }

  /**
   * Local SGD of the participant unit: one step w −= learningRate · mean(clip(gᵢ)) for each batch, in order (repeat
   * the list for more epochs; an empty batch is no step). Nothing is read back in between.
   * @returns the new parameters [parameterCount]
   */
  async localTraining(
    parameters: Float32Array,
    batches: Uint32Array[],
    witness: Witness,
    options: { learningRate: number; clip: Clip },
  ): Promise<Float32Array> {
    const { clip, learningRate } = options;
    const [trained] = await this.#call([["parameters", this.#memory.sizes.parameters]], (encoder) => {
      if (!Number.isFinite(learningRate)) {
        throw new InputError("learningRate", `is ${learningRate}`, "Use a finite number.");
      }
      const joined = new Uint32Array(batches.reduce((sum, batch) => sum + batch.length, 0));
      const chunks: (Chunk & { endsBatch: boolean })[] = [];
      let start = 0;
      for (const batch of batches) {
        checkBatch(batch, this.#count);
        checkClip(clip, batch.length);
        joined.set(batch, start);
        const rate = learningRate / (clip.unit * batch.length);
        const own = cut(start, batch.length, this.#chunkRows, { ...gridOf(clip), rate });
        start += batch.length;
        chunks.push(...own.map((chunk) => ({ ...chunk, endsBatch: chunk.first + chunk.rows === start })));
      }
      checkWitness(witness, this.#tables);
      this.#memory.uploadWitness(witness);
      this.#memory.uploadCall(parameters, joined, chunks);
      return this.#recordSteps(encoder, chunks);
    });
    const result = unpad(this.#layout, new Float32Array(trained!), new Float32Array(this.#layout.parameters));
    // The last step may overflow with no forward pass behind it: padding looks at every parameter.
    pad(this.#layout, result);
    return result;
  }

  /** Logits of the batch's rows, in its order [batch]. */
  async scores(parameters: Float32Array, batch: Uint32Array): Promise<Float32Array> {
    const bytes = batch.length * 16;
    const [padded] = await this.#call([["scores", bytes]], (encoder) => {
      checkBatch(batch, this.#count);
      const scores = this.#memory.result("scores", bytes);
      const chunks = cut(0, batch.length, this.#chunkRows, {});
      this.#memory.uploadCall(parameters, batch, chunks);
      const { forward } = this.#launches();
      const logits = this.#memory.arena.get(`activation ${this.#layout.layers.length}`);
      chunks.forEach(({ first, rows }, i) => {
        const pass = encoder.beginComputePass();
        for (const launch of forward) record(pass, launch, i, rows);
        pass.end();
        encoder.copyBufferToBuffer(logits, 0, scores, first * 16, rows * 16);
      });
      return encoder;
    });
    // A logit is the first of its padded row of four.
    return new Float32Array(padded!).filter((_, i) => i % 4 === 0);
  }

  /** Frees the buffers; later calls reject. The device stays the caller's. */
  dispose(): void {
    this.#calls.gone ??= new Error("the engine was disposed of");
    this.#memory.arena.dispose();
  }

  /** A call whose forward and backward passes are watched for values that are not finite. */
  async #call(reads: Read[], write: (encoder: GPUCommandEncoder) => GPUCommandEncoder): Promise<ArrayBuffer[]> {
    const [flags, ...results] = await this.#calls.call([["flags", this.#memory.sizes.flags], ...reads], (encoder) => {
      encoder.clearBuffer(this.#memory.arena.get("flags"));
      return write(encoder);
    });
    checkFlags(new Uint32Array(flags!), this.#layout);
    return results;
  }

  /** All launches for every chunk in turn, adding into `results` from zero. */
  #recordAll(encoder: GPUCommandEncoder, chunks: Chunk[], launches: Launch[], results: Read[]): void {
    for (const [name] of results) encoder.clearBuffer(this.#memory.arena.get(name));
    const pass = encoder.beginComputePass();
    chunks.forEach(({ rows }, i) => {
      for (const launch of launches) record(pass, launch, i, rows);
    });
    pass.end();
  }

  /** Steps of local training; each ends with the descent that also clears the sum for the next. */
  #recordSteps(first: GPUCommandEncoder, chunks: (Chunk & { endsBatch: boolean })[]): GPUCommandEncoder {
    const { forward, backward, descend } = this.#launches();
    let encoder = first;
    encoder.clearBuffer(this.#memory.arena.get("sum"));
    for (let start = 0; start < chunks.length; start += chunksPerSubmit) {
      if (start > 0) {
        this.#device.queue.submit([encoder.finish()]);
        encoder = this.#device.createCommandEncoder();
      }
      const pass = encoder.beginComputePass();
      chunks.slice(start, start + chunksPerSubmit).forEach(({ rows, endsBatch }, i) => {
        for (const launch of [...forward, ...backward]) record(pass, launch, start + i, rows);
        if (endsBatch) record(pass, descend, start + i, rows);
      });
      pass.end();
    }
    return encoder;
  }

  /** Bind groups are made anew only after a buffer has grown. */
  #launches(): Program {
    const { arena } = this.#memory;
    if (this.#program?.generation !== arena.generation) {
      const program = buildProgram(this.#device, this.#kernels, this.#layout, arena);
      this.#program = { generation: arena.generation, program };
    }
    return this.#program.program;
  }
}

const gridOf = (clip: Clip) => ({ limit: clip.norm * (1 - safetyMargin), unit: clip.unit });
