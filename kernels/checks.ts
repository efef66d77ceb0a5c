/** What the engine asks of its inputs before anything reaches the GPU, where a wrong index or a NaN says nothing. */
import { InputError } from "../shared/errors.ts";
import { scoreBins, undisclosed, type Witness } from "../shared/fairness/histogram.ts";
import { padding } from "../shared/text/padding.ts";
import { unlabelled } from "../shared/text/tags.ts";
import type { Clip, Rows, TableSizes } from "./inputs.ts";
import { type Layout, nameOf } from "./layout.ts";
import type { Optimizer } from "./optimizer/optimizer.ts";

/** Counts and penalties of fairness are about one logit; of several nothing would be counted, and nobody told. */
export function checkTables({ layers }: Layout, { cells }: TableSizes): void {
  const { outputs } = layers.at(-1)!;
  if (outputs > 1 && cells > 0) {
    throw new InputError("tables.cells", `is ${cells} for a model of ${outputs} classes`, "Use 0, or one output.");
  }
}

/** Of a model that is trained or asked for scores; an encoder's part gives vectors instead. */
export function checkHead({ layers }: Layout): void {
  const last = layers.at(-1)!;
  if (last.kind !== "dense") throw new InputError("layers", "end without logits", "Let the last layer be dense.");
  if (last.positions > 1 && last.outputs === 1)
    throw new InputError(
      "layers",
      "end with one logit of every token",
      "Give each token two or more, or use mean-tokens.",
    );
}

export function checkFrozen({ frozen: expected }: Layout, frozen: Float32Array): void {
  if (frozen.length !== expected)
    throw new InputError("frozen", `has ${frozen.length} numbers`, `The architecture has ${expected}.`);
  const bad = frozen.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new InputError("frozen", `has ${frozen[bad]} at ${bad}`, "Every parameter must be finite.");
}

export function checkRows(
  rows: Rows,
  { layers, labels: each, begins, packed }: Layout,
  { cells, attributes }: TableSizes,
): void {
  const inputs = layers[0]!.input.width;
  const counted = packed && begins === "numbers";
  if (counted) checkCounts(rows, layers[0]!.input.rowsEach);
  const vectors = counted ? rows.tokens!.reduce((sum, count) => sum + count, 0) : rows.count;
  const lengths = {
    features: vectors * (counted ? layers[0]!.input.rows.width : inputs),
    labels: rows.count * each,
    cells: rows.count * attributes,
  };
  for (const [name, expected] of Object.entries(lengths)) {
    const { length } = rows[name as keyof typeof lengths];
    if (length !== expected) {
      throw new InputError(`rows.${name}`, `has ${length} entries`, `${rows.count} rows need ${expected}.`);
    }
  }
  const badFeature = rows.features.findIndex((value) => !Number.isFinite(value));
  if (badFeature >= 0) {
    const width = counted ? layers[0]!.input.rows.width : inputs;
    const place = `${counted ? "token" : "row"} ${Math.floor(badFeature / width)}, column ${badFeature % width}`;
    const found = `input of layer 1 is ${rows.features[badFeature]} at ${place}`;
    throw new InputError("rows.features", found, "Every feature must be finite.");
  }
  if (begins === "tokens") checkTokens(rows.features, inputs, layers[0]!.inputs);
  const labels = Math.max(2, layers.at(-1)!.outputs);
  const badLabel = rows.labels.findIndex((label) => label >= labels && !(each > 1 && label === unlabelled));
  if (badLabel >= 0) {
    const fix = `Labels go from 0 to ${labels - 1}.`;
    throw new InputError("rows.labels", `is ${rows.labels[badLabel]} in row ${Math.floor(badLabel / each)}`, fix);
  }
  const badCell = rows.cells.findIndex((cell) => cell >= cells && cell !== undisclosed);
  if (badCell >= 0) {
    const found = `is ${rows.cells[badCell]} in row ${Math.floor(badCell / attributes)}`;
    throw new InputError("rows.cells", found, `Cells go from 0 to ${cells - 1}; ${undisclosed} is undisclosed.`);
  }
}

function checkCounts({ tokens, count }: Rows, room: number): void {
  if (tokens?.length !== count)
    throw new InputError("rows.tokens", `has ${tokens?.length ?? 0} entries`, `${count} rows need ${count}.`);
  const bad = tokens.findIndex((length) => length > room);
  if (bad >= 0) throw new InputError("rows.tokens", `is ${tokens[bad]} in row ${bad}`, `There is room for ${room}.`);
}

/** Token numbers of the vocabulary, then nothing but -1. */
function checkTokens(features: Float32Array, tokens: number, vocabulary: number): void {
  const bad = features.findIndex((id, i) => {
    if (id === padding) return false;
    const behindPadding = i % tokens > 0 && features[i - 1] === padding;
    return behindPadding || !Number.isInteger(id) || id < 0 || id >= vocabulary;
  });
  if (bad < 0) return;
  const found = `has ${features[bad]} in row ${Math.floor(bad / tokens)}, token ${bad % tokens}`;
  throw new InputError("rows.features", found, `Use 0 to ${vocabulary - 1}, and -1 only at a row's end.`);
}

export function checkBatch(batch: Uint32Array, count: number): void {
  const bad = batch.findIndex((row) => row >= count);
  if (bad >= 0) throw new InputError("batch", `names row ${batch[bad]} of ${count}`, "Use indices of the loaded rows.");
}

/** Of many models at once, a batch without rows would still be a place in a micro-batch. */
export function checkStep(batch: Uint32Array): void {
  if (batch.length === 0) throw new InputError("batch", "is empty", "Leave a step without rows out.");
}

/** A row drawn twice would enter a private sum with twice its bound. */
export function checkDistinct(batch: Uint32Array): void {
  if (new Set(batch).size !== batch.length) {
    throw new InputError("batch", "names a row twice", "A private sum takes each row at most once.");
  }
}

export function checkWitness(witness: Witness, { cells }: TableSizes): void {
  const lengths = { slope: cells * 2 * scoreBins.count, weight: cells * 2 };
  for (const [name, expected] of Object.entries(lengths)) {
    const table = witness[name as keyof typeof lengths];
    if (table.length !== expected) {
      throw new InputError(`witness.${name}`, `has ${table.length} entries`, `${cells} cells need ${expected}.`);
    }
    if (!table.every((value) => Number.isFinite(Math.fround(value)))) {
      throw new InputError(`witness.${name}`, "has an entry that is not finite in f32", "Use finite numbers.");
    }
  }
}

/**
 * The sum of a batch must fit 32 bits whatever the rows are: each row brings at most unit·norm to a coordinate, and ½
 * by rounding.
 */
export function checkClip(clip: Clip, rows: number): void {
  // Range in which f32 holds the clip factor with full precision; see wgsl/snippets/clip-factor.wgsl.
  if (!(clip.norm >= 1e-6 && clip.norm <= 1e6)) {
    throw new InputError("clip.norm", `is ${clip.norm}`, "Use a bound from 1e-6 to 1e6.");
  }
  if (!(clip.unit > 0 && Number.isFinite(Math.fround(clip.unit)))) {
    throw new InputError("clip.unit", `is ${clip.unit}`, "Use a number above 0.");
  }
  // Of which four add up exactly in f32; see clipped-sum.wgsl.
  if (clip.unit * clip.norm > 2 ** 22) {
    throw new InputError("clip.unit", `is ${clip.unit} for a norm of ${clip.norm}`, "Use at most 2²² / norm.");
  }
  if (Math.max(1, rows) * (clip.unit * clip.norm + 0.5) >= 2 ** 31) {
    const problem = `${clip.unit} with ${rows} rows of norm ${clip.norm} can overflow 32 bits`;
    throw new InputError("clip.unit", problem, "Use a coarser grid or a smaller batch.");
  }
}

export function checkOptimizer(learningRate: number, { momentum, proximal }: Optimizer): void {
  if (!Number.isFinite(learningRate))
    throw new InputError("learningRate", `is ${learningRate}`, "Use a finite number.");
  if (!(momentum >= 0 && momentum < 1)) {
    throw new InputError("optimizer.momentum", `is ${momentum}`, "Use a number from 0 to below 1.");
  }
  if (!(proximal >= 0 && Number.isFinite(Math.fround(proximal)))) {
    throw new InputError("optimizer.proximal", `is ${proximal}`, "Use a number that is not below 0.");
  }
}

/** Names the layer of a value that was not finite, from the bits of snippets/finite.wgsl. */
export function checkFlags(flags: Uint32Array, { layers }: Layout): void {
  const meanings = ["an output", "a gradient", "a row's gradient norm"];
  for (const layer of layers) {
    const bit = meanings.findIndex((_, i) => (flags[layer.index]! & (1 << i)) !== 0);
    if (bit < 0) continue;
    const fix = "Lower the learning rate or bring the features to a smaller range.";
    throw new InputError(nameOf(layer), `${meanings[bit]} is not finite or too large for f32`, fix);
  }
}
