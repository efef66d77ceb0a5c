import { command, json, requiredNumber } from "../flags.ts";
import { output } from "../output.ts";
import { coordinator, modelOf } from "./coordinator-flag.ts";

export default command({
  meta: {
    name: "dependence",
    description: "How the mean score moves with one feature (partial dependence); prints CSV",
  },
  args: {
    run: modelOf,
    feature: { type: "string", required: true, valueHint: "NAME", description: "A feature the model reads" },
    seed: { type: "string", default: "1", valueHint: "S", description: "The same seed gives the same bytes" },
    coordinator,
    json,
  },
  async run({ args }) {
    const seed = requiredNumber("seed", args.seed, { from: 0, to: 2 ** 32, whole: true });
    const { dependence } = await import("../explain.ts");
    const found = await dependence(args.feature, seed, { run: args.run, coordinator: args.coordinator });
    const lines = found.points.map(({ value, probability }) => [value ?? "", probability].join());
    output(args, found, [`${found.feature},probability`, ...lines].join("\n"));
  },
});
