import { command, json } from "../flags.ts";
import { output } from "../output.ts";
import { coordinator, runPlace } from "./coordinator-flag.ts";

export default command({
  meta: { name: "export", description: "Write the model of a finished run to a file" },
  args: {
    run: runPlace,
    format: {
      type: "enum",
      options: ["safetensors", "onnx", "json"],
      default: "safetensors",
      description: "Kind of file",
    },
    out: { type: "string", default: ".", valueHint: "DIR", description: "Folder to write to" },
    coordinator,
    json,
  },
  async run({ args }) {
    const { exportModel } = await import("../runs-client.ts");
    const files = await exportModel({
      coordinator: args.coordinator,
      run: args.run,
      format: args.format,
      out: args.out,
    });
    output(args, { files }, files.join("\n"));
  },
});
