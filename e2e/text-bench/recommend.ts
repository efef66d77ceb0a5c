/**
 * What `tasks/movies.yaml` learns of MovieLens: everybody who chose is a participant, simulated with the plan, the layouts,
 * the noise and the learner of a real run (coordinator/simulation). Judged as in He et al. 2017, §4.1: the last choice
 * among others that the person never chose; beside what recommends the same to everybody, by how many have chosen it.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import { parseCsv } from "../../client/data/read.ts";
import { makeCatalogue } from "../../coordinator/recommend/catalogue.ts";
import { type Choosers, choosersOf } from "../../coordinator/simulation/choosers.ts";
import { Federation } from "../../coordinator/simulation/federation.ts";
import { networkOf } from "../../coordinator/simulation/population.ts";
import { readTexts } from "../../dawn.ts";
import { readRows, type TextRecord } from "../../shared/data/rows.ts";
import { seededRandom } from "../../shared/privacy/testing/seeded.ts";
import { readCatalogue } from "../../shared/recommend/catalogue.ts";
import { rankingFigures, rankNumbers, rankOf, rankShares } from "../../shared/recommend/ranking.ts";
import type { Task } from "../../shared/task.ts";
import { readTaskFile } from "../../shared/task-file.ts";
import { asTask } from "../../shared/task-rules.ts";

interface Options {
  /** Folder with ratings.csv, gzipped or not, and movies.csv */
  dataDir: string;
  /** Where the catalogue is kept between runs */
  cache: string;
  epsilons: (number | "Infinity")[];
  seeds: number;
}
type Figures = Record<string, number>;

const options = JSON.parse(process.argv[2]!) as Options;
const say = (text: string) => process.stderr.write(`${text}\n`);
const source = readTaskFile(readFileSync("tasks/movies.yaml", "utf8"), "movies.yaml");

/** Reading nine thousand titles takes minutes on a software adapter, so they are read once. */
async function catalogueOfMovies() {
  const told = join(options.cache, "movies-catalogue.yaml");
  if (!existsSync(told)) {
    const csv = readFileSync(join(options.dataDir, "movies.csv"), "utf8");
    const columns = { id: "movieId", title: "title", text: ["title", "genres"] };
    const { width } = source.data.items!;
    const onProgress = (done: number, total: number) => say(`${done} of ${total} titles`);
    writeFileSync(told, (await makeCatalogue(csv, columns, width, options.cache, readTexts, onProgress)).yaml);
  }
  const { items } = parse(readFileSync(told, "utf8")) as { items: NonNullable<Task["data"]["items"]> };
  const bytes = new Uint8Array(readFileSync(join(options.cache, `${items.sha256}.safetensors`)));
  return { items, catalogue: readCatalogue(bytes, items) };
}
const { items, catalogue } = await catalogueOfMovies();

const taskAt = (epsilon: number): Task =>
  asTask({ ...source, data: { ...source.data, items }, privacy: { ...source.privacy, epsilon }, gates: [] });

/** A file a person, with how active they are: below the median, or not. */
function persons(): TextRecord[][] {
  const path = join(options.dataDir, "ratings.csv");
  const csv = existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`));
  const byUser = new Map<string, TextRecord[]>();
  for (const record of parseCsv(csv.toString("utf8")).records) {
    const own = byUser.get(record.userId!);
    if (own) own.push(record);
    else byUser.set(record.userId!, [record]);
  }
  const sizes = [...byUser.values()].map(({ length }) => length).sort((a, b) => a - b);
  const median = sizes[sizes.length >> 1]!;
  return [...byUser.values()].map((own) => {
    const activity = own.length < median ? "few" : "many";
    return own.map((record) => ({ ...record, activity }));
  });
}

/** Exactly, and without noise, as only a bench may. */
function figuresOf({ participants, rows }: Choosers, score: (row: number) => number): Figures {
  const groups = ["few", "many"];
  const sums = Array.from(groups, () => new Float64Array(rankNumbers));
  for (const { heldBack } of participants) {
    const [chosen, ...others] = Array.from(heldBack, score);
    const own = sums[rows.cells[heldBack[0]!]!]!;
    rankShares(rankOf(chosen!, others)).forEach((share, k) => {
      own[k]! += share;
    });
  }
  const { hitRate, ndcg } = rankingFigures(
    sums[0]!.map((share, k) => share + sums[1]![k]!),
    0,
  )!;
  const [few, many] = sums.map((own) => rankingFigures(own, 0)!.hitRate) as [number, number];
  return { hitRate, ndcg, few, many, gap: Math.abs(few - many) };
}

const everybody = persons().map((records) => readRows(records, taskAt(8)).rows);
const bySeed = new Map<string, Figures[]>();
const note = (name: string, figures: Figures, seed: number) => {
  bySeed.set(name, [...(bySeed.get(name) ?? []), figures]);
  say(`seed ${seed}, ${name}: ${JSON.stringify(figures)}`);
};
let learned = 0;
for (let seed = 1; seed <= options.seeds; seed++) {
  const random = seededRandom(seed);
  const choosers = choosersOf(everybody, catalogue, random);
  learned = choosers.participants.length;
  const counts = new Float64Array(catalogue.ids.length);
  for (const own of choosers.chosen) for (const place of own) counts[place]! += 1;
  note(
    "the most chosen, without privacy",
    figuresOf(choosers, (row) => counts[choosers.candidate(row)]!),
    seed,
  );
  for (const epsilon of options.epsilons) {
    const isPrivate = epsilon !== "Infinity";
    const task = taskAt(isPrivate ? epsilon : 100);
    const setting = { task, ...choosers, choosers, isPrivate, penaltyOn: "everyone", random, seed } as const;
    const { parameters, popularity, evaluation } = await new Federation(setting).run();
    const network = networkOf(task, choosers.inputs(popularity!));
    const own = new Float64Array(parameters);
    const { ranking } = evaluation;
    const told = ranking && { told: ranking.hitRate, deviation: ranking.deviation };
    const name = `ε = ${isPrivate ? epsilon : "∞"}`;
    note(
      `${name}, the most chosen`,
      figuresOf(choosers, (row) => popularity![choosers.candidate(row)]!),
      seed,
    );
    note(name, { ...figuresOf(choosers, (row) => network.logit(own, row)), ...told }, seed);
  }
}

/** Means of the seeds; what some seeds did not tell is left out. */
const results = Object.fromEntries(
  [...bySeed].map(([name, figures]) => [
    name,
    Object.fromEntries(
      Object.keys(figures[0]!)
        .filter((figure) => figures.every((own) => own[figure] !== undefined))
        .map((figure) => [figure, figures.reduce((sum, own) => sum + own[figure]!, 0) / figures.length]),
    ),
  ]),
);
console.log(JSON.stringify({ task: "movies", rows: learned, judged: learned, results }));
process.exit(0);
