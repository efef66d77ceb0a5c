/** All clients of the bench in one process: real keys, real masks, real sockets; only the answers are made up. */
import { io, type Socket } from "socket.io-client";
import { fromHex, toHex } from "../../shared/canonical.ts";
import { planOf } from "../../shared/plan.ts";
import { addNoise } from "../../shared/privacy/discrete-gaussian.ts";
import { encodeRecordSum } from "../../shared/privacy/encode.ts";
import { RandomSource } from "../../shared/privacy/random.ts";
import { announcementHash } from "../../shared/round/0-announce.ts";
import { type Joined, offerKeys } from "../../shared/round/1-ready.ts";
import { openGraph, openRoster, type Rostered } from "../../shared/round/1-roster.ts";
import { openDelivery, type Shared, shareSecrets } from "../../shared/round/2-shares.ts";
import { maskAnswer, pieceLength, type Uploaded } from "../../shared/round/3-masked.ts";
import { type Agreed, agreeToSurvivors, revealShares } from "../../shared/round/4-unmask.ts";
import { hashSum } from "../../shared/round/5-result.ts";
import type { ParticipantEnv, RoundFacts } from "../../shared/round/round.ts";
import { generateIdentityKeys, identityFrom } from "../../shared/secure-sum/keys.ts";
import { taskHash } from "../../shared/task.ts";
import { type CoordinatorToTab, challengeText, type TabToCoordinator } from "../../shared/wire.ts";
import { answerOf, invite, runId, type Shape, taskOf } from "./shape.ts";

const shape = JSON.parse(process.argv[2]!) as Shape;
const url = process.argv[3]!;
const task = taskOf(shape);
const hash = await taskHash(task);
const plan = planOf(task);
const random = new RandomSource();
const leavers = Math.round(shape.clients * shape.dropout);
let sum: Float64Array<ArrayBuffer> | undefined;
let done = 0;
const bytes: { vector: number; beside: number }[] = [];

/** One client after the other computes: a fleet's tabs do so at the same time, each on its own machine. */
let queue: Promise<void> = Promise.resolve();
function inTurn(work: () => Promise<void>): void {
  queue = queue.then(work).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}

for (let i = 0; i < shape.clients; i++) await join(i);

async function join(client: number): Promise<void> {
  const identity = await identityFrom(await generateIdentityKeys());
  const socket: Socket<CoordinatorToTab, TabToCoordinator> = io(`${url}/tab`, {
    transports: ["websocket"],
    forceNew: true,
    reconnection: false,
  });
  const wire = () => {
    const { transport } = socket.io.engine as unknown as { transport: { ws: { _socket: Record<string, number> } } };
    return transport.ws._socket.bytesRead! + transport.ws._socket.bytesWritten!;
  };
  let env!: ParticipantEnv;
  let joined!: Joined;
  let rostered: Rostered | undefined;
  let shared!: Shared;
  let uploaded!: Uploaded;
  let agreed!: Agreed;
  let before = 0;
  let vector = 0;
  const send = async (event: string, message: unknown) => {
    const reply = (await socket.emitWithAck(event as "ready", message as never)) as { ok: boolean };
    if (!reply.ok) throw new Error(`${event} refused: ${JSON.stringify(reply)}`);
  };
  socket.on("announce", ({ announcement }) =>
    inTurn(async () => {
      before = wire();
      const { round, attempt } = announcement.body;
      const facts: RoundFacts = {
        round,
        attempt,
        question: "train",
        announcementHash: await announcementHash(announcement.body),
      };
      joined = await offerKeys(env, facts);
      await send("ready", joined.offer);
    }),
  );
  socket.on("roster", (message) =>
    inTurn(async () => {
      const opened = await openRoster(env, joined, { ...message, members: new Uint8Array(message.members) });
      rostered = opened.state;
      await send("nonce", opened.message);
    }),
  );
  socket.on("nonces", (message) =>
    inTurn(async () => {
      const neighbour = await openGraph(env, rostered!, { ...message, bytes: new Uint8Array(message.bytes) });
      const made = await shareSecrets(env, neighbour);
      shared = made.state;
      rostered = undefined;
      await send("shares", made.message);
    }),
  );
  socket.on("delivery", (message) =>
    inTurn(async () => {
      if (client < leavers) {
        socket.disconnect();
        finish();
        return;
      }
      const entrusted = await openDelivery(env, shared, { ...message, boxes: new Uint8Array(message.boxes) });
      const encoded = encodeRecordSum(answerOf(client, task), entrusted.plan.layout);
      const answer = addNoise(encoded, entrusted.plan.localVariance, random);
      const made = await maskAnswer(env, entrusted, answer);
      uploaded = made.state;
      await send("masked", made.message.header);
      const { payload } = made.message;
      const length = pieceLength(entrusted.plan.bits);
      for (let at = 0; at < payload.length; at += length) await send("piece", payload.slice(at, at + length));
      vector = payload.length;
      sum ??= new Float64Array(answer.length);
      for (let j = 0; j < answer.length; j++) sum[j]! += answer[j]!;
    }),
  );
  socket.on("survivors", (message) =>
    inTurn(async () => {
      const made = await agreeToSurvivors(env, uploaded, message);
      agreed = made.state;
      await send("agreement", made.message);
    }),
  );
  socket.on("agreements", (message) =>
    inTurn(async () => {
      const signatures = new Uint8Array(message.signatures);
      await send("unmask", await revealShares(env, agreed, { ...message, signatures }));
      bytes.push({ vector, beside: wire() - before - vector });
      finish();
    }),
  );
  const nonce = await new Promise<string>((resolve) => socket.once("challenge", resolve));
  const reply = await socket.emitWithAck("hello", {
    run: runId,
    invite,
    identity: toHex(identity.publicKey),
    signature: toHex(await identity.sign(challengeText(nonce, runId))),
    ledgerSize: 0,
  });
  const coordinatorKey = (reply as { welcome: { coordinatorKey: string } }).welcome.coordinatorKey;
  if (fromHex(coordinatorKey).length !== 32) throw new Error("no coordinator key");
  const claims = new Set<string>();
  env = {
    identity,
    coordinatorKey,
    task,
    taskHash: hash,
    plan,
    claim: async (step) => !claims.has(step) && claims.add(step) !== undefined,
    charge: async () => {},
  };
}

function finish(): void {
  if (++done < shape.clients) return;
  const most = bytes.reduce((a, b) => (b.beside > a.beside ? b : a));
  inTurn(async () => {
    process.send!({ sumHash: await hashSum(sum!), vectorBytes: most.vector, besideBytes: most.beside });
  });
}
process.once("disconnect", () => process.exit());
