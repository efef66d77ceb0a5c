/** What may go wrong on purpose, and when: all of it follows from a seed, so that a bad run can be looked at again. */
import { Seeded } from "../../shared/explain/seeded.ts";

/** Of a client, before it says something */
export const clientFaults = ["leave", "pause", "duplicate", "reorder", "malformed", "garbage", "slow"] as const;
/** Of the coordinator's process: it ends, it sleeps, its disk has no room left, or its clock is hours off from its start on */
export const coordinatorFaults = ["kill", "freeze", "full", "skew"] as const;
/** Of the lines between several processes and their servers */
export const lineFaults = ["partition", "lag"] as const;
export const allFaults = [...clientFaults, ...coordinatorFaults, ...lineFaults];

export type ClientFault = (typeof clientFaults)[number];
export type Fault = (typeof allFaults)[number];

/** One message in so many goes wrong, where any client's fault is asked for. */
const oneIn = 40;

export class Chance {
  readonly #random: Seeded;

  constructor(
    seed: number,
    private readonly faults: readonly ClientFault[],
  ) {
    this.#random = new Seeded(seed);
  }

  /** What goes wrong with the next message, if anything does */
  next(): ClientFault | undefined {
    if (this.faults.length === 0 || this.below(oneIn) > 0) return undefined;
    return this.faults[this.below(this.faults.length)];
  }

  /** Uniform on 0 … bound − 1, nearly: nothing secret rests on it */
  below(bound: number): number {
    return this.#random.u32() % bound;
  }
}

/** A message of the right event and anything inside */
export function malformed(chance: Chance, message: unknown): unknown {
  const options = [
    null,
    "x".repeat(chance.below(5000)),
    [],
    chance.below(1e9),
    { ...(message as object), more: true },
    new Uint8Array(chance.below(5000)),
    JSON.parse(JSON.stringify({ a: message ?? 0 })),
  ];
  return options[chance.below(options.length)];
}

/** What no library would send: the socket is to be closed, and nothing else to happen */
export function garbage(chance: Chance): string {
  const frames = ["", "9", "4", "42", "42[", '42["ready"', "451-", '4{"type":99}', "3probe", "é", "0{}"];
  return frames[chance.below(frames.length)]!;
}
