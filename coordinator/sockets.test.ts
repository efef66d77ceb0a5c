/** What a stranger, a liar or a broken program gets from the coordinator's socket and its API. */
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { io, type Socket } from "socket.io-client";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { toHex } from "../shared/canonical.ts";
import { generateIdentityKeys, type Identity, identityFrom } from "../shared/secure-sum/keys.ts";
import { challengeText } from "../shared/wire.ts";
import { type Server, serve } from "./command/serve.ts";
import type { Run } from "./run.ts";
import { task } from "./store/testing/rounds.ts";

const dataDir = mkdtempSync(join(tmpdir(), "murmur-sockets-"));
let server: Server;
let run: Run;
let invite: string;
const sockets: Socket[] = [];

beforeAll(async () => {
  process.env.MURMUR_LOG ??= "silent";
  server = await serve({ port: 0, dataDir });
  run = await server.coordinator.launchTask({ ...task, gates: [{ metric: "accuracy", atLeast: 0.99 }] }, 1);
  invite = new URL(run.detail().invitation).searchParams.get("invite")!;
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.disconnect();
});
afterAll(async () => {
  await server.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const newIdentity = async (): Promise<Identity> => identityFrom(await generateIdentityKeys());

async function connect(): Promise<{ socket: Socket; nonce: string; closed: Promise<string> }> {
  const socket = io(`${server.url}/tab`, { transports: ["websocket"], forceNew: true, reconnection: false });
  sockets.push(socket);
  const closed = new Promise<string>((resolve) => socket.once("disconnect", resolve));
  const nonce = await new Promise<string>((resolve, reject) => {
    socket.once("challenge", resolve);
    socket.once("connect_error", reject);
  });
  return { socket, nonce, closed };
}

async function helloOf(identity: Identity, nonce: string) {
  const signature = toHex(await identity.sign(challengeText(nonce, run.id)));
  return { run: run.id, invite, identity: toHex(identity.publicKey), signature, ledgerSize: 0 };
}

const ask = (socket: Socket, event: string, ...message: unknown[]) =>
  socket.timeout(60_000).emitWithAck(event, ...message);

const invalid = { ok: false, reason: "message-invalid" };
const h = (bytes: number) => "0".repeat(2 * bytes);
const signed = (body: object) => ({ body, signature: h(64) });
const messages: Record<string, unknown[]> = {
  ready: [signed({ announcementHash: h(32), identity: h(32), maskKey: h(32), boxKey: h(32), commitment: h(32) })],
  nonce: [{ rosterHash: h(32), from: 0, nonce: h(16) }],
  shares: [
    { shares: signed({ rosterHash: h(32), from: 0, commitment: h(32), boxesHash: h(32) }), boxes: new Uint8Array(90) },
  ],
  masked: [signed({ rosterHash: h(32), from: 0, deliveryHash: h(32), sha256: h(32) })],
  piece: [new Uint8Array(8)],
  agreement: [signed({ survivorsHash: h(32), from: 0 })],
  unmask: [{ unmask: signed({ survivorsHash: h(32), from: 0, sharesHash: h(32) }), shares: new Uint8Array(33) }],
  decline: [{ announcementHash: h(32), reason: "protocol-error" }],
};

test("without a hello nothing is taken", async () => {
  const { socket } = await connect();
  for (const [event, message] of Object.entries(messages))
    expect(await ask(socket, event, ...message)).toEqual(invalid);
});

test("a proper hello is welcomed, once; then every message out of turn is refused, and nobody is thrown out", async () => {
  const { socket, nonce } = await connect();
  const hello = await helloOf(await newIdentity(), nonce);
  expect(await ask(socket, "hello", hello)).toMatchObject({ ok: true, welcome: { state: "waiting" } });
  expect(run.room.identities).toEqual([hello.identity]);
  expect(await ask(socket, "hello", hello)).toEqual(invalid);
  const { decline: _, ...others } = messages;
  for (const [event, message] of Object.entries(others)) expect(await ask(socket, event, ...message)).toEqual(invalid);
  expect(socket.connected).toBe(true);
});

test("malformed messages are refused: not an object, a key too many, a key too few, a wrong length, no payload", async () => {
  const { socket, nonce } = await connect();
  const hello = await helloOf(await newIdentity(), nonce);
  for (const wrong of [
    null,
    7,
    "x",
    [],
    { ...hello, rows: 3 },
    { ...hello, signature: "00" },
    { ...hello, ledgerSize: -1 },
  ])
    expect(await ask(socket, "hello", wrong)).toEqual(invalid);
  // A hello nobody waits for is no reason to fall over.
  socket.emit("hello", hello);
  socket.emit("hello");
  expect(await ask(socket, "hello", hello)).toMatchObject({ ok: true });
  for (const [event, [message]] of Object.entries(messages)) {
    expect(await ask(socket, event, { ...(message as object), accuracy: 0.9 })).toEqual(invalid);
    expect(await ask(socket, event, null)).toEqual(invalid);
  }
  expect(await ask(socket, "piece", "not bytes")).toEqual(invalid);
  expect(socket.connected).toBe(true);
});

test("a wrong invitation, an unknown run, or another's signature opens nothing", async () => {
  const { socket, nonce } = await connect();
  const [own, other] = [await newIdentity(), await newIdentity()];
  const hello = await helloOf(own, nonce);
  const before = run.room.identities;
  expect(await ask(socket, "hello", { ...hello, invite: "wrong" })).toEqual({
    ok: false,
    reason: "invitation-invalid",
  });
  expect(await ask(socket, "hello", { ...hello, run: "none" })).toEqual({ ok: false, reason: "run-unknown" });
  const refused = { ok: false, reason: "signature-invalid" };
  expect(await ask(socket, "hello", { ...hello, identity: toHex(other.publicKey) })).toEqual(refused);
  // A signature of another connection's challenge is no use here.
  const elsewhere = await connect();
  expect(await ask(socket, "hello", await helloOf(own, elsewhere.nonce))).toEqual(refused);
  expect(run.room.identities).toEqual(before);
});

test("a second connection of one identity closes the first", async () => {
  const identity = await newIdentity();
  const [first, second] = [await connect(), await connect()];
  await ask(first.socket, "hello", await helloOf(identity, first.nonce));
  await ask(second.socket, "hello", await helloOf(identity, second.nonce));
  expect(await first.closed).toBe("io server disconnect");
  expect(second.socket.connected).toBe(true);
  expect(run.room.identities.filter((one) => one === toHex(identity.publicKey))).toHaveLength(1);
});

test("two hellos at once on one connection give one seat, which goes when the connection goes", async () => {
  const { socket, nonce } = await connect();
  const [a, b] = [await helloOf(await newIdentity(), nonce), await helloOf(await newIdentity(), nonce)];
  const answers = await Promise.all([ask(socket, "hello", a), ask(socket, "hello", b)]);
  expect(answers.map(({ ok }) => ok)).toEqual([true, false]);
  socket.disconnect();
  const watch = await connect();
  await ask(watch.socket, "hello", await helloOf(await newIdentity(), watch.nonce));
  expect(run.room.identities).not.toContain(a.identity);
  expect(run.room.identities).not.toContain(b.identity);
});

test("who leaves while it is being welcomed leaves no seat behind", async () => {
  const { socket, nonce } = await connect();
  const hello = await helloOf(await newIdentity(), nonce);
  socket.emit("hello", hello, () => {});
  await new Promise((resolve) => setTimeout(resolve, 1));
  socket.disconnect();
  const watch = await connect();
  await ask(watch.socket, "hello", await helloOf(await newIdentity(), watch.nonce));
  expect(run.room.identities).not.toContain(hello.identity);
});

test("[15] a flood and an oversized message end the connection, and the coordinator lives on", async () => {
  const flood = await connect();
  for (let i = 0; i < 400; i++) flood.socket.emit("ready", {});
  expect(await flood.closed).toMatch(/disconnect|transport/);
  const large = await connect();
  large.socket.emit("piece", new Uint8Array(2 ** 20));
  expect(await large.closed).toMatch(/transport/);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});

const upgrade = (origin?: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const wanted = request(`${server.url}/socket.io/?EIO=4&transport=websocket`, {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
        ...(origin !== undefined && { origin }),
      },
    });
    wanted.on("upgrade", (_, socket) => {
      socket.destroy();
      resolve(101);
    });
    wanted.on("response", (answer) => {
      answer.resume();
      resolve(answer.statusCode!);
    });
    wanted.on("error", reject);
    wanted.end();
  });

test("a foreign page's upgrade is refused; our own page's and a program's is not", async () => {
  expect(await upgrade()).toBe(101);
  expect(await upgrade(server.url)).toBe(101);
  for (const origin of ["https://elsewhere.example", `${server.url}.example`, "null", "nonsense"])
    expect(await upgrade(origin)).toBe(400);
});

test("the console's socket opens to the operator's key only", async () => {
  const open = (key?: string) =>
    new Promise<string>((resolve) => {
      const socket = io(`${server.url}/console`, {
        transports: ["websocket"],
        forceNew: true,
        reconnection: false,
        auth: { key },
      });
      sockets.push(socket);
      socket.once("connect", () => resolve("open"));
      socket.once("connect_error", (error) => resolve(error.message));
    });
  expect(await open()).toBe("operator-key-invalid");
  expect(await open("wrong")).toBe("operator-key-invalid");
  expect(await open(server.coordinator.keys.operator)).toBe("open");
});

const call = (path: string, options: { method?: string; key?: string; body?: string } = {}) =>
  fetch(server.url + path, {
    method: options.method ?? "GET",
    headers: {
      "content-type": "application/json",
      ...(options.key !== undefined && { authorization: `Bearer ${options.key}` }),
    },
    ...(options.body !== undefined && { body: options.body }),
  });

test("every operator's route answers 401 without the key, whatever the run", async () => {
  const routes = [
    "",
    `/${run.id}`,
    `/${run.id}/report`,
    `/${run.id}/ledger`,
    `/${run.id}/model`,
    "/none",
    "/none/x",
  ].map((path) => ["GET", path] as const);
  const all = [...routes, ["POST", ""] as const, ["POST", `/${run.id}/stop`] as const];
  for (const [method, path] of all) {
    for (const key of [undefined, "", "wrong", `${server.coordinator.keys.operator}x`]) {
      const answer = await call(`/api/runs${path}`, { method, ...(key !== undefined && { key }) });
      expect([method, path, answer.status]).toEqual([method, path, 401]);
    }
  }
  expect(run.isOver).toBe(false);
  expect(await (await call("/api/open")).text()).not.toContain(invite);
});

/** A connection of its own: the coordinator closes it under the body, and the next call must not be given it. */
const tooLarge = (key: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, "content-length": 2 ** 20 + 1 };
    const wanted = request(`${server.url}/api/runs`, { method: "POST", agent: false, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode!);
    });
    wanted.on("error", reject);
    wanted.end(Buffer.alloc(2 ** 20 + 1, "x"));
  });

test("a task file that is not one gives problems with their lines, and launches nothing", async () => {
  const key = server.coordinator.keys.operator;
  const launch = (body: string) => call("/api/runs", { method: "POST", key, body });
  const before = server.coordinator.summaries().length;
  for (const yaml of ["name: [", "name: x\nprivacy:\n  epsilon: -1\n", ""]) {
    const answer = await launch(JSON.stringify({ yaml }));
    expect(answer.status).toBe(400);
    const { problems } = (await answer.json()) as { problems: { line: number }[] };
    expect(problems.length).toBeGreaterThan(0);
    for (const { line } of problems) expect(line).toBeGreaterThan(0);
  }
  for (const body of ["{", "{}", '{"yaml":7}', "null"]) expect((await launch(body)).status).toBe(400);
  expect(await tooLarge(key)).toBe(413);
  expect(server.coordinator.summaries()).toHaveLength(before);
});

test("a model whose gates are not met, or not measured, does not leave", async () => {
  const { coordinator } = server;
  await expect(coordinator.noteExport(run, "json")).rejects.toThrow("is not over");
  await run.stop();
  const { leaves } = await coordinator.exportLedger();
  await expect(coordinator.noteExport(run, "json")).rejects.toThrow("accuracy is not measured");
  expect((await call(`/api/runs/${run.id}/model`, { key: coordinator.keys.operator })).status).toBe(400);
  expect((await coordinator.exportLedger()).leaves).toEqual(leaves);
  const late = await connect();
  expect(await ask(late.socket, "hello", await helloOf(await newIdentity(), late.nonce))).toEqual({
    ok: false,
    reason: "run-ended",
  });
});
