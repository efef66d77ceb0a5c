/**
 * The lab plays what browsers play: twelve tabs of a real browser, with the pages as they are served, and the lab with the
 * same noise come to the same model, bit for bit. The pages have no door for a seed: the browser's own generator is
 * replaced, here only.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright";
import { expect, test } from "vitest";
import { serve } from "../coordinator/command/serve.ts";
import { pagesHash, pagesIn } from "../coordinator/pages.ts";
import { dawnDevice } from "../kernels/testing/dawn.ts";
import { findBrowser, launchArguments } from "../setup/browser.mjs";
import { fromHex } from "../shared/canonical.ts";
import { portionKeyBytes } from "../shared/data/portions.ts";
import { checkLedger } from "../shared/ledger/file.ts";
import { RandomSource } from "../shared/privacy/random.ts";
import { seededWords } from "../shared/privacy/testing/seeded.ts";
import { hashParameters } from "../shared/round/0-announce.ts";
import { type Announcements, byTheLab, type Case, caseOf, csvOf, type Difference, tabs } from "./equality.ts";

const device = await dawnDevice();

/** Words that a RandomSource asks for at a time; nothing else in the tab asks for as many. */
const block = 16_384;

/** Runs in the tab's worker, before anything else of it. The second block is the key's that tells portions apart. */
function seedBrowser(words: typeof seededWords, tab: number, size: number): void {
  const real = crypto.getRandomValues.bind(crypto);
  const [noise, portions] = [words(1000 + tab), words(2000 + tab)];
  let blocks = 0;
  crypto.getRandomValues = (array) => {
    if (!(array instanceof Uint32Array) || array.length !== size) return real(array);
    const next = blocks++ === 1 ? portions : noise;
    for (let i = 0; i < size; i++) array[i] = next();
    return array;
  };
}

const filled =
  (next: () => number) =>
  (words: Uint32Array<ArrayBuffer>): void => {
    for (let i = 0; i < words.length; i++) words[i] = next();
  };

/** What the lab is given for such a tab: its key first, then noise from behind the block that tested the generator. */
class LikeTheTab extends RandomSource {
  readonly #portions: RandomSource;

  constructor(tab: number) {
    super(filled(seededWords(1000 + tab)));
    for (let i = 0; i < block; i++) this.u32();
    this.#portions = new RandomSource(filled(seededWords(2000 + tab)));
  }

  override bytes(length: number): Uint8Array<ArrayBuffer> {
    expect(length).toBe(portionKeyBytes);
    return this.#portions.bytes(length);
  }
}

async function openTab(context: BrowserContext, invitation: string, tab: number): Promise<void> {
  // A script that came from no address may not call a local one without leave.
  await context.grantPermissions(["local-network-access"]);
  await context.route(/worker-.*\.js$/, async (route) => {
    const answer = await route.fetch();
    const seeding = `(${seedBrowser})(${seededWords}, ${tab}, ${block});`;
    await route.fulfill({ response: answer, body: `${seeding}\n${await answer.text()}` });
  });
  const page = await context.newPage();
  // Twelve open at once.
  page.setDefaultTimeout(300_000);
  await page.goto(invitation);
  const file = { name: "own.csv", mimeType: "text/csv", buffer: Buffer.from(csvOf(tab)) };
  await page.getByTestId("file").setInputFiles(file);
  await page.getByTestId("consent").click();
}

async function byBrowserTabs({ cell, task }: Case): Promise<{ model: string; announcements: Announcements }> {
  const server = await serve({ port: 0, dataDir: join(mkdtempSync(join(tmpdir(), "murmur-")), "data") });
  const browser = await chromium.launch({ executablePath: await findBrowser(), args: launchArguments() });
  try {
    const run = await server.coordinator.launchTask(task, cell.seed);
    const { invitation } = run.detail();
    const contexts = await Promise.all(
      Array.from({ length: tabs }, () => browser.newContext({ serviceWorkers: "block" })),
    );
    await Promise.all(contexts.map((context, tab) => openTab(context, invitation, tab)));
    await expect.poll(() => run.detail().state, { timeout: 300_000, interval: 200 }).toBe("finished");
    expect(run.detail().rounds.map(({ survivors }) => survivors)).toEqual(Array(task.training.rounds + 2).fill(tabs));
    const { entries } = await checkLedger(await server.coordinator.exportLedger());
    const served = await pagesHash(await pagesIn(join(import.meta.dirname, "../dist/client")));
    for (const entry of entries) if (entry.kind === "announcement") expect(entry.pagesHash).toBe(served);
    const announcements = entries.flatMap((entry) =>
      entry.kind === "announcement" ? [fromHex(entry.announcementHash)] : [],
    );
    return { model: await hashParameters(run.parameters), announcements };
  } finally {
    await browser.close();
    await server.close();
  }
}

const cases: Record<string, Difference> = {
  "a record, of samples of rows": { epsilon: 4, privacy: { sampleRate: 0.5 } },
  "a participant": { epsilon: 50, privacy: { unit: "participant", clipNorm: 1 }, training: { localEpochs: 2 } },
};

test.skipIf(!device).each(Object.keys(cases))(
  "twelve tabs of a browser and the lab come to the same model: ε of %s",
  async (name) => {
    const played = caseOf(cases[name]!);
    const { model, announcements } = await byBrowserTabs(played);
    const generators = Array.from({ length: tabs }, (_, tab) => new LikeTheTab(tab));
    expect(await byTheLab(device!, played, generators, { announcements, masked: false })).toBe(model);
    // Who draws other noise comes to another model.
    const others = Array.from({ length: tabs }, (_, tab) => new LikeTheTab(tab === 3 ? 99 : tab));
    expect(await byTheLab(device!, played, others, { announcements, masked: false })).not.toBe(model);
  },
);
