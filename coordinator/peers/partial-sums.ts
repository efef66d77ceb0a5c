/**
 * Each process's part of a round's sum, kept in Redis so that it outlives the process. The leader opens an empty one before
 * anybody may upload; its process replaces it before it acknowledges a vector; and the leader takes it away as it reads it,
 * after which it cannot be replaced any more. So what was acknowledged is what was read, whoever dies or sleeps in between.
 */
import type { PartialSum } from "../../shared/round/3-masked.ts";
import type { Channel } from "./channel.ts";

/** What a leader that died left behind is gone after so long, s. */
const keptSeconds = 86_400;

/** Of a number of a member, and of a coordinate */
const wordBytes = 4;

export class PartialSums {
  constructor(private readonly channel: Channel) {}

  async open(name: string): Promise<void> {
    await this.channel.redis.set(this.#key(name), "", { expiration: { type: "EX", value: keptSeconds } });
  }

  /** @returns false when it was read, or lost */
  async replace(name: string, sum: PartialSum): Promise<boolean> {
    const answer = await this.channel.redis.set(this.#key(name), encode(sum), {
      condition: "XX",
      expiration: "KEEPTTL",
    });
    return answer !== null;
  }

  /** Reads it for good; undefined where it is lost */
  async take(name: string): Promise<PartialSum | undefined> {
    const bytes = await this.channel.redis.getDel(this.#key(name));
    return bytes === null ? undefined : decode(bytes as unknown as Buffer);
  }

  #key(name: string): string {
    return `${this.channel.prefix}:sum:${name}`;
  }
}

/** How many members, their numbers, the coordinates; nothing at all before the first one. */
function encode({ members, sum }: PartialSum): Buffer {
  const words = new Uint32Array(1 + members.length + sum.length);
  words[0] = members.length;
  words.set(members, 1);
  words.set(sum, 1 + members.length);
  return Buffer.from(words.buffer);
}

function decode(bytes: Buffer): PartialSum {
  const words = new Uint32Array(new Uint8Array(bytes).buffer, 0, Math.floor(bytes.length / wordBytes));
  const count = words[0] ?? 0;
  return { members: [...words.subarray(1, 1 + count)], sum: words.subarray(1 + count) };
}
