/** G8: two tabs of one identity, reloads and crashes at every step of a charge; the store is IndexedDB's promise in small. */
import { expect, test } from "vitest";
import { epsilonOf } from "./accountants/rdp.ts";
import { type Charge, type ChargeStore, chargeIn } from "./balance.ts";
import type { RandomSource } from "./random.ts";
import { seededRandom } from "./testing/seeded.ts";

const delta = 1e-5;
const budget = { epsilon: 2, delta };
const noises = [3, 5, 8].map((noiseMultiplier) => ({ noiseMultiplier, sampleRate: 1 }));

/** One life of a tab, from a load of the page to its end. */
interface Life {
  isOver: boolean;
  /** Whose turn it is decides the schedule; one that died never gets another. */
  turn(): Promise<void>;
}

/** A database that outlives its tabs. Read-write transactions wait for each other; one whose tab dies leaves nothing. */
class Database {
  readonly committed: Charge[] = [];
  #holder: Life | undefined;

  constructor(private readonly isSerial: boolean) {}

  async transact<T>(life: Life, work: (store: ChargeStore) => Promise<T>): Promise<T> {
    await life.turn();
    while (this.isSerial && this.#holder && !this.#holder.isOver) await life.turn();
    this.#holder = life;
    const written: Charge[] = [];
    const answer = await work({
      all: async () => {
        await life.turn();
        return [...this.committed];
      },
      add: async (charge) => {
        await life.turn();
        written.push(charge);
      },
    });
    await life.turn();
    this.committed.push(...written);
    this.#holder = undefined;
    // The tab may die before it hears of it.
    await life.turn();
    return answer;
  }
}

/** Two tabs, each of up to three lives, ask for charges until the schedule ends. */
async function play(random: RandomSource, isSerial: boolean) {
  const database = new Database(isSerial);
  const uploads: Charge[] = [];
  const waiting: { life: Life; go: () => void }[] = [];
  let [deaths, refused] = [0, 0];
  const start = (tab: number, lives: number): void => {
    const life: Life = { isOver: false, turn: () => new Promise((go) => void waiting.push({ life, go })) };
    const live = async () => {
      for (let round = 0; round < 3; round++) {
        const event = noises[random.below(noises.length)]!;
        const charge: Charge = {
          taskHash: "ab",
          round: random.below(100),
          attempt: tab,
          question: "train",
          portion: "train",
          event,
          honest: 1,
        };
        const { admitted } = await database.transact(life, (store) => chargeIn(store, charge, budget));
        if (admitted) uploads.push(charge);
        else refused++;
      }
    };
    restart.set(life, () => lives > 1 && start(tab, lives - 1));
    void live();
  };
  const restart = new Map<Life, () => void>();
  start(0, 3);
  start(1, 3);
  while (waiting.length > 0) {
    const [{ life, go }] = waiting.splice(random.below(waiting.length), 1) as [(typeof waiting)[0]];
    if (random.below(20) === 0) {
      life.isOver = true;
      deaths++;
      restart.get(life)!();
    } else go();
    // Until every tab waits for its turn again, or is through.
    for (let i = 0; i < 6; i++) await Promise.resolve();
  }
  const cost = (charges: readonly Charge[]) =>
    epsilonOf(
      charges.map(({ event }) => ({ ...event, count: 1 })),
      delta,
    );
  return { spent: cost(database.committed), uploaded: cost(uploads), uploads, database, deaths, refused };
}

test("10,000 schedules of two tabs with reloads and crashes never exceed the budget; what was sent was charged", async () => {
  const random = seededRandom(8);
  const seen = { deaths: 0, refused: 0, lost: 0 };
  for (let schedule = 0; schedule < 10_000; schedule++) {
    const { spent, uploads, database, deaths, refused } = await play(random, true);
    if (spent > budget.epsilon) expect.fail(`schedule ${schedule} spent ${spent}`);
    if (!uploads.every((upload) => database.committed.includes(upload)))
      expect.fail(`schedule ${schedule}: not charged`);
    seen.deaths += deaths;
    seen.refused += refused;
    seen.lost += database.committed.length - uploads.length;
  }
  // There were deaths, also between a charge and its upload, and budgets were exhausted.
  expect(seen.deaths).toBeGreaterThan(10_000);
  expect(seen.lost).toBeGreaterThan(1_000);
  expect(seen.refused).toBeGreaterThan(10_000);
});

test("the same tabs on a database whose transactions overlap do exceed it: the schedules would tell", async () => {
  const random = seededRandom(8);
  let exceeded = 0;
  for (let schedule = 0; schedule < 200; schedule++)
    exceeded += Number((await play(random, false)).uploaded > budget.epsilon);
  expect(exceeded).toBeGreaterThan(20);
});
