/**
 * Accountant by the distribution of the privacy loss: tight where Rényi accounting is not. Each answer's loss is put on
 * a grid so that it can only grow, the grids are convolved by FFT, and δ(ε) = E[(1 − e^{ε−L})₊] is read off
 * (Koskela, Jälkö & Honkela 2020; Sommer, Meiser & Mohammadi 2019, Theorem 5).
 *
 *   one answer     cells of the loss between grid points; each cell's mass under p and under q goes to its two ends,
 *                  so that both masses stay («connect the dots», Doroshenko et al. 2022): it dominates the true pair,
 *                  hence ε is never too low, and it is off in second order of the step only
 *   tilting        masses are weighted by e^{λL}, λ + 1 the best Rényi order for the question: the FFT's rounding errors
 *                  are then relative to what is asked about, and a δ of 1e-30 keeps its digits
 *   window         the grid spans the tilted sum of losses but for 1e-9 of it, by Chernoff's bound; what wraps round from below is
 *                  counted too high, and what is missing above is added
 *
 * Rounding errors of doubles (about 1e-10 of δ) are not rounded upwards; everything else is.
 */
import { fft, inverseFft } from "./fft.ts";
import { type Direction, type PrivacyLoss, privacyLoss } from "./privacy-loss.ts";
import { checkEvent, epsilonOf, type MechanismEvent } from "./rdp.ts";

/** How neighbours differ: by one unit more or less, or by one unit's data exchanged. */
export type Relation = "add-remove" | "replace-one";

/** Standard deviations of x beyond which no cell is laid; what lies there (below 1e-43) counts as certain loss. */
const reach = 14;
/** Chance that may lie outside the grid, as a logarithm. */
const logOutside = Math.log(1e-9);
const [fewestPoints, mostPoints] = [2 ** 15, 2 ** 19];

/** Abscissae and weights of Gauss and Legendre on [−1, 1], five points. */
const nodes = [0, 0.5384693101056831, -0.5384693101056831, 0.906179845938664, -0.906179845938664];
const weights = [
  0.5688888888888889, 0.47862867049936647, 0.47862867049936647, 0.23692688505618908, 0.23692688505618908,
];

interface Counted {
  loss: PrivacyLoss;
  count: number;
  /** Losses at x above it count as certain */
  top: number;
}

/** ε at δ of all events together. @returns Infinity without noise or where δ is not above 0 @throws InputError */
export function pldEpsilon(
  events: readonly MechanismEvent[],
  delta: number,
  relation: Relation = "add-remove",
): number {
  const counted = countable(events);
  if (counted === "nothing") return 0;
  if (counted === "everything" || !(delta > 0)) return Infinity;
  if (delta >= 1) return 0;
  const tight = Math.max(...directionsOf(relation).map((direction) => epsilonOne(lossesOf(counted, direction), delta)));
  // Both are bounds; a grid of doubles is the looser one where answers are a million and hardly any is sampled.
  return relation === "add-remove" ? Math.min(tight, epsilonOf(counted, delta)) : tight;
}

/** δ at ε ≥ 0 of all events together. @returns 1 without noise @throws InputError */
export function pldDelta(
  events: readonly MechanismEvent[],
  epsilon: number,
  relation: Relation = "add-remove",
): number {
  const counted = countable(events);
  if (counted === "nothing" || epsilon === Infinity) return 0;
  if (counted === "everything") return 1;
  return Math.max(0, ...directionsOf(relation).map((direction) => deltaOne(lossesOf(counted, direction), epsilon)));
}

const directionsOf = (relation: Relation): Direction[] =>
  relation === "replace-one" ? ["replace"] : ["remove", "add"];

/** Events that cost something, or what to say without counting. */
function countable(events: readonly MechanismEvent[]): "nothing" | "everything" | readonly MechanismEvent[] {
  for (const event of events) checkEvent(event);
  const counted = events.filter((e) => e.count > 0 && e.sampleRate > 0 && e.noiseMultiplier < Infinity);
  if (counted.length === 0) return "nothing";
  return counted.some((e) => !(e.noiseMultiplier > 0) || !(1 / e.noiseMultiplier ** 2 < Infinity))
    ? "everything"
    : counted;
}

const lossesOf = (events: readonly MechanismEvent[], direction: Direction): Counted[] =>
  events.map(({ noiseMultiplier, sampleRate, count }) => ({
    loss: privacyLoss(sampleRate, noiseMultiplier, direction),
    count,
    top: Infinity,
  }));

/** Of δ, what may be spent on counting the largest losses as certain. */
const logSpare = Math.log(1e-6);

/** Cuts off the largest losses, so that the grid need not span them: together they have a chance of e^{logChance}. */
function cut(losses: Counted[], logChance: number): Counted[] {
  const total = losses.reduce((sum, { count }) => sum + count, 0);
  return losses.map((counted) => {
    let [low, high] = span(counted, 0);
    for (let i = 0; i < 50; i++) {
      const middle = (low + high) / 2;
      if (counted.loss.logTail(middle) > logChance - Math.log(total)) low = middle;
      else high = middle;
    }
    return { ...counted, top: high };
  });
}

function epsilonOne(losses: Counted[], delta: number): number {
  if (isSingle(losses)) return leastEpsilon((epsilon) => losses[0]!.loss.delta(epsilon), delta, 1);
  // λ that makes Markov's bound δ ≤ exp(K(λ) − λε) give the smallest ε.
  const tilt = smallest((lambda) => (cumulant(losses, lambda) - Math.log(delta)) / lambda, losses);
  const sum = compose(cut(losses, Math.log(delta) + logSpare), tilt);
  return leastEpsilon(sum.delta, delta, (cumulant(losses, tilt) - Math.log(delta)) / tilt);
}

const isSingle = (losses: Counted[]): boolean => losses.length === 1 && losses[0]!.count === 1;

/** Smallest ε ≥ 0 with δ(ε) ≤ δ, to 1e-10, rounded up. */
function leastEpsilon(deltaOf: (epsilon: number) => number, delta: number, guess: number): number {
  if (deltaOf(0) <= delta) return 0;
  let [low, high] = [0, Math.max(1e-3, guess)];
  while (deltaOf(high) > delta) {
    low = high;
    high *= 2;
    if (high > 1e15) return Infinity;
  }
  while (high - low > 1e-10 * high) {
    const middle = (low + high) / 2;
    if (deltaOf(middle) > delta) low = middle;
    else high = middle;
  }
  return high;
}

function deltaOne(losses: Counted[], epsilon: number): number {
  if (isSingle(losses)) return losses[0]!.loss.delta(epsilon);
  const tilt = smallest((lambda) => cumulant(losses, lambda) - lambda * epsilon, losses);
  // Chernoff's bound is above δ; a tenth of it is about right.
  const logChance = Math.min(0, cumulant(losses, tilt) - tilt * epsilon) - Math.log(10) + logSpare;
  return compose(cut(losses, logChance), tilt).delta(epsilon);
}

/** The λ > 0 at which a function that falls and then rises is least, by golden sections of ln λ. */
function smallest(f: (lambda: number) => number, losses: Counted[]): number {
  const most = largestTilt(losses, 1);
  let [low, high] = [Math.log(1e-4 * Math.min(1, most)), Math.log(most)];
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [fa, fb] = [f(Math.exp(a)), f(Math.exp(b))];
  while (high - low > 1e-2) {
    // Where both overflow, the least lies lower.
    if (fa <= fb || !(fb < Infinity)) {
      [high, b, fb] = [b, a, fa];
      a = high - ratio * (high - low);
      fa = f(Math.exp(a));
    } else {
      [low, a, fa] = [a, b, fb];
      b = low + ratio * (high - low);
      fb = f(Math.exp(b));
    }
  }
  return Math.exp((low + high) / 2);
}

/**
 * Beyond it no best order lies, and no edge: the sum behaves like a Gaussian of deviation s up to λ ≈ √(2·ln(1/δ))/s, and
 * each loss has a limit of its own.
 */
const largestTilt = (losses: Counted[], sign: number): number =>
  Math.min(100 / deviation(losses, 0), ...losses.map(({ loss }) => loss.largestTilt(sign)));

/** K(η) = Σ count·ln E[e^{ηL}], by the trapezoid rule, which is spectrally exact for these integrands. */
const cumulant = (losses: Counted[], eta: number): number =>
  losses.reduce((sum, counted) => sum + counted.count * moments(counted, eta).logMass, 0);

/** Standard deviation of the sum of losses under the measure tilted by λ. */
const deviation = (losses: Counted[], lambda: number): number =>
  Math.sqrt(losses.reduce((sum, counted) => sum + counted.count * moments(counted, lambda).variance, 0));

/** ln E[e^{ηL}], and mean and variance of L under the measure tilted by η. */
function moments(counted: Counted, eta: number): { logMass: number; mean: number; variance: number } {
  const { loss } = counted;
  const { sigma } = loss;
  const [from, to] = span(counted, eta);
  const step = Math.min(Math.min(sigma / 4, (sigma * sigma) / 2), (to - from) / 64);
  const count = Math.min(200_000, Math.ceil((to - from) / step));
  const width = (to - from) / count;
  let largest = -Infinity;
  const logs = new Float64Array(count + 1);
  for (let i = 0; i <= count; i++) {
    const x = from + i * width;
    logs[i] = loss.logDensity(x) + eta * loss.loss(x);
    largest = Math.max(largest, logs[i]!);
  }
  let [mass, first, second] = [0, 0, 0];
  for (let i = 0; i <= count; i++) {
    const weight = Math.exp(logs[i]! - largest);
    const l = loss.loss(from + i * width);
    mass += weight;
    first += weight * l;
    second += weight * l * l;
  }
  const mean = first / mass;
  return {
    logMass: largest + Math.log(mass * width),
    mean,
    variance: Math.max(second / mass - mean * mean, 1e-24 * (second / mass), 1e-300),
  };
}

/** Where the tilted density of x is not negligible: tilting moves it. */
const span = ({ loss: { sigma, shift }, top }: Counted, eta: number): [number, number] => [
  -1 - reach * sigma - (eta < 0 ? shift(eta) : 0),
  Math.min(top, 1 + reach * sigma + (eta > 0 ? shift(eta) : 0)),
];

interface Composed {
  delta(this: void, epsilon: number): number;
}

/** The distribution of the sum of losses, tilted by λ, on one grid. */
function compose(losses: Counted[], lambda: number): Composed {
  const total = losses.reduce((sum, { count }) => sum + count, 0);
  const { logMass, mean } = losses.reduce(
    (sum, counted) => {
      const m = moments(counted, lambda);
      return { logMass: sum.logMass + counted.count * m.logMass, mean: sum.mean + counted.count * m.mean };
    },
    { logMass: 0, mean: 0 },
  );
  const spread = deviation(losses, lambda);
  /** Beyond it lies e^{logOutside} of the tilted sum, on this side (Chernoff). */
  const edge = (side: 1 | -1): number => {
    const most = 2 * largestTilt(losses, side);
    let best = Infinity;
    for (let power = -6; power <= 14; power++) {
      const s = (2 ** (power / 2) / spread) * side;
      if (Math.abs(lambda + s) > most && best < Infinity) break;
      const distance = (cumulant(losses, lambda + s) - logMass - s * mean - logOutside) / Math.abs(s);
      if (distance < best) best = distance;
    }
    return best;
  };
  const [below, above] = [edge(-1), edge(1)];
  // A little room, so that the grid's own pessimism stays inside as well.
  const width = 1.05 * (below + above);
  // A step of 1/50 of one answer's deviation widens the sum's variance by 1/15,000.
  const wanted = (50 * width * Math.sqrt(total)) / deviation(losses, 0);
  const points = 2 ** Math.ceil(Math.log2(Math.min(mostPoints, Math.max(fewestPoints, wanted))));
  const step = width / points;

  const re = new Float64Array(points);
  const im = new Float64Array(points);
  const power = { log: new Float64Array(points), angle: new Float64Array(points) };
  let logWhole = 0;
  let certain = 0;
  for (const counted of losses) {
    const { count } = counted;
    re.fill(0);
    im.fill(0);
    const { mass, logScale, lost } = layOnGrid(counted, lambda, step, re);
    logWhole += count * (Math.log(mass) + logScale);
    certain += count * lost;
    fft(re, im);
    for (let i = 0; i < points; i++) {
      power.log[i] = power.log[i]! + count * Math.log(Math.hypot(re[i]!, im[i]!) / mass);
      power.angle[i] = power.angle[i]! + count * Math.atan2(im[i]!, re[i]!);
    }
  }
  for (let i = 0; i < points; i++) {
    const magnitude = i === 0 ? 1 : Math.exp(Math.min(0, power.log[i]!));
    re[i] = magnitude * Math.cos(power.angle[i]!);
    im[i] = magnitude * Math.sin(power.angle[i]!);
  }
  inverseFft(re, im);

  const first = Math.floor((mean - below) / step);
  // P(L > top) ≤ e^{K − λ·top} times the tilted chance of it.
  const beyond = certain + Math.exp(logWhole + logOutside - lambda * (first + points - 1) * step);
  const slot = (k: number) => (((first + k) % points) + points) % points;
  return {
    /** Σ over L > ε of P(L)·(1 − e^{ε−L}); P(L) is the tilted mass times e^{K − λL}. */
    delta(epsilon) {
      let sum = 0;
      for (let k = points - 1; k >= 0; k--) {
        const l = (first + k) * step;
        if (l <= epsilon) break;
        sum += Math.max(0, re[slot(k)]!) * Math.exp(-lambda * (l - epsilon)) * -Math.expm1(epsilon - l);
      }
      return Math.min(1, sum * Math.exp(logWhole - lambda * epsilon) + beyond);
    },
  };
}

/**
 * Puts one answer's tilted loss on the grid, modulo its length.
 * @returns `mass`: the sum of what was laid, to be multiplied by e^{logScale}; `lost`: chance of losses beyond the cells
 */
function layOnGrid(
  counted: Counted,
  lambda: number,
  step: number,
  grid: Float64Array,
): { mass: number; logScale: number; lost: number } {
  const { loss } = counted;
  const { sigma } = loss;
  const { logMass: logScale } = moments(counted, lambda);
  const [from, to] = span(counted, lambda);
  const finest = (sigma * Math.min(1, sigma)) / 500;
  const longest = Math.min(sigma, sigma * sigma) / 2;
  const size = grid.length;
  let mass = 0;
  const put = (index: number, weight: number) => {
    const slot = ((index % size) + size) % size;
    grid[slot] = grid[slot]! + weight;
    mass += weight;
  };
  let x = from;
  let lowIndex = Math.floor(loss.loss(from) / step);
  while (x < to) {
    // A cell ends at a grid point of the loss, and is no narrower than `finest` in x.
    let highIndex = Math.max(lowIndex + 1, Math.floor(loss.loss(x + finest) / step));
    let end = loss.inverse(highIndex * step);
    if (!(end > x)) {
      // Doubles cannot tell the two apart.
      end = x + finest;
      highIndex = Math.max(lowIndex + 1, Math.ceil(loss.loss(end) / step));
    }
    end = Math.min(end, to);
    const [low, high] = [lowIndex * step, highIndex * step];
    const pieces = Math.max(1, Math.ceil((end - x) / longest));
    const half = (end - x) / pieces / 2;
    let atLow = 0;
    let atHigh = 0;
    for (let piece = 0; piece < pieces; piece++) {
      const centre = x + half * (2 * piece + 1);
      for (let k = 0; k < nodes.length; k++) {
        const at = centre + half * nodes[k]!;
        const logWeight = loss.logDensity(at) - logScale;
        // Masses m_low + m_high = w and m_low·e^{−low} + m_high·e^{−high} = w·e^{−ℓ}.
        const share = Math.min(1, Math.max(0, Math.expm1(low - loss.loss(at)) / Math.expm1(low - high)));
        atLow += weights[k]! * half * (1 - share) * Math.exp(logWeight + lambda * low);
        atHigh += weights[k]! * half * share * Math.exp(logWeight + lambda * high);
      }
    }
    put(lowIndex, atLow);
    put(highIndex, atHigh);
    x = end;
    lowIndex = highIndex;
  }
  return { mass, logScale, lost: Math.exp(loss.logTail(to)) };
}
