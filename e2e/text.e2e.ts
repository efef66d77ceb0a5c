/** Six browser tabs with messages of their own learn to tell spam, and one tries the model on words it writes. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import Papa from "papaparse";
import { type Serving, startServing } from "./serving.ts";

const original = join(process.env.MURMUR_TEST_DATA ?? "", "sms-spam", "SMSSpamCollection");
const there = process.env.MURMUR_TEST_DATA !== undefined && existsSync(original);

const tabs = 6;
const messagesEach = 24;

const task = readFileSync(join(import.meta.dirname, "../tasks/sms-spam.yaml"), "utf8")
  .replace(/minimum: \d+/, `minimum: ${tabs}`)
  .replace(/maximum: \d+/, `maximum: ${tabs}`)
  .replace(/tokens: \d+/, "tokens: 24")
  .replace(/epsilon: \d+/, "epsilon: 8")
  .replace(/\{ metric: epsilon, atMost: \d+ \}/, "{ metric: epsilon, atMost: 8 }")
  .replace(/rounds: \d+/, "rounds: 4")
  .replace(/learningRate: [\d.]+/, "learningRate: 4");

/** Messages of the canonical collection, spam and others in turn, so that few are enough. */
function files() {
  const lines = readFileSync(original, "utf8").split("\n");
  const of = (label: string) =>
    lines.filter((line) => line.startsWith(`${label}\t`)).map((line) => line.split("\t")[1]!);
  const [spam, ham] = [of("spam"), of("ham")];
  return Array.from({ length: tabs }, (_, tab) => {
    const rows = Array.from({ length: messagesEach }, (_, i) => {
      const at = (tab * messagesEach + i) >> 1;
      return i % 2 === 0 ? { label: "spam", text: spam[at]! } : { label: "ham", text: ham[at]! };
    });
    return { name: `messages-${tab + 1}.csv`, mimeType: "text/csv", buffer: Buffer.from(Papa.unparse(rows)) };
  });
}

const expectState = (page: Page, state: string) =>
  expect(page.getByTestId("state")).toHaveAttribute("data-state", state, { timeout: 240_000 });

test.describe("a task that reads texts", () => {
  test.skip(!there, "needs MURMUR_TEST_DATA, a folder with sms-spam/SMSSpamCollection");
  let serving: Serving;
  test.beforeAll(async () => {
    serving = await startServing();
  });
  test.afterAll(() => serving.close());

  test("six tabs learn, one tries the model on its own words", async ({ browser }, info) => {
    test.setTimeout(400_000);
    const run = await serving.launch(task);
    const contexts = await Promise.all(Array.from({ length: tabs }, () => browser.newContext()));
    const pages = await Promise.all(contexts.map((context) => context.newPage()));
    const sent: string[] = [];
    const [page] = pages as [Page];
    page.on("request", (request) => sent.push(`${request.method()} ${request.url()} ${request.postData() ?? ""}`));
    await Promise.all(
      files().map(async (file, i) => {
        const own = pages[i]!;
        await own.goto(`${run.invitation}${i === 0 ? "&lang=zh" : ""}`);
        await own.getByTestId("file").setInputFiles(file);
        await expect(own.getByTestId("consent")).toBeVisible({ timeout: 60_000 });
        await own.getByTestId("consent").click();
      }),
    );
    await expectState(page, "finished");
    const detail = await serving.run(run.run);
    expect([detail.state, detail.rounds.at(-1)!.question]).toEqual(["finished", "evaluate"]);
    await page.screenshot({ path: info.outputPath("text-finished-zh.png"), fullPage: true });

    const tried = page.getByTestId("try-text");
    const words = "URGENT! You have won a free prize, call now to claim your cash";
    await tried.getByRole("textbox").fill(words);
    await tried.getByRole("button").click();
    await expect(tried.locator(".problems").or(tried.getByTestId("tried"))).toContainText("spam", { timeout: 120_000 });
    expect(await tried.getByRole("listitem").count()).toBeGreaterThan(2);
    await page.screenshot({ path: info.outputPath("text-tried-zh.png"), fullPage: true });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    // Nothing that was written, and nothing of the file, is in any request.
    expect(sent.filter((line) => /prize|WINNER|messages-1/i.test(line))).toEqual([]);
    expect(sent.some((line) => line.includes("/encoders/"))).toBe(true);
    await Promise.all(contexts.map((context) => context.close()));
  });
});
