import { largestCohort } from "../../../shared/task.ts";
import { command, json, requiredNumber } from "../flags.ts";
import { output } from "../output.ts";
import { coordinator, runPlace } from "./coordinator-flag.ts";

export default command({
  meta: {
    name: "invite",
    description: "Make links for one participant each; the run's own link then seats nobody new",
  },
  args: {
    run: runPlace,
    count: { type: "string", required: true, valueHint: "N", description: "How many" },
    coordinator,
    json,
  },
  async run({ args }) {
    const count = requiredNumber("count", args.count, { from: 1, to: largestCohort, whole: true });
    const { invite } = await import("../runs-client.ts");
    const { invitations } = await invite({ coordinator: args.coordinator, run: args.run, count });
    output(args, { invitations }, invitations.join("\n"));
  },
});
