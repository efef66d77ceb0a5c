/** Mode B through a real coordinator: tabs take turns by their own account, and what is released has correlated noise. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { serve } from "../coordinator/command/serve.ts";
import { checkLedger } from "../shared/ledger/file.ts";
import { checkPromises } from "../shared/ledger/promises.ts";
import { asTask } from "../shared/task-rules.ts";
import { joinWith, memoryJournal } from "./node-tab.ts";
import { smallTask, zeros } from "./small-task.ts";

test("nobody is in two training rounds that are near; both ε are in the ledger, the trusting one labelled, and hold", async () => {
  vi.stubEnv("MURMUR_LOG", "silent");
  const folder = mkdtempSync(join(tmpdir(), "murmur-correlated-"));
  const server = await serve({ port: 0, dataDir: join(folder, "data") });
  try {
    const task = asTask({
      ...smallTask(4),
      privacy: { unit: "participant", epsilon: 100, delta: 1e-2, banded: { bands: 2, epsilon: 40 } },
      cohort: { minimum: 3, maximum: 3, dropoutTolerance: 0, colludingShare: 0 },
    });
    const run = await server.coordinator.launchTask(task, 1);
    const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
    const journals = await Promise.all(Array.from({ length: 6 }, memoryJournal));
    const compute = zeros(task);
    const tabs = await Promise.all(
      journals.map((journal) => joinWith({ url: server.url, run: run.id, invite, compute, journal })),
    );
    await Promise.all(tabs.map((tab) => tab.over));
    expect(run.detail().state).toBe("finished");

    const { taskHash } = run.detail();
    const trained: number[][] = [];
    for (const journal of journals) {
      const charges = await journal.charges(taskHash);
      trained.push(charges.filter((charge) => charge.question === "train").map((charge) => charge.round));
    }
    // Four rounds of three, dealt out to six: each is in two of them, two rounds apart.
    expect(trained.flat().sort()).toEqual([2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5]);
    for (const rounds of trained) expect(rounds.every((round, i) => i === 0 || round - rounds[i - 1]! >= 2)).toBe(true);

    const { entries, problems } = await checkLedger(await server.coordinator.exportLedger());
    expect([...problems, ...checkPromises(entries)]).toEqual([]);
    const charges = entries.flatMap((entry) => (entry.kind === "charge" ? [entry] : []));
    const { privacy } = charges.at(-1)!;
    expect(privacy.trusting!.epsilon).toBeLessThanOrEqual(40);
    expect(privacy.trusting!.epsilon).toBeLessThan(privacy.epsilon);
    // All training rounds are one answer: after the first, no more of them cost anything.
    const told = charges.filter(({ question }) => question === "train").map((c) => c.privacy.trusting!.epsilon);
    expect(new Set(told).size).toBe(1);
    const lied = entries.map((entry) =>
      entry === charges.at(-1)
        ? { ...entry, privacy: { ...privacy, trusting: { ...privacy.trusting!, epsilon: 1 } } }
        : entry,
    );
    expect(checkPromises(lied as typeof entries).join()).toContain("who trusts the coordinator");
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
    vi.unstubAllEnvs();
  }
});
