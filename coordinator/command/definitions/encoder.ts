import { command, json } from "../flags.ts";
import { output } from "../output.ts";
import { dataDirOf } from "./coordinator-flag.ts";

export default command({
  meta: { name: "encoder", description: "Bring in a BERT for tasks that read texts; prints what a task says of it" },
  args: {
    source: {
      type: "positional",
      required: true,
      description: "folder, or its address, with config.json, tokenizer.json and model.safetensors",
    },
    sha256: { type: "string", valueHint: "HASH", description: "of model.safetensors; an address needs it" },
    "data-dir": dataDirOf,
    json,
  },
  async run({ args }) {
    const { bringEncoder, encodersFolder } = await import("../../text/encoders.ts");
    const found = await bringEncoder(args.source, args.sha256, encodersFolder(args["data-dir"]));
    output(args, found, found.yaml.trimEnd());
  },
});
