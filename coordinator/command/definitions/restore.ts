import { command, json } from "../flags.ts";
import { output } from "../output.ts";
import { placeFlags, placeOf } from "./place-flags.ts";

export default command({
  meta: { name: "restore", description: "Put a backup into an empty folder or database" },
  args: {
    file: { type: "positional", required: true, description: "the file that `backup` wrote" },
    ...placeFlags,
    json,
  },
  async run({ args }) {
    const { restore } = await import("../../store/backup.ts");
    const { createdAt, runs, ledgerEntries } = await restore(args.file, placeOf(args));
    output(
      args,
      { createdAt, runs, ledgerEntries },
      `As of ${createdAt}: ${runs} runs, ${ledgerEntries} entries of the ledger, and the keys. Start \`serve\` on it.`,
    );
  },
});
