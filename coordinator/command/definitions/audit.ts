import { InputError } from "../../../shared/errors.ts";
import { command, json, numberFlag, readInput, requiredNumber } from "../flags.ts";
import { inLines, output, progress } from "../output.ts";

const number = (value: string, valueHint: string, description: string) =>
  ({ type: "string", default: value, valueHint, description }) as const;

/** Of the attacks on builds of our own, with their defaults. */
const ofAttacks = { "noise-multiplier": "1", trials: "3000", repeat: "1", out: undefined } as const;

export default command({
  meta: {
    name: "audit",
    description:
      "Attack the noise by its real path, and builds that are sabotaged; 1 if something is found, or a twin is not",
  },
  args: {
    "noise-multiplier": number(
      ofAttacks["noise-multiplier"],
      "Z",
      "Standard deviation of the claimed noise over the clipping norm",
    ),
    delta: number("1e-5", "D", "δ at which ε is stated"),
    trials: number(ofAttacks.trials, "N", "Cohorts with a canary, and as many without"),
    canaries: number("400", "N", "Canary participants in a training run"),
    significance: number("0.01", "P", "Chance, at most, that a bound is above the truth"),
    repeat: number(ofAttacks.repeat, "N", "How often the real build and every twin are attacked"),
    scores: {
      type: "string",
      valueHint: "FILE",
      description: "Instead: what scores of canaries in one run prove; CSV with the columns score and present (1 or 0)",
    },
    mu: {
      type: "string",
      valueHint: "M",
      description: "Instead: what --canaries of one run would prove of a mechanism of M-GDP",
    },
    out: { type: "string", valueHint: "DIR", description: "Also write audit.html there, with its plots" },
    json,
  },
  async run({ args }) {
    const whole = (flag: "trials" | "canaries" | "repeat", from: number) =>
      requiredNumber(flag, args[flag], { from, whole: true });
    const delta = requiredNumber("delta", args.delta, { above: 0, below: 1 });
    const significance = requiredNumber("significance", args.significance, { above: 0, below: 1 });
    const mu = numberFlag("mu", args.mu, { from: 0 });
    if (args.scores !== undefined || mu !== undefined) {
      if (args.scores !== undefined && mu !== undefined)
        throw new InputError("--mu", "stands beside --scores", "Give one of the two.");
      const idle = Object.entries(ofAttacks).find(([flag, usual]) => args[flag as keyof typeof ofAttacks] !== usual);
      if (idle)
        throw new InputError(`--${idle[0]}`, "stands beside --scores or --mu, which attack nothing", "Leave it out.");
      const { oneRunOfGaussian, oneRunOfScores } = await import("../one-run.ts");
      const bounds = { delta, significance };
      const found =
        mu !== undefined
          ? oneRunOfGaussian(mu, whole("canaries", 10), bounds)
          : oneRunOfScores(await readInput("--scores", args.scores!), bounds);
      return output(args, found, inLines(found));
    }
    const options = {
      noiseMultiplier: requiredNumber("noise-multiplier", args["noise-multiplier"], { from: 0.25, to: 1000 }),
      delta,
      significance,
      trials: whole("trials", 300),
      canaries: whole("canaries", 10),
      repeat: whole("repeat", 1),
    };
    const { audit } = await import("../audit.ts");
    const detail = await audit(options, (done) => progress(`audited ${done} of ${options.repeat} times`));
    if (args.out !== undefined) {
      const { mkdir, writeFile } = await import("node:fs/promises");
      const { join } = await import("node:path");
      const { auditPage } = await import("../audit-page.ts");
      await mkdir(args.out, { recursive: true });
      await writeFile(join(args.out, "audit.html"), auditPage(detail));
      progress(`wrote ${join(args.out, "audit.html")}`);
    }
    output(args, detail.audit, inLines(detail.audit));
    return detail.audit.ok ? 0 : 1;
  },
});
