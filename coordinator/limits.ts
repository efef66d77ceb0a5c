/**
 * How much one address and one participant may ask for. Generous to a school behind one address, and an end to whoever
 * floods. Guessing is not what these are against: keys have 256 random bits, invitations 128.
 */
import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { RateLimiterMemory } from "rate-limiter-flexible";

export interface LimitSettings {
  /** Sockets of one address at a time */
  connectionsPerAddress: number;
  /** Requests and new sockets of one address in a minute; a page and its socket are ten */
  requestsPerMinute: number;
  /** Hellos of one participant in a minute: a tab that reloads, or whose network comes and goes */
  hellosPerMinute: number;
  /** How long a socket may be silent before its hello, ms */
  helloMs: number;
  /** How often a socket is asked whether its other end is still there, ms */
  askAliveMs: number;
  /** Believe the last address in X-Forwarded-For: only behind a proxy that writes it itself */
  trustProxy: boolean;
}

export const defaultLimits: LimitSettings = {
  connectionsPerAddress: 1000,
  requestsPerMinute: 10_000,
  hellosPerMinute: 30,
  helloMs: 20_000,
  askAliveMs: 25_000,
  trustProxy: false,
};

/** What Node itself ends, ms: whoever sends a request drop by drop, or reads its answer so. */
export const httpTimes = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 5_000,
  /** Of a connection on which nothing moves */
  timeout: 60_000,
} as const;

export class Limits {
  readonly #requests: RateLimiterMemory;
  readonly #hellos: RateLimiterMemory;
  readonly #connections = new Map<string, number>();

  constructor(readonly settings: LimitSettings) {
    this.#requests = new RateLimiterMemory({ points: settings.requestsPerMinute, duration: 60 });
    this.#hellos = new RateLimiterMemory({ points: settings.hellosPerMinute, duration: 60 });
  }

  /** Whose request it is, for counting. Of IPv6 the network: an owner of one has 2⁶⁴ addresses. */
  addressOf(request: IncomingMessage): string {
    const forwarded = this.settings.trustProxy ? request.headers["x-forwarded-for"] : undefined;
    const last = String(forwarded ?? "")
      .split(",")
      .at(-1)!
      .trim();
    const address = last || (request.socket.remoteAddress ?? "");
    if (!isIPv6(address)) return address;
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
    return mapped ? mapped[1]! : networkOf(address);
  }

  /** Counts one request; false beyond the limit */
  request(address: string): Promise<boolean> {
    return within(this.#requests, address);
  }

  hello(identity: string): Promise<boolean> {
    return within(this.#hellos, identity);
  }

  /** Counts a socket until it is given back; undefined beyond the limit */
  connect(address: string): (() => void) | undefined {
    const count = this.#connections.get(address) ?? 0;
    if (count >= this.settings.connectionsPerAddress) return undefined;
    this.#connections.set(address, count + 1);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      const left = this.#connections.get(address)! - 1;
      if (left > 0) this.#connections.set(address, left);
      else this.#connections.delete(address);
    };
  }
}

/** The first 64 bits, spelled out */
function networkOf(address: string): string {
  const [before = "", after] = address.split("%")[0]!.split("::");
  const groups = before === "" ? [] : before.split(":");
  if (after !== undefined) {
    const tail = after === "" ? 0 : after.split(":").reduce((sum, part) => sum + (part.includes(".") ? 2 : 1), 0);
    while (groups.length + tail < 8) groups.push("0");
    if (after !== "") groups.push(...after.split(":"));
  }
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}

const within = (limiter: RateLimiterMemory, key: string): Promise<boolean> =>
  limiter.consume(key).then(
    () => true,
    () => false,
  );
