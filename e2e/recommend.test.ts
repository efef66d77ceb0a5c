/** A whole run of persons who chose among a catalogue's items: what reaches the coordinator, and what a tab recommends. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Answerer } from "../client/worker/answerer.ts";
import { recommend } from "../client/worker/recommend.ts";
import { predictionsOf } from "../coordinator/command/predict.ts";
import { serve } from "../coordinator/command/serve.ts";
import { modelCardOf } from "../coordinator/governance/model-card.ts";
import { reportOf } from "../coordinator/governance/report.ts";
import { encodersFolder, keepFile } from "../coordinator/text/encoders.ts";
import { dawnDevice } from "../kernels/testing/dawn.ts";
import { splitHeldBack } from "../shared/data/portions.ts";
import { readRows } from "../shared/data/rows.ts";
import { checkLedger } from "../shared/ledger/file.ts";
import { modelFileOf, openModel, readModelFile } from "../shared/model-file.ts";
import { RandomSource } from "../shared/privacy/random.ts";
import { readCatalogue } from "../shared/recommend/catalogue.ts";
import { knownChoices } from "../shared/recommend/choices.ts";
import { chooser, filmTask } from "../shared/recommend/testing/films.ts";
import { bytes, films, sha256 } from "./film-catalogue.ts";
import { findLeaks } from "./leaks.ts";
import { joinWith } from "./node-tab.ts";
import { tap } from "./wiretap.ts";

const device = await dawnDevice();
afterAll(() => device?.destroy());

const tabs = 6;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "murmur-recommend-"));
  vi.stubEnv("MURMUR_LOG", "silent");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!device)("six persons with choices", () => {
  it("learn together; no choice and no rank is on the wire or in the ledger", async () => {
    // As little noise as a task may ask for: the ranks of six persons can be told.
    const privacy = { unit: "participant", epsilon: 100, delta: 1e-2, clipNorm: 2, profileShare: 0.5 };
    const task = filmTask(sha256, films.ids.length, { privacy });
    const dataDir = join(folder, "data");
    const kept = await keepFile(bytes, encodersFolder(dataDir));
    expect(kept.sha256).toBe(sha256);
    const server = await serve({ port: 0, dataDir });
    const wire = await tap(server.url);
    // As a tab has it: fetched by its hash.
    const fetched = await fetch(`${server.url}/encoders/${sha256}.safetensors`);
    const catalogue = readCatalogue(new Uint8Array(await fetched.arrayBuffer()), task.data.items!);
    const run = await server.coordinator.launchTask(task, 1);
    const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
    const made: { encoded: Int32Array; noised: Int32Array }[] = [];
    const all = await Promise.all(
      Array.from({ length: tabs }, async (_, i) => {
        const records = chooser(films, i % 2, 12, i);
        const rows = knownChoices(readRows(records, task).rows, catalogue);
        const random = new RandomSource();
        const portions = splitHeldBack(rows, task.data.heldBack, random.bytes(32));
        const answerer = await Answerer.create(async () => device!, task, rows, portions, random, { catalogue });
        const tab = await joinWith({
          url: wire.url,
          run: run.id,
          invite,
          compute: async (...asked) => {
            const answer = await answerer.answer(...asked);
            return (plan) => {
              const noised = answer(plan);
              made.push({ encoded: noised, noised });
              return noised;
            };
          },
        });
        return { records, rows, answerer, tab };
      }),
    );
    await Promise.all(all.map(({ tab }) => tab.over));
    const detail = run.detail();
    expect(detail.state).toBe("finished");
    expect(detail.rounds.map(({ question }) => question)).toEqual(["profile", "train", "train", "evaluate"]);
    const { ranking } = detail.rounds.at(-1)!;
    expect(Math.abs(ranking!.persons - tabs)).toBeLessThan(3);
    expect(ranking!.deviation).toBeGreaterThan(0);

    const heard = wire.heard();
    const texts = all.flatMap(({ records }) => records.map(({ film }) => film!));
    expect(
      findLeaks(heard, { texts: [...texts, "comedy", "tragedy", "Comedy", "Tragedy"], numbers: [], vectors: made }),
    ).toEqual([]);
    expect(findLeaks(heard, { texts: [run.id], numbers: [], vectors: [] })).toEqual([`the text «${run.id}»`]);
    wire.close();
    const ledger = await server.coordinator.exportLedger();
    expect((await checkLedger(ledger)).problems).toEqual([]);
    expect(films.ids.filter((id) => JSON.stringify(ledger).includes(id))).toEqual([]);

    const checked = await checkLedger(ledger);
    const card = modelCardOf(run.id, ledger.checkpoint, checked);
    expect(card.metrics.map(({ type }) => type).slice(0, 2)).toEqual(["hit_rate", "ndcg"]);
    const lines = card.sections.flatMap(({ lines }) => lines.map(({ value }) => value));
    expect(lines.some((value) => /^HR@10 [\d.]+ ± [\d.]+ and NDCG@10/.test(value ?? ""))).toBe(true);
    const facts = reportOf(run.id, ledger.checkpoint, checked).facts.map(({ fact, value }) => [fact, value]);
    expect(facts).toContainEqual([expect.stringMatching(/^HR@10 of last choices/), ranking!.hitRate]);

    const { context, parameters } = run;
    expect(context!.marginals.film).toHaveLength(films.ids.length);
    const model = await modelFileOf(run.id, task, parameters, context!);
    const [{ rows, answerer, records }] = all as [(typeof all)[0]];
    const titles = await recommend(model, answerer, rows, catalogue);
    expect(new Set(titles).size).toBe(10);
    const own = records.map(({ film }) => films.titles[films.places.get(film!)!]!);
    expect(titles.every((title) => films.titles.includes(title) && !own.includes(title))).toBe(true);
    await expect(openModel(model)).rejects.toThrow("items");
    const opened = await readModelFile(model);
    await expect(predictionsOf(opened, "film,when\n", "")).rejects.toThrow("recommends items");
    await server.close();
  });
});
