import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { connect as tcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { io, type Socket } from "socket.io-client";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { toHex } from "../shared/canonical.ts";
import { generateIdentityKeys, type Identity, identityFrom } from "../shared/secure-sum/keys.ts";
import { challengeText } from "../shared/wire.ts";
import { type Server, serve } from "./command/serve.ts";
import { defaultLimits, httpTimes, Limits } from "./limits.ts";
import type { Run } from "./run.ts";
import { task } from "./store/testing/rounds.ts";

const dataDir = mkdtempSync(join(tmpdir(), "murmur-limits-"));
const limits = {
  connectionsPerAddress: 4,
  requestsPerMinute: 60,
  hellosPerMinute: 5,
  helloMs: 1_000,
  trustProxy: true,
};
const sockets: Socket[] = [];
let server: Server;
let run: Run;
let hosts = 1;
/** Each test comes from an address of its own. */
let from = "";
beforeAll(async () => {
  server = await serve({ port: 0, dataDir, limits });
  run = await server.coordinator.launchTask(task, 1);
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  from = `203.0.113.${++hosts}`;
});
afterAll(async () => {
  await server.close();
  rmSync(dataDir, { recursive: true });
});

interface Connected {
  socket: Socket;
  nonce: string | undefined;
  closed: Promise<unknown>;
}

const connect = () =>
  new Promise<Connected>((resolve) => {
    const socket = io(`${server.url}/tab`, {
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
      extraHeaders: { "x-forwarded-for": from },
    });
    sockets.push(socket);
    const closed = new Promise((gone) => {
      socket.once("disconnect", gone);
      socket.once("connect_error", gone);
    });
    socket.once("challenge", (nonce: string) => resolve({ socket, nonce, closed }));
    void closed.then(() => resolve({ socket, nonce: undefined, closed }));
  });

const person = async () => identityFrom(await generateIdentityKeys());

async function hello(identity: Identity, invite: string, to = run): Promise<string> {
  const { socket, nonce } = await connect();
  const answer = socket
    .timeout(60_000)
    .emitWithAck("hello", {
      run: to.id,
      invite,
      identity: toHex(identity.publicKey),
      signature: toHex(await identity.sign(challengeText(nonce!, to.id))),
      ledgerSize: 0,
    })
    .then(({ ok, reason }) => (ok ? "seated" : reason));
  const gone = new Promise<string>((resolve) => socket.once("disconnect", () => resolve("thrown out")));
  const result = await Promise.race([answer, gone]);
  socket.disconnect();
  return result;
}

const sharedLink = (of: Run) => new URL(of.detail().invitation).searchParams.get("invite")!;
const metric = async (limit: string) =>
  new RegExp(`murmur_refused_total\\{limit="${limit}"\\} ([1-9]\\d*)`).test(await server.coordinator.metrics.text());

test("addresses: the proxy's last word only where it is trusted, IPv6 by network", () => {
  const of = (trustProxy: boolean, remoteAddress: string, forwarded?: string) =>
    new Limits({ ...defaultLimits, trustProxy }).addressOf({
      headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
      socket: { remoteAddress },
    } as unknown as IncomingMessage);
  expect(of(false, "192.0.2.7", "203.0.113.1")).toBe("192.0.2.7");
  expect(of(true, "127.0.0.1", "10.0.0.1, 203.0.113.1")).toBe("203.0.113.1");
  expect(of(true, "127.0.0.1")).toBe("127.0.0.1");
  expect(of(false, "::ffff:192.0.2.7")).toBe("192.0.2.7");
  const network = "2001:db8:0:1::/64";
  for (const address of ["2001:db8:0:1::", "2001:db8:0:1:ffff:1:2:3", "2001:0db8::1:0:0:0:9", "2001:db8:0:1::1%eth0"])
    expect(of(false, address)).toBe(network);
  expect(of(false, "2001:db8:0:2::1")).not.toBe(network);
  expect(of(false, "::1")).toBe("0:0:0:0::/64");
});

test("one address has so many sockets at a time; when one goes, another may come, and other addresses are not asked", async () => {
  const four = [await connect(), await connect(), await connect(), await connect()];
  expect(four.every(({ nonce }) => nonce)).toBe(true);
  expect((await connect()).nonce).toBeUndefined();
  four[0]!.socket.disconnect();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect((await connect()).nonce).toBeDefined();
  from = "198.51.100.1";
  expect((await connect()).nonce).toBeDefined();
  expect(await metric("connections")).toBe(true);
});

test("who asks too often is told to wait; others are served", async () => {
  const ask = () => fetch(`${server.url}/api/open`, { headers: { "x-forwarded-for": from } });
  const answers = await Promise.all(Array.from({ length: 70 }, ask));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(60);
  const refused = answers.find(({ status }) => status === 429)!;
  expect(refused.headers.get("retry-after")).toBe("60");
  expect(refused.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect((await connect()).nonce).toBeUndefined();
  from = "198.51.100.2";
  expect((await ask()).status).toBe(200);
  expect(await metric("requests")).toBe(true);
});

test("a participant who greets again and again is thrown out; a socket that says nothing, too", async () => {
  const somebody = await person();
  const answers: string[] = [];
  for (let i = 0; i < 6; i++) answers.push(await hello(somebody, sharedLink(run)));
  expect(answers).toEqual([...Array(5).fill("seated"), "thrown out"]);
  const silent = await connect();
  const began = Date.now();
  await silent.closed;
  expect(Date.now() - began).toBeLessThan(3_000);
  expect([await metric("hellos"), await metric("silence")]).toEqual([true, true]);
});

test("a request that comes drop by drop is ended", async () => {
  const socket = tcp(Number(new URL(server.url).port), "127.0.0.1");
  socket.on("error", () => {});
  const began = Date.now();
  socket.write("GET / HTTP/1.1\r\n");
  const drops = setInterval(() => socket.write("x-drop: 1\r\n"), 500);
  socket.resume();
  await new Promise((resolve) => socket.once("close", resolve));
  clearInterval(drops);
  expect(Date.now() - began).toBeLessThan(httpTimes.headersTimeout + httpTimes.connectionsCheckingInterval + 2_000);
});

test("an invitation for one seats one; then the run's own link seats only who is known", async () => {
  const [early, first, second] = [await person(), await person(), await person()];
  expect(await hello(early, sharedLink(run))).toBe("seated");
  const links = await run.invite(2);
  const [one, two] = links.map((link) => new URL(link).searchParams.get("invite")!) as [string, string];
  expect(await hello(first, one)).toBe("seated");
  expect(await hello(first, one)).toBe("seated");
  from = "198.51.100.3";
  expect(await hello(second, one)).toBe("invitation-invalid");
  expect(await hello(second, sharedLink(run))).toBe("invitation-invalid");
  expect(await hello(early, sharedLink(run))).toBe("seated");
  // Another run's invitations are none here.
  const other = await server.coordinator.launchTask(task, 2);
  expect(await hello(second, two, other)).toBe("invitation-invalid");

  // Forgotten, it stays used up; and nothing of them is left.
  expect(await server.coordinator.erase(toHex(first.publicKey))).toEqual([run.id]);
  expect(await hello(first, one)).toBe("invitation-invalid");
  expect(await hello(second, two)).toBe("seated");

  // To what is over nobody is invited.
  await other.stop();
  await expect(other.invite(1)).rejects.toThrow(`run: ${other.id} is over`);
});

test("of many who come with one invitation at once, one is admitted", async () => {
  const fresh = await server.coordinator.launchTask(task, 3);
  const [link] = await fresh.invite(1);
  const invite = new URL(link!).searchParams.get("invite")!;
  const people = Array.from({ length: 8 }, (_, i) => `0${i}`.repeat(32));
  const admitted = await Promise.all(people.map((one) => fresh.admits(invite, one)));
  expect(admitted.filter(Boolean)).toHaveLength(1);
});
