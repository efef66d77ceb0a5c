/** A participant chooses a file of choices, and sees what the tab made of it with the task's catalogue. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import Papa from "papaparse";
import { safetensors } from "../coordinator/export/safetensors.ts";
import { chooser, filmsOf, filmTask } from "../shared/recommend/testing/films.ts";
import { startServing } from "./serving.ts";
import { tap } from "./wiretap.ts";

const films = filmsOf(300);
const bytes = safetensors([{ name: "items", shape: [300, films.width], data: films.vectors }], {
  ids: JSON.stringify(films.ids),
  titles: JSON.stringify(films.titles),
});
const sha256 = createHash("sha256").update(bytes).digest("hex");

for (const [language, known, tooFew] of [
  ["en", "knows 15 of them", "fewer than three choices that the catalogue knows"],
  ["zh", "认识其中 15 个", "目录认识的选择少于三个"],
] as const) {
  test(`a file of choices is understood with the catalogue (${language})`, async ({ page }, info) => {
    const serving = await startServing();
    const encoders = join(serving.folder, "encoders");
    mkdirSync(encoders, { recursive: true });
    writeFileSync(join(encoders, `${sha256}.safetensors`), bytes);
    const run = await serving.launch(JSON.stringify(filmTask(sha256, films.ids.length)));
    const wire = await tap(serving.url);
    await page.goto(`${run.invitation.replace(new URL(run.invitation).origin, wire.url)}&lang=${language}`);
    const choose = (rows: object[]) =>
      page
        .getByTestId("file")
        .setInputFiles({ name: "films.csv", mimeType: "text/csv", buffer: Buffer.from(Papa.unparse(rows)) });

    const unknown = Array.from({ length: 12 }, (_, i) => ({ film: `no-${i}`, when: i, likes: "comedy" }));
    await choose(unknown);
    await expect(page.getByRole("alert")).toContainText(tooFew, { timeout: 30_000 });
    const own = chooser(films, 0, 20);
    await choose([...own, own[0]!, ...unknown]);
    const told = page.getByTestId("choices");
    await expect(told).toContainText(known, { timeout: 30_000 });
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
