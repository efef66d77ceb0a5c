import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../../../shared/errors.ts";
import type { MethodResult } from "../../simulation/bench.ts";
import { command, dataDir, json, numberFlag } from "../flags.ts";
import { output } from "../output.ts";

/** Each attribute's own gap, where there are several */
const of = (gaps: MethodResult["gapOf"]): string =>
  Object.keys(gaps).length < 2
    ? ""
    : Object.entries(gaps)
        .map(([name, gap]) => `, of ${name} ${gap.mean.toFixed(4)}`)
        .join("");

export default command({
  meta: {
    name: "fairness",
    description: "Simulate a scenario: accuracy against gap without a penalty, naive, FairFed, ours and central",
  },
  args: {
    scenario: {
      type: "positional",
      required: false,
      description: "credit, justice, medicine, education, adult-… or bank-…; without it all are run",
    },
    seeds: { type: "string", valueHint: "N", description: "Seeds to report (default 5)" },
    out: {
      type: "string",
      valueHint: "DIR",
      description: "Folder of figures and results (default murmur-data/fairness)",
    },
    "data-dir": dataDir,
    json,
  },
  async run({ args }) {
    const seeds = numberFlag("seeds", args.seeds) ?? 5;
    if (!Number.isInteger(seeds) || seeds < 1 || seeds > 10)
      throw new InputError("--seeds", `is ${args.seeds}`, "Use a whole number from 1 to 10.");
    const { scenarios } = await import("../../simulation/scenarios.ts");
    const known = Object.keys(scenarios);
    if (args.scenario !== undefined && !known.includes(args.scenario))
      throw new InputError("SCENARIO", `«${args.scenario}» is not known`, `Use one of ${known.join(", ")}.`);
    const { keptData } = await import("../data.ts");
    const { bench } = await import("../../simulation/bench.ts");
    const { plotOf } = await import("../../simulation/plot.ts");
    const out = args.out ?? join("murmur-data", "fairness");
    await mkdir(out, { recursive: true });
    const dataDir = args["data-dir"] ?? process.env.MURMUR_TEST_DATA;
    const results = [];
    for (const name of args.scenario === undefined ? known : [args.scenario]) {
      const result = await bench(name, {
        seeds,
        cacheDir: keptData,
        ...(dataDir !== undefined && { dataDir }),
        onProgress: (line) => process.stderr.write(`${line}\n`),
      });
      await writeFile(join(out, `${name}.svg`), plotOf(result));
      await writeFile(join(out, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
      results.push(result);
    }
    const lines = results.flatMap(({ scenario, methods, goal }) => [
      `${scenario}${goal ? `: ${goal.text}, ${goal.reached ? "reached" : "missed"}` : ""}`,
      ...Object.entries(methods).map(([method, { accuracy, auc, gap, gapOf }]) => {
        return `  ${method.padEnd(22)} accuracy ${accuracy.mean.toFixed(4)}  AUC ${auc.mean.toFixed(4)}  gap ${gap.mean.toFixed(4)} (${gap.low.toFixed(4)} to ${gap.high.toFixed(4)})${of(gapOf)}`;
      }),
    ]);
    output(args, { out, results }, lines.join("\n"));
  },
});
