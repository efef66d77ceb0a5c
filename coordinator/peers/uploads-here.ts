/**
 * The vectors of the members who are connected to this process, for a round that another leads. They are checked and added
 * as there; before one is acknowledged, the sum it is in is kept where it outlives this process.
 */
import type { Counting, PartialSum } from "../../shared/round/3-masked.ts";
import { type DropReason, Refusal } from "../../shared/round/reasons.ts";
import type { Reply } from "../../shared/wire.ts";
import { bulkCrypto } from "../bulk-crypto.ts";
import { type Connection, Room } from "../room.ts";
import { type UploadMessage, Uploads } from "../uploads.ts";
import type { UploadOrder } from "./messages.ts";

export interface UploadsHereOptions {
  order: UploadOrder;
  /** Of the order's members that are still here */
  connections: ReadonlyMap<number, Connection>;
  /** Keeps the sum durably in place of the one before; false when the round asks for it no more */
  keep(sum: PartialSum): Promise<boolean>;
  onKept(connection: Connection): void;
  onDropped(connection: Connection, reason: DropReason): void;
}

export class UploadsHere {
  readonly #room = new Room();
  readonly #uploads: Uploads;
  readonly #over = new AbortController();
  readonly #counting: Counting;
  #keeping: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(private readonly options: UploadsHereOptions) {
    const { order, connections, onKept, onDropped } = options;
    const { rosterHash, deliveryHash, dimension, bits, deadlines } = order;
    const identities: string[] = [];
    for (const [member, { identity }] of connections) identities[member] = identity;
    this.#counting = {
      cohort: { rosterHash },
      identities,
      deliveryHash,
      partners: connections,
      plan: { layout: { dimension }, bits },
      verify: bulkCrypto.verify,
      startHash: bulkCrypto.startHash,
      sum: new Uint32Array(dimension),
      received: new Set(),
    };
    const uploads = new Uploads(this.#counting, deadlines.piece, (identity) => this.#room.drop(identity, "timed-out"));
    this.#uploads = uploads;
    for (const connection of connections.values()) this.#room.enter(connection);
    const admit = async (identity: string, message: UploadMessage) => {
      const connection = this.#room.connectionOf(identity)!;
      if ((await uploads.admit(identity, message)) === "more") return "more";
      await this.#keep();
      onKept(connection);
      return undefined;
    };
    const byIdentity = new Map([...connections.values()].map((connection) => [connection.identity, connection]));
    const onLost = (identity: string, reason: DropReason) => {
      uploads.release(identity);
      onDropped(byIdentity.get(identity)!, reason);
    };
    this.#room
      .collect("masked", byIdentity.keys(), deadlines.masked, admit, this.#over.signal, onLost)
      // Ends when the leader says so, if not before.
      .catch(() => {});
  }

  receive({ identity }: Connection, message: unknown): Promise<Reply> {
    return this.#room.receive(identity, "masked", message);
  }

  leave(connection: Connection): void {
    this.#room.leave(connection);
  }

  close(): void {
    this.#over.abort();
    this.#uploads.close();
  }

  /** All vectors that came in while one sum was on its way are kept by the next. @throws Refusal when it is too late */
  #keep(): Promise<void> {
    this.#next ??= this.#keeping
      .catch(() => {})
      .then(async () => {
        this.#keeping = this.#next!;
        this.#next = undefined;
        const { received, sum } = this.#counting;
        if (!(await this.options.keep({ members: [...received], sum }))) throw new Refusal("timed-out");
      });
    return this.#next;
  }
}
