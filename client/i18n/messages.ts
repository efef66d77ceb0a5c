/** The language of the page, and its messages. `language` is a signal: whoever calls t() while drawing follows it. */
import { signal } from "@preact/signals";
import { IntlMessageFormat } from "intl-messageformat";
import { en, type MessageKey } from "./en.ts";
import { zh } from "./zh.ts";

export type Language = "en" | "zh";

/** Each language in its own words, and its BCP 47 tag. */
export const languages: Record<Language, { name: string; tag: string }> = {
  en: { name: "English", tag: "en" },
  zh: { name: "中文", tag: "zh-CN" },
};

export const language = signal<Language>("en");

const catalogues: Record<Language, Record<MessageKey, string>> = { en, zh };
const formats: Record<Language, Map<MessageKey, IntlMessageFormat>> = { en: new Map(), zh: new Map() };

export type MessageValues = Record<string, string | number>;

export function t(key: MessageKey, values: MessageValues = {}): string {
  const known = formats[language.value];
  let format = known.get(key);
  if (!format) {
    format = new IntlMessageFormat(catalogues[language.value][key], languages[language.value].tag);
    known.set(key, format);
  }
  return String(format.format(values));
}

/** The text of a code that came from outside, or undefined where the catalogue has none. */
export function textOf(family: "refusal" | "abort" | "drop" | "detail", code: string): string | undefined {
  const key = `${family}.${code}`;
  return key in en ? t(key as MessageKey) : undefined;
}

const storageKey = "murmur.language";

/** `?lang=` of the address, else what was chosen before, else what the browser asks for. */
export function startLanguage(): void {
  const asked = new URLSearchParams(location.search).get("lang");
  const wishes = [asked, remembered(), ...navigator.languages];
  const first = wishes.map((wish) => wish?.slice(0, 2).toLowerCase()).find((wish) => wish === "en" || wish === "zh");
  language.subscribe((now) => {
    document.documentElement.lang = languages[now].tag;
  });
  if (asked && first) chooseLanguage(first);
  else language.value = first ?? "en";
}

export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  try {
    localStorage.setItem(storageKey, chosen);
  } catch {
    // A browser that stores nothing forgets the choice; the page works all the same.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}
