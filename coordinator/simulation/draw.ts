/** Chance in a simulation, from the one generator that its seed begins. */
import type { RandomSource } from "../../shared/privacy/random.ts";

/** So many of all, none twice, in a random order (Fisher and Yates, cut short). */
export function drawn<T>(all: readonly T[], count: number, random: RandomSource): T[] {
  const order = [...all];
  for (let i = 0; i < count; i++) {
    const j = i + random.below(order.length - i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order.slice(0, count);
}

/** Uniform between 0 and 1, both left out. */
export const fraction = (random: RandomSource): number => (random.uniform53() + 0.5) / 2 ** 53;
