/** A coordinator's first five minutes at the console, in both languages: sign in, launch, watch, stop. */
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { expectAccessible } from "./accessible.ts";
import { bankFiles, bankTask, type Serving, startServing } from "./serving.ts";

let serving: Serving;
test.beforeAll(async () => {
  serving = await startServing();
});
test.afterAll(() => serving.close());

const tabs = 3;

test("a wrong key does not open the console, and no call works without one", async ({ page, request }) => {
  for (const language of ["en", "zh"]) {
    await page.goto(`${serving.url}/console?lang=${language}`);
    await page.getByTestId("key").fill("wrong");
    await page.getByRole("button").first().click();
    await expect(page.getByRole("alert")).toBeVisible();
    await expectAccessible(page);
  }
  for (const path of ["", "/x", "/x/report", "/x/ledger", "/x/model"]) {
    expect((await request.get(`${serving.url}/api/runs${path}`)).status()).toBe(401);
  }
  expect((await request.post(`${serving.url}/api/runs`, { data: { yaml: "" } })).status()).toBe(401);
});

for (const language of ["en", "zh"] as const) {
  test(`an operator launches a task and watches it to its end (${language})`, async ({ page, browser }, info) => {
    const shot = (name: string) =>
      page.screenshot({ path: info.outputPath(`${name}-${language}.png`), fullPage: true });
    await page.goto(`${serving.url}/console?lang=${language}`);
    await shot("0-sign-in");
    if (language === "en") {
      await page.getByTestId("key").fill(serving.key);
      await page.getByRole("button").first().click();
    } else await page.goto(`${serving.url}/console?lang=${language}#key=${serving.key}`);
    await expect(page.getByTestId("launch")).toBeVisible();
    // The key is gone from the address as soon as it is read.
    expect(page.url()).not.toContain(serving.key);

    await page.getByTestId("yaml").fill("name: bank\npurpose: too short\nprivacy: { unit: row }\n");
    await expect(page.getByTestId("problems")).toContainText("privacy.unit");
    await expect(page.getByTestId("problems")).toContainText("3:");
    await expect(page.locator("#task-purpose-wrong")).toContainText(language === "en" ? "at least 10" : "至少 10");
    await page.getByTestId("launch").click();
    await expectAccessible(page);
    await shot("1-mistakes");

    // The form writes into the file and leaves its comments where they are; a mistake is said beside its field.
    // Without conditions, which so few rounds would not meet: then the model does not leave.
    await page.getByTestId("yaml").fill(bankTask(tabs, 9).replace(/^gates:\n( {2}- .*\n)+/m, ""));
    await page.getByRole("button", { name: language === "en" ? "Training" : "训练", exact: true }).click();
    await page.locator("#task-training-rounds").fill("none");
    await expect(page.locator("#task-training-rounds-wrong")).toBeVisible();
    await page.locator("#task-training-rounds").fill("4");
    await expect(page.locator("#task-training-rounds-wrong")).toHaveCount(0);
    await expect(page.getByTestId("yaml")).toHaveValue(/^ {2}rounds: 4$/m);
    await expect(page.getByTestId("yaml")).toHaveValue(/takes noise away/);
    await expect(page.getByTestId("preview")).toBeVisible();
    await expectAccessible(page);
    await shot("1-form");
    await page.getByTestId("launch").click();
    const invitation = await page.getByTestId("invitation").textContent();
    await expect(page.getByTestId("run-state")).toHaveAttribute("data-state", "waiting");
    await expect(page.getByTestId("troubles").getByRole("listitem")).toHaveCount(2);
    await expectAccessible(page);
    await shot("2-waiting");
    // Held, a run asks nothing, however many have come.
    const run = new URL(invitation!).searchParams.get("run")!;
    await page.getByRole("button", { name: language === "en" ? "Hold" : "暂停" }).click();
    await expect(page.getByTestId("run-state")).toHaveAttribute("data-state", "held");
    for (const file of bankFiles(tabs)) {
      const tab = await (await browser.newContext()).newPage();
      await tab.goto(invitation!);
      await tab.getByTestId("file").setInputFiles(file);
      await tab.getByTestId("consent").click();
    }
    await expect.poll(async () => (await serving.run(run)).connected).toBe(tabs);
    await expectAccessible(page);
    await shot("2-held");
    const held = await serving.run(run);
    expect([held.rounds, held.current]).toEqual([[], undefined]);
    await page.getByRole("button", { name: language === "en" ? "Resume" : "继续" }).click();
    await expect(page.getByTestId("run-state")).toHaveAttribute("data-state", "running");
    await shot("2-running");
    await expect(page.getByTestId("run-state")).toHaveAttribute("data-state", "finished", { timeout: 90_000 });
    await expect(page.locator(".chart canvas")).toHaveCount(7);
    await expectAccessible(page);
    await shot("2-finished");

    // Everything that can be taken home comes, and is not empty.
    const buttons = await page.getByTestId("downloads").getByRole("button").all();
    const files: string[] = [];
    for (const button of buttons) {
      const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
      expect(readFileSync(await download.path()).length).toBeGreaterThan(100);
      files.push(download.suggestedFilename());
    }
    expect(files).toContain("ledger.json");
    expect(files.some((name) => name.endsWith(".safetensors"))).toBe(true);
    expect(files.some((name) => name.endsWith(".html"))).toBe(true);
    await page.setViewportSize({ width: 360, height: 740 });
    // Charts follow the new width with the next frames.
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await shot("3-phone");
    await Promise.all(
      browser
        .contexts()
        .slice(1)
        .map((context) => context.close().catch(() => {})),
    );
  });
}

test("stopping asks first", async ({ page }) => {
  const run = await serving.launch(bankTask(tabs, 3));
  await page.goto(`${serving.url}/console?run=${run.run}#key=${serving.key}`);
  await expect(page.getByTestId("run-state")).toHaveAttribute("data-state", "waiting");
  await page.getByRole("button", { name: "Stop the run" }).click();
  await expect(page.getByRole("dialog")).toContainText("nothing revealed");
  await expectAccessible(page);
  await page.getByTestId("confirm").click();
  await expect(page.getByTestId("run-state")).toHaveAttribute("data-state", "stopped");
});

for (const language of ["en", "zh"] as const) {
  test(`runs stand side by side, with what differs in their tasks (${language})`, async ({ page }, info) => {
    const [short, long] = [await serving.launch(bankTask(tabs, 3)), await serving.launch(bankTask(tabs, 5))];
    await page.goto(`${serving.url}/console?lang=${language}#key=${serving.key}`);
    const compare = page.getByTestId("compare");
    for (const { run } of [short, long]) await compare.getByRole("checkbox", { name: run }).check();
    const rounds = compare.getByRole("row").filter({ hasText: "training.rounds" });
    await expect(rounds.getByRole("cell")).toHaveText(["3", "5"]);
    // All else is the same, so nothing else of the tasks is shown.
    await expect(compare.locator("th.mono", { hasText: "." })).toHaveCount(1);
    await expectAccessible(page);
    await page.screenshot({ path: info.outputPath(`4-compare-${language}.png`), fullPage: true });
  });
}

for (const language of ["en", "zh"] as const) {
  test(`a task waits for its reviewer, who signs on the page (${language})`, async ({ page }, info) => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const hex = publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex");
    const review = `review: { reviewers: [{ name: ethics board, key: "${hex}" }] }\n`;
    const run = await serving.launch(`${bankTask(tabs, 3)}\n${review}`);
    await page.goto(`${serving.url}/console?run=${run.run}&lang=${language}#key=${serving.key}`);
    await expect(page.getByTestId("run-state")).toHaveAttribute("data-state", "proposed");
    const sign = async (key: Buffer) => {
      await page.locator("input[name=key]").setInputFiles({ name: "key", mimeType: "text/plain", buffer: key });
      await page.locator("textarea[name=reasons]").fill("The promise and its reasons were read.");
      await page.getByTestId("sign").click();
    };
    // Somebody else's key is refused, in words.
    const stranger = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "der" });
    await sign(Buffer.from(stranger.toString("base64")));
    await expect(page.getByTestId("review").getByRole("alert")).toContainText(
      language === "en" ? "not signed" : "并非",
    );
    await expectAccessible(page);
    await page.screenshot({ path: info.outputPath(`5-review-${language}.png`), fullPage: true });
    await sign(Buffer.from(privateKey.export({ type: "pkcs8", format: "der" }).toString("base64")));
    await expect(page.getByTestId("run-state")).toHaveAttribute("data-state", "waiting");
    await expectAccessible(page);
  });
}
