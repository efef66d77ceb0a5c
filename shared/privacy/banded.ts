/**
 * Mode B: noise that is correlated over the rounds, so that it cancels in the sum of all steps that a model is (banded
 * matrix factorisation: Choquette-Choo et al. 2023, arXiv 2306.08153). With x the rounds' sums, what is released is
 * C⁻¹(C·x + z), C a lower triangular Toeplitz matrix with `bands` diagonals c₀ … c_{b−1} and z independent noise.
 *
 * Whose promise it is: the coordinator draws z, so its ε holds towards everybody except the coordinator. Towards the
 * coordinator only the tabs' own noise counts, by the plain composition of balance.ts. It also needs that nobody takes
 * part in two of any b consecutive rounds (`minSeparation`), which each tab holds by itself.
 */
import { InputError, invariant } from "../errors.ts";
import { DiscreteGaussian } from "./discrete-gaussian.ts";
import type { RandomSource } from "./random.ts";

/**
 * The first `bands` coefficients of the square root of the prefix sum's matrix, best for one participation:
 * c₀ = 1, c_j = c_{j−1}·(2j − 1)/2j (Fichtenberger, Henzinger & Upadhyay 2023). They fall and stay above 0.
 */
export function toeplitzCoefficients(bands: number): Float64Array {
  const coefficients = new Float64Array(bands);
  coefficients[0] = 1;
  for (let j = 1; j < bands; j++) coefficients[j] = (coefficients[j - 1]! * (2 * j - 1)) / (2 * j);
  return coefficients;
}

/** How somebody may take part. */
export interface Participation {
  rounds: number;
  /** Least difference between the numbers of two rounds that one person takes part in; 1: no limit */
  minSeparation: number;
  /** Most rounds one person takes part in */
  most: number;
}

/**
 * Norm of what one participant of norm 1 moves in C·x: ‖Σ_j shift_{j·separation}(c)‖, the earliest and densest pattern,
 * exact for coefficients that fall and are not negative (Kalinin & Lampert 2024, arXiv 2405.13763, Theorem 2).
 */
export function toeplitzSensitivity(
  coefficients: ArrayLike<number>,
  { rounds, minSeparation, most }: Participation,
): number {
  const moved = new Float64Array(rounds);
  for (let k = 0; k < most && k * minSeparation < rounds; k++) {
    const from = k * minSeparation;
    for (let i = 0; i < coefficients.length && from + i < rounds; i++)
      moved[from + i] = moved[from + i]! + coefficients[i]!;
  }
  return Math.sqrt(moved.reduce((sum, x) => sum + x * x, 0));
}

/**
 * The same for any matrix whose columns are orthogonal from `minSeparation` on: the root of the largest sum of squared
 * column norms over allowed patterns (Choquette-Choo et al. 2023, Theorem 2).
 * @param matrix C, [rounds][rounds]
 * @throws InputError where C is not square, or two rounds a person may both take part in are not orthogonal
 */
export function bandedSensitivity(
  matrix: readonly (readonly number[])[],
  minSeparation: number,
  most = Infinity,
): number {
  const size = matrix.length;
  if (size === 0 || matrix.some((row) => row.length !== size || !row.every(Number.isFinite)))
    throw new InputError(
      "matrix",
      "is not a square of finite numbers",
      "Give as many numbers in each row as there are rows.",
    );
  const product = (i: number, j: number) => matrix.reduce((sum, row) => sum + row[i]! * row[j]!, 0);
  for (let i = 0; i < size; i++) {
    for (let j = i + minSeparation; j < size; j++) {
      if (Math.abs(product(i, j)) > 1e-12 * Math.sqrt(product(i, i) * product(j, j))) {
        throw new InputError(
          "minSeparation",
          `of ${minSeparation} lets one person into rounds ${i} and ${j}, whose columns are not orthogonal`,
          "Raise it to the number of bands.",
        );
      }
    }
  }
  // best[k][i]: the most from round i on with k participations left.
  let best = new Float64Array(size + minSeparation);
  for (let k = 0; k < Math.min(most, Math.ceil(size / minSeparation)); k++) {
    const next = new Float64Array(size + minSeparation);
    for (let i = size - 1; i >= 0; i--) next[i] = Math.max(next[i + 1]!, product(i, i) + best[i + minSeparation]!);
    best = next;
  }
  return Math.sqrt(best[0]!);
}

/** What a release remembers from round to round; [dimension] each, newest first, at most b − 1 of each. */
export interface BandedState {
  /** Released so far */
  rounds: number;
  sums: Float64Array<ArrayBuffer>[];
  released: Float64Array<ArrayBuffer>[];
}

/** Grid steps a standard deviation of z: fine enough that rounding C·x hardly widens the sensitivity. */
const stepsPerDeviation = 2 ** 20;

/**
 * Releases round after round. C·x is rounded to a grid and z is exact discrete Gaussian noise on that grid, so no float
 * has a part in what is protected; undoing C is post-processing.
 */
export class BandedRelease {
  readonly #coefficients: Float64Array;
  readonly #sampler: DiscreteGaussian;
  /** Grid of C·x, in the sums' own unit */
  readonly #grid: number;
  #state: BandedState;

  /**
   * @param sensitivity L2 bound of one participant's part in one sum
   * @param noiseMultiplier deviation of z over the sensitivity of all C·x: what the accountant is asked about, once
   */
  constructor(
    private readonly options: {
      bands: number;
      participation: Participation;
      sensitivity: number;
      dimension: number;
      noiseMultiplier: number;
    },
    private readonly random: RandomSource,
    state: BandedState = { rounds: 0, sums: [], released: [] },
  ) {
    this.#state = state;
    const { bands, participation, sensitivity, dimension, noiseMultiplier } = options;
    invariant(bands >= 1 && bands <= participation.minSeparation, "no more bands than the least separation");
    this.#coefficients = toeplitzCoefficients(bands);
    const whole = toeplitzSensitivity(this.#coefficients, participation) * sensitivity;
    // Rounding moves every number of C·x by half a step, in both neighbours.
    const rounding = Math.sqrt(dimension * participation.rounds);
    this.#grid = (noiseMultiplier * whole) / (stepsPerDeviation - noiseMultiplier * rounding);
    invariant(this.#grid > 0, "a noise multiplier below 2^20/√(dimension·rounds)");
    this.#sampler = new DiscreteGaussian(BigInt(stepsPerDeviation) ** 2n);
  }

  get state(): BandedState {
    return this.#state;
  }

  /** @param sum one round's sum, [dimension] @returns the same with correlated noise */
  release(sum: Float64Array): Float64Array<ArrayBuffer> {
    const { participation, dimension } = this.options;
    const { rounds, sums, released: before } = this.#state;
    invariant(rounds < participation.rounds && sum.length === dimension, "a round that was planned");
    const released = new Float64Array(dimension);
    for (let i = 0; i < dimension; i++) {
      let mixed = sum[i]!;
      let former = 0;
      for (let k = 1; k <= sums.length; k++) {
        mixed += this.#coefficients[k]! * sums[k - 1]![i]!;
        former += this.#coefficients[k]! * before[k - 1]![i]!;
      }
      const noisy = Math.round(mixed / this.#grid) + this.#sampler.sample(this.random);
      released[i] = noisy * this.#grid - former;
    }
    const kept = this.#coefficients.length - 1;
    this.#state = {
      rounds: rounds + 1,
      sums: [Float64Array.from(sum), ...sums].slice(0, kept),
      released: [released, ...before].slice(0, kept),
    };
    return released;
  }
}

/** First column of the inverse of a lower triangular Toeplitz matrix: how z is spread over the rounds that follow. */
export function inverse(coefficients: ArrayLike<number>, rounds: number): Float64Array {
  const column = new Float64Array(rounds);
  column[0] = 1 / coefficients[0]!;
  for (let i = 1; i < rounds; i++) {
    let sum = 0;
    for (let k = 1; k < coefficients.length && k <= i; k++) sum += coefficients[k]! * column[i - k]!;
    column[i] = -sum / coefficients[0]!;
  }
  return column;
}
