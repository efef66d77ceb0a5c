/** Seats in runs, as whoever carries messages needs them: take one, say something from it, give it up. */
import type { DropReason } from "../shared/round/reasons.ts";
import type { Hello, Reply, tabMessages, Welcome } from "../shared/wire.ts";
import type { Connection } from "./room.ts";
import type { Run } from "./run.ts";

/** Who wants a seat, and whether its signature was its own. */
export type Joining = Omit<Hello, "signature"> & { proven: boolean };

/** Told before anything else reaches the connection; says whether that is still there. */
export type OnWelcome = (answer: Reply & { welcome?: Welcome }) => boolean;

export interface Seats {
  join(who: Joining, connection: Connection, answer: OnWelcome): Promise<void>;
  /** @param message of the right shape; of `masked`, its header or a piece */
  receive(run: string, connection: Connection, event: SeatedEvent, message: unknown): Promise<Reply>;
  leave(run: string, connection: Connection): void;
}

/** Nobody can answer now: who asked comes back. */
export class Unserved extends Error {}

export type SeatedEvent = Exclude<keyof typeof tabMessages, "hello">;

type SeatingRun = Pick<Run, "isOver" | "isProposed" | "admits" | "welcome" | "enter" | "withdraw" | "room">;

/** In runs of this process. */
export class OwnSeats implements Seats {
  constructor(private readonly runOf: (id: string) => SeatingRun | undefined) {}

  async join(who: Joining, connection: Connection, answer: OnWelcome): Promise<void> {
    const refuse = (reason: (Reply & { ok: false })["reason"]) => void answer({ ok: false, reason });
    const run = this.runOf(who.run);
    if (!run) return refuse("run-unknown");
    if (run.isProposed) return refuse("run-proposed");
    if (run.isOver) return refuse("run-ended");
    if (!who.proven) return refuse("signature-invalid");
    // After the signature: an invitation for one is given to a key that is its bringer's own.
    if (!(await run.admits(who.invite, who.identity))) return refuse("invitation-invalid");
    const welcome = await run.welcome(who.identity, who.ledgerSize);
    // It may have ended in the meantime, and all who were seated were told: who came now would never hear of it.
    if (run.isOver) return refuse("run-ended");
    if (answer({ ok: true, welcome })) await run.enter(connection);
  }

  async receive(id: string, connection: Connection, event: SeatedEvent, message: unknown): Promise<Reply> {
    const { identity } = connection;
    const run = this.runOf(id);
    if (run?.room.connectionOf(identity) !== connection) return { ok: false, reason: "message-invalid" };
    if (event === "withdraw") await run.withdraw(identity);
    else if (event === "decline") run.room.drop(identity, "declined");
    else return run.room.receive(identity, event, message);
    return { ok: true };
  }

  /** Out of this round, for what was wrong with its vector where another process took it */
  drop(id: string, connection: Connection, reason: DropReason): void {
    const room = this.runOf(id)?.room;
    if (room?.connectionOf(connection.identity) === connection) room.drop(connection.identity, reason);
  }

  leave(id: string, connection: Connection): void {
    this.runOf(id)?.room.leave(connection);
  }
}
