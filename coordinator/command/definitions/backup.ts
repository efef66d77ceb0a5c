import { command, json } from "../flags.ts";
import { output } from "../output.ts";
import { placeFlags, placeOf } from "./place-flags.ts";

export default command({
  meta: { name: "backup", description: "Write all that a coordinator knows, its keys included, to one file" },
  args: {
    out: {
      type: "string",
      required: true,
      valueHint: "FILE",
      description: "File to write; keep it as you keep the keys",
    },
    ...placeFlags,
    json,
  },
  async run({ args }) {
    const { backUp } = await import("../../store/backup.ts");
    const { runs, ledgerEntries } = await backUp(placeOf(args), args.out);
    output(
      args,
      { file: args.out, runs, ledgerEntries },
      `${runs} runs and ${ledgerEntries} entries of the ledger are in ${args.out}, and the keys: keep it as you keep those.`,
    );
  },
});
