/** All clients of the bench in one process. */
import { Bursts } from "../../coordinator/load/bursts.ts";
import { joinLoad } from "../../coordinator/load/client.ts";
import { answerOf, type Shape, taskOf } from "../../coordinator/load/shape.ts";
import { planOf } from "../../shared/plan.ts";
import { RandomSource } from "../../shared/privacy/random.ts";
import { hashSum } from "../../shared/round/5-result.ts";
import { taskHash } from "../../shared/task.ts";

const shape = JSON.parse(process.argv[2]!) as Shape;
const url = process.argv[3]!;
const runId = process.argv[4]!;
const task = taskOf(shape);
const common = { url, run: runId, invite: "", task, taskHash: await taskHash(task), plan: planOf(task) };
const random = new RandomSource();
const leavers = Math.round(shape.clients * shape.dropout);
let sum: Float64Array<ArrayBuffer> | undefined;
let done = 0;
const bytes: { vector: number; beside: number }[] = [];

const bursts = new Bursts(shape.clients);

function fail(why: string): void {
  console.error(why);
  process.exit(1);
}

for (let client = 0; client < shape.clients; client++) {
  let vector = 0;
  await joinLoad({
    ...common,
    random,
    answer: () => answerOf(client, task),
    inTurn: bursts.inTurn,
    beforeSending: () => bursts.meet(client),
    leaves: () => client < leavers,
    onLeft: () => {
      bursts.leave(client);
      finish();
    },
    onUploaded: (_, answer, payloadBytes) => {
      vector = payloadBytes;
      sum ??= new Float64Array(answer.length);
      for (let j = 0; j < answer.length; j++) sum[j]! += answer[j]!;
    },
    onRevealed: (_, beside) => {
      bytes.push({ vector, beside });
      finish();
    },
    onOut: fail,
  });
}

function finish(): void {
  if (++done < shape.clients) return;
  const most = bytes.reduce((a, b) => (b.beside > a.beside ? b : a));
  bursts.inTurn(async () => {
    process.send!({ sumHash: await hashSum(sum!), vectorBytes: most.vector, besideBytes: most.beside });
  });
}
process.once("disconnect", () => process.exit());
