/** What a coordinator shows of itself while a run goes to its end: metrics, readiness, logs; and that none of it names anybody. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SyntaxNodeRef } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toHex } from "../shared/canonical.ts";
import { identityFrom } from "../shared/secure-sum/keys.ts";
import { buildCoordinator } from "./built.ts";
import type { Line } from "./coordinator-child.ts";
import { joinWith, memoryJournal, type NodeTab } from "./node-tab.ts";
import { smallTask, zeros } from "./small-task.ts";

const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "murmur-observed-"));
const dataDir = join(folder, "data");

type Said<What extends Line["said"]> = Extract<Line, { said: What }>;
let serving: Said<"serving">;
let over: Said<"over">;
let logs = "";
let metrics = "";
const identities: string[] = [];
let stop = () => {};

beforeAll(async () => {
  const built = await buildCoordinator(folder);
  const child = spawn(process.execPath, [built, dataDir, "0", ""], {
    env: { ...process.env, MURMUR_LOG: "trace" },
  });
  const tabs: NodeTab[] = [];
  stop = () => {
    for (const tab of tabs) tab.session.leave();
    child.kill("SIGKILL");
  };
  child.stderr.on("data", (chunk) => {
    logs += chunk;
  });
  const lines: Line[] = [];
  let rest = "";
  let look = () => {};
  child.stdout.on("data", (chunk) => {
    const parts = (rest + String(chunk)).split("\n");
    rest = parts.pop()!;
    lines.push(...parts.map((line) => JSON.parse(line) as Line));
    look();
  });
  const said = <What extends Line["said"]>(what: What) =>
    new Promise<Said<What>>((resolve) => {
      look = () => {
        const line = lines.find((one) => one.said === what);
        if (line) resolve(line as Said<What>);
      };
      look();
    });
  serving = await said("serving");
  const { url, run, invite } = serving;
  for (let i = 0; i < 5; i++) {
    const journal = await memoryJournal();
    identities.push(toHex((await identityFrom(await journal.identityKeys())).publicKey));
    tabs.push(await joinWith({ url, run, invite, journal, compute: zeros(smallTask(3)) }));
  }
  over = await said("over");
  // A page, a path that is not there, and somebody without an invitation, so that every kind of label is seen.
  await fetch(`${url}/api/runs/${identities[0]}`);
  await fetch(`${url}/nowhere/${identities[0]}`);
  metrics = await (await ask("/metrics", "researcher")).text();
});
afterAll(() => {
  stop();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (path: string, role?: string) =>
  fetch(serving.url + path, {
    headers: role ? { authorization: `Bearer ${readFileSync(join(dataDir, `${role}.key`), "utf8")}` } : {},
  });

/** Every line of Prometheus' text format: name → its samples */
function samples(): Map<string, { labels: Record<string, string>; value: number }[]> {
  const found = new Map<string, { labels: Record<string, string>; value: number }[]>();
  for (const line of metrics.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, name, inside = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line)!;
    const labels = Object.fromEntries([...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((m) => [m[1]!, m[2]!]));
    found.set(name!, [...(found.get(name!) ?? []), { labels, value: Number(value) }]);
  }
  return found;
}

test("liveness and readiness are public; metrics take a key", async () => {
  expect([(await ask("/healthz")).status, (await ask("/readyz")).status]).toEqual([200, 200]);
  expect((await ask("/metrics")).status).toBe(401);
});

test("the metrics count what the records of the run say", () => {
  const found = samples();
  const sum = (name: string, labels: Record<string, string> = {}) =>
    (found.get(name) ?? [])
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
      .reduce((total, { value }) => total + value, 0);
  const finished = over.records.filter(({ state }) => state === "finished");
  expect(finished).toHaveLength(5);
  expect(sum("murmur_rounds_total", { outcome: "finished" })).toBe(finished.length);
  expect(sum("murmur_rounds_total")).toBe(over.records.length);
  expect(sum("murmur_survivors_total")).toBe(finished.reduce((total, { survivors }) => total + survivors, 0));
  expect(sum("murmur_runs", { state: "finished" })).toBe(1);
  expect(sum("murmur_ledger_entries")).toBe((over.ledger as { leaves: unknown[] }).leaves.length);
  expect(sum("murmur_messages_total", { event: "hello", outcome: "ok" })).toBe(5);
  expect(sum("murmur_acknowledgement_seconds_count", { event: "piece" })).toBeGreaterThanOrEqual(25);
  for (const phase of ["ready", "shares", "masked", "unmask"])
    expect(sum("murmur_phase_seconds_count", { phase })).toBe(over.records.length);
});

test("logs are JSON, and neither they nor the metrics name a participant, an address or the invitation", () => {
  const lines = logs
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("serveStatic: "))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.filter(({ msg }) => msg === "round finished")).toHaveLength(5);
  for (const secret of [
    ...identities,
    serving.invite,
    "127.0.0.1",
    "::1",
    readFileSync(join(dataDir, "operator.key")),
  ]) {
    expect(logs).not.toContain(String(secret));
    expect(metrics).not.toContain(String(secret));
  }
});

test("every query of the Grafana dashboard is PromQL over metrics and labels that exist", () => {
  const found = samples();
  const dashboard = JSON.parse(readFileSync(join(root, "deploy/grafana-dashboard.json"), "utf8")) as {
    panels: { title: string; targets: { expr: string; legendFormat: string }[] }[];
  };
  const queries = dashboard.panels.flatMap(({ targets }) => targets);
  expect(queries.length).toBeGreaterThan(15);
  // Counters of what did not happen in this run have no sample yet; their names stand in the help lines.
  const quiet = ["murmur_refused_total", "murmur_dropped_total", "murmur_epsilon_spent_ratio"];
  for (const { expr, legendFormat } of queries) {
    const names: string[] = [];
    const labels = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]!);
    parser.parse(expr).iterate({
      enter: (node: SyntaxNodeRef) => {
        expect([expr, node.type.isError]).toEqual([expr, false]);
        if (node.name === "VectorSelector") names.push(/^\w+/.exec(expr.slice(node.from, node.to))![0]);
        if (node.name === "LabelName") labels.push(expr.slice(node.from, node.to));
      },
    });
    expect(names.length, expr).toBeGreaterThan(0);
    for (const name of names) {
      expect(metrics, expr).toContain(`# TYPE ${name.replace(/_(bucket|sum|count)$/, "")} `);
      if (quiet.includes(name)) continue;
      const known = new Set(found.get(name)?.flatMap((sample) => Object.keys(sample.labels)));
      // `instance` is Prometheus' own.
      for (const label of labels) if (label !== "instance") expect([...known], `${expr}: ${label}`).toContain(label);
    }
  }
});
