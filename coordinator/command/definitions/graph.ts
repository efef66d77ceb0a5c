import { command, json, requiredNumber } from "../flags.ts";
import { inLines, output } from "../output.ts";

export default command({
  meta: {
    name: "graph",
    description:
      "Neighbours each member of a cohort needs in the secure sum, and how many of them open its secrets; 1 if no graph will do",
  },
  args: {
    cohort: { type: "string", valueHint: "N", description: "Members" },
    corrupt: {
      type: "string",
      default: "0.1",
      valueHint: "G",
      description: "Share of the members that may be corrupt",
    },
    dropout: { type: "string", default: "0.1", valueHint: "D", description: "Share of the members that may drop out" },
    security: {
      type: "string",
      default: "40",
      valueHint: "BITS",
      description: "Chance 2^-BITS that the graph fails to protect",
    },
    adversary: {
      type: "enum",
      options: ["honest-but-curious", "semi-malicious"],
      default: "semi-malicious",
      description: "Whether the coordinator may lie once keys and graph stand",
    },
    json,
  },
  async run({ args }) {
    const terms = {
      cohort: requiredNumber("cohort", args.cohort, { from: 0, to: 1_000_000, whole: true }),
      corrupt: requiredNumber("corrupt", args.corrupt, { from: 0, below: 1 }),
      dropout: requiredNumber("dropout", args.dropout, { from: 0, below: 1 }),
      security: requiredNumber("security", args.security, { from: 1, to: 256, whole: true }),
      adversary: args.adversary,
    };
    const { graph } = await import("../graph.ts");
    const found = graph(terms);
    if ("degree" in found) return output(args, found, inLines(found));
    output(args, found, found.change);
    return 1;
  },
});
