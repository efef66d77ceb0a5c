import { decisions } from "../../../shared/governance/review.ts";
import { command, json } from "../flags.ts";
import { output } from "../output.ts";
import { coordinator, runPlace } from "./coordinator-flag.ts";

export default command({
  meta: { name: "review", description: "Sign, as a reviewer whom its task names, what is decided about a run" },
  args: {
    run: runPlace,
    key: { type: "string", required: true, valueHint: "FILE", description: "Your key, from `murmur review-key`" },
    decision: { type: "enum", required: true, options: [...decisions], description: "What you decide" },
    reasons: { type: "string", required: true, valueHint: "TEXT", description: "Why; it goes into the public ledger" },
    coordinator,
    json,
  },
  async run({ args }) {
    const { review } = await import("../runs-client.ts");
    const detail = await review({
      coordinator: args.coordinator,
      run: args.run,
      keyFile: args.key,
      decision: args.decision as (typeof decisions)[number],
      reasons: args.reasons,
    });
    output(args, detail, `Run ${detail.run} is ${detail.state}; its review is ${detail.review?.state}.`);
  },
});
