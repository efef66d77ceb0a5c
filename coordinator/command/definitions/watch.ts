import { command, json } from "../flags.ts";
import { output, progress } from "../output.ts";
import { coordinator, runPlace } from "./coordinator-flag.ts";

export default command({
  meta: { name: "watch", description: "Follow a run, round by round, until it ends" },
  args: { run: runPlace, coordinator, json },
  async run({ args }) {
    const { watch } = await import("../runs-client.ts");
    const run = await watch({ coordinator: args.coordinator, run: args.run, onProgress: progress });
    output(args, run, `Run ${run.run} is ${run.state} after ${run.rounds.length} rounds.`);
    return run.state === "failed" ? 1 : 0;
  },
});
