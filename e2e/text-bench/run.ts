/**
 * What a text task learns, without privacy and at several ε, on the texts of its test file.
 *
 * At record level the integers of fifty tabs add up to those of one engine that has all their rows, bit for bit
 * (kernels/engine.test.ts), and their shares of noise to one draw of the summed variance; so that is what runs here, with
 * the layouts, the plan and the learner of a real run.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseCsv } from "../../client/data/read.ts";
import { fetchData } from "../../coordinator/command/data.ts";
import { finalParameters, startLearner, takeProfile, takeTrain } from "../../coordinator/learner.ts";
import { useLiteFile } from "../../coordinator/text/use-lite.ts";
import { dawnDevice } from "../../kernels/testing/dawn.ts";
import { openTextEngine } from "../../kernels/text/text-engine.ts";
import { readRows, wordsOf } from "../../shared/data/rows.ts";
import { classFigures, classTable, likeliest } from "../../shared/fairness/class-figures.ts";
import { cellsOf, cellsPerRow } from "../../shared/fairness/histogram.ts";
import { architectureOf, frozenLayers, initialParameters } from "../../shared/model.ts";
import { planOf, roundPlan } from "../../shared/plan.ts";
import { addNoise } from "../../shared/privacy/discrete-gaussian.ts";
import { encodeRecordSum } from "../../shared/privacy/encode.ts";
import { RandomSource } from "../../shared/privacy/random.ts";
import { segment } from "../../shared/questions/layout.ts";
import { readProfile } from "../../shared/questions/profile.ts";
import { profileCounts } from "../../shared/questions/profile-counts.ts";
import { layoutOf } from "../../shared/questions/question.ts";
import { assembleTrain, readTrain } from "../../shared/questions/train.ts";
import { classesOf, type Task } from "../../shared/task.ts";
import { readTaskFile } from "../../shared/task-file.ts";
import { asTask } from "../../shared/task-rules.ts";
import { readEncoderFile } from "../../shared/text/encoder-file.ts";
import { entityReport, wordReport } from "../../shared/text/tagging-report.ts";
import { likeliestTags, tokenLabels } from "../../shared/text/tags.ts";
import { Tokens } from "../../shared/text/tokens.ts";

const participants = 50;

interface Options {
  task: string;
  data: string;
  dataDir: string | undefined;
  /** Where vectors of texts are kept between runs */
  cache: string;
  epsilons: number[];
  /** In the place of the task's own */
  adapters: string[] | undefined;
  rank: number | undefined;
  tokens: number | undefined;
  clipNorm: number | undefined;
  learningRate: number | undefined;
  /** Judge by the rows that a run holds back, and leave the test file alone: hyper-parameters are chosen so */
  heldBack: boolean;
  /** Of local training without privacy: passes over all rows, and the step of Adam */
  epochs: number;
  rate: number;
}

const options = JSON.parse(process.argv[2]!) as Options;
const device = await dawnDevice();
if (!device) throw new Error("no adapter");
const say = (text: string) => process.stderr.write(`${text}\n`);

const taskFile = `${options.task}.yaml`;
const written = readTaskFile(readFileSync(join("tasks", taskFile), "utf8"), taskFile);
/** CoNLL-2003 has a type of names more than the task. */
const source = options.data === "conll2003" ? withTypes(written, ["PER", "LOC", "ORG", "MISC"]) : written;
const { adapters = source.model.encoder!.adapters, rank = source.model.encoder!.rank } = options;
const { tokens: room = source.data.text!.tokens } = options;
const { clipNorm = source.privacy.clipNorm, learningRate = source.training.learningRate } = options;
const withPrivacy = (epsilon: number): Task =>
  asTask({
    ...source,
    data: { ...source.data, text: { ...source.data.text, tokens: room } },
    model: { ...source.model, encoder: { ...source.model.encoder, adapters, rank } },
    cohort: { ...source.cohort, minimum: participants, maximum: participants },
    privacy: { ...source.privacy, epsilon, clipNorm },
    training: { ...source.training, learningRate },
  });

const data = await fetchData(options.data, {
  cacheDir: options.cache,
  ...(options.dataDir !== undefined && { dataDir: options.dataDir }),
});
const read = (path: string) => readRows(parseCsv(readFileSync(path, "utf8")).records, source).rows;
const [learned, tested] = [read(data.path), read(data.testPath)];
const texts = [...learned.texts!, ...tested.texts!];
const encoderFile = readEncoderFile(await useLiteFile());
const starts = learned.tags && new Tokens(encoderFile.tokenizer).wordRows(texts.map(wordsOf), room).starts;
const labels = starts
  ? tokenLabels([...learned.tags!, ...tested.tags!], starts, room)
  : Uint8Array.from([...learned.labels, ...tested.labels]);
const labelsEach = labels.length / texts.length;
const labelsOf = (rows: ArrayLike<number>): Uint8Array<ArrayBuffer> => {
  const own = new Uint8Array(rows.length * labelsEach);
  Array.from(rows).forEach((row, i) => {
    own.set(labels.subarray(row * labelsEach, (row + 1) * labelsEach), i * labelsEach);
  });
  return own;
};

const task = withPrivacy(1);
const architecture = architectureOf(task);
const tables = { cells: cellsOf(task).length, attributes: cellsPerRow(task) };
const { engine, encode } = await openTextEngine(async () => device, architecture, tables, encoderFile);

function withTypes(task: Task, entities: string[]): Task {
  const layers = task.model.layers.with(-1, { kind: "dense", outputs: 1 + 2 * entities.length, activation: "none" });
  const label = { column: task.data.label.column, entities };
  return asTask({ ...task, data: { ...task.data, label }, model: { ...task.model, layers } });
}

/** What the frozen part gives for all texts: minutes of a software adapter, so it is kept. */
async function inputs(): Promise<{ features: Float32Array; tokens?: Uint32Array }> {
  const name = join(
    options.cache,
    [options.data, task.model.encoder!.output, frozenLayers(architecture.layers), room].join("-"),
  );
  const [features, tokens] = [`${name}.lines`, `${name}.counts`];
  if (!existsSync(features)) {
    const start = performance.now();
    const made = await encode(texts, (done) => say(`${done} of ${texts.length} texts`));
    say(`texts read in ${((performance.now() - start) / 1000).toFixed(0)} s`);
    mkdirSync(options.cache, { recursive: true });
    if (made.tokens) writeFileSync(tokens, made.tokens);
    writeFileSync(features, made.features);
  }
  const bytes = (path: string) => new Uint8Array(readFileSync(path)).buffer;
  return {
    features: new Float32Array(bytes(features)),
    ...(existsSync(tokens) && { tokens: new Uint32Array(bytes(tokens)) }),
  };
}
const all = await inputs();
/** Where each text's vectors begin, and the end of the last. */
const firsts = new Uint32Array(texts.length + 1);
for (let row = 0; row < texts.length; row++) firsts[row + 1] = firsts[row]! + (all.tokens?.[row] ?? 1);
const width = all.features.length / firsts.at(-1)!;

/** All rows of the training file but those that a real run holds back, each tab by its own coin. */
const random = new RandomSource();
const isHeld = Array.from({ length: learned.count }, () => random.bernoulli(source.data.heldBack));
const training = upTo(learned.count).filter((row) => !isHeld[row]);
const judged = options.heldBack
  ? upTo(learned.count).filter((row) => isHeld[row])
  : upTo(tested.count).map((row) => learned.count + row);

/** Rows that are loaded at once: as many as fit one binding of the adapter. */
function* portions(rows: Uint32Array): Generator<Uint32Array> {
  const most = 2 ** 26 / (4 * width);
  let [first, lines] = [0, 0];
  for (let i = 0; i < rows.length; i++) {
    const own = firsts[rows[i]! + 1]! - firsts[rows[i]!]!;
    if (i > first && lines + own > most) {
      yield rows.subarray(first, i);
      [first, lines] = [i, 0];
    }
    lines += own;
  }
  yield rows.subarray(first);
}

async function load(rows: Uint32Array): Promise<void> {
  const parts = Array.from(rows, (row) => all.features.subarray(firsts[row]! * width, firsts[row + 1]! * width));
  const features = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    features.set(part, at);
    at += part.length;
  }
  await engine.load({
    count: rows.length,
    features,
    ...(all.tokens && { tokens: Uint32Array.from(rows, (row) => all.tokens![row]!) }),
    labels: labelsOf(rows),
    cells: new Uint8Array(rows.length * tables.attributes),
  });
}

async function scores(parameters: Float32Array<ArrayBuffer>): Promise<Float32Array> {
  const outputs = classesOf(task)?.length ?? 1;
  const each = outputs * labelsEach;
  const found = new Float32Array(judged.length * each);
  let done = 0;
  for (const rows of portions(judged)) {
    await load(rows);
    found.set(await engine.scores(parameters, upTo(rows.length)), done * each);
    done += rows.length;
  }
  return found;
}

async function figures(parameters: Float32Array<ArrayBuffer>) {
  const names = classesOf(task) ?? ["negative", "positive"];
  const logits = await scores(parameters);
  if (starts) {
    const tags = [...learned.tags!, ...tested.tags!];
    const given = Array.from(judged, (row) => Array.from(tags[row]!, (tag) => names[tag]!));
    const words = given.map(({ length }) => length);
    const found = likeliestTags(
      names,
      logits,
      Array.from(judged, (row) => starts[row]!),
      words,
    );
    const sentences = given.map((gold, i) => ({ gold, found: found[i]! }));
    const [entities, byWord] = [entityReport(sentences), wordReport(sentences)];
    return { entityMicroF1: entities.micro.f1, entityMacroF1: entities.macro.f1, wordWeightedF1: byWord.weighted.f1 };
  }
  const predicted =
    logits.length === judged.length ? Uint8Array.from(logits, (z) => Number(z >= 0)) : likeliest(logits, names.length);
  const { accuracy, macroF1 } = classFigures(names, classTable(names.length, labelsOf(judged), predicted));
  return { accuracy, macroF1 };
}

async function privateRun(epsilon: number) {
  const own = withPrivacy(epsilon === Number.POSITIVE_INFINITY ? 100 : epsilon);
  const plan = planOf(own);
  const quiet = epsilon === Number.POSITIVE_INFINITY;
  const noised = (kind: "profile" | "train", integers: Int32Array): Float64Array => {
    if (quiet) return Float64Array.from(integers);
    const { localVariance, layout } = roundPlan(own, plan, kind, participants);
    return Float64Array.from(addNoise(encodeRecordSum(integers, layout), localVariance * BigInt(participants), random));
  };
  const profileLayout = layoutOf("profile", own);
  const counts = profileCounts({ ...learned, texts: [], numeric: {}, categorical: {} }, own, profileLayout);
  const scaledCounts = Int32Array.from(counts, (count, i) => {
    const { unit } = profileLayout.segments.find(({ offset, length }) => i >= offset && i < offset + length)!;
    return Math.round(count * unit);
  });
  let learner = takeProfile(
    own,
    startLearner(own, 1),
    readProfile(own, profileLayout, noised("profile", scaledCounts)),
  );
  const layout = layoutOf("train", own);
  const clip = { norm: own.privacy.clipNorm, unit: segment(layout, "update").unit };
  for (let round = 1; round <= own.training.rounds; round++) {
    const sum = new Int32Array(layout.dimension);
    const batch = training.filter(() => random.bernoulli(own.privacy.sampleRate));
    for (const rows of portions(batch)) {
      await load(rows);
      const every = upTo(rows.length);
      const { gradient, histogram } = await engine.privateSum(learner.parameters, every, learner.witness, clip);
      const told = classesOf(own) ? new Uint32Array(2) : histogram;
      assembleTrain(layout, gradient, told).forEach((x, i) => {
        sum[i]! += x;
      });
    }
    const answer = readTrain(layout, noised("train", sum));
    ({ learner } = takeTrain(own, learner, answer, participants, round, 0));
    if (task.model.encoder!.adapters.length > 0) say(`ε = ${epsilon}, round ${round} of ${own.training.rounds}`);
  }
  return figures(finalParameters(learner));
}

function upTo(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i);
}

/** Adam on batches in a new order each epoch, as one would fine-tune without privacy. */
async function plainRun() {
  let parameters = initialParameters(architecture, 1);
  const witness = startLearner(task, 1).witness;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const order = training.slice();
    for (let i = order.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    for (const rows of portions(order)) {
      await load(rows);
      const batches = Array.from({ length: Math.ceil(rows.length / 32) }, (_, b) =>
        Uint32Array.from({ length: Math.min(32, rows.length - b * 32) }, (_, i) => b * 32 + i),
      );
      parameters = new Float32Array(
        await engine.localTraining(parameters, batches, witness, {
          // Down to nothing, as is customary.
          learningRate: options.rate * (1 - epoch / options.epochs),
          optimizer: { kind: "adam", momentum: 0, proximal: 0 },
        }),
      );
    }
    const soFar = options.heldBack ? `: ${JSON.stringify(await figures(parameters))}` : "";
    say(`epoch ${epoch + 1} of ${options.epochs}${soFar}`);
  }
  return figures(parameters);
}

const results: Record<string, unknown> = {};
if (options.epochs > 0) results[`no privacy, Adam, ${options.epochs} epochs`] = await plainRun();
for (const epsilon of options.epsilons.map(Number)) {
  const start = performance.now();
  results[`ε = ${epsilon}`] = await privateRun(epsilon);
  say(
    `ε = ${epsilon}: ${JSON.stringify(results[`ε = ${epsilon}`])} in ${((performance.now() - start) / 1000).toFixed(0)} s`,
  );
}
console.log(JSON.stringify({ task: options.task, rows: training.length, judged: judged.length, results }));
process.exit(0);
