import { command, json } from "../flags.ts";
import { output } from "../output.ts";

export default command({
  meta: { name: "verify", description: "Check a ledger, a report or a proof, offline" },
  args: { path: { type: "positional", required: true, description: "the file or folder to check" }, json },
  async run({ args }) {
    const { verifyPath } = await import("../verify.ts");
    const verdict = await verifyPath(args.path);
    const summary = verdict.ok ? `All is right: ${verdict.checked} checked.` : verdict.problems.join("\n");
    output(args, verdict, summary);
    return verdict.ok ? 0 : 1;
  },
});
