/**
 * Messages between the processes of one coordinator, over Redis streams. Each has one inbox, which it alone reads, in order.
 * What is sent is numbered for each receiver: a batch of which a broken connection does not tell whether it arrived is sent
 * again, what comes twice is dropped, and where a number is missing that is told. A broken connection is waited for.
 */
import { randomBytes } from "node:crypto";
import { setImmediate, setTimeout } from "node:timers/promises";
import { deserialize, serialize } from "node:v8";
import { createClient, RESP_TYPES, SocketClosedUnexpectedlyError } from "@redis/client";
import type { Logger } from "pino";
import { InputError } from "../../shared/errors.ts";
import type { Seal } from "./seal.ts";

/** Messages sent or read at once */
const batchLength = 64;
/** So many wait for Redis at most. More are dropped, which the receiver notices: all that is between the two begins anew. */
const mostWaiting = 20_000;
/** Between two tries, ms */
const retryMs = 200;
/** How long Redis may keep silent before a reader asks again, ms */
const blockMs = 1_000;
/** So often a connection may break before it was ever there: a server that is about to start, or busy, is waited for. */
const firstTries = 8;
/** An inbox that nobody empties is gone after so long, s. */
const inboxSeconds = 600;

const clientOf = (url: string) => {
  let connected = false;
  const client = createClient({
    url,
    socket: {
      connectTimeout: 5_000,
      // A line that was cut tells nothing; readers and presence are answered at least once a second.
      socketTimeout: 10_000,
      // At the start it is said what is wrong, but for a line that broke; later, whatever broke is waited for.
      reconnectStrategy: (tries, cause) =>
        connected || (isBroken(cause) && tries < firstTries) ? Math.min(50 * 2 ** tries, 1_000) : cause,
    },
  }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  client.on("ready", () => {
    connected = true;
  });
  return client;
};

const isBroken = (cause: Error): boolean =>
  cause instanceof SocketClosedUnexpectedlyError || (cause as NodeJS.ErrnoException).code === "ECONNRESET";

export type Redis = ReturnType<typeof clientOf>;

interface Outbox {
  /** Number of the next message */
  next: number;
  waiting: { number: number; body: object }[];
  sending: boolean;
}

/** From whom, number of the first, messages */
type Batch = [string, number, object[]];

export class Channel {
  /** This process, until it ends */
  readonly me = randomBytes(8).toString("hex");
  onMessage: (from: string, body: object) => void = () => {};
  /** Something that `from` sent is lost. */
  onGap: (from: string) => void = () => {};
  readonly #outboxes = new Map<string, Outbox>();
  readonly #seen = new Map<string, number>();
  #closed = false;
  #reading: Promise<void> = Promise.resolve();

  private constructor(
    readonly redis: Redis,
    private readonly reader: Redis,
    /** What all keys of this coordinator begin with */
    readonly prefix: string,
    private readonly seal: Seal,
    private readonly log: Logger,
  ) {}

  /** @throws InputError when there is no Redis server at this address */
  static async open(url: string, prefix: string, seal: Seal, log: Logger): Promise<Channel> {
    if (!/^rediss?:\/\/[^/]/.test(url) || !URL.canParse(url))
      throw new InputError("--redis-url", "is no address of a Redis server", "Use redis://host:6379.");
    const clients = [clientOf(url), clientOf(url)] as const;
    // Without a listener a broken connection would end the process.
    for (const client of clients)
      client.on("error", ({ message }: Error) => log.warn({ reason: message }, "the connection to Redis broke"));
    try {
      await Promise.all(clients.map((client) => client.connect()));
    } catch (error) {
      for (const client of clients) client.destroy();
      const { message, code = "" } = error as { message?: string; code?: string };
      throw new InputError(
        "--redis-url",
        `${new URL(url).host} refuses: ${message || code}`,
        "Check that the server runs and takes this user and password.",
      );
    }
    const channel = new Channel(...clients, prefix, seal, log);
    channel.#reading = channel.#read();
    return channel;
  }

  post(to: string, body: object): void {
    if (this.#closed) return;
    const outbox = this.#outboxes.get(to) ?? { next: 1, waiting: [], sending: false };
    this.#outboxes.set(to, outbox);
    if (outbox.waiting.length >= mostWaiting) this.forget(to);
    outbox.waiting.push({ number: outbox.next++, body });
    if (!outbox.sending) void this.#send(to, outbox);
  }

  /** The last message to `to` that has not left yet: what fits may still be added to it. */
  tail(to: string): object | undefined {
    return this.#outboxes.get(to)?.waiting.at(-1)?.body;
  }

  /** Nothing that waits is sent any more; should the receiver come back, it sees that something is missing. */
  forget(to: string): void {
    this.#outboxes.get(to)?.waiting.splice(0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#reading;
    for (const client of [this.redis, this.reader]) client.destroy();
  }

  async #send(to: string, outbox: Outbox): Promise<void> {
    outbox.sending = true;
    const inbox = this.#inboxOf(to);
    // What is posted in one go leaves together.
    await setImmediate();
    while (outbox.waiting.length > 0 && !this.#closed) {
      const batch = outbox.waiting.splice(0, batchLength);
      // One command: of several, a connection that breaks could lose the first and still bring the second.
      const plain = serialize([this.me, batch[0]!.number, batch.map(({ body }) => body)] satisfies Batch);
      const bytes = this.seal.close(plain, to);
      for (let sent = false; !sent && !this.#closed; ) {
        try {
          await this.redis.xAdd(inbox, "*", { bytes });
          await this.redis.expire(inbox, inboxSeconds);
          sent = true;
        } catch {
          await setTimeout(retryMs);
        }
      }
    }
    outbox.sending = false;
  }

  async #read(): Promise<void> {
    const key = this.#inboxOf(this.me);
    let id = "0-0";
    while (!this.#closed) {
      try {
        const streams = await this.reader.xRead({ key, id }, { COUNT: batchLength, BLOCK: blockMs });
        const [stream] = (streams ?? []) as { messages: { id: Buffer; message: { bytes: Buffer } }[] }[];
        for (const { id: read, message } of stream?.messages ?? []) {
          id = String(read);
          await this.#take(message.bytes);
        }
        if (stream) await this.redis.xTrim(key, "MINID", id);
      } catch {
        await setTimeout(retryMs);
      }
    }
  }

  async #take(bytes: Buffer): Promise<void> {
    let plain: Buffer;
    try {
      plain = this.seal.open(bytes, this.me);
    } catch {
      // Dropped: if one of ours was spoilt on its way, the next one tells that it is missing.
      this.log.warn("a message in Redis that no process with this operator's key has sealed");
      return;
    }
    const [from, first, bodies] = deserialize(plain) as Batch;
    for (const [i, body] of bodies.entries()) {
      const seen = this.#seen.get(from) ?? 0;
      if (first + i <= seen) continue;
      this.#seen.set(from, first + i);
      if (first + i > seen + 1) this.onGap(from);
      this.onMessage(from, body);
      // What follows from one message is done before the next one is looked at.
      await setImmediate();
    }
  }

  #inboxOf = (peer: string) => `${this.prefix}:inbox:${peer}`;
}
