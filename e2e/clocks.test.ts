/** Clocks that jump, tabs that are throttled, laptops that sleep: through a real coordinator, without an adapter. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { serve } from "../coordinator/command/serve.ts";
import { Ledger } from "../coordinator/store/ledger-store.ts";
import { checkLedger } from "../shared/ledger/file.ts";
import { asTask } from "../shared/task-rules.ts";
import { joinWith } from "./node-tab.ts";
import { smallTask, zeros } from "./small-task.ts";

const day = 86_400_000;
const deadlines = { ready: 1_500, shares: 1_500, masked: 1_500, piece: 1_500, unmask: 1_500 };
/** After which message a laptop sleeps: what it would say next is held back until it wakes. */
const sleeps = ["announce", "roster", "offers", "delivery", "survivors", "agreements"];

test("8.22 at each phase one tab sleeps and the clock is set back by a day, after it jumped ahead: rounds end without it, it comes back, nothing is charged twice", async () => {
  vi.stubEnv("MURMUR_LOG", "silent");
  // The clock alone: timers go on, as they do when a clock is set.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const folder = mkdtempSync(join(tmpdir(), "murmur-clocks-"));
  const server = await serve({ port: 0, dataDir: join(folder, "data"), deadlines });
  try {
    const base = smallTask(sleeps.length);
    const task = asTask({ ...base, cohort: { ...base.cohort, minimum: 3, maximum: 6, dropoutTolerance: 0.34 } });
    const run = await server.coordinator.launchTask(task, 1);
    const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
    const sent = new Map<number, number>();
    const tabs = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        joinWith({
          url: server.url,
          run: run.id,
          invite,
          compute: zeros(task),
          events: { onSent: () => void sent.set(i, (sent.get(i) ?? 0) + 1) },
        }),
      ),
    );
    // The first tab sleeps after another message in every training round, until the next round is announced.
    const socket = tabs[0]!.socket as unknown as {
      onAny(listener: (event: string) => void): void;
      packet(packet: unknown): void;
    };
    const say = socket.packet.bind(socket);
    let [round, asleep, naps] = [-1, false, 0];
    const held: unknown[] = [];
    socket.packet = (packet) => (asleep ? void held.push(packet) : say(packet));
    socket.onAny((event) => {
      if (event === "announce") {
        round++;
        // Everybody's connection looks long dead then; they come back by themselves.
        if (round === 0) vi.setSystemTime(Date.now() + 3 * day);
        asleep = false;
        for (const packet of held.splice(0)) say(packet);
      }
      if (round < 1 || event !== sleeps[(round - 1) % sleeps.length]) return;
      asleep = true;
      naps++;
      vi.setSystemTime(Date.now() - day);
      // It misses the cohort; what it would have said is said when the next question comes.
    });
    await Promise.all(tabs.slice(1).map((tab) => tab.over));
    const detail = run.detail();
    expect(detail.state).toBe("finished");
    expect(naps).toBeGreaterThanOrEqual(sleeps.length - 1);
    const finished = detail.rounds.filter((record) => record.state === "finished");
    expect(finished).toHaveLength(sleeps.length + 2);
    for (const { duration } of detail.rounds) expect(duration).toBeGreaterThanOrEqual(0);
    const { entries, problems } = await checkLedger(await server.coordinator.exportLedger());
    expect(problems).toEqual([]);
    const charged = entries.filter((entry) => entry.kind === "charge").length;
    for (const uploads of sent.values()) expect(uploads).toBeLessThanOrEqual(charged);
    // It was out of some rounds, and in others again.
    expect(sent.get(0)).toBeGreaterThan(1);
    expect(sent.get(0)).toBeLessThan(sent.get(1)!);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
    vi.useRealTimers();
    vi.unstubAllEnvs();
  }
});

test("a tab that answers while others are still being asked is in the round", async () => {
  vi.stubEnv("MURMUR_LOG", "silent");
  const folder = mkdtempSync(join(tmpdir(), "murmur-quick-"));
  const server = await serve({ port: 0, dataDir: join(folder, "data"), deadlines });
  // Each tab's proof takes longer than the one before: the first has answered long before the last is asked.
  const evidence = Ledger.prototype.evidence;
  let asked = 0;
  const slowly = vi.spyOn(Ledger.prototype, "evidence").mockImplementation(async function (this: Ledger, ...all) {
    await new Promise((resolve) => setTimeout(resolve, 100 * (asked++ % 5)));
    return evidence.apply(this, all);
  });
  try {
    const task = smallTask(2);
    const run = await server.coordinator.launchTask(task, 1);
    const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
    const enter = () => joinWith({ url: server.url, run: run.id, invite, compute: zeros(task) });
    const tabs = await Promise.all(Array.from({ length: 5 }, enter));
    await Promise.all(tabs.map((tab) => tab.over));
    expect(run.records.map(({ cohort, survivors }) => [cohort, survivors])).toEqual(Array(4).fill([5, 5]));
  } finally {
    slowly.mockRestore();
    vi.unstubAllEnvs();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
