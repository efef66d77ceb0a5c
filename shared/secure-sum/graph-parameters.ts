/**
 * How many neighbours a member needs and how many of them open its secrets: degree k and threshold t of SecAgg+
 * (Bell et al. 2020), by the search of Google's federated-compute (`graph_parameter_finder.cc`): the smallest even k
 * for which, A = ⌊γn⌋ members corrupt, D = ⌊δn⌋ dropped out and S = n − D staying, at η bits of security,
 *
 *   1. the honest who stay are connected: an upper bound on the chance that they are not is below 2^−(η+1);
 *   2. t₁, the smallest number of corrupt neighbours with Pr[Hyp(n, A, k) > t₁] ≤ 2^−(η+1)/n, is below the threshold;
 *   3. t₂, the largest with Pr[Hyp(n, S, k) < t₂] ≤ 2^−20/n, is at least the threshold: enough stay to open;
 *   4. where the server may show different members different things once keys and graph stand (semi-malicious), also
 *      2t > k + t₁: no neighbourhood can be split to give both kinds of share of one member.
 *
 * Dropouts are taken to be independent of the graph, which is drawn after the roster is fixed.
 */
import { largestSharing } from "./shares.ts";

export type Adversary = "honest-but-curious" | "semi-malicious";

export interface GraphTerms {
  /** n, members */
  cohort: number;
  /** γ: share of the members that may be corrupt */
  corrupt: number;
  /** δ: share of the members that may drop out */
  dropout: number;
  /** η, bits */
  security: number;
  adversary: Adversary;
}

export interface GraphParameters {
  /** k: neighbours of a member, itself not counted */
  degree: number;
  /** t: shares that open a secret */
  threshold: number;
}

/** Chance 2^−20 that honest dropouts alone leave some member with too few neighbours. */
const correctnessBits = 20;
/** Keeps ⌊share·n⌋ from falling by a rounding error. */
const tiny = 1e-14;

/** The smallest even degree below n − 1 that keeps all four conditions, or undefined where none up to `largest` does. */
export function findGraph(terms: GraphTerms, largest = Infinity): GraphParameters | undefined {
  const { cohort: n, corrupt, dropout, security, adversary } = terms;
  const careful = adversary === "semi-malicious";
  // Beyond this the source refuses without a search: hardly any member would be both honest and there.
  if (corrupt + (careful ? 2 : 1) * dropout > 0.9) return undefined;
  const logs = logFactorials(n);
  const bad = Math.floor((corrupt + tiny) * n);
  const gone = Math.floor((dropout + tiny) * n);
  const stays = Math.ceil((1 - dropout - tiny) * n);
  const eachEvent = -(security + 1) * Math.LN2;
  for (let k = 2; k < n - 1 && k <= largest; k += 2) {
    if (logDisconnected(n, k, bad + gone, logs) >= eachEvent) continue;
    const mostCorrupt = upperQuantile({ n, marked: bad, k }, eachEvent - Math.log(n), logs);
    const fewestLeft = lowerQuantile({ n, marked: stays, k }, -correctnessBits * Math.LN2 - Math.log(n), logs);
    const below = careful ? Math.ceil((mostCorrupt + k - 1.25) / 2) : mostCorrupt;
    if (fewestLeft > below) return { degree: k, threshold: Math.max(below + 1, 2) };
  }
  return undefined;
}

/** Up to here everybody is everybody's neighbour: a sparse graph would save little and leave a chance of 2^−η. */
export const completeUpTo = 64;
/**
 * A coordinator that chooses the roster may draw the graph again by choosing another: after 2^40 tries, 80 bits leave 40.
 */
const securityBits = 80;

const known = new Map<string, GraphParameters | undefined>();

/**
 * The graph of a round's cohort, the same for every tab and the coordinator: everybody with everybody in a small
 * cohort, or where the search asks for no less; else as the search says. Undefined where neither fits in GF(256).
 *
 * With all n − 1 others as neighbours, of whom exactly ⌊γn⌋ may be corrupt, condition 4 gives t by itself.
 */
export function cohortGraph(cohort: number, corrupt: number, dropout: number): GraphParameters | undefined {
  const key = `${cohort}/${corrupt}/${dropout}`;
  if (!known.has(key)) known.set(key, computeCohortGraph(cohort, corrupt, dropout));
  return known.get(key);
}

function computeCohortGraph(cohort: number, corrupt: number, dropout: number): GraphParameters | undefined {
  if (cohort > completeUpTo) {
    const terms = { cohort, corrupt, dropout, security: securityBits, adversary: "semi-malicious" } as const;
    const found = findGraph(terms, largestSharing);
    if (found) return found;
  }
  const degree = cohort - 1;
  if (degree > largestSharing) return undefined;
  const bad = Math.floor((corrupt + tiny) * cohort);
  return { degree, threshold: Math.max(2, Math.floor((degree + bad) / 2) + 1) };
}

/** ln x! for x = 0 … n. */
function logFactorials(n: number): Float64Array {
  const logs = new Float64Array(n + 1);
  for (let x = 2; x <= n; x++) logs[x] = logs[x - 1]! + Math.log(x);
  return logs;
}

/**
 * ln of a bound on the chance that removing `removed` random members cuts the ring of k/2 neighbours to each side: that
 * takes two gaps of k/2 members in a row, of which there are n(n − k − 1)/2 pairs.
 */
function logDisconnected(n: number, k: number, removed: number, logs: Float64Array): number {
  if (k > removed) return -Infinity;
  const pairs = Math.log(n) + Math.log(n - k - 1) - Math.LN2;
  return pairs + logs[removed]! + logs[n - k]! - logs[n]! - logs[removed - k]!;
}

/** k drawn without replacement from n of which `marked` are marked: how many marked ones are among them. */
interface Hypergeometric {
  n: number;
  marked: number;
  k: number;
}

function logMass({ n, marked, k }: Hypergeometric, x: number, logs: Float64Array): number {
  const choose = (a: number, b: number) => logs[a]! - logs[b]! - logs[a - b]!;
  return choose(marked, x) + choose(n - marked, k - x) - choose(n, k);
}

/** Mass so far below the quantile that, with all beyond it, it cannot change it. */
const negligible = 45;

/** Smallest t with ln Pr[X > t] ≤ logQ. */
function upperQuantile(law: Hypergeometric, logQ: number, logs: Float64Array): number {
  const high = Math.min(law.k, law.marked);
  const mode = modeOf(law);
  // The mass falls beyond the mode: skip what is negligible.
  let t = lastWhere(mode, high, (x) => logMass(law, x, logs) >= logQ - negligible);
  const q = Math.exp(logQ);
  let beyond = 0;
  for (; t >= 0; t--) {
    beyond += Math.exp(logMass(law, t, logs));
    if (beyond > q) return t;
  }
  return 0;
}

/** Largest t with ln Pr[X < t] ≤ logQ. */
function lowerQuantile(law: Hypergeometric, logQ: number, logs: Float64Array): number {
  // The unmarked ones among the k, from above.
  return law.k - upperQuantile({ ...law, marked: law.n - law.marked }, logQ, logs);
}

const modeOf = ({ n, marked, k }: Hypergeometric): number =>
  Math.min(Math.floor(((k + 1) * (marked + 1)) / (n + 2)), k, marked);

/** The last x in [from, to] for which `holds`, which holds at first and then no more. */
function lastWhere(from: number, to: number, holds: (x: number) => boolean): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
