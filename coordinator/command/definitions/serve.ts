import { command, json, requiredNumber } from "../flags.ts";
import { output } from "../output.ts";

export default command({
  meta: { name: "serve", description: "Start the coordinator with its pages and API" },
  args: {
    port: { type: "string", default: "8787", valueHint: "PORT", description: "Port to listen on; 0 takes a free one" },
    "data-dir": {
      type: "string",
      default: "./murmur-data",
      valueHint: "DIR",
      description: "Folder of the embedded database and the ledger",
    },
    json,
  },
  async run({ args }) {
    const port = requiredNumber("port", args.port, { from: 0, to: 65535, whole: true });
    const { serve } = await import("../serve.ts");
    const server = await serve({ port, dataDir: args["data-dir"] });
    output(
      args,
      { url: server.url, console: server.console },
      `Murmur is at ${server.url}\nThe operator's console, with its key: ${server.console}`,
    );
    await new Promise<void>((resolve) => {
      process.once("SIGINT", resolve);
      process.once("SIGTERM", resolve);
    });
    await server.close();
  },
});
