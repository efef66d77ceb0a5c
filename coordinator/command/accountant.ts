/** `murmur accountant`: what noise costs, or what a promise needs, by the accountant that is asked for. */
import { InputError } from "../../shared/errors.ts";
import { epsilonOfMu, muOf } from "../../shared/privacy/accountants/gaussian.ts";
import { epsilonOf } from "../../shared/privacy/accountants/rdp.ts";
import { epsilonOfRho, rhoOf } from "../../shared/privacy/accountants/zcdp.ts";
import type { PrivacyUnit } from "../../shared/task.ts";

export type AccountantName = "zcdp" | "gdp" | "rdp";

export interface AccountantOptions {
  unit: PrivacyUnit;
  rounds: number;
  sampleRate: number;
  delta: number;
  accountant: AccountantName;
  /** Either the multiplier… */
  noiseMultiplier?: number;
  /** …or the ε to solve it for */
  epsilon?: number;
}

export interface AccountantResult {
  epsilon: number;
  delta: number;
  noiseMultiplier: number;
  accountant: AccountantName;
  unit: PrivacyUnit;
  /** zCDP of all rounds together */
  rho?: number;
  statement: string;
}

/** @throws InputError that names the flag */
export function accountant(options: AccountantOptions): AccountantResult {
  const { unit, rounds, sampleRate, delta, accountant: name } = options;
  if (sampleRate < 1 && unit === "participant") {
    throw new InputError(
      "--sample-rate",
      `is ${sampleRate} at participant level`,
      "Leave it out: the coordinator sees who takes part, so an ε with sampling would be a simulation, not a guarantee.",
    );
  }
  if (sampleRate < 1 && name !== "rdp") {
    throw new InputError(
      "--accountant",
      `«${name}» has no bound for sampled rounds`,
      "Use --accountant rdp (the central limit theorem of GDP is not a bound).",
    );
  }
  if ((options.noiseMultiplier === undefined) === (options.epsilon === undefined)) {
    throw new InputError(
      "--noise-multiplier",
      options.epsilon === undefined ? "is missing" : "stands beside --epsilon",
      "Give either --noise-multiplier or --epsilon.",
    );
  }
  const cost = (z: number): number => {
    switch (name) {
      case "zcdp":
        return epsilonOfRho(rhoOf(z, rounds), delta);
      case "gdp":
        return epsilonOfMu(muOf(z, rounds), delta);
      case "rdp":
        return epsilonOf([{ noiseMultiplier: z, sampleRate, count: rounds }], delta);
    }
  };
  const noiseMultiplier = options.noiseMultiplier ?? solve(cost, options.epsilon!);
  const epsilon = cost(noiseMultiplier);
  const who = unit === "record" ? "one row" : "one participant";
  const how = { zcdp: "zero-concentrated DP", gdp: "exact composition of Gaussians", rdp: "Rényi DP" }[name];
  const sampled = sampleRate < 1 ? `, each row in a round with a secret chance of ${sampleRate}` : "";
  return {
    epsilon,
    delta,
    noiseMultiplier,
    accountant: name,
    unit,
    ...(sampleRate === 1 && { rho: rhoOf(noiseMultiplier, rounds) }),
    statement: `(${epsilon.toPrecision(4)}, ${delta})-differential privacy of ${who} (add or remove) over ${rounds} Gaussian sums${sampled}, by ${how}.`,
  };
}

/** The smallest multiplier that keeps ε, to 1e-6, rounded up. */
function solve(cost: (z: number) => number, epsilon: number): number {
  let high = 1;
  while (cost(high) > epsilon) high *= 2;
  let low = high;
  while (low > 1e-6 && cost(low) <= epsilon) low /= 2;
  while (high / low > 1 + 1e-6) {
    const middle = Math.sqrt(low * high);
    if (cost(middle) <= epsilon) high = middle;
    else low = middle;
  }
  return high;
}
