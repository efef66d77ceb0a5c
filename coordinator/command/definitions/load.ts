import { randomInt } from "node:crypto";
import { InputError } from "../../../shared/errors.ts";
import { largestCohort } from "../../../shared/task.ts";
import { allFaults, type Fault } from "../../load/faults.ts";
import { command, json, listFlag, numberFlag, requiredNumber } from "../flags.ts";
import { inLines, output, progress } from "../output.ts";
import { placeFlags, redisFlag, serverFrom } from "./place-flags.ts";

export default command({
  meta: { name: "load", description: "Measure a coordinator under clients without data, on loopback; or trouble it" },
  args: {
    clients: { type: "string", default: "100", valueHint: "N", description: "How many" },
    dimension: { type: "string", default: "10000", valueHint: "D", description: "Coordinates of a vector, at least" },
    dropout: {
      type: "string",
      default: "0",
      valueHint: "SHARE",
      description: "Of the clients, vanish after their shares",
    },
    rounds: { type: "string", default: "1", valueHint: "R", description: "Training rounds" },
    faults: {
      type: "string",
      valueHint: "LIST",
      description: `What is to go wrong: all, or of ${allFaults.join(", ")}`,
    },
    storm: {
      type: "string",
      valueHint: "N",
      description: "So many frames and requests that are nearly right, among the rounds; then the run is stopped",
    },
    coordinators: {
      type: "string",
      default: "1",
      valueHint: "N",
      description:
        "Processes that are one coordinator, behind a balancer; on the servers that --database-url (empty) and --redis-url name",
    },
    "database-url": placeFlags["database-url"],
    "redis-url": redisFlag,
    seed: { type: "string", valueHint: "S", description: "Of the faults (default: drawn, and printed)" },
    json,
  },
  async run({ args }) {
    const clients = requiredNumber("clients", args.clients, { from: 5, to: largestCohort, whole: true });
    const dimension = requiredNumber("dimension", args.dimension, { from: 2000, to: 1_200_000, whole: true });
    const dropout = requiredNumber("dropout", args.dropout, { from: 0, to: 0.1 });
    const rounds = requiredNumber("rounds", args.rounds, { from: 1, to: 1000, whole: true });
    const seed = requiredNumber("seed", args.seed ?? String(randomInt(2 ** 31)), { from: 0, to: 2 ** 31, whole: true });
    const names = args.faults === "all" ? [...allFaults] : (listFlag("faults", args.faults) ?? []);
    const faults = names.filter((name): name is Fault => (allFaults as readonly string[]).includes(name));
    if (faults.length < names.length)
      throw new InputError("--faults", `is «${args.faults}»`, `Use all, or of ${allFaults.join(", ")}.`);
    const storm = numberFlag("storm", args.storm, { from: 100, whole: true });
    const count = requiredNumber("coordinators", args.coordinators, { from: 1, to: 16, whole: true });
    const databaseUrl = serverFrom("database-url", args["database-url"]);
    const redisUrl = serverFrom("redis-url", args["redis-url"]);
    if (count > 1 && (databaseUrl === undefined || redisUrl === undefined))
      throw new InputError(
        databaseUrl === undefined ? "--database-url" : "--redis-url",
        "is missing",
        "Several coordinators share an empty PostgreSQL database and a Redis server.",
      );
    const several = count > 1 && { several: { count, databaseUrl: databaseUrl!, redisUrl: redisUrl! } };
    const { load } = await import("../../load/load.ts");
    const shape = { clients, dimension, dropout };
    const settings = { shape, rounds, seed, faults, ...several, ...(storm !== undefined && { storm }) };
    const result = await load({ ...settings, onProgress: progress });
    output(args, result, inLines(result));
    return result.completed ? 0 : 1;
  },
});
