import { expect, test } from "vitest";
import { Refusal } from "../shared/round/reasons.ts";
import { type Admit, type Connection, Room } from "./room.ts";

interface Fake extends Connection {
  sent: unknown[][];
  closed: boolean;
}

function fake(identity: string): Fake {
  const connection: Fake = {
    identity,
    sent: [],
    closed: false,
    send: (...message) => void connection.sent.push(message),
    close: () => {
      connection.closed = true;
    },
  };
  return connection;
}

function seated(...identities: string[]) {
  const room = new Room();
  const connections = identities.map(fake);
  for (const connection of connections) room.enter(connection);
  return { room, connections };
}

const never = new AbortController().signal;
const takeAll = async () => {};
const collect = (room: Room, who: string[], admit: Admit<never> = takeAll, ms = 5000) =>
  room.collect("shares", who, ms, admit, never);

test("a phase ends when everybody has answered, and nobody is lost", async () => {
  const { room } = seated("a", "b");
  const seen: unknown[] = [];
  const lost = collect(room, ["a", "b"], async (who, message) => void seen.push([who, message]));
  expect(await room.receive("b", "shares", 2)).toEqual({ ok: true });
  expect(await room.receive("a", "shares", 1)).toEqual({ ok: true });
  expect(await lost).toEqual(new Map());
  expect(seen).toEqual([
    ["b", 2],
    ["a", 1],
  ]);
});

test("a message out of turn, a second one, or a stranger's is refused, and reaches no round", async () => {
  const { room } = seated("a", "b", "stranger");
  const refused = { ok: false, reason: "message-invalid" };
  expect(await room.receive("a", "shares", 1)).toEqual(refused);
  let taken = 0;
  const lost = collect(room, ["a", "b"], async () => void taken++);
  expect(await room.receive("a", "masked", 1)).toEqual(refused);
  expect(await room.receive("stranger", "shares", 1)).toEqual(refused);
  expect(await room.receive("a", "shares", 1)).toEqual({ ok: true });
  expect(await room.receive("a", "shares", 1)).toEqual(refused);
  await room.receive("b", "shares", 1);
  await lost;
  expect(await room.receive("b", "shares", 1)).toEqual(refused);
  expect(taken).toBe(2);
});

test("who is refused, declines, leaves or is late is lost, each for its reason", async () => {
  const { room, connections } = seated("refused", "declines", "leaves", "late", "good");
  const who = ["refused", "declines", "leaves", "late", "good", "never came"];
  const admit = async (identity: string) => {
    if (identity === "refused") throw new Refusal("signature-invalid");
  };
  const lost = collect(room, who, admit, 100);
  expect(await room.receive("refused", "shares", 0)).toEqual({ ok: false, reason: "signature-invalid" });
  room.drop("declines", "declined");
  room.leave(connections[2]!);
  await room.receive("good", "shares", 0);
  expect(Object.fromEntries(await lost)).toEqual({
    refused: "signature-invalid",
    declines: "declined",
    leaves: "disconnected",
    late: "timed-out",
    "never came": "disconnected",
  });
  expect(room.identities).toEqual(["refused", "declines", "late", "good"]);
});

test("a phase does not end under a message that is being checked", async () => {
  const { room, connections } = seated("a", "b");
  let finish: () => void = () => {};
  let ended = false;
  const admit = (who: string) => (who === "a" ? new Promise<void>((resolve) => (finish = resolve)) : takeAll());
  const lost = collect(room, ["a", "b"], admit, 50);
  void lost.then(() => (ended = true));
  const answer = room.receive("a", "shares", 1);
  room.leave(connections[0]!);
  await new Promise((resolve) => setTimeout(resolve, 120));
  expect(ended).toBe(false);
  finish();
  expect(await answer).toEqual({ ok: true });
  // What counts is the message: its sender left, but it is not lost.
  expect(Object.fromEntries(await lost)).toEqual({ b: "timed-out" });
});

test("[18] a second connection of one identity replaces the first, which is closed and can do no more", async () => {
  const { room, connections } = seated("a", "b");
  const [first] = connections;
  const lost = collect(room, ["a", "b"]);
  const second = fake("a");
  room.enter(second);
  expect(first!.closed).toBe(true);
  expect(room.identities).toEqual(["a", "b"]);
  // The farewell of the replaced one does not take the seat from the new one.
  room.leave(first!);
  expect(room.identities).toEqual(["a", "b"]);
  room.send(["a"], "roster", 1);
  // All that it hears is that it was replaced.
  expect(first!.sent).toEqual([["replaced"]]);
  expect(second.sent).toEqual([["roster", 1]]);
  // What the first had begun is lost: the second does not know its secrets.
  await room.receive("b", "shares", 0);
  expect(Object.fromEntries(await lost)).toEqual({ a: "disconnected" });
});

test("a stopped run ends the phase at once, and what was to stop before it began does not begin", async () => {
  const { room } = seated("a");
  const stop = new AbortController();
  const lost = room.collect("shares", ["a"], 5000, takeAll, stop.signal);
  stop.abort(new Error("stopped"));
  await expect(lost).rejects.toThrow("stopped");
  await expect(room.collect("shares", ["a"], 5000, takeAll, stop.signal)).rejects.toThrow("stopped");
  expect(await room.receive("a", "shares", 1)).toEqual({ ok: false, reason: "message-invalid" });
});

test("a newcomer joins the phase that is open to it, and no other", async () => {
  const { room } = seated("a");
  const lost = collect(room, ["a"]);
  room.enter(fake("b"));
  expect(room.expectAlso("ready", "b")).toBe(false);
  expect(room.expectAlso("shares", "b")).toBe(true);
  await room.receive("a", "shares", 1);
  expect(await room.receive("b", "shares", 1)).toEqual({ ok: true });
  expect(await lost).toEqual(new Map());
});

test("who sends in pieces is waited for until the last one, and is lost if it leaves or is late in between", async () => {
  const { room, connections } = seated("a", "b", "c");
  const gone: string[] = [];
  const admit: Admit<never> = async (_, message: unknown) => (message === "last" ? undefined : "more");
  const lost = room.collect("masked", ["a", "b", "c"], 150, admit, never, (identity) => gone.push(identity));
  for (const who of ["a", "b", "c"]) expect(await room.receive(who, "masked", "first")).toEqual({ ok: true });
  expect(await room.receive("a", "masked", "last")).toEqual({ ok: true });
  expect(await room.receive("a", "masked", "last")).toEqual({ ok: false, reason: "message-invalid" });
  room.leave(connections[1]!);
  expect(Object.fromEntries(await lost)).toEqual({ b: "disconnected", c: "timed-out" });
  expect(gone).toEqual(["b", "c"]);
});

test("a message that was being checked when the time was up, and was not the last one, is too late", async () => {
  const { room } = seated("a");
  let finish: (answer: "more") => void = () => {};
  const admit = () => new Promise<"more">((resolve) => (finish = resolve));
  const lost = room.collect("masked", ["a"], 30, admit, never);
  const answer = room.receive("a", "masked", "first");
  await new Promise((resolve) => setTimeout(resolve, 80));
  finish("more");
  await answer;
  expect(Object.fromEntries(await lost)).toEqual({ a: "timed-out" });
});

test("answers are taken while others are still being asked; the time starts when all are, and a failure to ask ends the phase", async () => {
  const { room } = seated("a", "b");
  let told = () => {};
  const ask = () => new Promise<void>((resolve) => (told = resolve));
  const lost = room.collect("shares", ["a", "b"], 60, takeAll, never, undefined, ask);
  expect(await room.receive("a", "shares", 1)).toEqual({ ok: true });
  await new Promise((resolve) => setTimeout(resolve, 120));
  const began = performance.now();
  told();
  expect(Object.fromEntries(await lost)).toEqual({ b: "timed-out" });
  expect(performance.now() - began).toBeGreaterThan(50);

  const failing = room.collect("shares", ["a"], 5000, takeAll, never, undefined, () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  // Nothing of it is left in the way.
  const next = collect(room, ["a"]);
  expect(await room.receive("a", "shares", 2)).toEqual({ ok: true });
  expect(await next).toEqual(new Map());
});
