/** `murmur accountant`: what noise costs, or what a promise needs, by the accountant that is asked for. */

import type { PrivacyUnit } from "../../shared/cohort.ts";
import { InputError } from "../../shared/errors.ts";
import { epsilonOfMu, muOf } from "../../shared/privacy/accountants/gaussian.ts";
import { epsilonOf } from "../../shared/privacy/accountants/rdp.ts";
import { epsilonOfRho, rhoOf } from "../../shared/privacy/accountants/zcdp.ts";
import { smallestNoise } from "../../shared/privacy/calibrate.ts";

export type AccountantName = "zcdp" | "gdp" | "rdp";

export interface AccountantOptions {
  unit: PrivacyUnit;
  rounds: number;
  sampleRate: number;
  delta: number;
  accountant: AccountantName | "pld";
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
  /** zCDP of all rounds together; absent where rounds are sampled */
  rho?: number;
  /** The promise in one sentence, with its unit, relation, accountant and assumptions */
  statement: string;
}

/** @throws InputError that names the flag */
export function accountant(options: AccountantOptions): AccountantResult {
  const { unit, rounds, sampleRate, delta } = options;
  const name = checked(options);
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
  const noiseMultiplier = options.noiseMultiplier ?? smallestNoise((z) => cost(z) <= options.epsilon!);
  if (noiseMultiplier === undefined)
    throw new InputError("--epsilon", `is ${options.epsilon}, which no noise keeps`, "Raise it.");
  const epsilon = cost(noiseMultiplier);
  return {
    epsilon,
    delta,
    noiseMultiplier,
    accountant: name,
    unit,
    ...(sampleRate === 1 && { rho: rhoOf(noiseMultiplier, rounds) }),
    statement: statementOf(name, epsilon, options),
  };
}

/** Everything the accountants take for granted. */
function checked({ unit, rounds, sampleRate, delta, accountant: name, noiseMultiplier, epsilon }: AccountantOptions) {
  if (name === "pld")
    throw new InputError("--accountant", "«pld» is not there yet", "Use --accountant rdp, whose ε is never below it.");
  if (!(Number.isInteger(rounds) && rounds >= 1))
    throw new InputError("--rounds", `is ${rounds}`, "Use a whole number of at least 1.");
  if (!(sampleRate > 0 && sampleRate <= 1))
    throw new InputError("--sample-rate", `is ${sampleRate}`, "Use a number above 0 and at most 1.");
  if (!(delta > 0 && delta < 1)) throw new InputError("--delta", `is ${delta}`, "Use a number between 0 and 1.");
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
  if ((noiseMultiplier === undefined) === (epsilon === undefined)) {
    throw new InputError(
      "--noise-multiplier",
      epsilon === undefined ? "is missing" : "stands beside --epsilon",
      "Give either --noise-multiplier or --epsilon.",
    );
  }
  for (const [flag, value] of [
    ["--noise-multiplier", noiseMultiplier],
    ["--epsilon", epsilon],
  ] as const) {
    if (value !== undefined && !(value > 0 && value < Infinity))
      throw new InputError(flag, `is ${value}`, "Use a number above 0.");
  }
  return name;
}

const composedBy: Record<AccountantName, string> = {
  zcdp: "zero-concentrated DP (Bun & Steinke 2016)",
  gdp: "the exact composition of Gaussians (Balle & Wang 2018)",
  rdp: "Rényi DP (Mironov, Talwar & Zhang 2019)",
};

function statementOf(
  name: AccountantName,
  epsilon: number,
  { unit, rounds, sampleRate, delta }: AccountantOptions,
): string {
  const who = unit === "record" ? "one row" : "one participant";
  const sampled =
    sampleRate < 1
      ? ` and each row is in a round with a chance of ${sampleRate}, by a coin of its own that nobody else sees`
      : "";
  return (
    `(${roundedUp(epsilon)}, ${delta})-differential privacy of ${who}, added or removed, over ${rounds} noisy sums ` +
    `by ${composedBy[name]}, provided ${who} moves each sum by at most the clipping norm${sampled}.`
  );
}

/** Four digits; a promise may be rounded up only. */
function roundedUp(epsilon: number): string {
  if (epsilon === 0) return "0";
  const unit = 10 ** (Math.floor(Math.log10(epsilon)) - 3);
  return String(Number((Math.ceil(epsilon / unit - 1e-9) * unit).toPrecision(4)));
}
