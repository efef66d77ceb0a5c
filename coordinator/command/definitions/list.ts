import { command, json } from "../flags.ts";
import { columns, output } from "../output.ts";
import { coordinator } from "./coordinator-flag.ts";

export default command({
  meta: { name: "list", description: "List the runs of a coordinator" },
  args: { coordinator, json },
  async run({ args }) {
    const { list } = await import("../runs-client.ts");
    const runs = await list({ coordinator: args.coordinator });
    const rows = runs.map((run) => [
      run.run,
      run.name,
      run.state,
      `${run.roundsDone}/${run.roundsPlanned}`,
      `ε ${run.privacy.epsilon.toFixed(2)} per ${run.privacy.unit} at δ ${run.privacy.delta}`,
    ]);
    output(
      args,
      { runs },
      runs.length === 0 ? "No runs yet." : columns([["run", "name", "state", "rounds", "spent"], ...rows]),
    );
  },
});
