/** What holds between the processes of one coordinator when Redis breaks, forgets, or one of them sleeps; on a real server. */
import { createHash } from "node:crypto";
import { type AddressInfo, connect, createServer } from "node:net";
import { serialize } from "node:v8";
import { INVALID_SPAN_CONTEXT } from "@opentelemetry/api";
import { SocketClosedUnexpectedlyError } from "@redis/client";
import pino from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { toHex } from "../../shared/canonical.ts";
import { addPartialSum, type Counting } from "../../shared/round/3-masked.ts";
import { signBody } from "../../shared/round/signed.ts";
import { generateIdentityKeys, type Identity, identityFrom } from "../../shared/secure-sum/keys.ts";
import type { Connection } from "../room.ts";
import { Channel } from "./channel.ts";
import type { UploadOrder } from "./messages.ts";
import { PartialSums } from "./partial-sums.ts";
import { Presence } from "./presence.ts";
import { Seal } from "./seal.ts";
import { hasRedis, type RedisServer, startRedis } from "./testing/redis-server.ts";
import { UploadsHere } from "./uploads-here.ts";

const log = pino({ level: "silent" });
const seal = new Seal("the operator's key");
/** For a machine that others use as well. */
const patience = { timeout: 60_000 };

test("what is no Redis server is said, without the password", async () => {
  for (const wrong of ["http://a", "redis:", "x"])
    await expect(Channel.open(wrong, "p", seal, log)).rejects.toThrow("--redis-url: is no address of a Redis server");
  const refused = Channel.open("redis://murmur:hush@127.0.0.1:1", "p", seal, log);
  await expect(refused).rejects.toThrow(/^--redis-url: 127\.0\.0\.1:1 refuses: .*ECONNREFUSED/);
  await expect(refused).rejects.not.toThrow("hush");
});

describe.skipIf(!hasRedis)("on a Redis server", () => {
  let redis: RedisServer;
  let prefixes = 0;
  const channels: Channel[] = [];
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    await Promise.all(channels.splice(0).map((channel) => channel.close()));
  });
  afterAll(() => redis?.stop());

  const open = async (prefix = `test${prefixes++}`) => {
    const channel = await Channel.open(redis.url, prefix, seal, log);
    channels.push(channel);
    return channel;
  };
  const pair = async () => {
    const one = await open();
    const other = await open(one.prefix);
    const got: unknown[] = [];
    const gaps: string[] = [];
    other.onMessage = (_, body) => got.push((body as { i: number }).i);
    other.onGap = (from) => gaps.push(from);
    return { one, other, got, gaps };
  };

  test("messages arrive once and in order, bytes as they were, whenever connections break", async () => {
    const { one, other, got, gaps } = await pair();
    const count = 1000;
    for (let i = 0; i < count; i++) {
      one.post(other.me, { i, bytes: new Uint8Array(1000) });
      if (i % 250 === 100) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        await redis.breakConnections();
      }
    }
    await vi.waitFor(() => expect(got).toHaveLength(count), patience);
    expect(got).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(gaps).toEqual([]);
    let bytes: unknown;
    other.onMessage = (_, body) => {
      bytes = (body as { bytes: Uint8Array }).bytes;
    };
    one.post(other.me, { bytes: new Uint8Array([1, 2, 3]) });
    await vi.waitFor(() => expect(bytes).toEqual(new Uint8Array([1, 2, 3])), patience);
  });

  test("a process starts although its first connections and commands break; one that never holds is said", async () => {
    let broken = 0;
    let toBreak = 5;
    const { port } = new URL(redis.url);
    const gate = createServer((near) => {
      near.on("error", () => {});
      if (toBreak-- > 0) near.once("data", () => near.destroy()).on("close", () => broken++);
      else near.pipe(connect(Number(port), "127.0.0.1")).pipe(near);
    });
    await new Promise<void>((resolve) => gate.listen(0, "127.0.0.1", resolve));
    const url = `redis://127.0.0.1:${(gate.address() as AddressInfo).port}`;
    try {
      const channel = await Channel.open(url, `test${prefixes++}`, seal, log);
      expect(broken).toBe(5);
      channels.push(channel);
      vi.spyOn(channel.redis, "get").mockRejectedValueOnce(new SocketClosedUnexpectedlyError());
      const presence = new Presence(channel);
      await presence.start();
      expect(await channel.redis.exists(`${channel.prefix}:alive:${channel.me}`)).toBe(1);
      await presence.close();
      toBreak = Number.POSITIVE_INFINITY;
      await expect(Channel.open(url, "p", seal, log)).rejects.toThrow(/^--redis-url: 127\.0\.0\.1:\d+ refuses: /);
    } finally {
      gate.close();
    }
  });

  test("a batch that comes again because its receipt was lost counts once", async () => {
    const { one, other, got, gaps } = await pair();
    const send = (first: number, ...numbers: number[]) =>
      one.redis.xAdd(`${one.prefix}:inbox:${other.me}`, "*", {
        bytes: seal.close(serialize(["sender", first, numbers.map((i) => ({ i }))]), other.me),
      });
    await send(1, 1, 2);
    await send(1, 1, 2);
    await send(2, 2, 3);
    await vi.waitFor(() => expect(got.at(-1)).toBe(3), patience);
    expect([got, gaps]).toEqual([[1, 2, 3], []]);
  });

  test("who holds Redis reads no message, makes none up, and hands none on to another process", async () => {
    const { one, other, got } = await pair();
    const inbox = (of: Channel) => `${one.prefix}:inbox:${of.me}`;
    const batch = (i: number) => serialize(["sender", 1, [{ i }]]);
    await one.redis.xAdd(inbox(other), "*", { bytes: batch(1) });
    await one.redis.xAdd(inbox(other), "*", { bytes: new Seal("another key").close(batch(2), other.me) });
    await one.redis.xAdd(inbox(other), "*", { bytes: seal.close(batch(3), one.me) });
    const spoilt = seal.close(batch(4), other.me);
    spoilt[spoilt.length - 1]! ^= 1;
    await one.redis.xAdd(inbox(other), "*", { bytes: spoilt });
    one.post(other.me, { i: 5, secret: "an invitation" });
    await vi.waitFor(() => expect(got).toEqual([5]), patience);
    const left = JSON.stringify((await one.redis.xRange(inbox(other), "-", "+"))?.map((m) => `${m.message.bytes}`));
    expect(left).not.toBe("[]");
    expect(left).not.toContain("invitation");
  });

  test("what is lost is told, and what comes after it arrives", async () => {
    const { one, other, got, gaps } = await pair();
    one.post(other.me, { i: 0 });
    await vi.waitFor(() => expect(got).toEqual([0]), patience);
    one.post(other.me, { i: 1 });
    one.forget(other.me);
    one.post(other.me, { i: 2 });
    await vi.waitFor(() => expect(got).toEqual([0, 2]), patience);
    expect(gaps).toEqual([one.me]);
  });

  test("where Redis is out of reach nobody is there any more, what waits for it is bounded, and afterwards all is told anew", async () => {
    const { one, other, got, gaps } = await pair();
    const presence = new Presence(one);
    const told: string[] = [];
    presence.onGone = () => told.push("gone");
    presence.onCut = () => told.push("cut");
    presence.onLeader = (leader) => told.push(`${leader} leads`);
    presence.watch(other.me);
    await other.redis.set(`${one.prefix}:alive:${other.me}`, "");
    await other.redis.set(`${one.prefix}:leader`, other.me);
    await presence.start();
    redis.pause();
    try {
      for (let i = 0; i < 50_000; i++) one.post(other.me, { i });
      await vi.waitFor(() => expect(told).toEqual([`${other.me} leads`, "gone", "cut"]), patience);
      expect(presence.leader).toBeUndefined();
    } finally {
      redis.goOn();
    }
    await vi.waitFor(() => expect(got.at(-1)).toBe(49_999), patience);
    expect(told.at(-1)).toBe(`${other.me} leads`);
    // Of the 50,000 those that fitted, and word of what is missing.
    expect(got.length).toBeLessThan(25_000);
    expect(gaps).toEqual([one.me]);
    await presence.close();
  });

  test("a process that ends is missed by the one that watches it; who leads is known, also after Redis forgot all", async () => {
    const [one, other] = [await open("presence"), await open("presence")];
    const [leader, follower] = [new Presence(one), new Presence(other)];
    const gone: string[] = [];
    leader.onGone = (peer) => gone.push(peer);
    await leader.start();
    leader.lead();
    await follower.start();
    leader.watch(other.me);
    await vi.waitFor(() => expect(follower.leader).toBe(one.me), patience);
    expect(await follower.isLed()).toBe(true);
    await redis.forget();
    await vi.waitFor(async () => expect(await other.redis.get("presence:leader")).not.toBeNull(), patience);
    // Whether it was missed while everything was forgotten does not matter here.
    gone.length = 0;
    leader.watch(other.me);
    await follower.close();
    await vi.waitFor(() => expect(gone).toEqual([other.me]), patience);
    await leader.close();
  });

  test("a former leader that wakes up does not take the place of the one after it", async () => {
    const [one, other] = [await open("former"), await open("former")];
    const [former, leader] = [new Presence(one), new Presence(other)];
    await former.start();
    former.lead();
    await vi.waitFor(() => expect(former.leader).toBe(one.me), patience);
    await leader.start();
    leader.lead();
    await vi.waitFor(() => expect(former.leader).toBe(other.me), patience);
    await leader.close();
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(String(await one.redis.get("former:leader"))).toBe(other.me);
    await former.close();
  });

  test("a partial sum is read once, and after that it cannot be replaced; what is lost is not nothing", async () => {
    const channel = await open();
    const sums = new PartialSums(channel);
    await sums.open("a");
    expect(await sums.replace("a", { members: [3], sum: new Uint32Array([1, 2 ** 32 - 1]) })).toBe(true);
    expect(await sums.replace("a", { members: [3, 7], sum: new Uint32Array([5, 6]) })).toBe(true);
    expect(await sums.take("a")).toEqual({ members: [3, 7], sum: new Uint32Array([5, 6]) });
    expect(await sums.replace("a", { members: [3, 7, 9], sum: new Uint32Array([7, 8]) })).toBe(false);
    expect(await sums.take("a")).toBeUndefined();
    await sums.open("b");
    expect(await sums.take("b")).toEqual({ members: [], sum: new Uint32Array(0) });
    expect(await sums.take("c")).toBeUndefined();
  });
});

test("a partial sum is added modulo 2^32; one that counts somebody twice, or a stranger, or is too short, ends the round", () => {
  const counting = () =>
    ({
      partners: new Map([0, 1, 2].map((member) => [member, []])),
      received: new Set([0]),
      sum: new Uint32Array([2 ** 32 - 1, 5]),
    }) as unknown as Counting;
  const state = counting();
  addPartialSum(state, { members: [1, 2], sum: new Uint32Array([2, 3]) });
  expect([...state.sum]).toEqual([1, 8]);
  expect([...state.received]).toEqual([0, 1, 2]);
  const two = new Uint32Array(2);
  for (const [members, sum] of [
    [[0], two],
    [[1, 1], two],
    [[3], two],
    [[1], new Uint32Array(1)],
  ] as const)
    expect(() => addPartialSum(counting(), { members, sum })).toThrow("partial-sum-lost");
});

describe("vectors that another process takes", () => {
  const vector = new Uint8Array([1, 0, 0, 0, 2, 0, 0, 0]);
  const sha256 = createHash("sha256").update(vector).digest("hex");
  let identities: Identity[];
  beforeAll(async () => {
    identities = await Promise.all(Array.from({ length: 3 }, async () => identityFrom(await generateIdentityKeys())));
  });
  const order: UploadOrder = {
    run: "r",
    trace: INVALID_SPAN_CONTEXT,
    name: "n",
    rosterHash: "r",
    deliveryHash: "d",
    dimension: 2,
    bits: 32,
    members: [],
    deadlines: { masked: 5_000, piece: 5_000 },
  };
  const header = (from: number) =>
    signBody("masked", { rosterHash: "r", from, deliveryHash: "d", sha256 }, identities[from]!);

  function here(keep: (members: readonly number[], sum: readonly number[]) => Promise<boolean>) {
    const connections = identities.map(
      (identity): Connection => ({ identity: toHex(identity.publicKey), send: () => {}, close: () => {} }),
    );
    const told: string[] = [];
    const uploads = new UploadsHere({
      order,
      connections: new Map(connections.entries()),
      keep: ({ members, sum }) => keep([...members], [...sum]),
      onKept: (connection) => told.push(`kept ${connections.indexOf(connection)}`),
      onDropped: (connection, reason) => told.push(`${reason} ${connections.indexOf(connection)}`),
    });
    const send = async (from: number, payload = vector) => {
      const turn = await uploads.receive(connections[from]!, { header: await header(from) });
      return turn.ok ? uploads.receive(connections[from]!, { piece: payload.slice() }) : turn;
    };
    return { uploads, connections, told, send };
  }

  test("are acknowledged when the sum they are in is kept, and not before; one write keeps all that came in meanwhile", async () => {
    const kept: (readonly number[])[][] = [];
    let write = () => {};
    const { told, send, uploads } = here((members, sum) => {
      kept.push([members, sum]);
      return new Promise((resolve) => {
        write = () => resolve(true);
      });
    });
    const answers: number[] = [];
    const sent = [0, 1, 2].map(async (from) => {
      const reply = await send(from);
      if (reply.ok) answers.push(from);
    });
    await vi.waitFor(() => expect(kept).toHaveLength(1), patience);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([answers, told]).toEqual([[], []]);
    write();
    await vi.waitFor(() => expect(kept).toHaveLength(2), patience);
    expect(answers).toEqual(told.map((text) => Number(text.at(-1))));
    write();
    await Promise.all(sent);
    expect(kept.at(-1)).toEqual([expect.arrayContaining([0, 1, 2]), [3, 6]]);
    expect(told.toSorted()).toEqual(["kept 0", "kept 1", "kept 2"]);
    uploads.close();
  });

  test("that came when the sum was read already are refused, as are those that are wrong", async () => {
    const late = here(async () => false);
    expect(await late.send(0)).toEqual({ ok: false, reason: "timed-out" });
    expect(late.told).toEqual(["timed-out 0"]);
    late.uploads.close();
    const wrong = here(async () => true);
    expect(await wrong.send(1, new Uint8Array(8))).toEqual({ ok: false, reason: "payload-invalid" });
    expect(await wrong.send(1)).toEqual({ ok: false, reason: "message-invalid" });
    wrong.uploads.leave(wrong.connections[2]!);
    expect(wrong.told).toEqual(["payload-invalid 1", "disconnected 2"]);
    wrong.uploads.close();
  });
});
