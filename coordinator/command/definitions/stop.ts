import { command, json } from "../flags.ts";
import { output } from "../output.ts";
import { coordinator, runPlace } from "./coordinator-flag.ts";

export default command({
  meta: { name: "stop", description: "End a run; a round under way reveals nothing" },
  args: { run: runPlace, coordinator, json },
  async run({ args }) {
    const { stop } = await import("../runs-client.ts");
    const run = await stop({ coordinator: args.coordinator, run: args.run });
    output(args, run, `Run ${run.run} is ${run.state}.`);
  },
});
