import { command, json } from "../flags.ts";
import { output } from "../output.ts";

export default command({
  meta: {
    name: "witness",
    description:
      "Be an independent witness: sign one model, one roster and one result for each round of a coordinator's tasks",
  },
  args: {
    url: {
      type: "string",
      default: "http://localhost:8787",
      valueHint: "URL",
      description: "Address of the coordinator",
    },
    "data-dir": {
      type: "string",
      default: "./murmur-witness",
      valueHint: "DIR",
      description: "Folder of the witness's key and of the log of all it signed; made on first use",
    },
    json,
  },
  async run({ args }) {
    const { Witness } = await import("../../witness/witness.ts");
    const witness = await Witness.open(args["data-dir"]);
    const socket = witness.serve(args.url, (kind, reply) => {
      process.stderr.write("signature" in reply ? `signed: ${kind}\n` : `refused: ${kind}, ${reply.refused}\n`);
    });
    output(
      args,
      { witness: witness.publicKey },
      `Name this witness in the task file:\nwitnesses: ["${witness.publicKey}"]`,
    );
    await new Promise<void>((resolve) => {
      process.once("SIGINT", resolve);
      process.once("SIGTERM", resolve);
    });
    socket.disconnect();
    witness.close();
  },
});
