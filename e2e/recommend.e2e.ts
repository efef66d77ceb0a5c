/** Persons bring files of choices, see what the tab made of them with the task's catalogue, and are recommended something. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import Papa from "papaparse";
import { chooser, filmTask } from "../shared/recommend/testing/films.ts";
import { bytes, films, sha256 } from "./film-catalogue.ts";
import { startServing } from "./serving.ts";
import { tap } from "./wiretap.ts";

const tabs = 6;

async function servingFilms() {
  const serving = await startServing();
  const encoders = join(serving.folder, "encoders");
  mkdirSync(encoders, { recursive: true });
  writeFileSync(join(encoders, `${sha256}.safetensors`), bytes);
  return serving;
}

const fileOf = (rows: object[]) => ({
  name: "films.csv",
  mimeType: "text/csv",
  buffer: Buffer.from(Papa.unparse(rows)),
});

test("six persons learn, one is recommended what they did not choose", async ({ browser }, info) => {
  const serving = await servingFilms();
  const privacy = { unit: "participant", epsilon: 100, delta: 1e-2, clipNorm: 2, profileShare: 0.5 };
  const run = await serving.launch(JSON.stringify(filmTask(sha256, films.ids.length, { privacy })));
  const contexts = await Promise.all(Array.from({ length: tabs }, () => browser.newContext()));
  const pages = await Promise.all(contexts.map((context) => context.newPage()));
  await Promise.all(
    pages.map(async (page, i) => {
      await page.goto(run.invitation);
      await page.getByTestId("file").setInputFiles(fileOf(chooser(films, i % 2, 12, i)));
      await page.getByTestId("consent").click();
    }),
  );
  const [page] = pages as [(typeof pages)[0]];
  await expect(page.getByTestId("state")).toHaveAttribute("data-state", "finished", { timeout: 240_000 });
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.getByTestId("recommended").getByRole("button").click();
  const told = page.getByTestId("tried").getByRole("listitem");
  await expect(told).toHaveCount(10);
  const own = chooser(films, 0, 12).map(({ film }) => films.titles[films.places.get(film!)!]!);
  const titles = await told.allTextContents();
  expect(titles.filter((title) => own.includes(title) || !films.titles.includes(title))).toEqual([]);
  // A part of the page may be fetched for it, and nothing else is said to anybody.
  expect(asked.filter((url) => !/\/assets\/[\w.-]+\.js$/.test(url))).toEqual([]);
  await page.screenshot({ path: info.outputPath("recommended.png"), fullPage: true });
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);

  await page.goto(`${serving.url}/console?run=${run.run}#key=${serving.key}`);
  await expect(page.getByTestId("ranking-report")).toContainText("HR@10");
  await page.screenshot({ path: info.outputPath("ranking-report.png"), fullPage: true });
  await Promise.all(contexts.map((context) => context.close()));
  serving.close();
});

for (const [language, known, tooFew] of [
  ["en", "knows 15 of them", "fewer than three choices that the catalogue knows"],
  ["zh", "认识其中 15 个", "目录认识的选择少于三个"],
] as const) {
  test(`a file of choices is understood with the catalogue (${language})`, async ({ page }, info) => {
    const serving = await servingFilms();
    const run = await serving.launch(JSON.stringify(filmTask(sha256, films.ids.length)));
    const wire = await tap(serving.url);
    await page.goto(`${run.invitation.replace(new URL(run.invitation).origin, wire.url)}&lang=${language}`);
    const choose = (rows: object[]) => page.getByTestId("file").setInputFiles(fileOf(rows));

    const unknown = Array.from({ length: 12 }, (_, i) => ({ film: `no-${i}`, when: i, likes: "comedy" }));
    await choose(unknown);
    await expect(page.getByRole("alert")).toContainText(tooFew);
    const own = chooser(films, 0, 20);
    await choose([...own, own[0]!, ...unknown]);
    const told = page.getByTestId("choices");
    await expect(told).toContainText(known);
    // The last of them by its time, though others stand behind it in the file.
    await expect(told).toContainText(films.titles[films.places.get(own.at(-1)!.film!)!]!);
    await page.screenshot({ path: info.outputPath(`choices-${language}.png`), fullPage: true });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    const heard = Buffer.concat(wire.heard().flatMap(({ raw, frames }) => [raw, ...frames.map(({ data }) => data)]));
    expect(heard.includes(run.run)).toBe(true);
    expect(own.filter(({ film }) => heard.includes(film!))).toEqual([]);
    wire.close();
    serving.close();
  });
}
