/**
 * `murmur audit --scores` and `--mu`: what the canaries of one single training run prove, of somebody else's scores or of a
 * mechanism that is known; see shared/privacy/audit/one-run.ts for the bounds and how loose they are.
 */
import { InputError } from "../../shared/errors.ts";
import { epsilonOfMu } from "../../shared/privacy/accountants/gaussian.ts";
import { normalQuantiles } from "../../shared/privacy/audit/normal.ts";
import { type OneRunOptions, oneRunEpsilon, oneRunGaussianEpsilon } from "../../shared/privacy/audit/one-run.ts";
import { numbers, readTable } from "./csv-table.ts";

export interface OneRun {
  /** ε at δ that is refuted: of any mechanism, and of a Gaussian one, whose whole trade-off curve is tried */
  oneRun: number;
  oneRunGaussian: number;
  canaries: { present: number; absent: number };
  delta: number;
  /** With which the two bounds hold, each by itself */
  confidence: number;
}

function boundsOf(present: readonly number[], absent: readonly number[], options: OneRunOptions): OneRun {
  return {
    oneRun: oneRunEpsilon(present, absent, options),
    oneRunGaussian: oneRunGaussianEpsilon(present, absent, options),
    canaries: { present: present.length, absent: absent.length },
    delta: options.delta,
    confidence: 1 - options.significance,
  };
}

/** @param text CSV: `score`, the higher the likelier that the canary took part, and `present`, 1 or 0 @throws InputError */
export function oneRunOfScores(text: string, options: OneRunOptions): OneRun {
  const table = readTable(text);
  const scores = numbers(table.column("--scores", "score"), "--scores", "score");
  const present = table.column("--scores", "present").map(({ value, row }) => {
    if (value === "1" || value === "0") return value === "1";
    throw new InputError("--scores", `column «present», row ${row} holds «${value}»`, "Use 1 and 0.");
  });
  const of = (wanted: boolean) => scores.filter((_, i) => present[i] === wanted);
  const [those, others] = [of(true), of(false)];
  if (those.length === 0 || others.length === 0)
    throw new InputError(
      "--scores",
      "has canaries of one kind only",
      "Give some that took part and some that did not.",
    );
  return boundsOf(those, others, options);
}

/**
 * A run without chance: half of the canaries score as N(0, 1), and those that took part as N(μ, 1), at even quantiles.
 * @returns also what the mechanism really costs: ε at δ of μ-GDP
 */
export function oneRunOfGaussian(mu: number, canaries: number, options: OneRunOptions): OneRun & { claimed: number } {
  const absent = normalQuantiles(Math.floor(canaries / 2));
  const present = absent.map((score) => score + mu);
  return { claimed: epsilonOfMu(mu, options.delta), ...boundsOf(present, absent, options) };
}
