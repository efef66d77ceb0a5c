/** The negative test of privacy: all that the coordinator receives in a whole run, searched for what must not be there. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseCsv } from "../client/data/read.ts";
import { serve } from "../coordinator/command/serve.ts";
import { readRows } from "../shared/data/rows.ts";
import { addNoise } from "../shared/privacy/discrete-gaussian.ts";
import { encodeRecordSum } from "../shared/privacy/encode.ts";
import { RandomSource } from "../shared/privacy/random.ts";
import type { Encoded, Masked, Noised } from "../shared/privacy/stages.ts";
import { profileCounts } from "../shared/questions/profile-counts.ts";
import { layoutOf } from "../shared/questions/question.ts";
import { boxLength } from "../shared/round/2-shares.ts";
import { shareLength } from "../shared/secure-sum/shares.ts";
import type { Task } from "../shared/task.ts";
import { asTask } from "../shared/task-rules.ts";
import { tabMessages } from "../shared/wire.ts";
import { findLeaks, type Secrets } from "./leaks.ts";
import { type Compute, joinWith } from "./node-tab.ts";
import { smallTask } from "./small-task.ts";
import { tap } from "./wiretap.ts";

const broken = vi.hoisted(() => ({ masking: false, noise: false, sums: [] as Float64Array[] }));

vi.mock("../shared/secure-sum/masks.ts", async (original) => {
  const masks = await original<typeof import("../shared/secure-sum/masks.ts")>();
  const bare = async (noised: Noised) => Uint32Array.from(noised) as Masked;
  const mask: typeof masks.mask = (...all) => (broken.masking ? bare(all[0]) : masks.mask(...all));
  return { ...masks, mask };
});
vi.mock("../shared/privacy/discrete-gaussian.ts", async (original) => {
  const gaussian = await original<typeof import("../shared/privacy/discrete-gaussian.ts")>();
  const none = (vector: Encoded) => Int32Array.from(vector) as Noised;
  const noisy: typeof addNoise = (...all) => (broken.noise ? none(all[0]) : gaussian.addNoise(...all));
  return { ...gaussian, addNoise: noisy };
});
// What the coordinator decodes is the one thing it may learn; kept, to see that it is noised.
vi.mock("../shared/round/4-unmask.ts", async (original) => {
  const unmask = await original<typeof import("../shared/round/4-unmask.ts")>();
  const unmaskSum: typeof unmask.unmaskSum = async (...all) => {
    const unmasked = await unmask.unmaskSum(...all);
    broken.sums.push(unmasked.sum);
    return unmasked;
  };
  return { ...unmask, unmaskSum };
});

const marks = {
  colours: ["marked-vermilion", "marked-viridian"],
  labels: ["marked-accepted", "marked-rejected"],
  groups: ["marked-northerner", "marked-southerner"],
  identifiers: ["Zyxwvut Marked", "marked@example.org"],
};
const numbers = [31337.25, 27182.75, 16180.5];

function markedTask(rounds: number): Task {
  const task = structuredClone(smallTask(rounds));
  const { features, sensitive, label } = task.data;
  Object.assign(label, { column: "marked-outcome", positive: marks.labels[0], negative: marks.labels[1] });
  Object.assign(features[0]!, { name: "marked-income", max: 50_000 });
  Object.assign(features[1]!, { name: "marked-colour", values: marks.colours });
  Object.assign(sensitive[0]!, { name: "marked-origin", column: "marked-origin" });
  sensitive[0]!.groups = marks.groups.map((name) => ({ name, values: [name] }));
  task.data.identifiers = ["marked-person"];
  return asTask({ ...task, explain: { treeDepth: 1, components: 1 }, gates: [{ metric: "accuracy", atLeast: 0.999 }] });
}

/** Forty rows in which every cell is a mark. */
const csv = [
  "marked-person,marked-income,marked-colour,marked-origin,marked-outcome",
  ...Array.from({ length: 40 }, (_, i) =>
    [
      marks.identifiers[i % 2],
      numbers[i % 3],
      marks.colours[(i >> 1) % 2],
      marks.groups[(i >> 2) % 2],
      marks.labels[i % 2],
    ].join(","),
  ),
].join("\n");

/** Answers that depend on the rows in every coordinate, without an adapter; all it makes is written down. */
function answers(task: Task, made: Made[]): Compute {
  const { rows } = readRows(parseCsv(csv).records, task);
  const random = new RandomSource();
  return async ({ kind }) => {
    const layout = layoutOf(kind, task);
    const income = rows.numeric["marked-income"]!;
    const integers = new Int32Array(layout.dimension);
    if (kind === "profile") {
      const counts = profileCounts(rows, task, layout);
      for (const { offset, length, unit } of layout.segments)
        for (let i = offset; i < offset + length; i++) integers[i] = counts[i]! * unit;
    } else {
      const marked = (row: number) => Math.round(100 * income[row]!) + rows.labels[row]!;
      for (let i = 0; i < integers.length; i++) integers[i] = marked(i % rows.count);
    }
    const encoded = encodeRecordSum(integers, layout);
    return (plan) => {
      const noised = addNoise(encoded, plan.localVariance, random);
      made.push({ encoded, noised, variance: Number(plan.localVariance) });
      return noised;
    };
  };
}

interface Made {
  encoded: Encoded;
  noised: Noised;
  variance: number;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "murmur-traffic-"));
  vi.stubEnv("MURMUR_LOG", "silent");
});
afterEach(() => {
  Object.assign(broken, { masking: false, noise: false, sums: [] });
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** A whole run of five tabs. @returns what was heard and what was decoded, as findings */
async function wholeRun(rounds: number) {
  const task = markedTask(rounds);
  const server = await serve({ port: 0, dataDir: join(folder, "data") });
  const wire = await tap(server.url);
  const made: Made[] = [];
  try {
    const run = await server.coordinator.launchTask(task, 1);
    const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
    const join = () => joinWith({ url: wire.url, run: run.id, invite, compute: answers(task, made) });
    const tabs = await Promise.all(Array.from({ length: 5 }, join));
    await Promise.all(tabs.map((tab) => tab.over));
    const model = await fetch(`${server.url}/api/runs/${run.id}/model`, {
      headers: { authorization: `Bearer ${server.coordinator.keys.operator}` },
    });
    const secrets: Secrets = {
      texts: [...Object.values(marks).flat(), "marked-"],
      numbers,
      vectors: made,
    };
    const heard = wire.heard();
    return { heard, made, model, detail: run.detail(), findings: [...findLeaks(heard, secrets), ...unnoised(made)] };
  } finally {
    wire.close();
    await server.close();
  }
}

/**
 * A decoded sum is off the exact one by the tabs' noise: Σ (sum − exact)² over its variance is χ² with as many degrees
 * of freedom as coordinates, over all rounds. Six deviations either way: about one false alarm in 10^8 runs.
 */
function unnoised(made: readonly Made[]): string[] {
  let chiSquare = 0;
  let freedom = 0;
  for (const [round, sum] of broken.sums.entries()) {
    const ours = made.slice(5 * round, 5 * round + 5);
    const variance = ours.reduce((total, { variance }) => total + variance, 0);
    for (const [i, x] of sum.entries()) {
      const exact = ours.reduce((total, { encoded }) => total + encoded[i]!, 0);
      chiSquare += (x - exact) ** 2 / variance;
      freedom++;
    }
  }
  const within = Math.abs(chiSquare - freedom) < 6 * Math.sqrt(2 * freedom);
  return within ? [] : ["the sums have not the noise that is due"];
}

test("[12] in a whole run nothing of the rows reaches the coordinator but noised sums", async () => {
  const { heard, made, model, detail, findings } = await wholeRun(2);
  expect(findings).toEqual([]);
  // It listened: five connections, all of their uploads, every kind of message but a decline.
  expect(detail.state).toBe("finished");
  expect(heard).toHaveLength(5);
  const asked = ["profile", "train", "train", "tree", "moments", "explain", "evaluate"];
  expect(detail.rounds.map(({ question }) => question)).toEqual(asked);
  expect(made).toHaveLength(5 * asked.length);
  expect(broken.sums).toHaveLength(asked.length);
  // In each round a tab sends its vector, a sealed packet for each of its four neighbours, and a share of each of theirs.
  const binary = heard.flatMap(({ frames }) => frames.filter((frame) => frame.binary && frame.data.length >= 4));
  const lengths = made.flatMap(({ encoded }) => [4 * encoded.length, 4 * boxLength, 4 * shareLength]);
  expect(binary.map(({ data }) => data.length).sort()).toEqual(lengths.sort());
  const all = heard.map(({ frames }) => frames.map((frame) => String(frame.data)).join("\n")).join("\n");
  for (const event of Object.keys(tabMessages))
    expect([event, all.includes(`["${event}",`)]).toEqual([event, event !== "decline" && event !== "withdraw"]);
  // A held model does not leave, and says why.
  expect(model.status).toBe(400);
  expect(await model.text()).toContain("held back by its gates: accuracy");
});

test("without masks the same search finds the noised vectors", async () => {
  broken.masking = true;
  const { findings } = await wholeRun(1);
  expect(findings).toContain("a vector as it was noised");
  expect(findings.join("; ")).toContain("payloads are not uniform");
});

test("without noise the same search finds sums that are exact", async () => {
  broken.noise = true;
  const { findings } = await wholeRun(1);
  expect(findings).toContain("the sums have not the noise that is due");
});

test("with neither, it finds the encoded vectors themselves", async () => {
  broken.masking = true;
  broken.noise = true;
  const { findings } = await wholeRun(1);
  expect(findings).toContain("a vector as it was encoded");
});

test("the search finds a mark in every spelling, and whatever is not on the list", async () => {
  const frame = (data: string | Buffer) => ({ binary: typeof data !== "string", data: Buffer.from(data) });
  const secrets: Secrets = { texts: ["marked-vermilion"], numbers: [31337.25], vectors: [] };
  const look = (data: string | Buffer) =>
    findLeaks([{ raw: Buffer.alloc(0), frames: [frame(data)] }], secrets).filter(
      (found) => !found.startsWith("payloads"),
    );
  const text = Buffer.from("a marked-vermilion b");
  for (const spelling of ["utf8", "utf16le", "hex", "base64", "base64url"] as const) {
    const data =
      spelling === "utf16le" ? Buffer.from("a marked-vermilion b", "utf16le") : Buffer.from(text.toString(spelling));
    for (const before of ["", "x", "xy"]) {
      const shifted =
        spelling === "base64" || spelling === "base64url"
          ? Buffer.from(Buffer.concat([Buffer.from(before), text]).toString(spelling))
          : data;
      expect(look(shifted)).toEqual(["the text «marked-vermilion»"]);
    }
  }
  const view = new DataView(new ArrayBuffer(8));
  for (const little of [true, false]) {
    view.setFloat32(0, 31337.25, little);
    expect(look(Buffer.from(view.buffer.slice(0, 4)))).toEqual(["the number 31337.25"]);
    view.setFloat64(0, 31337.25, little);
    expect(look(Buffer.from(view.buffer))).toEqual(["the number 31337.25"]);
  }
  expect(look('42/tab,0["decline",{"announcementHash":"","reason":"31337.25"}]')).toContain("the number 31337.25");
  expect(look('42/tab,0["metrics",{"accuracy":0.9}]')).toEqual(["an event «metrics»"]);
  expect(look('42/tab,0["agreement",{"body":{"accuracy":0.9}}]')).toContain("«body.accuracy» in «agreement»");
  expect(look("42/tab,hello")[0]).toContain("a packet of another kind");
});
