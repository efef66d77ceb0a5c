import { expect, test } from "vitest";
import { type Connection, Room } from "./room.ts";
import { OwnSeats } from "./seats.ts";

const who = { run: "r", invite: "i", identity: "a", ledgerSize: 0, proven: true };
const connection: Connection = { identity: "a", send: () => {}, close: () => {} };

/** @param ends whether the run ends while somebody is being welcomed */
function seats(ends: boolean) {
  const run = {
    isOver: false,
    isProposed: false,
    room: new Room(),
    admits: async () => true,
    welcome: async () => {
      run.isOver = ends;
      return {} as never;
    },
    enter: async (connection: Connection) => run.room.enter(connection),
    withdraw: async () => {},
  };
  return { run, seats: new OwnSeats(() => run) };
}

test("who comes while the run ends is told so, and does not wait in a seat that nobody looks at any more", async () => {
  for (const ends of [false, true]) {
    const { run, seats: own } = seats(ends);
    const answers: unknown[] = [];
    await own.join(who, connection, (answer) => answers.push(answer) > 0);
    expect(answers).toEqual([ends ? { ok: false, reason: "run-ended" } : { ok: true, welcome: {} }]);
    expect(run.room.identities).toEqual(ends ? [] : ["a"]);
  }
});
