/**
 * A set of members as one bit each: member i is bit i mod 8 of byte ⌊i/8⌋. A cohort of ten thousand as a list of numbers would
 * be 49 kB in every message that names it.
 */
import { fromHex, toHex } from "../canonical.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export const setLength = (size: number): number => Math.ceil(size / 8);

/** @param members roster indices below `size` */
export function setOf(members: Iterable<number>, size: number): Bytes {
  const bytes = new Uint8Array(setLength(size));
  for (const member of members) bytes[member >> 3]! |= 1 << (member & 7);
  return bytes;
}

/** Roster indices, ascending; undefined where the length is not that of `size` members, or a bit stands for nobody. */
export function membersOf(set: Uint8Array, size: number): number[] | undefined {
  if (set.length !== setLength(size)) return undefined;
  const members: number[] = [];
  for (let i = 0; i < 8 * set.length; i++) if ((set[i >> 3]! >> (i & 7)) & 1) members.push(i);
  return members.length > 0 && members.at(-1)! >= size ? undefined : members;
}

/** For bodies that are signed. */
export const setText = (members: Iterable<number>, size: number): string => toHex(setOf(members, size));

export function membersOfText(text: string, size: number): number[] | undefined {
  try {
    return membersOf(fromHex(text), size);
  } catch {
    return undefined;
  }
}

/** As a member keeps it for as long as a round lasts. */
export class MemberSet {
  readonly size: number;
  readonly #bits: Bytes;

  /** @param members roster indices below `roster`, no two the same */
  constructor(members: readonly number[], roster: number) {
    this.size = members.length;
    this.#bits = setOf(members, roster);
  }

  has(member: number): boolean {
    return ((this.#bits[member >> 3] ?? 0) & (1 << (member & 7))) !== 0;
  }
}
