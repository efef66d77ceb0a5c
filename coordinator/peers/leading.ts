/** The leader's side: seats of members who are connected to other processes, and what those processes add up for it. */
import type { SpanContext } from "@opentelemetry/api";
import { type Adding, addPartialSum } from "../../shared/round/3-masked.ts";
import { Abort } from "../../shared/round/reasons.ts";
import type { Reply } from "../../shared/wire.ts";
import type { Coordinator } from "../coordinator.ts";
import type { Connection, Room } from "../room.ts";
import type { Deadlines, Elsewhere } from "../round.ts";
import type { AskWitness } from "../witness/witnesses.ts";
import { Asks } from "./asks.ts";
import type { Channel } from "./channel.ts";
import type { ToFollower, ToLeader } from "./messages.ts";
import type { PartialSums } from "./partial-sums.ts";
import type { Presence } from "./presence.ts";

/** How long Redis may take to hand out a partial sum, ms. */
const sumPatienceMs = 15_000;

/** The connection of a member to another process. */
class Remote implements Connection {
  constructor(
    readonly peer: string,
    readonly seat: number,
    readonly run: string,
    readonly identity: string,
    private readonly leading: Leading,
  ) {}

  send(event: string, ...message: unknown[]): void {
    this.leading.send(this, event, message);
  }

  close(): void {
    this.leading.tell(this.peer, { kind: "close", seat: this.seat });
  }
}

/** What is known of another process. */
interface Peer {
  id: string;
  seats: Map<number, Remote>;
  /** How to forget the witnesses that are connected to it */
  witnesses: Map<number, () => void>;
  asks: Asks;
  isWatching: boolean;
  /** The model that it was sent last */
  parameters?: ArrayBuffer;
}

export class Leading {
  readonly #peers = new Map<string, Peer>();

  constructor(
    private readonly channel: Channel,
    private readonly presence: Presence,
    private readonly sums: PartialSums,
    private readonly coordinator: Coordinator,
    private readonly answerRequest: (request: Request) => Response | Promise<Response>,
    private readonly onError: (error: unknown) => void,
  ) {}

  tell(peer: string, message: ToFollower): void {
    this.channel.post(peer, message);
  }

  /** What several members at one process are told in one go, and a model that it has, travels once. */
  send({ peer, seat }: Remote, event: string, message: unknown[]): void {
    const tail = this.channel.tail(peer) as ToFollower | undefined;
    if (tail?.kind === "send" && tail.event === event && tail.message[0] === message[0]) {
      tail.seats.push(seat);
      return;
    }
    const { parameters, ...rest } = (message[0] ?? {}) as { parameters?: ArrayBuffer };
    const known = this.#peers.get(peer);
    if (!parameters || !known) {
      this.tell(peer, { kind: "send", seats: [seat], event, message });
      return;
    }
    const model = known.parameters === parameters ? new ArrayBuffer(0) : parameters;
    known.parameters = parameters;
    this.tell(peer, { kind: "send", seats: [seat], event, message: [rest], parameters: model });
  }

  /** To everybody who watches at another process. */
  show(event: "run" | "progress", run: string, what: unknown): void {
    for (const [peer, { isWatching }] of this.#peers) {
      if (!isWatching) continue;
      const tail = this.channel.tail(peer) as ToFollower | undefined;
      if (tail?.kind === "console" && tail.event === event && tail.run === run) tail.what = what;
      else this.tell(peer, { kind: "console", event, run, what });
    }
  }

  take(from: string, message: ToLeader): void {
    const take = this.#takes[message.kind] as (peer: Peer, message: ToLeader) => void;
    take(this.#peerOf(from), message);
  }

  readonly #takes: { [Kind in ToLeader["kind"]]: (peer: Peer, message: ToLeader & { kind: Kind }) => void } = {
    answer: (peer, { ask, answer }) => peer.asks.answered(ask, answer),
    join: (peer, message) => this.#answered(peer, message.ask, this.#join(peer, message)),
    receive: (peer, message) => this.#answered(peer, message.ask, this.#receive(peer, message)),
    left: (peer, { seat }) => this.#left(peer, seat),
    kept: (peer, { seat }) => {
      const remote = peer.seats.get(seat);
      if (remote) this.coordinator.seats.receive(remote.run, remote, "masked", { kept: true }).catch(this.onError);
    },
    dropped: (peer, { seat, reason }) => {
      const remote = peer.seats.get(seat);
      if (remote) this.coordinator.seats.drop(remote.run, remote, reason);
    },
    request: (peer, message) => this.#answered(peer, message.ask, this.#request(peer, message)),
    watch: (peer, { isWatched }) => {
      peer.isWatching = isWatched;
    },
    witness: (peer, { witness, key }) => {
      const ask: AskWitness = (about, message) =>
        peer.asks.ask((ask) => this.tell(peer.id, { kind: "ask-witness", ask, witness, about, message }));
      peer.witnesses.set(witness, this.coordinator.witnesses.enter(key, ask));
    },
    "witness-left": (peer, { witness }) => {
      peer.witnesses.get(witness)?.();
      peer.witnesses.delete(witness);
    },
  };

  /** A process is gone, or something it sent is lost: its members have left. */
  gone(id: string): void {
    const peer = this.#peers.get(id);
    this.#peers.delete(id);
    if (peer) {
      for (const seat of [...peer.seats.keys()]) this.#left(peer, seat);
      for (const forget of peer.witnesses.values()) forget();
      peer.asks.giveUp();
    }
    this.channel.forget(id);
    this.tell(id, { kind: "reset" });
  }

  /** Lets every process take the vectors of its own members. Before those hear of it. */
  async elsewhere(
    run: string,
    room: Room,
    trace: SpanContext,
    adding: Adding,
    deadlines: Pick<Deadlines, "masked" | "piece">,
  ): Promise<Elsewhere> {
    const members = new Map<string, [number, number][]>();
    for (const member of adding.senders) {
      const connection = room.connectionOf(adding.identities[member]!);
      if (!(connection instanceof Remote)) continue;
      const ofPeer = members.get(connection.peer) ?? [];
      members.set(connection.peer, ofPeer);
      ofPeer.push([member, connection.seat]);
    }
    const names = new Map([...members.keys()].map((peer) => [peer, `${adding.facts.announcementHash}:${peer}`]));
    await inTime(Promise.all([...names.values()].map((name) => this.sums.open(name))));
    const { deliveryHash, plan } = adding;
    for (const [peer, name] of names) {
      const { rosterHash } = adding.cohort;
      const { bits, layout } = plan;
      const order = { run, trace, name, rosterHash, deliveryHash, dimension: layout.dimension, bits };
      this.tell(peer, { kind: "uploads", order: { ...order, members: members.get(peer)!, deadlines } });
    }
    return {
      combine: async () => {
        const sums = await inTime(Promise.all([...names.values()].map((name) => this.sums.take(name))));
        for (const sum of sums) {
          if (!sum) throw new Abort("partial-sum-lost");
          if (sum.members.length > 0) addPartialSum(adding, sum);
        }
      },
      close: () => {
        for (const [peer, name] of names) this.tell(peer, { kind: "uploads-over", name });
      },
    };
  }

  async #join(peer: Peer, { ask, seat, who }: ToLeader & { kind: "join" }): Promise<void> {
    const remote = new Remote(peer.id, seat, who.run, who.identity, this);
    peer.seats.set(seat, remote);
    await this.coordinator.seats.join(who, remote, (answer) => {
      if (!answer.ok) peer.seats.delete(seat);
      this.tell(peer.id, { kind: "answer", ask, answer });
      return answer.ok && peer.seats.get(seat) === remote;
    });
  }

  async #receive(peer: Peer, { ask, seat, event, message }: ToLeader & { kind: "receive" }): Promise<void> {
    const remote = peer.seats.get(seat);
    const answer: Reply = remote
      ? await this.coordinator.seats.receive(remote.run, remote, event, message)
      : { ok: false, reason: "message-invalid" };
    this.tell(peer.id, { kind: "answer", ask, answer });
  }

  #left(peer: Peer, seat: number): void {
    const remote = peer.seats.get(seat);
    peer.seats.delete(seat);
    if (remote) this.coordinator.seats.leave(remote.run, remote);
  }

  async #request(peer: Peer, { ask, request }: ToLeader & { kind: "request" }): Promise<void> {
    const { method, path, headers, body } = request;
    const hasBody = body.length > 0 && { body: new Uint8Array(body) };
    const answer = await this.answerRequest(new Request(`http://leader${path}`, { method, headers, ...hasBody }));
    const { status } = answer;
    const relayed = { status, headers: [...answer.headers], body: new Uint8Array(await answer.arrayBuffer()) };
    this.tell(peer.id, { kind: "answer", ask, answer: relayed });
  }

  #answered(peer: Peer, ask: number, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.onError(error);
      this.tell(peer.id, { kind: "answer", ask });
    });
  }

  #peerOf(id: string): Peer {
    const known = this.#peers.get(id);
    if (known) return known;
    const peer: Peer = { id, seats: new Map(), witnesses: new Map(), asks: new Asks(), isWatching: false };
    this.#peers.set(id, peer);
    this.presence.watch(id);
    return peer;
  }
}

/** @throws Abort when Redis does not answer */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Abort("partial-sum-lost")), sumPatienceMs);
  });
  try {
    return await Promise.race([work.catch(() => Promise.reject(new Abort("partial-sum-lost"))), late]);
  } finally {
    clearTimeout(timer);
  }
}
