/** A task file with some of its parts written anew. */

/** Lists are replaced, blocks are merged. */
export type Change = { [field: string]: unknown };

const isBlock = (value: unknown): value is Change =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Blocks are merged, everything else is replaced; `undefined` takes a field away. */
export function merge(base: Change, change: Change): Change {
  const merged: Change = { ...base };
  for (const [field, value] of Object.entries(change)) {
    const before = merged[field];
    merged[field] = isBlock(before) && isBlock(value) ? merge(before, value) : value;
  }
  return merged;
}

/** Gates ask for attributes that a changed task may not have, and nothing is exported here. */
export const withoutGates = (task: Change): Change => ({ ...task, gates: [] });
