import { command, json } from "../flags.ts";
import { output } from "../output.ts";
import { coordinator } from "./coordinator-flag.ts";

export default command({
  meta: { name: "erase", description: "Delete all that the coordinator keeps about one participant" },
  args: {
    identity: {
      type: "positional",
      required: true,
      description: "the participant's public key, as it stands in what their tab lets them save",
    },
    coordinator,
    json,
  },
  async run({ args }) {
    const { erase } = await import("../runs-client.ts");
    const { runs } = await erase({ coordinator: args.coordinator, identity: args.identity });
    output(
      args,
      { runs },
      runs.length === 0
        ? "Nothing was kept about this key."
        : `Forgotten in ${runs.join(", ")}. The ledger says that somebody withdrew, not who.`,
    );
  },
});
