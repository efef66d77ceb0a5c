import { InputError } from "../../../shared/errors.ts";
import { command, json, numberFlag, numbersFlag, requiredNumber } from "../flags.ts";
import { inLines, output } from "../output.ts";

const mechanisms = [
  "gaussian",
  "tree",
  "discrete-gaussian",
  "distributed-discrete-gaussian",
  "skellam",
  "matrix",
] as const;
const number = (valueHint: string, description: string) => ({ type: "string", valueHint, description }) as const;

export default command({
  meta: {
    name: "accountant",
    description:
      "Of noise, ε and δ give two, and get the third; also what ρ, a Rényi divergence or another mechanism costs",
  },
  args: {
    unit: {
      type: "enum",
      options: ["record", "participant"],
      default: "record",
      description: "Whose presence is hidden",
    },
    "noise-multiplier": number(
      "Z",
      "Standard deviation of the noise over the clipping norm; Z1,Z2 for answers of several kinds",
    ),
    epsilon: number(
      "E",
      "Instead of the multiplier: solve for the smallest one that keeps it; instead of δ: solve for δ",
    ),
    delta: number("D", "δ at which ε is stated"),
    rounds: number("N", "Rounds, each one noisy sum; N1,N2 for answers of several kinds"),
    steps: number("N", "The same as --rounds"),
    "sample-rate": { ...number("Q", "Chance of each record to be in a round (record level)"), default: "1" },
    accountant: {
      type: "enum",
      options: ["zcdp", "gdp", "rdp", "pld"],
      default: "rdp",
      description: "How rounds are composed; pld is the tightest for sampled rounds",
    },
    relation: {
      type: "enum",
      options: ["add-remove", "replace-one"],
      default: "add-remove",
      description: "How neighbours differ: one unit more or less, or one unit's data exchanged",
    },
    order: number("A", "With --noise-multiplier or --rdp: the Rényi divergence of this order"),
    rho: number("R", "Convert zCDP of ρ to ε at δ"),
    rdp: number("R", "Convert a Rényi divergence of --order to ε at δ"),
    mechanism: {
      type: "enum",
      options: [...mechanisms],
      default: "gaussian",
      description: "Another mechanism than Gaussian noise on a sum",
    },
    sensitivity: { ...number("S", "discrete-gaussian: how far one unit moves the integer"), default: "1" },
    truncation: number("B", "discrete-gaussian: largest noise that is drawn; no limit by default"),
    "clip-norm": { ...number("C", "distributed-discrete-gaussian, skellam: L2 bound before rounding"), default: "1" },
    "grid-step": number("G", "distributed-discrete-gaussian, skellam: grid step, in the norm's unit"),
    beta: {
      ...number("B", "…: conditional rounding's β; 0 for unconditional rounding"),
      default: "0.6065306597126334",
    },
    dimension: number("D", "…: coordinates"),
    cohort: number("N", "distributed-discrete-gaussian: shares of noise in the sum"),
    "local-deviation": number("S", "distributed-discrete-gaussian: deviation of one share, in the norm's unit"),
    "central-deviation": number("S", "skellam: deviation of the whole noise, in the norm's unit"),
    matrix: number("JSON", "matrix: rows of the strategy C, as [[1,0],[0.5,1]]"),
    "min-separation": { ...number("N", "matrix: least distance between two rounds of one person"), default: "1" },
    participations: number("N", "matrix: most rounds of one person; no limit by default"),
    json,
  },
  async run({ args }) {
    const delta = numberFlag("delta", args.delta, { from: 0, to: 1 });
    const due = () => requiredNumber("delta", args.delta, { above: 0, below: 1 });
    const positive = (flag: string, text: string | undefined) => requiredNumber(flag, text, { above: 0 });
    const say = (result: object) => output(args, result, inLines(result));
    if (args.rho !== undefined) {
      const { fromRho } = await import("../mechanisms.ts");
      return say(fromRho(requiredNumber("rho", args.rho, { from: 0 }), due()));
    }
    if (args.rdp !== undefined) {
      const { fromRdp } = await import("../mechanisms.ts");
      const order = requiredNumber("order", args.order, { above: 1 });
      return say(fromRdp(order, requiredNumber("rdp", args.rdp, { from: 0 }), due()));
    }
    if (args.steps !== undefined && args.rounds !== undefined)
      throw new InputError("--steps", "stands beside --rounds", "Give one of the two.");
    const rounds = numbersFlag(args.steps !== undefined ? "steps" : "rounds", args.steps ?? args.rounds, {
      from: 1,
      whole: true,
    });
    const round = () => rounds?.[0] ?? 1;
    const noise = numbersFlag("noise-multiplier", args["noise-multiplier"], { from: 0 });
    const epsilon = numberFlag("epsilon", args.epsilon, { from: 0 });
    const known = { ...(epsilon !== undefined && { epsilon }), ...(delta !== undefined && { delta }) };
    const distributed = () => ({
      clipNorm: positive("clip-norm", args["clip-norm"]),
      gridStep: positive("grid-step", args["grid-step"]),
      beta: requiredNumber("beta", args.beta, { from: 0, below: 1 }),
      dimension: requiredNumber("dimension", args.dimension, { from: 1, whole: true }),
      rounds: round(),
      delta: due(),
    });
    switch (args.mechanism as (typeof mechanisms)[number]) {
      case "gaussian": {
        const { accountant } = await import("../accountant.ts");
        const order = numberFlag("order", args.order, { above: 1 });
        return say(
          accountant({
            unit: args.unit,
            relation: args.relation,
            accountant: args.accountant,
            rounds: rounds ?? [requiredNumber("rounds", undefined, { from: 1, whole: true })],
            sampleRate: numbersFlag("sample-rate", args["sample-rate"], { from: 0, to: 1 })!,
            ...(noise && { noiseMultiplier: noise }),
            ...known,
            ...(order !== undefined && { order }),
          }),
        );
      }
      case "tree": {
        const { tree } = await import("../mechanisms.ts");
        return say(
          tree({
            noiseMultiplier: positive("noise-multiplier", args["noise-multiplier"]),
            rounds: round(),
            delta: due(),
          }),
        );
      }
      case "discrete-gaussian": {
        const { discreteGaussian } = await import("../mechanisms.ts");
        return say(
          discreteGaussian({
            deviation: positive("noise-multiplier", args["noise-multiplier"]),
            sensitivity: positive("sensitivity", args.sensitivity),
            truncation: numberFlag("truncation", args.truncation, { from: 1, whole: true }) ?? Infinity,
            ...known,
          }),
        );
      }
      case "distributed-discrete-gaussian": {
        const { distributedDiscreteGaussian } = await import("../mechanisms.ts");
        return say(
          distributedDiscreteGaussian({
            ...distributed(),
            localDeviation: positive("local-deviation", args["local-deviation"]),
            cohort: requiredNumber("cohort", args.cohort, { from: 1, whole: true }),
          }),
        );
      }
      case "skellam": {
        const { skellam } = await import("../mechanisms.ts");
        return say(
          skellam({ ...distributed(), centralDeviation: positive("central-deviation", args["central-deviation"]) }),
        );
      }
      case "matrix": {
        const { matrix } = await import("../mechanisms.ts");
        if (args.matrix === undefined) throw new InputError("--matrix", "is missing", "Write its rows as JSON.");
        return say(
          matrix(
            args.matrix,
            requiredNumber("min-separation", args["min-separation"], { from: 1, whole: true }),
            numberFlag("participations", args.participations, { from: 1, whole: true }),
          ),
        );
      }
    }
  },
});
