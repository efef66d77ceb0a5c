/** A researcher's first five minutes at the lab: a grid, its frontier as it fills, its table narrowed down and taken away. */
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { expectAccessible } from "./accessible.ts";
import { type Serving, startServing } from "./serving.ts";

let serving: Serving;
test.beforeAll(async () => {
  serving = await startServing();
});
test.afterAll(() => serving.close());

for (const language of ["en", "zh"] as const) {
  test(`a researcher sweeps a grid and takes the table home (${language})`, async ({ page, request }, info) => {
    const shot = (name: string) =>
      page.screenshot({ path: info.outputPath(`${name}-${language}.png`), fullPage: true });
    for (const path of ["", "/examples"])
      expect((await request.get(`${serving.url}/api/lab${path}`)).status()).toBe(401);
    expect((await request.post(`${serving.url}/api/lab`, { data: { yaml: "" } })).status()).toBe(401);

    await page.goto(`${serving.url}/lab?lang=${language}`);
    await expect(page.getByTestId("key")).toBeVisible();
    await expectAccessible(page);
    await page.goto(`${serving.url}/lab?lang=${language}#key=${serving.key}`);
    await expect(page.getByTestId("grid")).toHaveValue(/bank-frontier/);
    await page.locator("#axis-epsilon").fill("2, much");
    await page.locator("#axis-rounds").fill("5");
    // What is being typed is not lost when the page hears of the job again.
    await page.locator("#axis-seeds").fill("1, 2");
    await page.waitForTimeout(2500);
    await expect(page.locator("#axis-seeds")).toHaveValue("1, 2");
    await expect(page.locator("form").getByRole("status")).toContainText(
      language === "en" ? "epsilon.1 is «much»" : "“much”",
    );
    await expectAccessible(page);
    await shot("1-mistake");
    await page.locator("#axis-epsilon").fill("0.5, inf");
    await page.locator("#axis-penalty").fill("none, demographic-parity");
    await page.locator("#axis-penalty").blur();
    await expect(page.getByTestId("cells")).toContainText("8");
    await expectAccessible(page);
    await shot("1-grid");
    // In one language on the processor, in the other on the coordinator's adapter.
    const onAdapter = language === "zh";
    if (onAdapter) await page.locator("form").getByRole("checkbox").check();
    await Promise.all([
      page.waitForResponse((response) => response.request().method() === "POST"),
      page.getByTestId("start").click(),
    ]);
    await expect(page.getByTestId("table")).toBeVisible();
    await expect(page.getByTestId("frontier")).toHaveAttribute("data-state", "finished");
    await expect(page.getByTestId("table").locator("tbody tr")).toHaveCount(8);

    // A band that lies between two cells' accuracies leaves one of them out.
    const { job } = await (
      await request.get(`${serving.url}/api/lab`, { headers: { authorization: `Bearer ${serving.key}` } })
    ).json();
    const accuracies = job.done.map(({ result }: { result: { accuracy: number } }) => result.accuracy).sort();
    const bound = (accuracies[0] + accuracies.find((x: number) => x > accuracies[0])) / 2;
    const above = accuracies.filter((x: number) => x >= bound).length;
    await page.getByTestId("table").locator("input").first().fill(String(bound));
    await page.getByTestId("table").locator("input").first().blur();
    await expect(page.getByTestId("table").locator("tbody tr")).toHaveCount(above);
    await expectAccessible(page);
    await shot("2-frontier");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "CSV" }).click(),
    ]);
    // What the page gives away is what the command writes, to the byte.
    const own = readFileSync(await download.path(), "utf8");
    expect(own.replaceAll("\r", "")).toBe(readFileSync(`${serving.folder}/lab/bank-frontier/results.csv`, "utf8"));

    // The same means as a map: two penalties by two budgets; a field a budget of how the accuracy came about.
    await expect(page.getByTestId("heat-map").locator("tbody td")).toHaveCount(4);
    await expect(page.getByTestId("learning").getByRole("img")).toHaveCount(2);
    await page.getByTestId("table").locator("tbody button").last().click();
    await expect(page.getByTestId("again")).toContainText(language === "en" ? "same to the last bit" : "逐位相同");
    await page.getByTestId("figure").selectOption("demographicParityDifference");
    const home = page.getByTestId("take-home");
    const taken = async (button: RegExp) => {
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        home.getByRole("button", { name: button }).first().click(),
      ]);
      return readFileSync(await file.path());
    };
    expect((await taken(/HTML/)).toString("utf8")).toContain(
      onAdapter ? "<td>f32 on " : "<td>float64 on the processor",
    );
    const against = language === "en" ? "Accuracy against ε" : "准确率随 ε 的变化";
    expect((await taken(new RegExp(`^${against}.*SVG`))).toString("utf8")).toMatch(/^<svg /);
    const png = await taken(new RegExp(`^${against}.*PNG`));
    expect(png.subarray(1, 4).toString("latin1")).toBe("PNG");
    // Width and height, big-endian behind the name of the first chunk; not a blank page.
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1440, 800]);
    expect(png.length).toBeGreaterThan(10_000);
    await expectAccessible(page);
    // A band drawn with the mouse narrows the table, and a click takes it away.
    const drawing = page.getByTestId("frontier").locator("svg.frontier");
    await drawing.scrollIntoViewIfNeeded();
    const plot = (await drawing.boundingBox())!;
    const middle = plot.x + plot.width / 2;
    await page.mouse.move(middle, plot.y + plot.height * 0.45);
    await page.mouse.down();
    await page.mouse.move(middle, plot.y + plot.height * 0.6, { steps: 4 });
    await page.mouse.up();
    await expect(page.locator(".band")).toBeVisible();
    await shot("3-figures");
    await page.mouse.click(middle, plot.y + plot.height / 2);
    await expect(page.locator(".band")).toHaveCount(0);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await shot("4-phone");
  });
}
