import { command, json, numberFlag } from "../coordinator/command/flags.ts";
import { inLines, output, progress } from "../coordinator/command/output.ts";

export default command({
  meta: {
    name: "demo",
    description: "The main job by itself: a coordinator, browser tabs, a fair private model, and its report",
  },
  args: {
    task: { type: "string", valueHint: "FILE", description: "Task file; without it, the one that comes with Murmur" },
    participants: { type: "string", valueHint: "N", description: "Browser tabs" },
    rounds: { type: "string", valueHint: "R", description: "Training rounds" },
    dropout: {
      type: "string",
      valueHint: "D",
      description: "How many tabs are closed in the middle of a round, and come back",
    },
    seed: { type: "string", valueHint: "S", description: "Seed of the split of the data and of who drops out" },
    json,
  },
  async run({ args }) {
    const participants = numberFlag("participants", args.participants, { from: 2, whole: true });
    const rounds = numberFlag("rounds", args.rounds, { from: 1, whole: true });
    const dropout = numberFlag("dropout", args.dropout, { from: 0, whole: true });
    const seed = numberFlag("seed", args.seed, { from: 0, whole: true });
    const { demo } = await import("./demo.ts");
    const result = await demo({
      ...(args.task && { taskFile: args.task }),
      ...(participants !== undefined && { participants }),
      ...(rounds !== undefined && { rounds }),
      ...(dropout !== undefined && { dropout }),
      ...(seed !== undefined && { seed }),
      onProgress: progress,
    });
    output(args, result, inLines(result));
  },
});
