/**
 * Which processes are there, and which of them leads, as Redis has it. Who leads is decided by the database's lock alone
 * (store/leader.ts); here it is only told. A process that is silent for six seconds counts as gone, and so does everybody where
 * Redis itself is.
 */
import { setTimeout } from "node:timers/promises";
import type { Channel } from "./channel.ts";

const tickMs = 500;
const aliveMs = 6_000;

export class Presence {
  leader: string | undefined;
  onLeader: (leader: string) => void = () => {};
  onGone: (peer: string) => void = () => {};
  /** Redis is out of reach: nobody knows who leads, until it is told anew. */
  onCut: () => void = () => {};
  readonly #watched = new Set<string>();
  #leads = false;
  #isTold = false;
  #closed = false;
  #ticking: Promise<void> | undefined;

  constructor(private readonly channel: Channel) {}

  /**
   * Once this process is known and knows who leads, if anybody does.
   * @throws Error of Redis when it kept breaking for six seconds
   */
  async start(): Promise<void> {
    for (const from = performance.now(); ; await setTimeout(tickMs)) {
      try {
        await this.#tick();
        break;
      } catch (error) {
        if (performance.now() - from >= aliveMs) throw error;
      }
    }
    this.#ticking = this.#go();
  }

  /** Tells the others, who turn to this process within a second; where Redis is away, when it is back. */
  lead(): void {
    this.#leads = true;
    this.#tell().catch(() => {});
  }

  /** From here on it is told when this one is gone. */
  watch(peer: string): void {
    this.#watched.add(peer);
  }

  async isLed(): Promise<boolean> {
    return this.leader !== undefined && (await this.channel.redis.exists(this.#aliveKey(this.leader))) === 1;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#ticking;
    // Where Redis is away, the others find out by themselves.
    await Promise.race([this.channel.redis.del(this.#aliveKey(this.channel.me)), setTimeout(tickMs)]).catch(() => {});
  }

  async #go(): Promise<void> {
    let heard = performance.now();
    while (!this.#closed) {
      // A connection that is broken is opened again by itself.
      const tick = this.#tick().then(
        () => {
          heard = performance.now();
        },
        () => {},
      );
      await Promise.race([tick, setTimeout(aliveMs)]);
      if (performance.now() - heard >= aliveMs) this.#cut();
      await setTimeout(tickMs);
    }
  }

  #cut(): void {
    const watched = [...this.#watched];
    this.#watched.clear();
    for (const peer of watched) this.onGone(peer);
    this.leader = undefined;
    this.onCut();
  }

  async #tick(): Promise<void> {
    const { redis, me } = this.channel;
    const watched = [...this.#watched];
    const [, leader, ...there] = await Promise.all([
      redis.set(this.#aliveKey(me), "", { expiration: { type: "PX", value: aliveMs } }),
      redis.get(this.#leaderKey),
      ...watched.map((peer) => redis.exists(this.#aliveKey(peer))),
    ]);
    for (const [i, peer] of watched.entries()) {
      if (there[i] === 1) continue;
      this.#watched.delete(peer);
      this.onGone(peer);
    }
    if (this.#leads && !this.#isTold) await this.#tell();
    // A server that lost what it had is told again; a former leader must not replace the one after it.
    if (leader === null && this.#leads) await redis.set(this.#leaderKey, me, { condition: "NX" });
    if (leader === null || String(leader) === this.leader) return;
    this.leader = String(leader);
    this.onLeader(this.leader);
  }

  async #tell(): Promise<void> {
    await this.channel.redis.set(this.#leaderKey, this.channel.me);
    this.#isTold = true;
  }

  get #leaderKey(): string {
    return `${this.channel.prefix}:leader`;
  }

  #aliveKey(peer: string): string {
    return `${this.channel.prefix}:alive:${peer}`;
  }
}
