/**
 * Computes the tab's answers from its own rows: the kernels' counts and sums, encoded and noised. Rows come in once and
 * stay in memory and on the adapter; nothing but `Noised` vectors goes out of here.
 */
import { LastingEngine } from "../../kernels/lasting-engine.ts";
import type { TextEngine, TextInputs } from "../../kernels/text/text-engine.ts";
import { fromHex } from "../../shared/canonical.ts";
import { encodeFeatures, type Normalisation } from "../../shared/data/features.ts";
import { type TypedRows, takeRows } from "../../shared/data/rows.ts";
import { invariant } from "../../shared/errors.ts";
import { decides, pathOf, rowBins } from "../../shared/explain/tree.ts";
import { classTable, likeliest } from "../../shared/fairness/class-figures.ts";
import { cellsOf, cellsPerRow, undisclosed } from "../../shared/fairness/histogram.ts";
import { architectureOf, inputWidth } from "../../shared/model.ts";
import { addNoise } from "../../shared/privacy/discrete-gaussian.ts";
import { encodeParticipant, encodeRecordSum } from "../../shared/privacy/encode.ts";
import { rotationSigns, type Signs } from "../../shared/privacy/hadamard.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import type { Encoded } from "../../shared/privacy/stages.ts";
import { entityCounts, rankAnswer } from "../../shared/questions/evaluate.ts";
import { sumExplained } from "../../shared/questions/explain.ts";
import { type Layout, segment } from "../../shared/questions/layout.ts";
import { sumMoments } from "../../shared/questions/moments.ts";
import { choiceShares, profileCounts } from "../../shared/questions/profile-counts.ts";
import { announcedLayout, type Question } from "../../shared/questions/question.ts";
import { assembleChange, assembleTrain } from "../../shared/questions/train.ts";
import { treeCounts } from "../../shared/questions/tree.ts";
import type { Catalogue } from "../../shared/recommend/catalogue.ts";
import type { Pairs } from "../../shared/recommend/pairs.ts";
import { rankOf } from "../../shared/recommend/ranking.ts";
import { classesOf, type Task } from "../../shared/task.ts";
import type { EncoderFile } from "../../shared/text/encoder-file.ts";
import { entitiesOf, likeliestTags, tokenLabels } from "../../shared/text/tags.ts";
import type { Answer } from "./session.ts";

type Parameters = Float32Array<ArrayBuffer>;

/** Integers of an answer that its owner may look at. */
const shownIntegers = 12;

/** Rows that are on the adapter at once when others than the tab's own are scored. */
const rowsAtOnce = 16_384;

export class Answerer {
  #loaded: string | undefined;
  /** The last answer's first integers before and after its noise: for its owner's eye, and for nobody else's */
  glimpse: { encoded: number[]; noised: number[] } | undefined;

  private constructor(
    private readonly engine: LastingEngine,
    private readonly task: Task,
    private readonly rows: TypedRows,
    private readonly portions: { train: Uint32Array; heldBack: Uint32Array },
    private readonly random: RandomSource,
    private readonly texts: { encode: TextEngine["encode"]; own: TextInputs } | undefined,
    private readonly choices?: { pairs: Pairs; inputs: (popularity: readonly number[]) => Float32Array<ArrayBuffer> },
  ) {}

  /**
   * @param reader of a task that reads texts: the encoder's file, and who is told of how many of them are read; of one
   * with items: their catalogue
   */
  static async create(
    open: () => Promise<GPUDevice>,
    task: Task,
    rows: TypedRows,
    portions: { train: Uint32Array; heldBack: Uint32Array },
    random: RandomSource,
    reader: { file?: EncoderFile; onProgress?: (done: number) => void; catalogue?: Catalogue } = {},
  ): Promise<Answerer> {
    const tables = { cells: cellsOf(task).length, attributes: cellsPerRow(task) };
    const architecture = architectureOf(task);
    if (task.data.items) {
      const { catalogue } = reader;
      invariant(catalogue, "a task with items comes with their catalogue");
      const { pairInputs, pairsOf } = await import("../../shared/recommend/pairs.ts");
      const pairs = pairsOf(rows, portions, catalogue, random);
      const engine = await LastingEngine.create(open, architecture, tables);
      return new Answerer(engine, task, pairs.rows, pairs.portions, random, undefined, {
        pairs,
        inputs: (popularity) => pairInputs(pairs, catalogue, popularity),
      });
    }
    if (!task.data.text) {
      const engine = await LastingEngine.create(open, architecture, tables);
      return new Answerer(engine, task, rows, portions, random, undefined);
    }
    invariant(reader.file && rows.texts, "a task that reads texts comes with an encoder, and rows with texts");
    const { openTextEngine } = await import("../../kernels/text/text-engine.ts");
    const { engine, encode } = await openTextEngine(open, architecture, tables, reader.file);
    const own = await encode(rows.texts, reader.onProgress);
    return new Answerer(engine, task, rows, portions, random, { encode, own });
  }

  /** The encoded answer, waiting for the noise that the cohort's size calls for. */
  async answer(question: Question, parameters: Parameters, announcementHash: string): Promise<Answer> {
    const layout = announcedLayout(question, this.task);
    const signs = await rotationSigns(fromHex(announcementHash), layout.dimension);
    const encoded = await this.#encode(question, parameters, layout, signs);
    return (plan) => {
      const noised = addNoise(encoded, plan.localVariance, this.random);
      this.glimpse = {
        encoded: Array.from(encoded.subarray(0, shownIntegers)),
        noised: Array.from(noised.subarray(0, shownIntegers)),
      };
      return noised;
    };
  }

  /** Logits [rows, outputs] of model inputs [rows, width] of anyone's making, on the adapter: for explanations. */
  async score(parameters: Parameters, inputs: Float32Array | Float64Array): Promise<Float32Array> {
    const width = inputWidth(this.task);
    const rows = inputs.length / width;
    const outputs = classesOf(this.task)?.length ?? 1;
    const scores = new Float32Array(rows * outputs);
    this.#loaded = undefined;
    for (let first = 0; first < rows; first += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, rows - first);
      await this.engine.load({
        count,
        features: Float32Array.from(inputs.subarray(first * width, (first + count) * width)),
        labels: new Uint8Array(count),
        cells: new Uint8Array(count * cellsPerRow(this.task)).fill(undisclosed),
      });
      const all = Uint32Array.from({ length: count }, (_, i) => i);
      scores.set(await this.engine.scores(parameters, all), first * outputs);
    }
    return scores;
  }

  /** Logits [texts, outputs] of texts of anyone's making, on the adapter; of entities of each token, and where words begin. */
  async scoreTexts(
    parameters: Parameters,
    texts: readonly string[],
  ): Promise<{ logits: Float32Array; starts?: number[][] }> {
    invariant(this.texts, "the task reads texts");
    this.#loaded = undefined;
    const count = texts.length;
    const { starts, ...inputs } = await this.texts.encode(texts);
    await this.engine.load({
      count,
      ...inputs,
      labels: new Uint8Array(starts ? count * inputWidth(this.task) : count),
      cells: new Uint8Array(count * cellsPerRow(this.task)).fill(undisclosed),
    });
    const logits = await this.engine.scores(
      parameters,
      Uint32Array.from({ length: count }, (_, i) => i),
    );
    return { logits, ...(starts && { starts }) };
  }

  dispose(): void {
    this.engine.dispose();
  }

  async #encode(question: Question, parameters: Parameters, layout: Layout, signs: Signs): Promise<Encoded> {
    const record = this.task.privacy.unit === "record";
    switch (question.kind) {
      case "profile":
        return this.#counted(
          profileCounts(takeRows(this.rows, this.portions.train), this.task, layout),
          this.portions.train.length,
          layout,
          signs,
          this.choices && choiceShares(this.choices.pairs.chosen, layout),
        );
      case "train":
        await this.#load(question.normalisation, question.popularity);
        return record
          ? this.#recordTrain(question, parameters, layout)
          : this.#participantTrain(question, parameters, layout, signs);
      case "tree": {
        await this.#load(question.normalisation);
        const { train } = this.portions;
        const selected = await this.#selected(parameters, train, question.threshold);
        const counts = treeCounts(takeRows(this.rows, train), selected, this.task, layout, question);
        return this.#counted(counts, train.length, layout, signs);
      }
      case "moments": {
        const rows = takeRows(this.rows, this.portions.train);
        const inputs = encodeFeatures(rows, this.task, question.normalisation);
        return this.#counted(sumMoments(this.task, layout, inputs), rows.count, layout, signs);
      }
      case "explain": {
        const rows = takeRows(this.rows, this.portions.heldBack);
        const inputs = encodeFeatures(rows, this.task, question.normalisation);
        const { absoluteAttributions } = await import("../../shared/explain/integrated-gradients.ts");
        const absolute = await absoluteAttributions(this.task, parameters, inputs, question.baseline);
        return this.#counted(sumExplained(this.task, layout, absolute, rows), rows.count, layout, signs);
      }
      case "evaluate": {
        await this.#load(question.normalisation, question.popularity);
        const rows = this.portions.heldBack;
        const classes = classesOf(this.task);
        if (this.rows.tags) {
          const { gold, found, right } = await this.#names(parameters, rows);
          return this.#counted(entityCounts(this.task, layout, gold, found, right), rows.length, layout, signs);
        }
        if (classes) {
          const labels = Array.from(rows, (row) => this.rows.labels[row]!);
          const table = classTable(classes.length, labels, await this.#likeliest(parameters, rows));
          return this.#counted(Float64Array.from(table), rows.length, layout, signs);
        }
        const { histogram, selected } = await this.engine.evaluate(parameters, rows, question.thresholds);
        const counts = new Float64Array(layout.dimension);
        counts.set(histogram, segment(layout, "histogram").offset);
        counts.set(selected, segment(layout, "selected").offset);
        if (question.tree) {
          const { offset } = segment(layout, "agreement");
          const decisions = await this.#selected(parameters, rows, question.thresholds[1]!);
          const bins = rowBins(this.task.data.features, takeRows(this.rows, rows));
          decisions.forEach((decision, row) => {
            const alike = decides(pathOf(question.tree!, bins, row).at(-1)!) === decision;
            counts[offset + Number(alike)]! += 1;
          });
        }
        return this.#counted(counts, rows.length, layout, signs, await this.#rank(parameters, layout));
      }
    }
  }

  /** Of choices: where the last one stands among the others that were drawn for it. */
  async #rank(parameters: Parameters, layout: Layout): Promise<Float64Array | undefined> {
    if (!this.choices) return undefined;
    const { heldBack } = this.portions;
    const [chosen, ...others] = await this.engine.scores(parameters, heldBack);
    const perRow = cellsPerRow(this.task);
    const at = heldBack[0]! * perRow;
    // A task without sensitive attributes has one cell, of all.
    return rankAnswer(rankOf(chosen!, others), this.rows.cells.subarray(at, at + perRow), layout);
  }

  /** The number of the class that the model thinks likeliest for each row. */
  async #likeliest(parameters: Parameters, rows: Uint32Array): Promise<Uint8Array> {
    return likeliest(await this.engine.scores(parameters, rows), classesOf(this.task)!.length);
  }

  /** The names that stand in texts, those that the model finds there, and whether it tags every word of each right. */
  async #names(parameters: Parameters, rows: Uint32Array) {
    const names = classesOf(this.task)!;
    const given = Array.from(rows, (row) => Array.from(this.rows.tags![row]!, (tag) => names[tag]!));
    const starts = Array.from(rows, (row) => this.texts!.own.starts![row]!);
    const words = given.map(({ length }) => length);
    const tags = likeliestTags(names, await this.engine.scores(parameters, rows), starts, words);
    return {
      gold: given.map((own) => entitiesOf(own)),
      found: tags.map((own) => entitiesOf(own)),
      right: tags.map((own, i) => own.join() === given[i]!.join()),
    };
  }

  /** How many rows the model of classes takes for another, and how many for their own. */
  async #right(parameters: Parameters, rows: Uint32Array): Promise<Uint32Array> {
    if (this.rows.tags) {
      const { right } = await this.#names(parameters, rows);
      const all = right.filter((whole) => whole).length;
      return Uint32Array.of(rows.length - all, all);
    }
    const predicted = await this.#likeliest(parameters, rows);
    const right = predicted.filter((found, i) => found === this.rows.labels[rows[i]!]).length;
    return Uint32Array.of(rows.length - right, right);
  }

  /** Whether the model selects each row. @param threshold logit */
  async #selected(parameters: Parameters, rows: Uint32Array, threshold: number): Promise<boolean[]> {
    return Array.from(await this.engine.scores(parameters, rows), (score) => score >= threshold);
  }

  /**
   * Sums at record level, whole grid steps, go out as they are; at participant level as fractions of the tab's rows.
   * @param once [dimension] at participant level: what is of the person, and of none of the rows
   */
  #counted(counts: Float64Array, rows: number, layout: Layout, signs: Signs, once?: Float64Array): Encoded {
    if (this.task.privacy.unit === "record") {
      const integers = new Int32Array(layout.dimension);
      for (const { offset, length, unit } of layout.segments) {
        for (let i = offset; i < offset + length; i++) integers[i] = Math.round(counts[i]! * unit);
      }
      return encodeRecordSum(integers, layout);
    }
    return encodeParticipant(
      counts.map((c, i) => c / Math.max(1, rows) + (once?.[i] ?? 0)),
      layout,
      signs,
      this.random,
    );
  }

  /** A Poisson sample of the training rows; the coin stays here, which is what lets sampling amplify. */
  #poissonBatch(): Uint32Array {
    const { sampleRate } = this.task.privacy;
    if (sampleRate === 1) return this.portions.train;
    return this.portions.train.filter(() => this.random.bernoulli(sampleRate));
  }

  async #recordTrain(
    question: Extract<Question, { kind: "train" }>,
    parameters: Parameters,
    layout: Layout,
  ): Promise<Encoded> {
    const clip = { norm: this.task.privacy.clipNorm, unit: segment(layout, "update").unit };
    const batch = this.#poissonBatch();
    const { gradient, histogram } = await this.engine.privateSum(parameters, batch, question.witness, clip);
    const counts = classesOf(this.task) ? await this.#right(parameters, batch) : histogram;
    return encodeRecordSum(assembleTrain(layout, gradient, counts), layout);
  }

  async #participantTrain(
    question: Extract<Question, { kind: "train" }>,
    parameters: Parameters,
    layout: Layout,
    signs: Signs,
  ): Promise<Encoded> {
    const { train } = this.portions;
    const { localEpochs, localBatch, localLearningRate, localOptimizer, localMomentum, localProximal } =
      this.task.training;
    const counts = classesOf(this.task)
      ? await this.#right(parameters, train)
      : (await this.engine.evaluate(parameters, train, [])).histogram;
    const trained = await this.engine.localTraining(
      parameters,
      this.#localBatches(localEpochs, localBatch),
      question.witness,
      {
        learningRate: localLearningRate,
        optimizer: { kind: localOptimizer, momentum: localMomentum, proximal: localProximal },
      },
    );
    const change = Float64Array.from(trained, (x, i) => x - parameters[i]!);
    const vector = assembleChange(layout, change, counts, train.length);
    return encodeParticipant(vector, layout, signs, this.random);
  }

  /** Each epoch's rows in a new order (Fisher and Yates), in batches. */
  #localBatches(epochs: number, size: number): Uint32Array[] {
    const batches: Uint32Array[] = [];
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = this.portions.train.slice();
      for (let i = order.length - 1; i > 0; i--) {
        const j = this.random.below(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      for (let start = 0; start < order.length; start += size) batches.push(order.slice(start, start + size));
    }
    return batches;
  }

  /** Rows go to the adapter once, since a run has one normalisation. */
  async #load(normalisation: Normalisation, popularity: readonly number[] = []): Promise<void> {
    const key = JSON.stringify([normalisation, popularity]);
    if (this.#loaded === key) return;
    const { count, labels, cells } = this.rows;
    const { starts, ...inputs }: Partial<TextInputs> & Pick<TextInputs, "features"> = this.texts?.own ?? {
      features: this.choices?.inputs(popularity) ?? encodeFeatures(this.rows, this.task, normalisation),
    };
    const own = starts ? tokenLabels(this.rows.tags!, starts, inputWidth(this.task)) : labels;
    await this.engine.load({ count, labels: own, cells, ...inputs });
    this.#loaded = key;
  }
}
