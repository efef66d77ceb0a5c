/**
 * Nobody is shut out of a page as it stands: on a phone in its dark dress, on a desk in its light one, by axe's rules;
 * nothing is wider than a phone; and a page that is in Chinese says nothing in English.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const dresses = [
  { colorScheme: "dark", viewport: { width: 360, height: 740 } },
  { colorScheme: "light", viewport: { width: 1280, height: 800 } },
] as const;

export async function expectAccessible(page: Page): Promise<void> {
  const before = page.viewportSize()!;
  for (const { colorScheme, viewport } of dresses) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    // Charts follow the new width with the next frames.
    await expect
      .poll(() => page.evaluate(() => document.documentElement.scrollWidth))
      .toBeLessThanOrEqual(viewport.width);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map((v) => `${colorScheme} ${v.id}: ${v.nodes.map((n) => n.target).join(" ")}`)).toEqual([]);
  }
  await page.setViewportSize(before);
  expect(await untranslated(page)).toEqual([]);
}

/** What tasks say for themselves is in the language of who wrote them, but for what they are for. */
const folder = join(import.meta.dirname, "../tasks");
const tasks = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) =>
    readFileSync(join(folder, name), "utf8")
      .replace(/^purpose: [\s\S]*?\n(?=\S)/m, "")
      .replaceAll(/\s+/g, " "),
  )
  .join(" ");

/** Three English words in a row, on a page in Chinese, that are no code, no file and no task's own. */
async function untranslated(page: Page): Promise<string[]> {
  const texts = await page.evaluate(() => {
    if (!document.documentElement.lang.startsWith("zh")) return [];
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement!;
      if (element.closest("code, .mono, textarea, script, style, [data-own]") || !element.checkVisibility()) continue;
      found.push(node.textContent!);
    }
    for (const element of document.querySelectorAll("[aria-label], [title], [placeholder]"))
      for (const name of ["aria-label", "title", "placeholder"]) found.push(element.getAttribute(name) ?? "");
    return found;
  });
  return texts
    .map((text) => text.replaceAll(/\s+/g, " ").trim())
    .filter((text) => /[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}/.test(text) && !tasks.includes(text));
}
