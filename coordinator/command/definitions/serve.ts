import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { InputError } from "../../../shared/errors.ts";
import { command, json, readInput, requiredNumber } from "../flags.ts";
import { output, progress } from "../output.ts";
import { placeFlags, placeOf, redisFlag, serverFrom } from "./place-flags.ts";

export default command({
  meta: { name: "serve", description: "Start the coordinator with its pages and API" },
  args: {
    port: { type: "string", default: "8787", valueHint: "PORT", description: "Port to listen on; 0 takes a free one" },
    host: {
      type: "string",
      default: "127.0.0.1",
      valueHint: "ADDRESS",
      description: "Address to listen on; others than loopback with TLS, or behind a proxy that has it",
    },
    "public-url": {
      type: "string",
      valueHint: "URL",
      description: "Where participants reach this coordinator, for its invitations (default: this machine and port)",
    },
    "tls-cert": { type: "string", valueHint: "FILE", description: "Certificate with its chain, PEM" },
    "tls-key": { type: "string", valueHint: "FILE", description: "The certificate's key, PEM" },
    ...placeFlags,
    "redis-url": redisFlag,
    standby: {
      type: "boolean",
      description: "While another coordinator leads on the same PostgreSQL server, wait for its end",
    },
    "trust-proxy": {
      type: "boolean",
      description: "Count addresses by X-Forwarded-For: only behind a proxy that writes it itself",
    },
    "connections-per-address": {
      type: "string",
      default: "1000",
      valueHint: "N",
      description: "Participants that one address may have at a time, as of a school behind one",
    },
    json,
  },
  async run({ args }) {
    const port = requiredNumber("port", args.port, { from: 0, to: 65535, whole: true });
    const { dataDir, postgres } = placeOf(args);
    if (args.standby && !postgres)
      throw new InputError("--standby", "is for coordinators on one PostgreSQL server", "Give --database-url, too.");
    const redis = serverFrom("redis-url", args["redis-url"]);
    if (redis !== undefined && !postgres)
      throw new InputError("--redis-url", "is for coordinators on one PostgreSQL server", "Give --database-url, too.");
    if (redis !== undefined && args.standby)
      throw new InputError("--standby", "stands beside --redis-url, with which every process waits", "Leave it out.");
    const onWait = () => progress("Another coordinator leads; this one waits for its end.");
    const publicUrl = args["public-url"] && originOf(args["public-url"]);
    const [cert, key] = [args["tls-cert"], args["tls-key"]];
    if ((cert === undefined) !== (key === undefined))
      throw new InputError(cert ? "--tls-key" : "--tls-cert", "is missing", "TLS takes a certificate and its key.");
    const tls = cert && key && { cert: await readInput("--tls-cert", cert), key: await readInput("--tls-key", key) };
    const connectionsPerAddress = requiredNumber("connections-per-address", args["connections-per-address"], {
      from: 1,
      whole: true,
    });
    const { serve } = await import("../serve.ts");
    const { serveAmong } = await import("../serve-among.ts");
    const { defaultLimits } = await import("../../limits.ts");
    const options = {
      port,
      host: args.host,
      dataDir,
      ...(publicUrl && { publicUrl }),
      ...(tls && { tls }),
      limits: {
        trustProxy: args["trust-proxy"] ?? false,
        connectionsPerAddress,
        requestsPerMinute: Math.max(defaultLimits.requestsPerMinute, 10 * connectionsPerAddress),
      },
    };
    const server =
      redis !== undefined && postgres
        ? await serveAmong({ ...options, postgres, redis })
        : await serve({
            ...options,
            ...(postgres && { postgres: { ...postgres, ...(args.standby && { onWait }) } }),
          });
    output(
      args,
      { url: server.url, console: server.console },
      `Murmur is at ${server.url}\n${consoleLine(server.console, dataDir)}`,
    );
    const told = new Promise<undefined>((resolve) => {
      process.once("SIGINT", () => resolve(undefined));
      process.once("SIGTERM", () => resolve(undefined));
    });
    const lost = await Promise.race([told, server.lost]);
    // What is lost may not answer any more, not even to be closed.
    await Promise.race([server.close(), ...(lost === undefined ? [] : [setTimeout(closingMs)])]);
    if (lost === undefined) return 0;
    // Whatever watches over this process starts it again, and it finds out what is true.
    progress(`This coordinator may write no more: ${lost}. Start it again; its runs go on from what is kept.`);
    return 1;
  },
});

/** How long a coordinator that may write no more has to end in order, ms. */
const closingMs = 5_000;

/** A terminal is looked at by its owner; anything else may be a journal that others read, too. */
const consoleLine = (withKey: string, dataDir: string): string =>
  process.stdout.isTTY
    ? `The operator's console, with its key: ${withKey}`
    : `The operator's console: ${withKey.split("#")[0]}, with the key in ${join(dataDir, "operator.key")}`;

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search || url.hash)
    throw new InputError("--public-url", `is «${text}»`, "Use an origin, such as https://learn.example.org.");
  return url.origin;
}
