/**
 * The process of a storm: a million frames and requests, some nearly right, some none at all, from many addresses, while rounds
 * go on. It tells what was answered, and where something that has to have an answer got none.
 */
import { Agent, request as ask } from "node:http";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { toHex } from "../../shared/canonical.ts";
import { planOf } from "../../shared/plan.ts";
import { RandomSource } from "../../shared/privacy/random.ts";
import { generateIdentityKeys, type Identity, identityFrom } from "../../shared/secure-sum/keys.ts";
import { taskHash } from "../../shared/task.ts";
import { challengeText } from "../../shared/wire.ts";
import { joinLoad } from "./client.ts";
import { type Shape, taskOf } from "./shape.ts";
import { Dice } from "./storm/dice.ts";
import { connectTab, event, type Known, said } from "./storm/frames.ts";
import { mutate } from "./storm/mutate.ts";
import { type Asked, rawRequest, request, type Told, upgrade } from "./storm/requests.ts";
import { RawWebSocket, upgradeRequest } from "./storm/websocket.ts";

export interface StormSettings {
  seed: number;
  /** Frames and requests in all */
  count: number;
  /** Of the coordinator's processes, on loopback */
  ports: number[];
  told: Told;
  invite: string;
  shape: Shape;
  rounds: number;
}

export type FromStorm =
  /** The first part is sent, and the rest waits for a message back. */
  | { said: "warm" }
  | { said: "sent"; count: number }
  | { said: "over"; sent: Record<string, number>; answers: Record<string, number>; faults: string[] };

/** How many do each at a time: sockets that say anything, of which some take a seat first; requests; bytes; members who lie */
const lanes = { sockets: 40, seated: 2, requests: 16, bytes: 2, liars: 3 };
/** Until the coordinator has compiled what it needs, and keeps what it keeps once */
const warmShare = 0.2;
/** Frames of a socket, of which a coordinator takes 300 in ten seconds; so often it is asked whether it still reads */
const [framesOfSocket, burst] = [290, 29];
/** A member who lies does so in one message of so many. */
const liesOneIn = 6;
/** From one address, requests */
const requestsOfAddress = 50;
/** How long an answer may take; and how long is waited where none has to come, ms */
const [patienceMs, briefMs] = [30_000, 30];
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const { seed, count, ports, told, invite, shape, rounds } = JSON.parse(process.argv[2]!) as StormSettings;
const { run } = told;
const say = (message: FromStorm) => process.send!(message);

const sent: Record<string, number> = {};
const answers: Record<string, number> = {};
const faults: string[] = [];
const tally = (counts: Record<string, number>, what: string) => {
  counts[what] = (counts[what] ?? 0) + 1;
};

let total = 0;
let goOn = () => {};
let resting = Promise.resolve();
process.on("message", () => goOn());

/** Before each frame or request. @returns false when all are sent */
async function next(kind: string): Promise<boolean> {
  await resting;
  if (total >= count) return false;
  tally(sent, kind);
  total++;
  if (total % 10_000 === 0) say({ said: "sent", count: total });
  if (total !== Math.floor(count * warmShare)) return true;
  resting = new Promise((resolve) => {
    goOn = resolve;
  });
  say({ said: "warm" });
  return true;
}

/** One of a million, so that none asks too often: all of 127/8 is this machine. */
const anyAddress = (dice: Dice) => `127.${1 + dice.below(100)}.${dice.below(100)}.${1 + dice.below(100)}`;

const strangers = await Promise.all(Array.from({ length: 40 }, async () => identityFrom(await generateIdentityKeys())));

async function sockets(dice: Dice, takesSeat: boolean): Promise<void> {
  while (await next("upgrade")) {
    const { path, headers } = upgrade(dice);
    const socket = await RawWebSocket.open(dice.of(ports), anyAddress(dice), upgradeRequest(path, headers));
    tally(answers, socket ? "socket opened" : "socket refused");
    if (!socket) continue;
    const identity = dice.of(strangers);
    const hashes: string[] = [];
    const greeted = new Promise<void>((resolve) => {
      socket.onText = (text) => {
        for (const [hash] of text.matchAll(/\b[0-9a-f]{64}\b/g)) hashes.push(hash);
        hashes.splice(0, hashes.length - 40);
        const nonce = /^42\/tab,\["challenge","([0-9a-f]+)"\]/.exec(text)?.[1];
        if (nonce === undefined) return;
        if (takesSeat) void greet(socket, identity, nonce).then(resolve);
        else resolve();
      };
    });
    socket.write(connectTab);
    await Promise.race([greeted, socket.sync()]);
    await frames(socket, dice, { run, invite, identity: toHex(identity.publicKey), hashes });
    socket.drop();
  }
}

async function greet(socket: RawWebSocket, identity: Identity, nonce: string): Promise<void> {
  const signature = toHex(await identity.sign(challengeText(nonce, run)));
  const hello = { run, invite, identity: toHex(identity.publicKey), signature, ledgerSize: 0 };
  socket.write(Buffer.concat(event("/tab", 0, ["hello", hello])));
  await socket.sync();
}

async function frames(socket: RawWebSocket, dice: Dice, known: Known): Promise<void> {
  for (let i = 1; i <= framesOfSocket && !socket.isClosed; i++) {
    const { kind, bytes } = said(dice, known);
    if (!(await next(`frame: ${kind}`))) return;
    socket.write(bytes);
    // What is no frame may leave the other end waiting for the rest of it, as it should.
    if (kind === "frame") return pause(briefMs);
    if (i % burst > 0) continue;
    const life = await socket.sync();
    tally(answers, `socket ${life}`);
    if (life === "silent") faults.push("nobody read what a socket sent, nor closed it");
    if (life !== "there") return;
  }
}

/** Whose connections may break when their answer is read already and nobody listens any more */
class PatientAgent extends Agent {
  override createConnection(options: NetConnectOpts): Socket {
    return connect(options).on("error", () => {});
  }
}

async function requests(dice: Dice): Promise<void> {
  for (let isMore = true; isMore; ) {
    const agent = new PatientAgent({ keepAlive: true, maxSockets: 1, localAddress: anyAddress(dice) } as object);
    const port = dice.of(ports);
    for (let i = 0; i < requestsOfAddress && isMore; i++) {
      isMore = await next("request");
      if (isMore) await answered(agent, port, request(dice, told));
    }
    agent.destroy();
  }
}

/** Whatever is asked is answered, and never with «the coordinator failed». */
function answered(agent: Agent, port: number, { method, path, headers, body }: Asked): Promise<void> {
  return new Promise((resolve) => {
    let isOver = false;
    const over = (answer: string) => {
      if (!isOver) tally(answers, answer);
      isOver = true;
      resolve();
    };
    try {
      const call = ask({ agent, host: "127.0.0.1", port, method, path: encodeURI(path), headers }, (response) => {
        const { statusCode = 0 } = response;
        if (statusCode >= 500 && statusCode !== 503) faults.push(`${statusCode} ${method} ${path.slice(0, 80)}`);
        response.resume().once("close", () => over(`${statusCode}`));
      });
      call.setTimeout(patienceMs, () => {
        faults.push(`no answer ${method} ${path.slice(0, 80)}`);
        call.destroy();
      });
      // As where the body was not wanted, or a connection was closed as it was used again.
      call.on("error", () => over("connection closed"));
      call.end(body);
    } catch {
      over("no client says this");
    }
  });
}

async function bytes(dice: Dice): Promise<void> {
  while (await next("bytes")) {
    await new Promise<void>((resolve) => {
      const socket = connect({ port: dice.of(ports), host: "127.0.0.1", localAddress: anyAddress(dice) }, () => {
        socket.write(rawRequest(dice));
        // What is no request yet is waited for there, and not here.
        setTimeout(() => socket.resetAndDestroy(), dice.below(briefMs));
      });
      socket.on("data", () => {});
      socket.on("error", () => {});
      socket.once("close", () => resolve());
    });
  }
}

/** Members with keys, who say something else than they should once in a while */
async function liar(dice: Dice): Promise<{ leave(): void }> {
  const task = taskOf(shape, rounds);
  const [hash, plan, random] = [await taskHash(task), planOf(task), new RandomSource()];
  return joinLoad({
    url: `http://127.0.0.1:${dice.of(ports)}`,
    run,
    invite,
    task,
    taskHash: hash,
    plan,
    random,
    answer: (_, length) => new Int32Array(length),
    inTurn: (work) => void work(),
    leaves: () => false,
    tamper: (name, message) => {
      if (!dice.oneIn(liesOneIn)) return message;
      tally(sent, `member: ${name}`);
      total++;
      return mutate(dice, message);
    },
    onUploaded: () => {},
    onOut: (why) => tally(answers, `member out: ${why}`),
  });
}

const of = <T>(many: number, lane: (dice: Dice, i: number) => Promise<T>, place: number) =>
  Array.from({ length: many }, (_, i) => lane(new Dice(seed * 1009 + 100 * place + i), i));

const liars = await Promise.all(of(lanes.liars, liar, 0));
await Promise.all([
  ...of(lanes.sockets, (dice, i) => sockets(dice, i < lanes.seated), 1),
  ...of(lanes.requests, requests, 2),
  ...of(lanes.bytes, bytes, 3),
]);
for (const one of liars) one.leave();
say({ said: "over", sent, answers, faults: faults.slice(0, 50) });
process.once("disconnect", () => process.exit());
