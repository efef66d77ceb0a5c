import { command, json, numberFlag } from "../flags.ts";
import { columns, output } from "../output.ts";
import { coordinator } from "./coordinator-flag.ts";

export default command({
  meta: {
    name: "trend",
    description: "Whether a class becomes more from run to run of a task; exits with 1 on alarm",
  },
  args: {
    task: { type: "positional", required: true, description: "the name of the task" },
    class: { type: "string", required: true, valueHint: "NAME", description: "Such as negative" },
    tolerance: { type: "string", valueHint: "SHARE", description: "A rise that does not matter. Default: 0.02" },
    coordinator,
    json,
  },
  async run({ args }) {
    const tolerance = numberFlag("tolerance", args.tolerance, { from: 0, to: 1 }) ?? 0.02;
    const { trendOf } = await import("../runs-client.ts");
    const told = await trendOf({ coordinator: args.coordinator, name: args.task, class: args.class, tolerance });
    const rows = told.shares.map(({ run, value, deviation }) => [
      run,
      `${(100 * value).toFixed(1)} %`,
      `± ${(100 * deviation).toFixed(1)} %`,
    ]);
    const verdict = told.alarm ? `«${args.class}» is rising.` : `No rise of «${args.class}» that is sure enough.`;
    output(args, told, `${columns([["run", "share", "1 σ"], ...rows])}\n${verdict}`);
    return told.alarm ? 1 : 0;
  },
});
