/** `murmur accountant`: what noise costs, or what a promise needs, by the accountant that is asked for. */

import type { PrivacyUnit } from "../../shared/cohort.ts";
import { InputError } from "../../shared/errors.ts";
import { deltaOf, epsilonOfMu, muOf } from "../../shared/privacy/accountants/gaussian.ts";
import { pldDelta, pldEpsilon, type Relation } from "../../shared/privacy/accountants/pld.ts";
import { convert, epsilonOf, type MechanismEvent, subsampledGaussian } from "../../shared/privacy/accountants/rdp.ts";
import { epsilonOfRho, rhoOf } from "../../shared/privacy/accountants/zcdp.ts";
import { leastDelta, leastNoise } from "../../shared/privacy/calibrate.ts";
import { attackerPower } from "../../shared/privacy/power.ts";

export type AccountantName = "zcdp" | "gdp" | "rdp" | "pld";

export interface AccountantOptions {
  unit: PrivacyUnit;
  relation: Relation;
  accountant: AccountantName;
  /** One number of rounds, or one for each kind of answer */
  rounds: number[];
  /** [0, 1] each; one, or one for each kind of answer */
  sampleRate: number[];
  /** Two of these three are given, and the third is the answer */
  noiseMultiplier?: number[];
  epsilon?: number;
  delta?: number;
  /** Instead of ε and δ: the Rényi divergence of this order */
  order?: number;
}

export interface AccountantResult {
  /** Absent where only the divergence was asked */
  epsilon?: number;
  delta?: number;
  noiseMultiplier: number | number[];
  accountant: AccountantName;
  unit: PrivacyUnit;
  relation: Relation;
  /** zCDP of all rounds together; absent where rounds are sampled */
  rho?: number;
  order?: number;
  /** Of all rounds together, nats */
  rdp?: number;
  /** Most of those who took part that an attacker finds out with 1 % false positives */
  truePositiveRate?: number;
  /** The promise in one sentence, with its unit, relation, accountant and assumptions */
  statement: string;
}

/** @throws InputError that names the flag */
export function accountant(options: AccountantOptions): AccountantResult {
  const { unit, relation, accountant: name } = options;
  check(options);
  const { delta, epsilon, order } = options;
  const noiseMultiplier =
    options.noiseMultiplier ??
    [leastNoise((z) => epsilonBy(name, events([z], options), delta!, relation), epsilon!)].map((z) => {
      if (z === undefined) throw new InputError("--epsilon", `is ${epsilon}, which no noise keeps`, "Raise it.");
      return z;
    });
  const asked = events(noiseMultiplier, options);
  const sampled = asked.some((e) => e.sampleRate < 1);
  const common = {
    noiseMultiplier: noiseMultiplier.length === 1 ? noiseMultiplier[0]! : noiseMultiplier,
    accountant: name,
    unit,
    relation,
    ...(!sampled && { rho: asked.reduce((sum, e) => sum + rhoOf(e.noiseMultiplier, e.count), 0) }),
  };
  if (order !== undefined) {
    const rdp = asked.reduce((sum, e) => sum + e.count * subsampledGaussian(e.sampleRate, e.noiseMultiplier, order), 0);
    return {
      ...common,
      order,
      rdp,
      ...(delta !== undefined && { delta, epsilon: convert(order, rdp, delta) }),
      statement: `Rényi divergence of order ${order} of ${who(unit)}, ${related(relation)}: ${rdp} nats.`,
    };
  }
  const found = {
    epsilon: options.noiseMultiplier && epsilon !== undefined ? epsilon : epsilonBy(name, asked, delta!, relation),
    delta: delta ?? deltaBy(name, asked, epsilon!, relation),
  };
  return {
    ...found,
    ...common,
    // What sampling hides from somebody who looks for an exchange has no bound here; that it hides anything is not counted.
    truePositiveRate: attackerPower(
      relation === "add-remove" ? asked : asked.map((e) => ({ ...e, sampleRate: Math.ceil(e.sampleRate) })),
    ),
    statement: statementOf(name, found, asked, options),
  };
}

/** Answers as the accountants take them; exchanging one unit moves a sum twice as far as leaving it out. */
function events(noiseMultiplier: number[], { rounds, sampleRate, relation }: AccountantOptions): MechanismEvent[] {
  const kinds = Math.max(noiseMultiplier.length, rounds.length, sampleRate.length);
  const at = (values: number[], i: number) => values[values.length === 1 ? 0 : i]!;
  return Array.from({ length: kinds }, (_, i) => ({
    noiseMultiplier: at(noiseMultiplier, i) / (relation === "replace-one" ? 2 : 1),
    sampleRate: at(sampleRate, i),
    count: at(rounds, i),
  }));
}

function epsilonBy(name: AccountantName, events: MechanismEvent[], delta: number, relation: Relation): number {
  switch (name) {
    case "zcdp":
      return epsilonOfRho(
        events.reduce((sum, e) => sum + rhoOf(e.noiseMultiplier, e.sampleRate === 0 ? 0 : e.count), 0),
        delta,
      );
    case "gdp":
      return epsilonOfMu(totalMu(events), delta);
    case "rdp":
      return epsilonOf(events, delta);
    case "pld":
      return pldEpsilon(...forPld(events, relation, delta));
  }
}

function deltaBy(name: AccountantName, events: MechanismEvent[], epsilon: number, relation: Relation): number {
  if (name === "gdp") return deltaOf(totalMu(events), epsilon);
  if (name === "pld") return pldDelta(...forPld(events, relation, epsilon));
  return leastDelta((delta) => epsilonBy(name, events, delta, relation), epsilon);
}

/** The loss accountant knows an exchange by itself, so what was halved for it is doubled again. */
const forPld = (events: MechanismEvent[], relation: Relation, at: number): [MechanismEvent[], number, Relation] => [
  relation === "add-remove" ? events : events.map((e) => ({ ...e, noiseMultiplier: 2 * e.noiseMultiplier })),
  at,
  relation,
];

const totalMu = (events: MechanismEvent[]): number =>
  Math.hypot(...events.map((e) => muOf(e.noiseMultiplier, e.sampleRate === 0 ? 0 : e.count)));

/** Everything the accountants take for granted. */
function check({
  unit,
  relation,
  accountant: name,
  rounds,
  sampleRate,
  noiseMultiplier,
  epsilon,
  delta,
  order,
}: AccountantOptions) {
  for (const count of rounds) {
    if (!(Number.isSafeInteger(count) && count >= 1))
      throw new InputError("--rounds", `is ${count}`, "Use a whole number of at least 1.");
  }
  for (const rate of sampleRate) {
    if (!(rate >= 0 && rate <= 1)) throw new InputError("--sample-rate", `is ${rate}`, "Use a number from 0 to 1.");
  }
  const kinds = new Set([rounds.length, sampleRate.length, noiseMultiplier?.length ?? 1].filter((n) => n !== 1));
  if (kinds.size > 1)
    throw new InputError(
      "--rounds",
      "and the other lists differ in length",
      "Give one value, or one for each kind of answer.",
    );
  const sampled = sampleRate.some((rate) => rate < 1);
  if (sampled && unit === "participant") {
    throw new InputError(
      "--sample-rate",
      `is ${sampleRate} at participant level`,
      "Leave it out: the coordinator sees who takes part, so an ε with sampling would be a simulation, not a guarantee.",
    );
  }
  if (sampled && name !== "rdp" && name !== "pld") {
    throw new InputError(
      "--accountant",
      `«${name}» has no bound for sampled rounds`,
      "Use --accountant rdp or pld (the central limit theorem of GDP is not a bound).",
    );
  }
  if (sampled && relation === "replace-one" && name !== "pld")
    throw new InputError(
      "--accountant",
      `«${name}» has no bound for sampled rounds and replaced rows`,
      "Use --accountant pld.",
    );
  for (const z of noiseMultiplier ?? []) {
    if (z === 0) throw new InputError("--noise-multiplier", "is 0", "Use a number above 0: without noise no ε holds.");
    if (!(z > 0 && z < Infinity)) throw new InputError("--noise-multiplier", `is ${z}`, "Use a number above 0.");
  }
  if (epsilon !== undefined && !(epsilon >= 0 && epsilon < Infinity && (epsilon > 0 || noiseMultiplier)))
    throw new InputError("--epsilon", `is ${epsilon}`, "Use a number above 0.");
  if (delta === 0)
    throw new InputError("--delta", "is 0", "Use a number above 0: Gaussian noise keeps no ε with certainty.");
  if (delta !== undefined && !(delta > 0 && delta < 1))
    throw new InputError("--delta", `is ${delta}`, "Use a number between 0 and 1.");
  if (order !== undefined) {
    if (name !== "rdp") throw new InputError("--order", `says nothing to «${name}»`, "Use it with --accountant rdp.");
    if (!(order > 1 && order < Infinity)) throw new InputError("--order", `is ${order}`, "Use a number above 1.");
    if (noiseMultiplier === undefined)
      throw new InputError("--noise-multiplier", "is missing", "Give it beside --order.");
    return;
  }
  const given = [noiseMultiplier, epsilon, delta].filter((value) => value !== undefined).length;
  if (given === 2) return;
  throw new InputError(
    given === 3 ? "--epsilon" : delta === undefined && noiseMultiplier !== undefined ? "--delta" : "--noise-multiplier",
    given === 3 ? "stands beside --noise-multiplier and --delta" : "is missing",
    "Give two of --noise-multiplier, --epsilon and --delta; the third is the answer.",
  );
}

const composedBy: Record<AccountantName, string> = {
  zcdp: "zero-concentrated DP (Bun & Steinke 2016)",
  gdp: "the exact composition of Gaussians (Balle & Wang 2018)",
  rdp: "Rényi DP (Mironov, Talwar & Zhang 2019)",
  pld: "the distribution of the privacy loss (Koskela, Jälkö & Honkela 2020)",
};

const who = (unit: PrivacyUnit) => (unit === "record" ? "one row" : "one participant");
const related = (relation: Relation) => (relation === "add-remove" ? "added or removed" : "replaced by another");

function statementOf(
  name: AccountantName,
  { epsilon, delta }: { epsilon: number; delta: number },
  events: MechanismEvent[],
  { unit, relation, sampleRate }: AccountantOptions,
): string {
  const sampled = sampleRate.some((rate) => rate < 1)
    ? ` and each row is in a round with a chance of ${sampleRate.join(" or ")}, by a coin of its own that nobody else sees`
    : "";
  const rounds = events.reduce((sum, e) => sum + e.count, 0);
  return (
    `(${roundedUp(epsilon)}, ${roundedUp(delta)})-differential privacy of ${who(unit)}, ` +
    `${related(relation)}, over ${rounds} noisy ${rounds === 1 ? "sum" : "sums"} by ${composedBy[name]}, provided ` +
    `${who(unit)} moves each sum by at most the clipping norm${sampled}.`
  );
}

/** Four digits; a promise may be rounded up only. */
function roundedUp(epsilon: number): string {
  if (epsilon === 0) return "0";
  const unit = 10 ** (Math.floor(Math.log10(epsilon)) - 3);
  return String(Number((Math.ceil(epsilon / unit - 1e-9) * unit).toPrecision(4)));
}
