/** Every way in which a tab cannot go on, provoked: each has its page, which says what happened and what to do. */
import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { expectAccessible } from "./accessible.ts";
import { bankFiles, bankTask, type Serving, startServing } from "./serving.ts";

let serving: Serving;
test.beforeAll(async () => {
  serving = await startServing();
});
test.afterAll(() => serving.close());

test.use({ viewport: { width: 360, height: 740 } });

const tabs = 3;
const expectState = (page: Page, state: string) =>
  expect(page.getByTestId("state")).toHaveAttribute("data-state", state);

/** Serves the tab's worker with something changed in it: what happens in there no page script can reach. */
async function changeWorker(page: Page, change: (script: string) => string): Promise<void> {
  // A script that came from no address may not call a local one without leave.
  await page.context().grantPermissions(["local-network-access"]);
  await page.route(/worker-.*\.js$/, async (route) => {
    const answer = await route.fetch();
    const before = await answer.text();
    const after = change(before);
    expect(after).not.toBe(before);
    await route.fulfill({ response: answer, body: after });
  });
}

async function looksRight(page: Page, name: string): Promise<void> {
  for (const language of ["zh", "en"]) {
    await page.getByTestId("language").selectOption(language);
    await expectAccessible(page);
    await page.screenshot({ path: test.info().outputPath(`${name}-${language}.png`), fullPage: true });
  }
}

test("no WebGPU: which browsers have it", async ({ page }) => {
  await changeWorker(page, (script) => script.replaceAll("navigator.gpu", "undefined"));
  await page.goto((await serving.launch(bankTask(tabs, 3))).invitation);
  await expectState(page, "failed");
  await expect(page.getByTestId("ending")).toContainText("WebGPU");
  await expect(page.getByTestId("browsers").getByRole("row")).toHaveCount(6);
  await looksRight(page, "no-webgpu");
});

test("the adapter is lost, and the next one as well", async ({ page }) => {
  const losing = `{
    const request = GPUAdapter.prototype.requestDevice;
    GPUAdapter.prototype.requestDevice = async function (...wanted) {
      const device = await request.apply(this, wanted);
      device.destroy();
      return device;
    };
  }`;
  await changeWorker(page, (script) => `${losing}\n${script}`);
  await page.goto((await serving.launch(bankTask(tabs, 3))).invitation);
  await page.getByTestId("sample").click();
  await page.getByTestId("consent").click();
  await expectState(page, "failed");
  await expect(page.getByTestId("ending")).toContainText("lost the graphics processor");
  await expect(page.getByTestId("again")).toBeVisible();
  await looksRight(page, "adapter-lost");
});

test("a part of the page is out of reach: when a file is read, and when there is something to compute", async ({
  page,
}) => {
  const { invitation } = await serving.launch(bankTask(tabs, 3));
  for (const part of ["read", "answerer"]) {
    const asked = new RegExp(`/${part}-[^/]+\\.js$`);
    await page.route(asked, (route) => route.abort());
    await page.goto(invitation);
    await page.getByTestId("sample").click();
    if (part === "answerer") await page.getByTestId("consent").click();
    await expectState(page, "failed");
    await expect(page.getByTestId("ending")).toContainText("could not be loaded");
    await looksRight(page, `no-${part}`);
    await page.unroute(asked);
    await page.getByTestId("again").click();
    await expectState(page, "choosing");
  }
});

test("a version too old: the page is loaded anew", async ({ page }) => {
  await changeWorker(page, (script) => script.replaceAll(/\.protocol!==\d+/g, ".protocol!==1"));
  await page.goto((await serving.launch(bankTask(tabs, 3))).invitation);
  await expectState(page, "declined");
  await expect(page.getByTestId("ending")).toContainText("different versions");
  await looksRight(page, "version");
  await page.unrouteAll();
  await page.getByTestId("again").click();
  await expectState(page, "choosing");
});

test("an invitation that is in use in another tab, one that is wrong, and one of a run that is over", async ({
  context,
  page,
}) => {
  const run = await serving.launch(bankTask(tabs, 3));
  await page.goto(run.invitation);
  await expectState(page, "choosing");
  const second = await context.newPage();
  await second.goto(run.invitation);
  await expectState(second, "choosing");
  await expectState(page, "failed");
  await expect(page.getByTestId("ending")).toContainText("another tab");
  await looksRight(page, "in-use");
  await page.getByTestId("again").click();
  await expectState(page, "choosing");
  await expectState(second, "failed");
  await page.goto(`${serving.url}/?run=${run.run}&invite=wrong`);
  await expectState(page, "failed");
  await expect(page.getByTestId("ending")).toContainText("ask for a new one");
  await fetch(`${serving.url}/api/runs/${run.run}/stop`, {
    method: "POST",
    headers: { authorization: `Bearer ${serving.key}` },
  });
  await page.goto(run.invitation);
  await expectState(page, "failed");
  await expect(page.getByTestId("ending")).toContainText("already over");
});

/** Puts a charge into this browser's own account. */
const spend = (page: Page, family: string, noiseMultiplier: number, portions: string[]) =>
  page.evaluate(
    async ([taskHash, z, of]) => {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open("murmur");
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      const tx = db.transaction("charges", "readwrite");
      for (const portion of of) {
        const event = { noiseMultiplier: z, sampleRate: 1 };
        const charge = {
          family: taskHash,
          taskHash,
          round: 1,
          attempt: 1,
          question: "train",
          portion,
          event,
          honest: 1,
        };
        tx.objectStore("charges").add(charge);
      }
      await new Promise((resolve) => {
        tx.oncomplete = resolve;
      });
      db.close();
    },
    [family, noiseMultiplier, portions] as const,
  );

test("the budget is spent: at once where nothing fits any more, in the round that does not fit otherwise", async ({
  page,
  browser,
}) => {
  const run = await serving.launch(bankTask(tabs, 3));
  await page.goto(run.invitation);
  await expectState(page, "choosing");
  // What is left is less than any training round, but held-back rows could still be asked about.
  await spend(page, run.taskHash, 2.6, ["train"]);
  await page.getByTestId("sample").click();
  const contexts: BrowserContext[] = [];
  for (const file of bankFiles(tabs - 1)) {
    const context = await browser.newContext();
    contexts.push(context);
    const other = await context.newPage();
    await other.goto(run.invitation);
    await other.getByTestId("file").setInputFiles(file);
    await other.getByTestId("consent").click();
  }
  await page.getByTestId("consent").click();
  await expectState(page, "declined");
  await expect(page.getByTestId("ending")).toContainText("balance for this task is spent");
  await expect(page.getByTestId("balance")).toBeVisible();
  await looksRight(page, "budget-spent");
  await Promise.all(contexts.map((context) => context.close()));

  await spend(page, run.taskHash, 2, ["heldBack"]);
  const again = await page.context().newPage();
  await again.goto(run.invitation);
  await expectState(again, "declined");
  await expect(again.getByTestId("ending")).toContainText("balance for this task is spent");
});

test("offline: the page says so, and goes on by itself", async ({ page }) => {
  const other = await startServing();
  const run = await other.launch(bankTask(tabs, 3));
  await page.goto(run.invitation);
  await page.getByTestId("sample").click();
  await page.getByTestId("consent").click();
  await expectState(page, "waiting");
  await expect(page.getByTestId("offline")).toHaveCount(0);
  other.kill();
  await expect(page.getByTestId("offline")).toContainText("tries again by itself");
  await looksRight(page, "offline");
  await other.restart();
  await expect(page.getByTestId("offline")).toHaveCount(0);
  other.close();
});
