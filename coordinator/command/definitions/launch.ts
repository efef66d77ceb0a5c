import { command, json } from "../flags.ts";
import { output } from "../output.ts";
import { coordinator } from "./coordinator-flag.ts";

export default command({
  meta: { name: "launch", description: "Start a run of a task on a serving coordinator" },
  args: { task: { type: "positional", required: true, description: "the task's YAML file" }, coordinator, json },
  async run({ args }) {
    const { launch } = await import("../runs-client.ts");
    const run = await launch({ coordinator: args.coordinator, taskFile: args.task });
    output(args, run, `Run ${run.run} is ${run.state}. Participants join at ${run.invitation}`);
  },
});
