import { InputError } from "../../../shared/errors.ts";
import { command, json, numberFlag, requiredNumber } from "../flags.ts";
import { inLines, output } from "../output.ts";

export default command({
  meta: { name: "accountant", description: "ε of a noise multiplier over rounds, or the multiplier that keeps an ε" },
  args: {
    unit: {
      type: "enum",
      options: ["record", "participant"],
      default: "record",
      description: "Whose presence is hidden",
    },
    "noise-multiplier": {
      type: "string",
      valueHint: "Z",
      description: "Standard deviation of the noise over the clipping norm",
    },
    epsilon: {
      type: "string",
      valueHint: "E",
      description: "Instead of the multiplier: solve for the smallest one that keeps it",
    },
    rounds: { type: "string", valueHint: "N", description: "Rounds, each one noisy sum" },
    steps: { type: "string", valueHint: "N", description: "The same as --rounds" },
    "sample-rate": {
      type: "string",
      default: "1",
      valueHint: "Q",
      description: "Chance of each record to be in a round (record level)",
    },
    delta: { type: "string", valueHint: "D", description: "δ at which ε is stated" },
    accountant: {
      type: "enum",
      options: ["zcdp", "gdp", "rdp"],
      default: "rdp",
      description: "How rounds are composed",
    },
    json,
  },
  async run({ args }) {
    const steps = numberFlag("steps", args.steps, { from: 1, whole: true });
    const rounds = numberFlag("rounds", args.rounds, { from: 1, whole: true });
    if (steps !== undefined && rounds !== undefined)
      throw new InputError("--steps", "stands beside --rounds", "Give one of the two.");
    const noiseMultiplier = numberFlag("noise-multiplier", args["noise-multiplier"], { above: 0 });
    const epsilon = numberFlag("epsilon", args.epsilon, { above: 0 });
    const { accountant } = await import("../accountant.ts");
    const result = accountant({
      unit: args.unit,
      rounds: steps ?? rounds ?? requiredNumber("rounds", undefined, { from: 1, whole: true }),
      sampleRate: requiredNumber("sample-rate", args["sample-rate"], { above: 0, to: 1 }),
      delta: requiredNumber("delta", args.delta, { above: 0, below: 1 }),
      accountant: args.accountant,
      ...(noiseMultiplier !== undefined && { noiseMultiplier }),
      ...(epsilon !== undefined && { epsilon }),
    });
    output(args, result, inLines(result));
  },
});
