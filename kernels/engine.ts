/**
 * The engine of a tab: answers on the GPU what a question asks of local rows. Rows stay on the adapter; each call
 * uploads parameters and row indices, records everything, and reads back once.
 *
 * Calls on one engine run one after the other. Every method rejects with an InputError on bad input and when a layer
 * gives a value that is not finite (the error names the layer), and with `adapter lost: …` once the device is gone.
 */
import type { Witness } from "../shared/fairness/histogram.ts";
import type { Architecture } from "../shared/model.ts";
import { Calls, type Read } from "./calls.ts";
import {
  checkBatch,
  checkClip,
  checkDistinct,
  checkFlags,
  checkFrozen,
  checkHead,
  checkOptimizer,
  checkRows,
  checkStep,
  checkTables,
  checkWitness,
} from "./checks.ts";
import { type Chunk, chunkRows, cut, mostOf } from "./chunks.ts";
import { type Launch, record } from "./dispatch.ts";
import type { Clip, Rows, TableSizes } from "./inputs.ts";
import { sliceOf, wholeBatch } from "./layers/dense/dense.ts";
import { kinds } from "./layers/kinds.ts";
import { checkParameters, type Layout, layoutOf, type PlacedLayer, wholeQuads } from "./layout.ts";
import { Memory } from "./memory.ts";
import { corrections, type Optimizer, plainSgd } from "./optimizer/optimizer.ts";
import { Pace } from "./pace.ts";
import { type Bind, keyOf, type Program, Programs, type Purpose } from "./program.ts";
import { thresholdsAbove } from "./thresholds.ts";
import { wholeTiles } from "./tiles/tile.ts";

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

export interface TrainingOptions {
  /** Finite */
  learningRate: number;
  clip?: Clip | undefined;
  /** Plain SGD if left out */
  optimizer?: Optimizer | undefined;
}

export interface ManyOptions extends Omit<TrainingOptions, "clip"> {
  /** Of each model, what is added to every gradient of its own [models] of [parameterCount] */
  drift?: readonly Float32Array[] | undefined;
}

export interface EngineOptions {
  /** Largest micro-batch; bounds memory, never changes a result. Default 4096 */
  chunkLimit?: number | undefined;
  /** Parameters of an encoder [frozenCount] */
  frozen?: Float32Array | undefined;
  /** Whether rows of vectors have token counts of their own (Rows.tokens) */
  counted?: boolean;
}

/** Of the models that are trained at once, parameters and gradients in a buffer each */
const manyBytes = 32 * 2 ** 20;

/** f32 errs in norm, quotient and product by less than this share of the clip norm (see wgsl/snippets/clip-factor.wgsl). */
const safetyMargin = 1e-4;

/** What a call does for each of its micro-batches. */
interface Work {
  chunks: Chunk[];
  steps: (program: Program) => { clear: string[]; each: (chunk: number) => Launch[] };
  /** Copies a micro-batch's results away before the next one overwrites them */
  keep?: (encoder: GPUCommandEncoder, chunk: Chunk) => void;
}

export class Engine {
  readonly #device: GPUDevice;
  readonly #programs: Programs;
  readonly #layout: Layout;
  readonly #tables: TableSizes;
  readonly #memory: Memory;
  readonly #calls: Calls;
  readonly #chunkRows: number;
  readonly #bound = new Map<string, { generation: number; program: Program }>();
  readonly #pace = new Pace();
  #count = 0;

  private constructor(
    device: GPUDevice,
    programs: Programs,
    layout: Layout,
    tables: TableSizes,
    { chunkLimit = 4096, frozen = new Float32Array(0) }: EngineOptions,
  ) {
    this.#device = device;
    this.#programs = programs;
    this.#layout = layout;
    this.#tables = tables;
    this.#memory = new Memory(device, layout, tables, frozen);
    this.#calls = new Calls(device, this.#memory.arena);
    const widest = Math.max(...layout.layers.map(widthOf));
    this.#chunkRows = Math.min(chunkRows(widest), chunkLimit);
  }

  /**
   * Compiles the forward kernels and allocates what depends on the model alone.
   * @param tables `cells` as in cellsOf(task), `attributes` as in cellsPerRow(task)
   */
  static async create(
    device: GPUDevice,
    architecture: Architecture,
    tables: TableSizes,
    options: EngineOptions = {},
  ): Promise<Engine> {
    const layout = layoutOf(architecture, options.counted);
    checkTables(layout, tables);
    checkFrozen(layout, options.frozen ?? new Float32Array(0));
    const programs = new Programs(device, layout);
    await programs.compile("counts");
    return new Engine(device, programs, layout, tables, options);
  }

  /** Uploads the rows once; replaces earlier ones. Not while a call is under way. */
  load(rows: Rows): void {
    if (this.#calls.gone) throw this.#calls.gone;
    if (this.#calls.underWay > 0) throw new Error("Engine.load: a call is under way; await it first");
    checkRows(rows, this.#layout, this.#tables);
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
    const [sum, histogram] = await this.#call("clipped", reads, () => {
      checkBatch(batch, this.#count);
      checkDistinct(batch);
      checkClip(clip, batch.length);
      checkWitness(witness, this.#tables);
      this.#memory.uploadWitness(witness);
      const chunks = this.#memory.uploadCall(parameters, batch, cut(0, batch.length, this.#chunkRows, gridOf(clip)));
      return {
        chunks,
        steps: ({ forward, histogram, backward }) => ({
          clear: ["sum", "histogram"],
          each: () => [...forward, histogram, ...backward],
        }),
      };
    });
    return { gradient: new Int32Array(sum!), histogram: new Uint32Array(histogram!) };
  }

  /** Counts at fixed parameters. `thresholds` are logits. */
  async evaluate(parameters: Float32Array, batch: Uint32Array, thresholds: number[]): Promise<Counts> {
    const selectedBytes = thresholds.length * this.#tables.cells * 2 * 4;
    const reads: Read[] = [
      ["histogram", this.#memory.sizes.histogram],
      ["selected", selectedBytes],
    ];
    const [histogram, selected] = await this.#call("counts", reads, () => {
      checkBatch(batch, this.#count);
      this.#memory.uploadThresholds(thresholdsAbove(thresholds));
      this.#memory.result("selected", selectedBytes);
      const cuts = cut(0, batch.length, this.#chunkRows, { thresholds: thresholds.length });
      const chunks = this.#memory.uploadCall(parameters, batch, cuts);
      return {
        chunks,
        steps: ({ forward, histogram, selected }) => ({
          clear: ["histogram", "selected"],
          each: () => [...forward, histogram, selected],
        }),
      };
    });
    return { histogram: new Uint32Array(histogram!), selected: new Uint32Array(selected!) };
  }

  /**
   * Local training: one step of the optimizer along mean(gᵢ) for each batch, in order (repeat the list for more epochs;
   * an empty batch is no step). Nothing is read back in between.
   * @param clip clips each gᵢ first, as DP-SGD does (Abadi et al. 2016); at participant level the whole change is
   * clipped afterwards instead (McMahan et al. 2018), and rows are not
   * @returns the new parameters [parameterCount]
   */
  async localTraining(
    parameters: Float32Array,
    batches: Uint32Array[],
    witness: Witness,
    { learningRate, clip, optimizer = plainSgd }: TrainingOptions,
  ): Promise<Float32Array> {
    checkOptimizer(learningRate, optimizer);
    const reads: Read[] = [["parameters", this.#memory.sizes.parameters]];
    const purpose = clip ? "clipped" : "plain";
    const most = batches.reduce((rows, { length }) => Math.max(rows, length), 0);
    const atOnce = most <= Math.min(this.#chunkRows, wholeBatch(this.#layout), clip ? gridOf(clip).exact : most);
    const bindDescent = atOnce ? undefined : await this.#programs.descent(purpose, optimizer);
    const [trained] = await this.#call(
      purpose,
      reads,
      () => {
        const joined = new Uint32Array(batches.reduce((sum, batch) => sum + batch.length, 0));
        const cuts: (Chunk & { endsBatch: boolean })[] = [];
        let start = 0;
        let step = 0;
        for (const batch of batches) {
          checkBatch(batch, this.#count);
          if (clip) checkClip(clip, batch.length);
          joined.set(batch, start);
          if (batch.length > 0) step++;
          const scale = 1 / ((clip?.unit ?? 1) * batch.length);
          const common = { ...(clip && gridOf(clip)), rate: learningRate, scale, ...corrections(step) };
          const own = cut(start, batch.length, this.#chunkRows, common);
          start += batch.length;
          cuts.push(...own.map((chunk) => ({ ...chunk, endsBatch: chunk.first + chunk.rows === start })));
        }
        checkWitness(witness, this.#tables);
        this.#memory.uploadWitness(witness);
        const chunks = this.#memory.uploadCall(parameters, joined, cuts);
        if (!clip) this.#memory.plainGradient({ rows: mostOf(chunks, "rows"), lines: mostOf(chunks, "lines") });
        const state = this.#memory.optimizerState(optimizer, parameters);
        const descend = bindDescent ? [bindDescent(this.#memory.arena)] : [];
        return {
          chunks,
          steps: ({ forward, backward }) => ({
            // Steps add up from nothing, and clear what they have used.
            clear: [clip ? "sum" : "gradient", ...state],
            each: (i) => [...forward, ...backward, ...(chunks[i]!.endsBatch ? descend : [])],
          }),
        };
      },
      atOnce ? optimizer : undefined,
    );
    const result = new Float32Array(trained!);
    // The last step may overflow with no forward pass behind it.
    checkParameters(this.#layout, result);
    return result;
  }

  /**
   * Local training of many models at once, each as `localTraining` does it, bit for bit: all begin at the same parameters,
   * and each has batches of its own. Micro-batches are of as many models as there is room for.
   * @param batches of each model, in order; none is empty, and not all models need have as many
   * @returns the new parameters [models, parameterCount]
   */
  async trainMany(
    parameters: Float32Array,
    batches: readonly (readonly Uint32Array[])[],
    witness: Witness,
    options: ManyOptions,
  ): Promise<Float32Array> {
    const { parameters: length } = this.#layout;
    const trained = new Float32Array(batches.length * length);
    // Whose steps are over leave the micro-batches from the end.
    const order = Array.from(batches.keys()).sort((a, b) => batches[b]!.length - batches[a]!.length);
    const longest = batches.reduce((most, own) => own.reduce((rows, { length }) => Math.max(rows, length), most), 1);
    const room = wholeTiles(longest);
    const bytes = 4 * length * Math.ceil(room / sliceOf(1));
    const atOnce = Math.max(1, Math.min(Math.floor(this.#chunkRows / room), Math.floor(manyBytes / bytes)));
    for (let first = 0; first < order.length; first += atOnce) {
      const models = order.slice(first, first + atOnce);
      const own = models.map((model) => batches[model]!);
      const drift = options.drift && models.map((model) => options.drift![model]!);
      const found = await this.#trainTogether(parameters, own, room, witness, { ...options, drift });
      for (const [i, model] of models.entries())
        trained.set(found.subarray(i * length, (i + 1) * length), model * length);
    }
    return trained;
  }

  async #trainTogether(
    parameters: Float32Array,
    batches: readonly (readonly Uint32Array[])[],
    room: number,
    witness: Witness,
    { learningRate, optimizer = plainSgd, drift }: ManyOptions,
  ): Promise<Float32Array> {
    checkOptimizer(learningRate, optimizer);
    const models = batches.length;
    const reads: Read[] = [["parameters", models * this.#memory.sizes.parameters]];
    const bindDescent = await this.#programs.descent("many", optimizer, drift !== undefined);
    const [read] = await this.#call("many", reads, () => {
      const total = batches.reduce((sum, own) => sum + own.length, 0);
      const joined = new Uint32Array(total * room);
      const steps = new Float32Array(total * 2);
      const cuts: Chunk[] = [];
      let at = 0;
      for (let step = 0; step < batches[0]!.length; step++) {
        const active = batches.filter(({ length }) => length > step).length;
        const rows = active * room;
        const common = { rate: learningRate, ...corrections(step + 1) };
        cuts.push({ ...cut(at * room, rows, rows, common)[0]!, room });
        for (let model = 0; model < active; model++, at++) {
          const batch = batches[model]![step]!;
          checkBatch(batch, this.#count);
          checkStep(batch);
          // Beyond its rows stands one of them, whose gradient the loss leaves out.
          joined.fill(batch[0]!, at * room, (at + 1) * room);
          joined.set(batch, at * room);
          steps.set([batch.length, 1 / batch.length], 2 * at);
        }
      }
      checkWitness(witness, this.#tables);
      this.#memory.uploadWitness(witness);
      this.#memory.uploadSteps(steps);
      const chunks = this.#memory.uploadCall(parameters, joined, cuts, models);
      if (drift) {
        const own = new Float32Array(models * this.#layout.parameters);
        for (const [i, one] of drift.entries()) own.set(one, i * this.#layout.parameters);
        this.#memory.uploadDrift(own);
      }
      this.#memory.plainGradient({ rows: room, lines: 0 }, models);
      const state = this.#memory.optimizerState(optimizer, parameters, models);
      const descend = bindDescent(this.#memory.arena);
      return {
        chunks,
        steps: ({ forward, backward }) => ({ clear: state, each: () => [...forward, ...backward, descend] }),
      };
    });
    const result = new Float32Array(read!);
    const { parameters: length } = this.#layout;
    for (let model = 0; model < models; model++)
      checkParameters(this.#layout, result.subarray(model * length, (model + 1) * length));
    return result;
  }

  /**
   * What the last layer gives for the batch's rows, in its order [batch, ...outputShape]: of a whole model, logits. Of
   * tokens, zeros stand behind those that a row has.
   */
  async scores(parameters: Float32Array, batch: Uint32Array): Promise<Float32Array<ArrayBuffer>> {
    const { output } = this.#layout.layers.at(-1)!;
    const { packed, rowsEach, width: each } = output;
    const { width, stride } = output.rows;
    const bytes = 4 * batch.length * output.stride;
    let tokens = new Uint32Array(0);
    const [padded] = await this.#call("counts", [["scores", bytes]], () => {
      checkBatch(batch, this.#count);
      const scores = this.#memory.result("scores", bytes);
      const chunks = this.#memory.uploadCall(parameters, batch, cut(0, batch.length, this.#chunkRows, {}));
      if (packed) tokens = batch.map((row) => this.#memory.tokens[row]!);
      const outputs = this.#memory.arena.get(output.activation);
      return {
        chunks,
        steps: ({ forward }) => ({ clear: [], each: () => forward }),
        keep: (encoder, { first, rows, firstLine, lines }) => {
          const [from, count] = packed ? [firstLine, lines] : [first * rowsEach, rows * rowsEach];
          encoder.copyBufferToBuffer(outputs, 0, scores, 4 * from * stride, 4 * count * stride);
        },
      };
    });
    const read = new Float32Array(padded!);
    const found = new Float32Array(batch.length * each);
    let from = 0;
    for (let row = 0; row < batch.length; row++) {
      const lines = packed ? tokens[row]! : rowsEach;
      for (let i = 0; i < lines; i++) {
        const at = (from + i) * stride;
        found.set(read.subarray(at, at + width), row * each + i * width);
      }
      from += packed ? wholeQuads(lines) : rowsEach;
    }
    return found;
  }

  /** Frees the buffers; later calls reject. The device stays the caller's. */
  dispose(): void {
    this.#calls.gone ??= new Error("the engine was disposed of");
    this.#memory.arena.dispose();
  }

  /**
   * A call: `prepare` uploads and says what is cleared, and what runs for each micro-batch. All of it is watched for
   * values that are not finite.
   */
  async #call(purpose: Purpose, results: Read[], prepare: () => Work, descent?: Optimizer): Promise<ArrayBuffer[]> {
    if (purpose !== "counts") checkHead(this.#layout);
    const bind = await this.#programs.compile(purpose, descent);
    const { arena, sizes } = this.#memory;
    const reads: Read[] = [["flags", sizes.flags], ...results];
    let count = 0;
    let start = 0;
    const [flags, ...read] = await this.#calls.call(reads, (encoder) => {
      const { chunks, steps, keep } = prepare();
      count = chunks.length;
      start = performance.now();
      const { clear, each } = steps(this.#launches(keyOf(purpose, descent), bind));
      for (const name of ["flags", ...clear]) encoder.clearBuffer(arena.get(name));
      return this.#recordChunks(encoder, chunks, each, keep);
    });
    this.#pace.note(count, performance.now() - start);
    checkFlags(new Uint32Array(flags!), this.#layout);
    return read;
  }

  /** As many chunks a submit as the pace allows. */
  #recordChunks(
    first: GPUCommandEncoder,
    chunks: Chunk[],
    each: (chunk: number) => Launch[],
    keep: Work["keep"],
  ): GPUCommandEncoder {
    let encoder = first;
    let pass = encoder.beginComputePass();
    chunks.forEach((chunk, i) => {
      if (i > 0 && i % this.#pace.chunks === 0) {
        pass.end();
        this.#device.queue.submit([encoder.finish()]);
        encoder = this.#device.createCommandEncoder();
        pass = encoder.beginComputePass();
      }
      for (const launch of each(i)) record(pass, launch, i, chunk);
      if (keep) {
        pass.end();
        keep(encoder, chunk);
        pass = encoder.beginComputePass();
      }
    });
    pass.end();
    return encoder;
  }

  /** Bind groups are made anew only after a buffer has grown. */
  #launches(key: string, bind: Bind): Program {
    const { arena } = this.#memory;
    const bound = this.#bound.get(key);
    if (bound?.generation === arena.generation) return bound.program;
    const program = bind(arena);
    this.#bound.set(key, { generation: arena.generation, program });
    return program;
  }
}

/** Numbers of the widest buffer for a row. */
function widthOf(layer: PlacedLayer): number {
  const own = kinds[layer.kind].buffers(layer);
  const widths = own.map(({ each, rows }) => each * rows.stride);
  return Math.max(layer.input.stride, layer.output.stride, ...widths);
}

/** A row brings no more than unit · norm to a coordinate, rounding included: the margin is wider than ½ where it matters. */
const gridOf = ({ norm, unit }: Clip) => ({
  limit: norm * (1 - safetyMargin),
  unit,
  exact: 4 * Math.floor(2 ** 22 / Math.max(1, unit * norm)),
});
