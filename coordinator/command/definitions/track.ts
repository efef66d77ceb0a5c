import { trackers } from "../../export/tracking.ts";
import { command, json, listFlag } from "../flags.ts";
import { output } from "../output.ts";
import { coordinator } from "./coordinator-flag.ts";

export default command({
  meta: { name: "track", description: "Write runs for an experiment tracker, side by side" },
  args: {
    runs: { type: "string", valueHint: "A[,B]", description: "Names of runs; default all" },
    format: { type: "enum", options: [...trackers], default: "csv", description: "Kind of files" },
    out: { type: "string", default: ".", valueHint: "DIR", description: "Folder to write to" },
    coordinator,
    json,
  },
  async run({ args }) {
    const { trackRuns } = await import("../runs-client.ts");
    const runs = listFlag("runs", args.runs);
    const files = await trackRuns({
      coordinator: args.coordinator,
      format: args.format as (typeof trackers)[number],
      out: args.out,
      ...(runs && { runs }),
    });
    output(args, { files }, files.join("\n"));
  },
});
