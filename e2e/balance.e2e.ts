/** The tab's account, and what it has answered, in a real browser's storage: two tabs at once, and a browser that is killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, expect, type Page, test } from "@playwright/test";
import { build } from "vite";
import type { Journal } from "../client/worker/journal.ts";
import { findBrowser, launchArguments } from "../setup/browser.mjs";
import { admit, type Charge } from "../shared/privacy/balance.ts";

const family = "ab";
const budget = { epsilon: 3, delta: 1e-5 };
const chargeOf = (round: number): Charge => ({
  taskHash: family,
  round,
  attempt: 1,
  question: "train",
  portion: "train",
  event: { noiseMultiplier: 8, sampleRate: 1 },
  honest: 4,
});

/** How many such charges the budget bears. */
const most = (() => {
  const charges: Charge[] = [];
  while (admit(charges, chargeOf(charges.length), budget).admitted) charges.push(chargeOf(charges.length));
  return charges.length;
})();

let script = "";
test.beforeAll(async () => {
  const entry = join(import.meta.dirname, "../client/worker/journal.ts");
  const built = await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, target: "es2022", lib: { entry, formats: ["es"], fileName: "journal" } },
  });
  const [output] = [built].flat() as { output: { code: string }[] }[];
  script = output!.output[0]!.code;
});

declare global {
  interface Window {
    journal: Journal;
  }
}

/** A tab with the journal and nothing else; localhost, because storage and locks need a secure origin. */
async function openTab(context: BrowserContext): Promise<Page> {
  await context.route("http://localhost:9/**", (route) =>
    route.request().url().endsWith(".js")
      ? route.fulfill({ contentType: "text/javascript", body: script })
      : route.fulfill({ contentType: "text/html", body: "<!doctype html><title>journal</title>" }),
  );
  const page = await context.newPage();
  await page.goto("http://localhost:9/");
  await page.evaluate(async () => {
    const { openJournal } = await import("http://localhost:9/journal.js" as string);
    window.journal = await openJournal();
  });
  return page;
}

/** So many charges at once. @returns how many were admitted */
const chargeAtOnce = (page: Page, charges: Charge[]) =>
  page.evaluate(
    async ([family, charges, budget]) => {
      const answers = await Promise.all(charges.map((charge) => window.journal.charge(family, charge, budget)));
      return answers.filter(({ admitted }) => admitted).length;
    },
    [family, charges, budget] as const,
  );

const kept = (page: Page, of = family) => page.evaluate((of) => window.journal.charges(of), of);

for (const locks of ["with Web Locks", "without"]) {
  test(`two tabs that charge at the same time get together what the budget bears, ${locks}`, async ({ browser }) => {
    const context = await browser.newContext();
    if (locks === "without")
      await context.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, "locks") as never);
    const tabs = [await openTab(context), await openTab(context)];
    expect(await tabs[0]!.evaluate(() => "locks" in navigator)).toBe(locks !== "without");
    const asked = Array.from({ length: most }, (_, round) => chargeOf(round));
    const admitted = await Promise.all(tabs.map((tab) => chargeAtOnce(tab, asked)));
    expect(most).toBeGreaterThan(10);
    expect(admitted[0]! + admitted[1]!).toBe(most);
    expect(await kept(tabs[1]!)).toHaveLength(most);
    // Another family has an account of its own, and a reload forgets nothing.
    await tabs[0]!.close();
    const again = await openTab(context);
    expect(await chargeAtOnce(again, [chargeOf(0)])).toBe(0);
    expect(await kept(again, "cd")).toEqual([]);
    await context.close();
  });
}

test("what a charge returned is there after the browser was killed, and the budget still holds", async () => {
  const folder = mkdtempSync(join(tmpdir(), "murmur-profile-"));
  let child: ChildProcess | undefined;
  try {
    let admitted = 0;
    for (const killAfter of [3, 9, undefined]) {
      child = await startBrowser(folder);
      const browser = await chromium.connectOverCDP(`http://127.0.0.1:${await portOf(folder)}`);
      const page = await openTab(browser.contexts()[0]!);
      const before = await kept(page);
      expect(before.length).toBeGreaterThanOrEqual(admitted);
      expect(before.length).toBeLessThanOrEqual(most);
      let told = before.length;
      const enough = new Promise<void>((resolve) => {
        void page.exposeFunction("tell", () => {
          told++;
          if (told === killAfter) resolve();
        });
      });
      await expect.poll(() => page.evaluate(() => "tell" in window)).toBe(true);
      const charging = page.evaluate(
        async ([family, charge, budget, times]) => {
          for (let round = 0; round < times; round++) {
            const { admitted } = await window.journal.charge(family, { ...charge, round }, budget);
            if (admitted) await (window as unknown as { tell(): Promise<void> }).tell();
          }
        },
        [family, chargeOf(0), budget, most + 1] as const,
      );
      const isUnderWay = await Promise.race([enough.then(() => true), charging.then(() => false)]);
      expect(isUnderWay).toBe(killAfter !== undefined);
      charging.catch(() => {});
      admitted = told;
      if (killAfter === undefined) {
        expect(await kept(page)).toHaveLength(most);
        expect(told).toBeLessThanOrEqual(most);
      }
      process.kill(-child.pid!, "SIGKILL");
      await new Promise((resolve) => child!.once("exit", resolve));
      await browser.close().catch(() => {});
    }
  } finally {
    if (child?.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
});

const steps = Array.from({ length: 20 }, (_, i) => `unmask/${i}`);
/** Which of the steps this tab may answer, all asked for at once. */
const claimAll = (page: Page) =>
  page.evaluate(
    async (steps) => (await Promise.all(steps.map((step) => window.journal.claim(step)))).filter(Boolean),
    steps,
  );

test("[4] a step is answered once: by one of two tabs, not after a reload, nor after the browser was killed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "murmur-profile-"));
  let child: ChildProcess | undefined;
  try {
    for (const isFirst of [true, false]) {
      child = await startBrowser(folder);
      const browser = await chromium.connectOverCDP(`http://127.0.0.1:${await portOf(folder)}`);
      const context = browser.contexts()[0]!;
      const tabs = [await openTab(context), await openTab(context)];
      const claimed = await Promise.all(tabs.map(claimAll));
      expect(claimed.flat()).toHaveLength(isFirst ? steps.length : 0);
      await tabs[0]!.close();
      expect(await claimAll(await openTab(context))).toEqual([]);
      process.kill(-child.pid!, "SIGKILL");
      await new Promise((resolve) => child!.once("exit", resolve));
      await browser.close().catch(() => {});
    }
  } finally {
    if (child?.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
});

/** A browser with a profile on disk, in a process group of its own. */
async function startBrowser(folder: string): Promise<ChildProcess> {
  rmSync(join(folder, "DevToolsActivePort"), { force: true });
  const flags = ["--headless", "--remote-debugging-port=0", `--user-data-dir=${folder}`, "--no-first-run"];
  return spawn(await findBrowser(), [...launchArguments(), ...flags, "about:blank"], {
    detached: true,
    stdio: "ignore",
  });
}

async function portOf(folder: string): Promise<number> {
  const file = join(folder, "DevToolsActivePort");
  await expect.poll(() => existsSync(file) && readFileSync(file, "utf8").length > 0).toBe(true);
  return Number(readFileSync(file, "utf8").split("\n")[0]);
}
