/**
 * The other side: this process has connections, and hands on what they say to the one that leads; only vectors stay here,
 * and their sum. When another leads, or something was lost on the way to it, all connections end and come back anew.
 */
import type { Tracer } from "@opentelemetry/api";
import type { Signed } from "../../shared/round/signed.ts";
import type { WitnessedKind } from "../../shared/round/witnessed.ts";
import type { Progress, RunDetail } from "../../shared/run-record.ts";
import type { Reply, Welcome, WitnessReply } from "../../shared/wire.ts";
import type { Connection } from "../room.ts";
import { type Joining, type OnWelcome, type SeatedEvent, type Seats, Unserved } from "../seats.ts";
import { spanBelow } from "../tracing/round-trace.ts";
import type { AskWitness } from "../witness/witnesses.ts";
import { Asks } from "./asks.ts";
import type { Channel } from "./channel.ts";
import type { Relayed, ToFollower, ToLeader, UploadOrder } from "./messages.ts";
import type { PartialSums } from "./partial-sums.ts";
import { UploadsHere } from "./uploads-here.ts";

interface Seat {
  number: number;
  run: string;
  connection: Connection;
}

export class Following implements Seats {
  #leader: string | undefined;
  #numbers = 0;
  readonly #seats = new Map<number, Seat>();
  readonly #byConnection = new Map<Connection, Seat>();
  /** By the partial sum's name */
  readonly #uploads = new Map<string, { run: string; here: UploadsHere; close: () => void }>();
  readonly #witnesses = new Map<number, AskWitness>();
  readonly #asks = new Asks();
  /** The model that was sent last */
  #parameters = new ArrayBuffer(0);
  #isWatched = false;

  constructor(
    private readonly channel: Channel,
    private readonly sums: PartialSums,
    /** Shown to whoever watches here */
    private readonly show: { run(detail: RunDetail): void; progress(run: string, progress: Progress): void },
    /** Ends every connection of this process */
    private readonly hangUp: () => void,
    private readonly tracer: Tracer,
  ) {}

  get leader(): string | undefined {
    return this.#leader;
  }

  /** From here on, this one leads. What the one before was still to be told, it is not any more. */
  follow(leader: string | undefined): void {
    if (this.#leader !== undefined) this.channel.forget(this.#leader);
    this.#leader = leader;
    this.reset();
  }

  reset(): void {
    for (const { close } of this.#uploads.values()) close();
    this.#uploads.clear();
    this.#asks.giveUp();
    this.#witnesses.clear();
    this.#parameters = new ArrayBuffer(0);
    this.hangUp();
  }

  async join(who: Joining, connection: Connection, answer: OnWelcome): Promise<void> {
    const number = this.#numbers++;
    const seat: Seat = { number, run: who.run, connection };
    this.#seats.set(number, seat);
    this.#byConnection.set(connection, seat);
    let isSeated = false;
    try {
      const welcome = await this.#ask<Reply & { welcome?: Welcome }>((ask) => ({
        kind: "join",
        ask,
        seat: number,
        who,
      }));
      isSeated = answer(welcome);
    } finally {
      if (!isSeated) this.leave(who.run, connection);
    }
  }

  async receive(run: string, connection: Connection, event: SeatedEvent, message: unknown): Promise<Reply> {
    const seat = this.#byConnection.get(connection);
    if (!seat) return { ok: false, reason: "message-invalid" };
    if (event === "masked") {
      const round = [...this.#uploads.values()].find((uploads) => uploads.run === run);
      return round ? round.here.receive(connection, message) : { ok: false, reason: "message-invalid" };
    }
    return this.#ask((ask) => ({ kind: "receive", ask, seat: seat.number, event, message }));
  }

  leave(_run: string, connection: Connection): void {
    const seat = this.#byConnection.get(connection);
    if (!seat) return;
    this.#byConnection.delete(connection);
    this.#seats.delete(seat.number);
    for (const { here } of this.#uploads.values()) here.leave(connection);
    this.#tell({ kind: "left", seat: seat.number });
  }

  /** A witness that is connected here. @returns how to forget it again */
  enter(key: string, ask: AskWitness): () => void {
    const witness = this.#numbers++;
    this.#witnesses.set(witness, ask);
    this.#tell({ kind: "witness", witness, key });
    return () => {
      if (this.#witnesses.delete(witness)) this.#tell({ kind: "witness-left", witness });
    };
  }

  /** Whether anybody here watches runs as they change */
  watch(isWatched: boolean): void {
    if (isWatched === this.#isWatched) return;
    this.#isWatched = isWatched;
    this.#tell({ kind: "watch", isWatched });
  }

  /** A request of the API, answered by who leads. @throws Unserved */
  async relay(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const body = new Uint8Array(await request.arrayBuffer());
    const { method } = request;
    const asked = { method, path: pathname + search, headers: [...request.headers], body };
    const answer = await this.#ask<Relayed & { status: number }>((ask) => ({ kind: "request", ask, request: asked }));
    const { status, headers } = answer;
    return new Response(answer.body.length > 0 ? new Uint8Array(answer.body) : null, { status, headers });
  }

  take(message: ToFollower): void {
    const take = this.#takes[message.kind] as (message: ToFollower) => void;
    take(message);
  }

  readonly #takes: { [Kind in ToFollower["kind"]]: (message: ToFollower & { kind: Kind }) => void } = {
    answer: ({ ask, answer }) => this.#asks.answered(ask, answer),
    send: (message) => this.#send(message),
    close: ({ seat }) => this.#seats.get(seat)?.connection.close(),
    uploads: ({ order }) => this.#open(order),
    "uploads-over": ({ name }) => {
      this.#uploads.get(name)?.close();
      this.#uploads.delete(name);
    },
    console: ({ event, run, what }) => {
      if (event === "run") this.show.run(what as RunDetail);
      else this.show.progress(run, what as Progress);
    },
    "ask-witness": ({ ask, witness, about, message }) => this.#askWitness(ask, witness, about, message),
    reset: () => this.reset(),
  };

  #send({ seats, event, message, parameters }: ToFollower & { kind: "send" }): void {
    if (parameters && parameters.byteLength > 0) this.#parameters = parameters;
    const [first, ...rest] = message;
    const whole = parameters ? [{ ...(first as object), parameters: this.#parameters }, ...rest] : message;
    for (const seat of seats) this.#seats.get(seat)?.connection.send(event, ...whole);
  }

  #open(order: UploadOrder): void {
    const connections = new Map<number, Connection>();
    const seats = new Map<Connection, number>();
    for (const [member, number] of order.members) {
      const seat = this.#seats.get(number);
      if (!seat) continue;
      connections.set(member, seat.connection);
      seats.set(seat.connection, number);
    }
    const span = spanBelow(this.tracer, order.trace, "masked elsewhere", connections.size);
    const counts = { writes: 0, kept: 0, dropped: 0 };
    const here = new UploadsHere({
      order,
      connections,
      keep: (sum) => {
        counts.writes++;
        return this.sums.replace(order.name, sum);
      },
      onKept: (connection) => {
        counts.kept++;
        this.#tell({ kind: "kept", seat: seats.get(connection)! });
      },
      onDropped: (connection, reason) => {
        counts.dropped++;
        this.#tell({ kind: "dropped", seat: seats.get(connection)!, reason });
      },
    });
    const close = () => {
      here.close();
      for (const [what, count] of Object.entries(counts)) span.setAttribute(`murmur.${what}`, count);
      span.end();
    };
    this.#uploads.set(order.name, { run: order.run, here, close });
  }

  #askWitness(ask: number, witness: number, about: WitnessedKind, message: Signed<unknown>): void {
    const asked = this.#witnesses.get(witness)?.(about, message) ?? Promise.reject(new Unserved());
    asked.then(
      (answer: WitnessReply) => this.#tell({ kind: "answer", ask, answer }),
      () => this.#tell({ kind: "answer", ask }),
    );
  }

  #ask<T>(message: (ask: number) => ToLeader): Promise<T> {
    if (this.#leader === undefined) throw new Unserved("nobody leads");
    return this.#asks.ask((ask) => this.#tell(message(ask)));
  }

  #tell(message: ToLeader): void {
    if (this.#leader !== undefined) this.channel.post(this.#leader, message);
  }
}
