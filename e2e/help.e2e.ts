/** The guide pages: each is there in both languages, on a phone and on a desk, and nobody is shut out. */
import { expect, test } from "@playwright/test";
import { pageNames } from "../client/help/guide.ts";
import { expectAccessible } from "./accessible.ts";
import { type Serving, startServing } from "./serving.ts";

let serving: Serving;
test.beforeAll(async () => {
  serving = await startServing();
});
test.afterAll(() => serving.close());

for (const language of ["en", "zh"] as const) {
  test(`every guide page is complete (${language})`, async ({ page }, info) => {
    await page.goto(`${serving.url}/help?lang=${language}`);
    for (const name of pageNames) {
      await page.locator(`nav a[href="#${name}"]`).click();
      await expect(page.locator(`nav a[href="#${name}"]`)).toHaveAttribute("aria-current", "page");
      await expect(page.locator("article .card")).not.toHaveCount(0);
      await page.setViewportSize({ width: 360, height: 740 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(360);
      await expectAccessible(page);
      if (language === "en") await page.setViewportSize({ width: 1280, height: 800 });
      await page.screenshot({ path: info.outputPath(`${name}-${language}.png`), fullPage: true });
      await page.setViewportSize({ width: 1280, height: 800 });
    }
    // The fields are the schema's own.
    await page.goto(`${serving.url}/help?lang=${language}#task-file`);
    const schema = await (await page.request.get(`${serving.url}/task.schema.json`)).json();
    await expect(page.locator("article h2 code")).toHaveText(Object.keys(schema.properties));
    await expect(page.getByRole("rowheader", { name: "fairness.also[].penalty", exact: true })).toBeVisible();
  });
}
