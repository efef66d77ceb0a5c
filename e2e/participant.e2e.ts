/** A participant's first five minutes, in both languages: invitation, data, consent, rounds, the end. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { checkLedger } from "../shared/ledger/file.ts";
import { checkProof } from "../shared/ledger/proof.ts";
import { expectAccessible } from "./accessible.ts";
import { bankFiles, bankTask, type Serving, startServing } from "./serving.ts";

let serving: Serving;
test.beforeAll(async () => {
  serving = await startServing();
});
test.afterAll(() => serving.close());

const tabs = 3;

/** What must hold on every page: nothing foreign is asked for, nothing is reported, nobody is shut out. */
function watchPage(page: Page): { foreign: string[]; errors: string[] } {
  const seen = { foreign: [] as string[], errors: [] as string[] };
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== serving.url) seen.foreign.push(request.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error") seen.errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.errors.push(error.message));
  return seen;
}

const expectState = (page: Page, state: string) =>
  expect(page.getByTestId("state")).toHaveAttribute("data-state", state);

for (const language of ["en", "zh"] as const) {
  test(`a participant joins with a file, trains, and sees what left the tab (${language})`, async ({
    browser,
  }, info) => {
    const run = await serving.launch(bankTask(tabs, 3));
    const files = bankFiles(tabs);
    const contexts: BrowserContext[] = await Promise.all(
      files.map((_, i) =>
        browser.newContext({ viewport: i === 0 ? { width: 360, height: 740 } : { width: 1280, height: 800 } }),
      ),
    );
    const pages = await Promise.all(contexts.map((context) => context.newPage()));
    const page = pages[0]!;
    const seen = watchPage(page);
    const shot = (name: string) =>
      page.screenshot({ path: info.outputPath(`${name}-${language}.png`), fullPage: true });

    await page.goto(`${serving.url}/?lang=${language}`);
    await expect(page.locator("main")).toBeVisible();
    await expectAccessible(page);
    await shot("0-open");
    await page.goto(`${run.invitation}&lang=${language}`);
    await expectState(page, "choosing");
    await expect(page.locator("html")).toHaveAttribute("lang", language === "zh" ? "zh-CN" : "en");
    await expect(page.getByText(language === "zh" ? "定期存款" : "open a term deposit")).toBeVisible();
    await expect(page.locator(".weak")).toBeVisible();
    await expectAccessible(page);
    await shot("1-join");

    // A file without the task's columns is refused by name, and another may be chosen.
    await page
      .getByTestId("file")
      .setInputFiles({ name: "wrong.csv", mimeType: "text/csv", buffer: Buffer.from("a,b\n1,2\n") });
    await expect(page.getByRole("alert")).toContainText("age");
    // The invitation, for another device: its code and its address.
    await page
      .getByText(language === "en" ? "another device" : "另一台设备")
      .first()
      .click();
    await expect(page.getByTestId("invitation")).toContainText(`run=${run.run}`);
    await expectAccessible(page);
    await shot("1-refused");
    await page.getByTestId("file").setInputFiles(files[0]!);
    await expectState(page, "consenting");
    await expect(page.getByText("customers-1.csv")).toBeVisible();
    await expect(page.getByText("duration").first()).toBeVisible();
    await expectAccessible(page);
    await shot("2-look");
    expect((await serving.run(run.run)).current).toBeUndefined();

    for (const [i, other] of pages.slice(1).entries()) {
      await other.goto(run.invitation);
      await other.getByTestId("file").setInputFiles(files[i + 1]!);
      await other.getByTestId("consent").click();
    }
    await page.getByTestId("consent").click();
    await expect(page.getByTestId("sent")).toBeVisible();
    await expect(page.getByRole("region", { name: language === "en" ? "last answer" : "上一份答复" })).toBeVisible();
    await page.locator(".stations button").nth(1).click();
    await expectAccessible(page);
    await shot("3-train");
    await expectState(page, "finished");
    const detail = await serving.run(run.run);
    expect(detail.state).toBe("finished");
    const asked = detail.rounds.map((r) => r.question);
    expect(asked.filter((question) => question !== "tree")).toEqual(
      "profile train train train moments explain evaluate".split(" "),
    );
    await expect(page.getByTestId("vectors").locator("tbody tr")).toHaveCount(Math.min(8, asked.length));
    // What is shown as having left is what the coordinator's hash is of, and the bytes shown are those of the file.
    await page.getByText(language === "en" ? "byte by byte" : "逐字节").click();
    const [bytes] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: language === "en" ? "these bytes" : "这些字节" }).click(),
    ]);
    const left = readFileSync(await bytes.path());
    await expect(page.getByTestId("vectors").locator("tbody tr").first()).toContainText(
      createHash("sha256").update(left).digest("hex").slice(0, 16),
    );
    const first = left
      .subarray(0, 8)
      .toString("hex")
      .replace(/..(?=.)/g, "$& ");
    await expect(page.locator(".hex")).toContainText(`0000  ${first}`);
    await page.getByTestId("traffic").locator("summary").click();
    const pieces = page.getByTestId("traffic").getByRole("row", { name: /^piece/ });
    await expect(pieces.getByRole("cell").first()).toHaveText(String(asked.length));
    await expectAccessible(page);
    await shot("4-finished");

    // One's own row, explained where it is: every column has its part, and a change that is proposed touches no group.
    const own = page.getByTestId("own-row");
    await own.getByRole("spinbutton").fill("7");
    await own.getByRole("button").click();
    await expect(own.locator("tbody tr")).toHaveCount(detail.task.data.features.length);
    // Of a linear model all ways but LIME's, which counts in probability, give its Shapley values, as far as is shown.
    const told = own.getByTestId("told");
    const sizes = async () => {
      const rows = await own.locator("tbody tr").all();
      const cells = await Promise.all(rows.map((row) => row.locator("th, .number").allTextContents()));
      return new Map(cells.map(([column, effect]) => [column!, Number(effect!.trim().split(/\s+/).at(-1))]));
    };
    await expect(told).toHaveAttribute("data-method", "kernel-shap");
    const byKernel = await sizes();
    await expect(own.getByRole("combobox").locator("option")).toHaveCount(4);
    for (const method of ["permutation-shap", "lime", "integrated-gradients"]) {
      await own.getByRole("combobox").selectOption(method);
      await own.getByRole("button").click();
      await expect(told).toHaveAttribute("data-method", method);
      const found = await sizes();
      const furthest = Math.max(...[...byKernel].map(([column, size]) => Math.abs(size - found.get(column)!)));
      if (method === "lime") expect(furthest).toBeGreaterThan(0.02);
      else expect(furthest).toBeLessThan(0.02);
    }
    await expect(own.getByRole("listitem").filter({ hasText: /marital|age/ })).toHaveCount(0);
    // Nothing is wider than a phone.
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await expectAccessible(page);
    await shot("5-own-row");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: language === "zh" ? "收录证明" : "proof of inclusion" }).click(),
    ]);
    const proof = JSON.parse(readFileSync(await download.path(), "utf8"));
    const { entry, problems } = await checkProof(proof);
    expect(problems).toEqual([]);
    expect(entry).toMatchObject({ kind: "end", run: run.run, modelHash: detail.modelHash });
    expect(seen).toEqual({ foreign: [], errors: [] });
    await Promise.all(contexts.map((context) => context.close()));
  });
}

for (const language of ["en", "zh"] as const)
  test(`leaving says what it means, and nothing more leaves the tab (${language})`, async ({ page }, info) => {
    const run = await serving.launch(bankTask(tabs, 3));
    await page.goto(`${run.invitation}&lang=${language}`);
    await page.getByTestId("sample").click();
    await expectState(page, "consenting");
    await page.getByTestId("consent").click();
    await expectState(page, "waiting");
    await page.getByTestId("leave").click();
    await expect(page.getByRole("dialog")).toContainText(language === "en" ? "balance is kept" : "余额");
    await expectAccessible(page);
    await page.screenshot({ path: info.outputPath(`leave-${language}.png`) });
    await page.getByTestId("confirm").click();
    await expectState(page, "left");
    await expectAccessible(page);
    await page.screenshot({ path: info.outputPath(`left-${language}.png`), fullPage: true });
    await expect.poll(async () => (await serving.run(run.run)).connected).toBe(0);
  });

test("a file with other column names is read as its owner says", async ({ page }, info) => {
  const run = await serving.launch(bankTask(tabs, 3));
  const [file] = bankFiles(tabs);
  const text = file!.buffer.toString().replace("age,job,marital", "Age (years),Occupation,Marital_Status");
  await page.goto(run.invitation);
  await page.getByTestId("file").setInputFiles({ ...file!, buffer: Buffer.from(text) });
  const columns = page.getByTestId("columns");
  await expect(columns.locator("#column-age")).toHaveValue("Age (years)");
  await expect(columns.locator("#column-marital")).toHaveValue("Marital_Status");
  await expect(columns.locator("#column-job")).toHaveValue("");
  await expectAccessible(page);
  await page.screenshot({ path: info.outputPath("columns.png"), fullPage: true });
  await columns.locator("#column-job").selectOption("Occupation");
  await columns.getByRole("button").click();
  await expectState(page, "consenting");
  await expect(page.getByText("1,507 rows")).toBeVisible();
});

test("a paused tab declines and gives its seat up, and the run waits for it", async ({ page, browser }, info) => {
  const run = await serving.launch(bankTask(tabs, 40));
  const others = await Promise.all(
    bankFiles(tabs - 1).map(async (file) => {
      const other = await (await browser.newContext()).newPage();
      await other.goto(run.invitation);
      await other.getByTestId("file").setInputFiles(file);
      await other.getByTestId("consent").click();
      return other;
    }),
  );
  await page.goto(run.invitation);
  await page.getByTestId("sample").click();
  await page.getByTestId("consent").click();
  await expect(page.getByTestId("sent")).toBeVisible();
  await page.getByTestId("pause").click();
  await expect(page.getByTestId("resting")).toContainText("given its seat up");
  await expect.poll(async () => (await serving.run(run.run)).connected).toBe(tabs - 1);
  await expect.poll(async () => (await serving.run(run.run)).state).toBe("waiting");
  const { rounds } = await serving.run(run.run);
  // It left between two rounds: none that it was in lost it.
  expect(rounds.filter((record) => Object.keys(record.dropped).length > 0)).toEqual([]);
  expect(rounds.filter((record) => record.state === "aborted").length).toBeLessThanOrEqual(1);
  await expectAccessible(page);
  await page.screenshot({ path: info.outputPath("paused.png"), fullPage: true });
  await page.getByTestId("pause").click();
  await expect.poll(async () => (await serving.run(run.run)).roundsDone).toBeGreaterThan(rounds.length);
  await Promise.all(others.map((other) => other.context().close()));
});

test("only while charging: on battery the tab rests, and goes on when it is plugged in", async ({ page }) => {
  await page.addInitScript(() => {
    const battery = Object.assign(new EventTarget(), { charging: false });
    Object.assign(navigator, { getBattery: async () => battery });
    Object.assign(window, {
      plug: (charging: boolean) => {
        battery.charging = charging;
        battery.dispatchEvent(new Event("chargingchange"));
      },
    });
  });
  const run = await serving.launch(bankTask(tabs, 3));
  await page.goto(run.invitation);
  await page.getByTestId("sample").click();
  await page.getByTestId("consent").click();
  await expectState(page, "waiting");
  await page.getByText("When and how hard").click();
  await page.getByTestId("charging").check();
  await expect(page.getByTestId("resting")).toContainText("charged");
  await expect.poll(async () => (await serving.run(run.run)).connected).toBe(0);
  const plug = (charging: boolean) =>
    page.evaluate((now) => (window as unknown as { plug(now: boolean): void }).plug(now), charging);
  await plug(true);
  await expect(page.getByTestId("resting")).toHaveCount(0);
  await expect.poll(async () => (await serving.run(run.run)).connected).toBe(1);
  // Who left stays away, whatever the device does.
  await page.getByTestId("leave").click();
  await page.getByTestId("confirm").click();
  await expectState(page, "left");
  await plug(false);
  await plug(true);
  await page.waitForTimeout(1000);
  expect((await serving.run(run.run)).connected).toBe(0);
});

/** What an only-when-idle tab does while somebody is there, and once nobody is. */
async function restsWhileUsed(page: Page, away: () => Promise<void>): Promise<void> {
  const run = await serving.launch(bankTask(tabs, 3));
  await page.goto(run.invitation);
  await page.getByTestId("sample").click();
  await page.getByTestId("consent").click();
  await expectState(page, "waiting");
  const connected = async () => (await serving.run(run.run)).connected;
  await expect.poll(connected).toBe(1);
  await page.getByText("When and how hard").click();
  await page.getByTestId("idle").check();
  await expect(page.getByTestId("resting")).toContainText("while you use");
  await expect.poll(connected).toBe(0);
  await away();
  await expect(page.getByTestId("resting")).toHaveCount(0);
  await expect.poll(connected).toBe(1);
}

test("only when idle: while somebody uses this page the tab rests, and a minute after them it goes on", async ({
  page,
}) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, "IdleDetector"));
  await page.clock.install();
  await restsWhileUsed(page, () => page.clock.fastForward(61_000));
  await page.keyboard.press("Shift");
  await expect(page.getByTestId("resting")).toContainText("while you use");
});

test("only when idle: where the browser tells of the whole device, that counts, and a locked screen is idle", async ({
  page,
}) => {
  await page.addInitScript(() => {
    class FakeDetector extends EventTarget {
      static requestPermission = async () => "granted";
      userState = "active";
      screenState = "unlocked";
      start = async () => {
        Object.assign(window, { detector: this });
        this.dispatchEvent(new Event("change"));
      };
    }
    Object.assign(window, { IdleDetector: FakeDetector });
  });
  await restsWhileUsed(page, () =>
    page.evaluate(() => {
      const { detector } = window as unknown as { detector: EventTarget & { screenState: string } };
      detector.screenState = "locked";
      detector.dispatchEvent(new Event("change"));
    }),
  );
});

test("the screen stays on while the tab takes part, unless its owner wants otherwise", async ({ page }) => {
  await page.addInitScript(() => {
    const held = { now: 0, ever: 0 };
    Object.assign(window, { held });
    const request = async () => {
      held.now++;
      held.ever++;
      return { release: async () => void held.now-- };
    };
    Object.defineProperty(navigator, "wakeLock", { value: { request } });
  });
  const held = () => page.evaluate(() => (window as unknown as { held: { now: number; ever: number } }).held);
  const run = await serving.launch(bankTask(tabs, 3));
  await page.goto(run.invitation);
  await page.getByTestId("sample").click();
  await expectState(page, "consenting");
  expect(await held()).toEqual({ now: 0, ever: 0 });
  await page.getByTestId("consent").click();
  await expect.poll(async () => (await held()).now).toBe(1);
  await page.getByTestId("pause").click();
  await expect.poll(async () => (await held()).now).toBe(0);
  await page.getByTestId("pause").click();
  await expect.poll(async () => (await held()).now).toBe(1);
  await page.getByText("When and how hard").click();
  await page.getByTestId("awake").uncheck();
  await expect.poll(async () => (await held()).now).toBe(0);
  await page.getByTestId("awake").check();
  await page.getByTestId("leave").click();
  await page.getByTestId("confirm").click();
  await expect.poll(async () => (await held()).now).toBe(0);
});

test("who leaves while paused is told to the coordinator, which notes a withdrawal and no name", async ({
  page,
  request,
}) => {
  const run = await serving.launch(bankTask(tabs, 3));
  await page.goto(run.invitation);
  await page.getByTestId("sample").click();
  await page.getByTestId("consent").click();
  await expectState(page, "waiting");
  await page.getByTestId("pause").click();
  await expect.poll(async () => (await serving.run(run.run)).connected).toBe(0);
  await page.getByTestId("leave").click();
  await page.getByTestId("confirm").click();
  await expectState(page, "left");
  const ledger = async () => {
    const answer = await request.get(`${serving.url}/api/runs/${run.run}/ledger`, {
      headers: { authorization: `Bearer ${serving.key}` },
    });
    return (await checkLedger(await answer.json())).entries;
  };
  await expect
    .poll(async () => (await ledger()).filter((entry) => entry.kind === "withdrawal" && entry.run === run.run).length)
    .toBe(1);
});
