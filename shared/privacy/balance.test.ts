import { expect, test } from "vitest";
import { smallTask } from "../round/testing.ts";
import { epsilonOf } from "./accountants/rdp.ts";
import { account, admission, admit, type Charge, familyOf, roundsToWait, spent, worst } from "./balance.ts";
import { seededRandom } from "./testing/seeded.ts";

const event = { noiseMultiplier: 4, sampleRate: 0.05 };
const charge = (extra: Partial<Charge> = {}): Charge => ({
  taskHash: "ab",
  round: 1,
  attempt: 0,
  question: "train",
  portion: "train",
  event,
  honest: 4,
  ...extra,
});
const budget = { epsilon: 1, delta: 1e-5 };

test("10,000 random schedules never exceed the budget, and stop only where one more charge would", () => {
  const random = seededRandom(23);
  const events = [
    { noiseMultiplier: 0.8, sampleRate: 0.01 },
    { noiseMultiplier: 1.5, sampleRate: 0.05 },
    { noiseMultiplier: 3, sampleRate: 0.2 },
    { noiseMultiplier: 8, sampleRate: 1 },
    { noiseMultiplier: 20, sampleRate: 1 },
  ];
  let refused = 0;
  let admitted = 0;
  for (let schedule = 0; schedule < 10_000; schedule++) {
    const promise = { epsilon: 0.2 + random.below(100) / 50, delta: 10 ** -(4 + random.below(5)) };
    const charges: Charge[] = [];
    for (let round = 0; round < 6; round++) {
      const next = charge({
        round,
        attempt: random.below(3),
        portion: random.bernoulli(0.3) ? "heldBack" : "train",
        event: events[random.below(events.length)]!,
      });
      const answer = admit(charges, next, promise);
      if (answer.admitted) {
        charges.push(next);
        admitted++;
      } else {
        refused++;
        expect(answer.epsilonAfter).toBeGreaterThan(promise.epsilon);
      }
    }
    // By itself, answer by answer, for a row of either portion.
    for (const portion of ["train", "heldBack"]) {
      const answers = charges.filter((c) => c.portion === portion).map((c) => ({ ...c.event, count: 1 }));
      if (epsilonOf(answers, promise.delta) > promise.epsilon * (1 + 1e-12)) expect.fail("the budget is exceeded");
    }
  }
  expect(refused).toBeGreaterThan(5_000);
  expect(admitted).toBeGreaterThan(5_000);
});

test("a row is in one portion: portions do not add up, the costlier one counts", () => {
  const one = [charge()];
  const both = [charge(), charge({ portion: "heldBack", question: "evaluate" })];
  expect(worst(both, 1e-5)).toBe(worst(one, 1e-5));
  expect(spent(both, "train", 1e-5)).toBe(spent(both, "heldBack", 1e-5));
  expect(worst([...both, charge({ portion: "heldBack" })], 1e-5)).toBeGreaterThan(worst(both, 1e-5));
});

test("a task is counted by itself, or with those of the family that it names and its unit of privacy", () => {
  const of = (privacy: object) => familyOf(smallTask({ privacy: { epsilon: 2, delta: 1e-5, ...privacy } }), "ab");
  expect(of({ unit: "record" })).toBe("ab");
  const named = of({ unit: "record", family: "customers" });
  expect(named).not.toBe("ab");
  expect(of({ unit: "record", family: "customers", clipNorm: 3 })).toBe(named);
  expect(of({ unit: "participant", family: "customers" })).not.toBe(named);
});

test("over two tasks of a family portions add up: a row may be trained on in one and held back in the other", () => {
  const held = { portion: "heldBack", question: "evaluate" } as const;
  const apart = [charge(), charge(held)];
  const across = [charge(), charge({ ...held, taskHash: "cd" })];
  expect(worst(apart, 1e-5)).toBe(worst([charge()], 1e-5));
  expect(worst(across, 1e-5)).toBe(worst([charge(), charge({ round: 2 })], 1e-5));
  // What fits by itself does not where another task of the family has used the budget up.
  const just = { epsilon: worst([charge()], 1e-5), delta: 1e-5 };
  expect(admit([], charge(held), just).admitted).toBe(true);
  expect(admit([charge()], charge(held), just).admitted).toBe(true);
  expect(admit([charge({ taskHash: "cd" })], charge(held), just).admitted).toBe(false);
});

test("a second attempt of the same round is paid for again", () => {
  expect(worst([charge(), charge({ attempt: 1 })], 1e-5)).toBeGreaterThan(worst([charge()], 1e-5));
});

test("asking does not change the account; what it says is what would be spent", () => {
  const charges = Object.freeze([charge()]);
  const answer = admit(charges, charge({ round: 2 }), budget);
  expect(answer).toEqual({ admitted: true, epsilonAfter: worst([...charges, charge({ round: 2 })], budget.delta) });
});

test("a charge without noise, or against a broken budget, is refused", () => {
  expect(admit([], charge({ event: { noiseMultiplier: 0, sampleRate: 1 } }), budget).admitted).toBe(false);
  expect(admit([], charge(), { epsilon: Number.NaN, delta: 1e-5 }).admitted).toBe(false);
  expect(admit([], charge(), { epsilon: 1, delta: 0 }).admitted).toBe(false);
  expect(() => admit([], charge({ event: { noiseMultiplier: 1, sampleRate: 7 } }), budget)).toThrow(/^sampleRate/);
  expect(() => admit([], charge({ event: { noiseMultiplier: -9, sampleRate: 1 } }), budget)).toThrow(
    /^noiseMultiplier/,
  );
});

test("an account survives being written down", () => {
  const charges = [charge(), charge({ round: 2, portion: "heldBack" })];
  expect(worst(JSON.parse(JSON.stringify(charges)), 1e-5)).toBe(worst(charges, 1e-5));
});

test("the account says what is left if all others collude: own noise alone, z/√honest", () => {
  const charges = Array.from({ length: 10 }, (_, round) =>
    charge({ round, event: { noiseMultiplier: 4, sampleRate: 1 }, honest: 40 }),
  );
  const { epsilon, truePositiveRate, alone } = account(charges, 1e-6);
  expect(epsilon).toBeCloseTo(epsilonOf([{ noiseMultiplier: 4, sampleRate: 1, count: 10 }], 1e-6), 12);
  expect(alone.epsilon).toBeCloseTo(
    epsilonOf([{ noiseMultiplier: 4 / Math.sqrt(40), sampleRate: 1, count: 10 }], 1e-6),
    9,
  );
  // μ = √10/4 = 0.79 and 5 against one tab.
  expect(truePositiveRate).toBeCloseTo(0.0622, 3);
  expect(alone.truePositiveRate).toBeGreaterThan(0.99);
  expect(account([], 1e-6)).toEqual({
    epsilon: 0,
    truePositiveRate: expect.closeTo(0.01),
    alone: { epsilon: 0, truePositiveRate: expect.closeTo(0.01) },
  });
});

test("8.10 a victim asked again, to compare a sum with it and one without, is charged each time until nothing fits", () => {
  const again = { noiseMultiplier: 2, sampleRate: 1 };
  const charges: Charge[] = [];
  for (let attempt = 0; attempt < 100; attempt++) {
    const next = charge({ attempt, event: again });
    if (!admit(charges, next, { epsilon: 5, delta: 1e-6 }).admitted) break;
    charges.push(next);
  }
  expect(charges.length).toBeGreaterThan(1);
  expect(charges.length).toBeLessThan(5);
  expect(epsilonOf([{ ...again, count: charges.length }], 1e-6)).toBeLessThanOrEqual(5);
});

test("mode B: a round nearer than the bands to the last one waits, also after a reload; another attempt, run or task does not", () => {
  const charge = (round: number, change: Partial<Charge> = {}): Charge => ({
    taskHash: "t",
    run: "r",
    round,
    attempt: 1,
    question: "train",
    portion: "train",
    event: { noiseMultiplier: 10, sampleRate: 1 },
    honest: 3,
    ...change,
  });
  const before = [charge(5), charge(1, { question: "profile" })];
  const waits = (round: number, change: Partial<Charge> = {}) => roundsToWait(before, charge(round, change), 3);
  expect([4, 5, 6, 7, 8, 9].map((round) => waits(round))).toEqual([4, 0, 2, 1, 0, 0]);
  expect(waits(6, { run: "another" })).toBe(0);
  expect(waits(6, { taskHash: "another" })).toBe(0);
  expect(roundsToWait([], charge(1), 3)).toBe(0);
  const budget = { epsilon: 100, delta: 1e-5, bands: 3 };
  expect(admission(before, charge(6), budget)).toMatchObject({ admitted: false, wait: 2 });
  expect(admission(before, charge(8), budget)).toMatchObject({ admitted: true });
  expect(admission(before, charge(6, { question: "evaluate" }), budget)).toMatchObject({ admitted: true });
});
