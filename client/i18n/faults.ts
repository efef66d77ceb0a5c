/** What is wrong with a file and what to do, in the language of the page: shared code says it in English. */
import { effect, signal } from "@preact/signals";
import { language } from "./messages.ts";

interface Chinese {
  /** Those with more words of their own first: they say more exactly what is meant */
  patterns: { matches: RegExp; chinese: string }[];
  descriptions: Record<string, string>;
}

const chinese = signal<Chinese | undefined>(undefined);

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Many words, for a page that mostly shows none of them: they come when the language does. */
export async function loadFaults(): Promise<void> {
  const [{ faultsZh }, { taskDescriptionsZh }] = await Promise.all([import("./faults-zh.ts"), import("./task-zh.ts")]);
  const patterns = Object.entries(faultsZh)
    .sort(([a], [b]) => b.replaceAll("{}", "").length - a.replaceAll("{}", "").length)
    .map(([english, chinese]) => ({
      matches: new RegExp(`^${english.split("{}").map(escaped).join("(.+?)")}$`, "isu"),
      chinese,
    }));
  chinese.value = { patterns, descriptions: taskDescriptionsZh };
}

effect(() => {
  if (language.value === "zh" && !chinese.value) void loadFaults();
});

/** A problem or a remedy as shared code words it, with what is filled in. What has no translation stays as it is. */
export const faultInWords = (text: string): string =>
  language.value === "zh" && chinese.value ? inChinese(text, chinese.value) : text;

/** A problem and its remedy, as sentences. */
export const faultSentence = ({ problem, fix = "" }: { problem: string; fix?: string | undefined }): string =>
  language.value === "zh" && chinese.value
    ? `${faultInWords(problem)}。${faultInWords(fix)}`
    : `${problem}. ${fix}`.trimEnd();

function inChinese(text: string, words: Chinese): string {
  const whole = translated(text.replace(/\.$/, ""), words);
  if (whole !== undefined) return /[.?]$/.test(text) ? `${whole}。` : whole;
  const parts = text.split(/(?<=[.?;]) /);
  return parts.length > 1 ? parts.map((part) => inChinese(part.replace(/;$/, ""), words)).join("") : text;
}

function translated(text: string, words: Chinese): string | undefined {
  const sentence = `${text[0]?.toUpperCase()}${text.slice(1)}`;
  const description = words.descriptions[sentence] ?? words.descriptions[`${sentence}.`];
  if (description !== undefined) return description;
  for (const { matches, chinese } of words.patterns) {
    const found = matches.exec(text);
    // What is filled in may be words of ours, or a name from the file.
    const part = (i: string) => translated(found![Number(i) + 1]!, words) ?? found![Number(i) + 1]!;
    if (found) return chinese.replace(/\{(\d)\}/g, (_, i: string) => part(i));
  }
  return undefined;
}
