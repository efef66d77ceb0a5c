/**
 * `npm run bench:text`: what the text tasks learn, without privacy and under it, as fifty participants would (record
 * level), on a WebGPU adapter in Node. `--data DIR` is a folder with the original files of the sets by name; `--only TASK`
 * picks one, or a set; `--epochs 4 --rate 2e-3` also fine-tunes without privacy; `--adapters 1.w1,1.w2 --rank 16 --tokens 64
 * --clip-norm 4 --learning-rate 0.2` in the place of the task's own. `--held-back` judges by rows that the training file gives
 * up and leaves the test file alone: settings are chosen so. Texts are read once and kept in dist/bench-text. `--only movies`
 * has all persons of MovieLens take part, of whom each is protected as a whole; `--seeds N` means over so many.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { orExplain, SetupFailure } from "./failure.mjs";
import { prepare, root } from "./prepare.mjs";

const folder = join(root, "dist", "bench-text");

/** Task and data set */
const cases = [
  ["sms-spam", "sms-spam"],
  ["financial-sentiment", "financial-phrasebank"],
  ["banking77", "banking77"],
  ["names", "broad-twitter-corpus"],
  ["names", "conll2003"],
  ["movies", "movielens-small"],
];

async function buildRun() {
  const { build } = await import("vite");
  await build({
    configFile: join(root, "vite.config.ts"),
    mode: "bench",
    logLevel: "warn",
    build: {
      ssr: true,
      outDir: join(folder, "built"),
      rolldownOptions: {
        input: Object.fromEntries(
          ["run", "recommend"].map((name) => [name, join(root, "e2e", "text-bench", `${name}.ts`)]),
        ),
        output: { preserveModules: false, entryFileNames: "[name].js" },
        external: ["webgpu"],
      },
    },
  });
}

await orExplain(prepare);
await orExplain(async () => {
  const text = (name) => ({ [name]: { type: "string" } });
  const { values } = parseArgs({
    options: {
      ...Object.assign(
        {},
        ...["data", "only", "adapters", "rank", "tokens", "clip-norm", "learning-rate"].map(text),
        ...["epochs", "rate", "epsilons", "seeds"].map(text),
      ),
      "held-back": { type: "boolean", default: false },
    },
  });
  await buildRun();
  const results = [];
  for (const [task, data] of cases.filter((names) => values.only === undefined || names.includes(values.only))) {
    if (task === "movies" && values.data === undefined) {
      console.log("movies: left out; it is not fetched, so name its folder with --data");
      continue;
    }
    const options = {
      task,
      data,
      dataDir: values.data && join(values.data, data),
      cache: folder,
      epsilons: (values.epsilons ?? "Infinity,8,2").split(",").filter(Boolean).map(Number),
      adapters: values.adapters?.split(",").filter(Boolean),
      rank: values.rank && Number(values.rank),
      tokens: values.tokens && Number(values.tokens),
      clipNorm: values["clip-norm"] && Number(values["clip-norm"]),
      learningRate: values["learning-rate"] && Number(values["learning-rate"]),
      heldBack: values["held-back"],
      epochs: Number(values.epochs ?? 0),
      rate: Number(values.rate ?? 1e-3),
      seeds: Number(values.seeds ?? 3),
    };
    // JSON has no infinity.
    const { status, stdout } = spawnSync(
      process.execPath,
      [
        join(folder, "built", task === "movies" ? "recommend.js" : "run.js"),
        JSON.stringify(options, (_, value) => (value === Infinity ? "Infinity" : value)),
      ],
      { cwd: root, stdio: ["ignore", "pipe", 2], encoding: "utf8", maxBuffer: 2 ** 26 },
    );
    if (status !== 0) throw new SetupFailure(`${task} ended with code ${status}`);
    const found = JSON.parse(stdout);
    results.push(found);
    console.log(`${task}: ${found.rows} rows learned from, ${found.judged} judged`);
    for (const [name, figures] of Object.entries(found.results)) {
      const told = Object.entries(figures).map(([figure, value]) => `${figure} ${value.toFixed(4)}`);
      console.log(`  ${name.padEnd(34)} ${told.join("  ")}`);
    }
  }
  mkdirSync(folder, { recursive: true });
  const all = { date: new Date().toISOString(), cpu: cpus()[0]?.model, results };
  writeFileSync(join(folder, "text.json"), JSON.stringify(all, null, 2));
});
