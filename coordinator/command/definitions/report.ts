import { command, json } from "../flags.ts";
import { output } from "../output.ts";
import { coordinator, runPlace } from "./coordinator-flag.ts";

export default command({
  meta: { name: "report", description: "Write the model card, the compliance report and the ledger of a run" },
  args: {
    run: runPlace,
    out: { type: "string", default: ".", valueHint: "DIR", description: "Folder to write to" },
    coordinator,
    json,
  },
  async run({ args }) {
    const { report } = await import("../runs-client.ts");
    const files = await report({ coordinator: args.coordinator, run: args.run, out: args.out });
    output(args, { files }, files.join("\n"));
  },
});
