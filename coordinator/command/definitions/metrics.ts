import { command, json, listFlag, numberFlag, readInput } from "../flags.ts";
import { inLines, output } from "../output.ts";

export default command({
  meta: { name: "metrics", description: "Accuracy and fairness of predictions in a CSV file, overall and by group" },
  args: {
    file: { type: "positional", required: true, description: "the CSV file" },
    label: { type: "string", required: true, valueHint: "COLUMN", description: "Column of the true outcome" },
    score: { type: "string", valueHint: "COLUMN", description: "Column of the score (a probability)" },
    prediction: { type: "string", valueHint: "COLUMN", description: "Column of the decision, instead of a score" },
    group: { type: "string", valueHint: "A[,B]", description: "Sensitive columns; several are also crossed" },
    weight: { type: "string", valueHint: "COLUMN", description: "Column of row weights" },
    threshold: { type: "string", valueHint: "T", description: "Scores above it are selected" },
    privileged: {
      type: "string",
      valueHint: "GROUP",
      description: "Group AIF360's signed metrics compare others with",
    },
    favourable: { type: "string", valueHint: "VALUE", description: "Cell text of the favourable outcome" },
    json,
  },
  async run({ args }) {
    const threshold = numberFlag("threshold", args.threshold);
    const group = listFlag("group", args.group);
    const text = await readInput("FILE", args.file);
    const { metricsOfCsv } = await import("../metrics.ts");
    const result = metricsOfCsv(text, {
      label: args.label,
      ...(args.score && { score: args.score }),
      ...(args.prediction && { prediction: args.prediction }),
      ...(group && { group }),
      ...(args.weight && { weight: args.weight }),
      ...(threshold !== undefined && { threshold }),
      ...(args.privileged && { privileged: args.privileged }),
      ...(args.favourable && { favourable: args.favourable }),
    });
    output(args, result, inLines(result));
  },
});
