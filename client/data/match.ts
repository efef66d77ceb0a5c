/** Which of a file's columns a task may mean, where their names are not the same. A guess, for a person to correct. */

/** `Marital Status`, `marital_status` and `maritalStatus` say the same. */
const bare = (name: string) =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, "");

/** Shared pairs of letters, 0 … 1 (Dice 1945). */
function likeness(a: string, b: string): number {
  if (a === b) return 1;
  const pairs = (word: string) => Array.from({ length: Math.max(0, word.length - 1) }, (_, i) => word.slice(i, i + 2));
  const left = pairs(a);
  const right = pairs(b);
  const shared = left.filter((pair) => {
    const at = right.indexOf(pair);
    if (at >= 0) right.splice(at, 1);
    return at >= 0;
  }).length;
  const total = left.length + right.length + shared;
  const alike = total === 0 ? 0 : (2 * shared) / total;
  // A word within the other is most often its short form.
  return Math.min(a.length, b.length) >= 3 && (a.includes(b) || b.includes(a)) ? Math.max(alike, 0.7) : alike;
}

const leastLikeness = 0.5;

/** The likeliest pairs first, each column once. @returns by needed name; those without a likely column are left out */
export function matchColumns(needed: readonly string[], columns: readonly string[]): Map<string, string> {
  const pairs = needed
    .flatMap((name) => columns.map((column) => ({ name, column, alike: likeness(bare(name), bare(column)) })))
    .filter(({ alike }) => alike >= leastLikeness)
    .sort((a, b) => b.alike - a.alike);
  const found = new Map<string, string>();
  const taken = new Set<string>();
  for (const { name, column } of pairs) {
    if (found.has(name) || taken.has(column)) continue;
    found.set(name, column);
    taken.add(column);
  }
  return found;
}
