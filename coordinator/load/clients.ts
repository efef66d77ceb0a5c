/** Many clients of `murmur load` in one process. They answer zeros with all the noise that is due: it makes every sum another. */
import { planOf } from "../../shared/plan.ts";
import { RandomSource } from "../../shared/privacy/random.ts";
import { taskHash } from "../../shared/task.ts";
import { Bursts } from "./bursts.ts";
import { type Attempt, joinLoad } from "./client.ts";
import { Chance, type ClientFault } from "./faults.ts";
import { type Shape, taskOf } from "./shape.ts";

export interface ClientsSettings {
  shape: Shape;
  rounds: number;
  url: string;
  run: string;
  invite: string;
  seed: number;
  faults: ClientFault[];
  /** Whether the coordinator has faults of its own, so that rounds may end for clients that have none */
  isTroubled: boolean;
}

export type FromClients =
  | { said: "joined" }
  /** What these clients had acknowledged in one attempt */
  | { said: "acknowledged"; round: number; attempt: number; count: number; sum: Float64Array }
  | { said: "over"; faults: Record<string, number>; out: Record<string, number>; milliseconds: number[] };

const { shape, rounds, url, run, invite, seed, faults, isTroubled } = JSON.parse(process.argv[2]!) as ClientsSettings;
const task = taskOf(shape, rounds);
const common = { url, run, invite, task, taskHash: await taskHash(task), plan: planOf(task) };
const random = new RandomSource();
const say = (message: FromClients) => process.send!(message);

const bursts = new Bursts(shape.clients);
// Where clients are slow on purpose, or rounds end for some of them, each goes by itself.
const together = (client: number) => ({ inTurn: bursts.inTurn, beforeSending: () => bursts.meet(client) });
const byItself = { inTurn: (work: () => Promise<void>) => void work() };

const tallies = { faults: {} as Record<string, number>, out: {} as Record<string, number> };
const count = (tally: Record<string, number>, what: string) => {
  tally[what] = (tally[what] ?? 0) + 1;
};
const milliseconds: number[] = [];
const acknowledged = new Map<string, Attempt & { count: number; sum: Float64Array }>();
const leavers = Math.round(shape.clients * shape.dropout);
let over = 0;
let left = 0;

function finish(): void {
  if (++over < shape.clients) return;
  for (const { round, attempt, count, sum } of acknowledged.values())
    say({ said: "acknowledged", round, attempt, count, sum });
  say({ said: "over", ...tallies, milliseconds });
}

for (let client = 0; client < shape.clients; client++) {
  await joinLoad({
    ...common,
    random,
    answer: (_, length) => new Int32Array(length),
    ...(isTroubled ? byItself : together(client)),
    ...(faults.length > 0 && { chance: new Chance(seed * 100_003 + client, faults) }),
    // In the round that is measured.
    leaves: ({ question }) => question === "train" && client < leavers && left++ < leavers,
    onLeft: () => {
      bursts.leave(client);
      finish();
    },
    onFault: (fault) => count(tallies.faults, fault),
    onAnswered: (ms) => milliseconds.push(ms),
    onUploaded: (facts, answer) => {
      const key = `${facts.round}/${facts.attempt}`;
      const tally = acknowledged.get(key) ?? { ...facts, count: 0, sum: new Float64Array(answer.length) };
      acknowledged.set(key, tally);
      tally.count++;
      for (let j = 0; j < answer.length; j++) tally.sum[j]! += answer[j]!;
    },
    onOut: (why) => {
      // Where nothing is to go wrong, nothing goes on after it did.
      if (!isTroubled) throw new Error(why);
      count(tallies.out, why);
    },
    onEnded: finish,
  });
}
say({ said: "joined" });
process.once("disconnect", () => process.exit());
