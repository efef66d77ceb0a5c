/** The language of the page, and its words and numbers. Whoever calls these while drawing follows the language. */
import { signal } from "@preact/signals";
import { IntlMessageFormat } from "intl-messageformat";
import { en, type MessageKey } from "./en.ts";
import { zh } from "./zh.ts";

export type Language = "en" | "zh";

const catalogues: Record<Language, Record<MessageKey, string>> = { en, zh };
/** BCP 47 */
const tags: Record<Language, string> = { en: "en", zh: "zh-CN" };
const formats: Record<Language, Map<MessageKey, IntlMessageFormat>> = { en: new Map(), zh: new Map() };

export const language = signal<Language>("en");

export const isMessageKey = (key: string): key is MessageKey => Object.hasOwn(en, key);

export function t(key: MessageKey, values: Record<string, string | number> = {}): string {
  const known = formats[language.value];
  let format = known.get(key);
  if (!format) {
    format = new IntlMessageFormat(catalogues[language.value][key], tags[language.value]);
    known.set(key, format);
  }
  return String(format.format(values));
}

const numberFormats = new Map<string, Intl.NumberFormat>();

/** A formatter takes a hundred times longer to make than to use. */
export function formatNumber(value: number, options: Intl.NumberFormatOptions = {}): string {
  const tag = tags[language.value];
  const key = tag + JSON.stringify(options);
  const format = numberFormats.get(key) ?? new Intl.NumberFormat(tag, options);
  numberFormats.set(key, format);
  return format.format(value);
}

/** An ε, or what follows from it, to three decimals, rounded up: a page never shows less than was spent. */
export const formatEpsilon = (epsilon: number): string =>
  formatNumber(Math.max(0, Math.ceil(epsilon * 1000 - 1e-6)) / 1000);

/** A share as a percentage, rounded up: it stands for what somebody may at most find out. */
export const formatShare = (share: number): string =>
  formatNumber(Math.min(1, Math.ceil(share * 1000 - 1e-9) / 1000), { style: "percent", maximumFractionDigits: 1 });

/** @param iso ISO 8601 */
export const formatTime = (iso: string): string =>
  new Intl.DateTimeFormat(tags[language.value], { timeStyle: "medium" }).format(new Date(iso));

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A number far from 1, mostly a δ, as 10⁻⁵ or 2×10⁻⁶. */
export function formatPower(delta: number): string {
  const [mantissa, exponent] = delta.toExponential(1).split("e") as [string, string];
  const power = [...exponent].map((c) => (c === "-" ? "⁻" : (superscripts[Number(c)] ?? ""))).join("");
  const digits = formatNumber(Number(mantissa));
  return digits === "1" ? `10${power}` : `${digits}×10${power}`;
}

const storageKey = "murmur.language";

export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  try {
    localStorage.setItem(storageKey, chosen);
  } catch {
    // A browser that stores nothing forgets the choice; the page works all the same.
  }
}

/** `?lang=` of the address, else what was chosen before, else what the browser asks for. */
function wishedLanguage(): Language {
  let remembered: string | null = null;
  try {
    remembered = localStorage.getItem(storageKey);
  } catch {
    // See above.
  }
  const wishes = [new URLSearchParams(location.search).get("lang"), remembered, ...navigator.languages];
  const known = wishes.map((wish) => wish?.slice(0, 2).toLowerCase()).find((wish) => wish === "en" || wish === "zh");
  return known ?? "en";
}

// Tests in Node have no page; they set `language` themselves.
if (typeof document !== "undefined") {
  language.value = wishedLanguage();
  language.subscribe((now) => {
    document.documentElement.lang = tags[now];
  });
}
