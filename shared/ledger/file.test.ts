import { beforeAll, expect, test } from "vitest";
import type { LedgerEntry } from "./entries.ts";
import { checkLedger, type LedgerFile } from "./file.ts";
import {
  abortOf,
  announcementOf,
  chargeOf,
  endOf,
  exportOf,
  fileOf,
  goodHistory,
  type Log,
  newLog,
  roundOf,
  runOf,
} from "./testing.ts";

let log: Log;
let file: LedgerFile;
beforeAll(async () => {
  log = await newLog(await goodHistory());
  file = await fileOf(log);
});

test("a right ledger has no problems", async () => {
  expect(await checkLedger(file)).toEqual({ entries: await goodHistory(), problems: [] });
  const empty = await fileOf(await newLog([]));
  expect(await checkLedger(empty)).toEqual({ entries: [], problems: [] });
});

const flipped = (text: string, at: number, bit: number) =>
  text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1);

test("any one bit changed in the checkpoint or the key is found", async () => {
  for (const field of ["checkpoint", "publicKey"] as const) {
    for (let at = 0; at < file[field].length; at++) {
      const altered = { ...file, [field]: flipped(file[field], at, at % 7) };
      expect((await checkLedger(altered)).problems, `${field}[${at}]`).not.toEqual([]);
    }
  }
});

test("any one bit changed in an entry is found, whatever it does to its meaning", async () => {
  for (const index of file.leaves.keys()) {
    for (let at = index % 3; at < file.leaves[index]!.length; at += 3) {
      const leaves = file.leaves.map((leaf, i) => (i === index ? flipped(leaf, at, at % 7) : leaf));
      expect((await checkLedger({ ...file, leaves })).problems, `leaf ${index}[${at}]`).not.toEqual([]);
    }
  }
});

test("an entry left out, added, doubled or moved is found", async () => {
  const { leaves } = file;
  for (const changed of [
    leaves.slice(1),
    leaves.slice(0, -1),
    [...leaves, leaves.at(-1)!],
    [leaves[1]!, leaves[0]!, ...leaves.slice(2)],
    [],
  ]) {
    expect((await checkLedger({ ...file, leaves: changed })).problems).not.toEqual([]);
  }
});

test("what is not a ledger file is named as such, and nothing throws", async () => {
  const { checkpoint: _, ...partial } = file;
  for (const value of [undefined, null, 1, "x", [], {}, partial, { ...file, more: 1 }, { ...file, publicKey: "00" }]) {
    const { problems } = await checkLedger(value);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^not a ledger file/);
  }
});

/** Each history is signed by its own key: only the rules can object. */
const histories: [string, string, () => Promise<LedgerEntry[]>][] = [
  [
    "decodes a sum before it is charged",
    "before it was charged",
    async () => [await runOf(), announcementOf(1, 1), roundOf(1, 1, 0)],
  ],
  [
    "charges an attempt twice",
    "charged before",
    async () => [await runOf(), announcementOf(1, 1), chargeOf(1, 1, 0.5), chargeOf(1, 1, 0.5)],
  ],
  [
    "lets a charge stand for the next attempt",
    "before it was charged",
    async () => [
      await runOf(),
      announcementOf(1, 1),
      chargeOf(1, 1, 0.5),
      abortOf(1, 1, 0.5),
      announcementOf(1, 2),
      roundOf(1, 2, 0.5),
    ],
  ],
  [
    "lets epsilon fall",
    "epsilon fell",
    async () => [
      await runOf(),
      announcementOf(1, 1),
      chargeOf(1, 1, 0.5),
      roundOf(1, 1, 0.5),
      announcementOf(2, 1),
      chargeOf(2, 1, 0.4),
      roundOf(2, 1, 0.4),
    ],
  ],
  ["launches a run twice", "launched before", async () => [await runOf(), await runOf()]],
  [
    "changes the task",
    "does not hash to taskHash",
    async () => [{ ...(await runOf()), task: { name: "other" } } as LedgerEntry],
  ],
  ["never launched its run", "never launched", async () => [announcementOf(1, 1)]],
  ["goes on after the end", "the run was over", async () => [await runOf(), endOf(0), announcementOf(1, 1)]],
  [
    "forgets who takes part before the end",
    "the run was not over",
    async () => [await runOf(), { kind: "retention", run: endOf(0).run, at: "2026-01-01T00:00:00.000Z" }],
  ],
  ["skips a round", "round 1 was due", async () => [await runOf(), announcementOf(2, 1)]],
  [
    "repeats a finished round",
    "round 2 was due",
    async () => [await runOf(), announcementOf(1, 1), chargeOf(1, 1, 1), roundOf(1, 1, 1), announcementOf(1, 2)],
  ],
  [
    "opens an attempt while another is open",
    "never ended",
    async () => [await runOf(), announcementOf(1, 1), announcementOf(1, 2)],
  ],
  [
    "ends an attempt that was not announced",
    "no such attempt",
    async () => [await runOf(), announcementOf(1, 1), chargeOf(1, 2, 1), roundOf(1, 2, 1)],
  ],
  [
    "decodes one sum twice",
    "no such attempt",
    async () => [await runOf(), announcementOf(1, 1), chargeOf(1, 1, 1), roundOf(1, 1, 1), roundOf(1, 1, 1)],
  ],
  [
    "decodes a sum that was given up",
    "no such attempt",
    async () => [await runOf(), announcementOf(1, 1), chargeOf(1, 1, 1), abortOf(1, 1, 1), roundOf(1, 1, 1)],
  ],
  [
    "calls an aborted round finished",
    "record does not say so",
    async () => {
      const good = roundOf(1, 1, 1) as Extract<LedgerEntry, { kind: "round" }>;
      const { record } = abortOf(1, 1, 1) as Extract<LedgerEntry, { kind: "abort" }>;
      return [await runOf(), announcementOf(1, 1), chargeOf(1, 1, 1), { ...good, record }];
    },
  ],
];

test.each(histories)("a ledger is wrong that %s", async (_, problem, make) => {
  const { problems } = await checkLedger(await fileOf(await newLog(await make())));
  expect(problems.join("\n")).toContain(problem);
});

test("a model may leave after the end, and runs do not disturb each other", async () => {
  const other = (entry: LedgerEntry): LedgerEntry => ({ ...entry, run: "r2" });
  const history = await goodHistory();
  const woven = [...history.flatMap((entry) => [entry, other(entry)]), exportOf()];
  expect((await checkLedger(await fileOf(await newLog(woven)))).problems).toEqual([]);
});

type Question = Extract<LedgerEntry, { kind: "announcement" }>["question"];
type Step = [question: Question, announced: string, recorded: string];

/** A run that asks these questions of models named by a letter, and ends with one. */
async function withModels(steps: readonly Step[], final: string): Promise<LedgerEntry[]> {
  const model = (letter: string) => letter.repeat(64);
  const rounds = steps.flatMap(([question, announced, recorded], i): LedgerEntry[] => {
    const [announcement, charge, round] = [announcementOf(i + 1, 1), chargeOf(i + 1, 1, 1), roundOf(i + 1, 1, 1)];
    const { record } = round as Extract<LedgerEntry, { kind: "round" }>;
    return [
      { ...announcement, question, modelHash: model(announced) } as LedgerEntry,
      { ...charge, question } as LedgerEntry,
      { ...round, record: { ...record, question, modelHash: model(recorded) } } as LedgerEntry,
    ];
  });
  return [await runOf(), ...rounds, { ...endOf(1), modelHash: model(final) } as LedgerEntry];
}

/** Training ends with `c`; the mean of the last models, `d`, is what leaves. */
const trained: Step[] = [
  ["profile", "a", "a"],
  ["train", "a", "b"],
  ["train", "b", "c"],
];
const explained: Step[] = (["tree", "moments", "explain", "evaluate"] as const).map((question) => [question, "d", "d"]);

test("one model is trained from round to round, and one final model is asked about, evaluated and released", async () => {
  const history = await withModels([...trained, ...explained], "d");
  expect((await checkLedger(await fileOf(await newLog(history)))).problems).toEqual([]);
});

const swapped: [string, string, () => Promise<LedgerEntry[]>][] = [
  [
    "trains another model than came out last",
    "round before",
    () => withModels([trained[0]!, ["train", "e", "b"]], "b"),
  ],
  [
    "explains another final model than the tree stands for",
    "round before",
    () => withModels([...trained, explained[0]!, ["explain", "c", "c"]], "c"),
  ],
  [
    "evaluates another model than it explained",
    "round before",
    () => withModels([...trained, ...explained.slice(0, -1), ["evaluate", "e", "e"]], "e"),
  ],
  [
    "moves the model by asking about it",
    "another model than was announced",
    () => withModels([...trained, ["evaluate", "d", "e"]], "e"),
  ],
  [
    "releases another model than was evaluated",
    "that was evaluated",
    () => withModels([...trained, ...explained], "c"),
  ],
];

test.each(swapped)("a signed history that %s is found", async (_, problem, history) => {
  const { problems } = await checkLedger(await fileOf(await newLog(await history())));
  expect(problems.join("\n")).toContain(problem);
});
