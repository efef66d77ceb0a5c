/** The pages are those that were built: a script changed on its way is not run, and the ledger knows what was served. */
import { expect, test } from "@playwright/test";
import { pagesAt, pagesHash, pagesIn } from "../coordinator/pages.ts";
import { startServing } from "./serving.ts";

test("a script that was changed on its way is not run", async ({ page }) => {
  const serving = await startServing();
  const built = await pagesIn("dist/client");
  expect(await pagesHash(await pagesAt(serving.url))).toBe(await pagesHash(built));
  await page.goto(serving.url);
  await expect(page.getByRole("heading").first()).toBeVisible();
  await page.route(/participant-.*\.js$/, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: `${await answer.text()}\n;document.title = "mine";` });
  });
  const refused = page.waitForEvent("console", (message) => /integrity/.test(message.text()));
  await page.goto(serving.url);
  await refused;
  expect(await page.title()).not.toBe("mine");
  await expect(page.getByRole("heading")).toHaveCount(0);
  serving.close();
});
