import { command, json } from "../flags.ts";
import { output } from "../output.ts";

export default command({
  meta: { name: "data", description: "Fetch a known public data set, check its hash, and keep it" },
  args: {
    name: { type: "positional", required: true, description: "the data set's name" },
    "data-dir": {
      type: "string",
      description: "folder that holds the original files, where nothing may be downloaded",
    },
    json,
  },
  async run({ args }) {
    const { fetchData } = await import("../data.ts");
    const data = await fetchData(args.name, args["data-dir"] === undefined ? {} : { dataDir: args["data-dir"] });
    output(args, data, `${data.path} (${data.rows} rows, SHA-256 ${data.sha256})`);
  },
});
