import { expect, test } from "vitest";
import { type Guide, pageNames } from "./guide.ts";
import { guideEn } from "./guide-en.ts";
import { guideZh } from "./guide-zh.ts";

/** Pages, sections, paragraphs, pictures and commands, without their words. */
const shape = (guide: Guide) =>
  pageNames.map((name) => [
    name,
    guide[name].sections.map(({ text, list, code, picture }) => [text.length, list?.length, code, picture]),
  ]);

test("both languages say as much, with the same pictures and commands", () => {
  expect(shape(guideZh)).toEqual(shape(guideEn));
});

test("nothing is left untranslated", () => {
  const words = (guide: Guide) =>
    pageNames.flatMap((name) => [
      guide[name].title,
      ...guide[name].sections.flatMap(({ heading, text, list = [] }) => [heading, ...text, ...list]),
    ]);
  const [en, zh] = [words(guideEn), words(guideZh)];
  expect(en.length).toBeGreaterThan(60);
  expect(zh.filter((text) => !/\p{Script=Han}/u.test(text))).toEqual([]);
  expect(en.filter((text) => /\p{Script=Han}/u.test(text))).toEqual([]);
});
