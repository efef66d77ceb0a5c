import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { IntlMessageFormat } from "intl-messageformat";
import ts from "typescript";
import { afterEach, expect, test } from "vitest";
import { taskJsonSchema } from "../../shared/task.ts";
import { en, type MessageKey } from "./en.ts";
import { formatEpsilon, formatPower, isMessageKey, language, t } from "./messages.ts";
import { taskDescriptionsZh } from "./task-zh.ts";
import { zh } from "./zh.ts";

const client = join(import.meta.dirname, "..");
const sources = (readdirSync(client, { recursive: true }) as string[])
  .filter((path) => /[.]tsx?$/.test(path) && !/[.]test[.]/.test(path) && !path.startsWith("i18n"))
  .map((path) => ({ path, text: readFileSync(join(client, path), "utf8") }));
const pages = sources.filter(({ path }) => path.endsWith(".tsx"));

interface Element {
  /** 0 is literal text and 7 the # of a plural; all else names an argument */
  type: number;
  value: string;
  options?: Record<string, { value: Element[] }>;
}

/** Names of the arguments, and of the choices a `select` must know. Plural categories differ by language, rightly. */
function argumentsOf(message: string): Set<string> {
  const found = new Set<string>();
  const visit = (elements: Element[]): void => {
    for (const { type, value, options } of elements) {
      if (type !== 0 && type !== 7) found.add(value);
      for (const [choice, branch] of Object.entries(options ?? {})) {
        if (type === 5) found.add(`${value}=${choice}`);
        visit(branch.value);
      }
    }
  };
  visit(new IntlMessageFormat(message, "en").getAst() as unknown as Element[]);
  return found;
}

/** What a person would read in a TSX file beside what comes from the catalogue. */
function literalWords(path: string, text: string): string[] {
  const spoken = new Set(["title", "aria-label", "alt", "placeholder", "label"]);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && /[\p{L}\p{N}]/u.test(node.text)) found.push(node.text.trim());
    if (
      ts.isJsxAttribute(node) &&
      spoken.has(node.name.getText()) &&
      node.initializer &&
      ts.isStringLiteral(node.initializer)
    ) {
      found.push(node.initializer.text);
    }
    if (
      ts.isJsxExpression(node) &&
      node.expression &&
      ts.isStringLiteralLike(node.expression) &&
      !ts.isJsxAttribute(node.parent)
    ) {
      if (/[\p{L}\p{N}]/u.test(node.expression.text)) found.push(node.expression.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TSX));
  return found;
}

afterEach(() => {
  language.value = "en";
});

test("both languages have the same messages with the same arguments", () => {
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  for (const key of Object.keys(en) as MessageKey[]) {
    expect(argumentsOf(zh[key]), key).toEqual(argumentsOf(en[key]));
  }
});

test("what is said in Chinese is said in Chinese", () => {
  const names = ["Murmur", "English", "KernelSHAP", "Permutation SHAP", "LIME", "SHA-256", "AUC"];
  const same = Object.keys(zh).filter((key) => !/\p{Script=Han}/u.test(zh[key as MessageKey]));
  const spoken = same.filter((key) => /\p{L}{2}/u.test(zh[key as MessageKey].replaceAll(/\{[^}]*\}/g, "")));
  expect(spoken.map((key) => zh[key as MessageKey]).filter((text) => !names.includes(text))).toEqual([]);
});

test("the argument check sees arguments inside of choices", () => {
  expect(argumentsOf("{a, plural, one {x {b}} other {y}}")).toEqual(new Set(["a", "b"]));
});

test("no page holds words of its own", () => {
  expect(pages.length).toBeGreaterThan(10);
  for (const { path, text } of pages) expect(literalWords(path, text), path).toEqual([]);
});

test("the word check finds text, attributes and string expressions", () => {
  const page = 'const a = <p title="one">two {"three"} {t("app.name")} · <b class="x">{value}</b></p>;';
  expect(literalWords("a.tsx", page)).toEqual(["one", "two", "three"]);
});

test("every message is used", () => {
  const families = [
    "about.promise",
    "abort",
    "choose.file",
    "choose.how",
    "dot",
    "drop",
    "lab.again",
    "lab.axis",
    "lab.band",
    "lab.state",
    "metric",
    "own.method",
    "own.note",
    "phase",
    "problem",
    "question",
    "refusal",
    "relation",
    "remedy",
    "resting",
    "review",
    "run",
    "state",
    "term",
    "traffic",
    "trouble",
    "unit",
  ];
  const endings = ["finished.text", "left.text"];
  const all = sources.map(({ text }) => text).join("\n");
  const unused = Object.keys(en).filter(
    (key) => !families.some((f) => key.startsWith(`${f}.`)) && !endings.includes(key) && !all.includes(`"${key}"`),
  );
  expect(unused).toEqual([]);
});

test("every code that can end a tab's part or a round has a text", () => {
  const reasons = readFileSync(join(client, "../shared/round/reasons.ts"), "utf8");
  const codes = (type: string) =>
    [...new RegExp(`type ${type} =([^;]+);`).exec(reasons)![1]!.matchAll(/"([a-z-]+)"/g)].map((match) => match[1]!);
  const ofTheTab = [
    "no-webgpu",
    "adapter-lost",
    "not-finite",
    "invitation-invalid",
    "run-unknown",
    "run-proposed",
    "run-ended",
    "offline",
    "opened-elsewhere",
  ];
  const ofTheData = [
    "bad-file",
    "no-sample",
    "missing-column",
    "too-few-rows",
    "storage-unavailable",
    "entropy-failed",
  ];
  const refusals = [
    ...codes("DeclineReason"),
    ...ofTheTab,
    ...ofTheData,
    "timed-out",
    "disconnected",
    "coordinator-refused",
  ];
  expect(refusals.length).toBeGreaterThanOrEqual(28);
  expect(refusals.filter((code) => !isMessageKey(`refusal.${code}`))).toEqual([]);
  expect(codes("AbortReason").filter((code) => !isMessageKey(`abort.${code}`))).toEqual([]);
});

test("every description of the task's schema is there in Chinese, and none that it has no more", () => {
  const found = new Set<string>();
  JSON.stringify(taskJsonSchema(), (key, value) => {
    if (key === "description") found.add(value);
    return value;
  });
  expect(found.size).toBeGreaterThan(50);
  expect(Object.keys(taskDescriptionsZh).sort()).toEqual([...found].sort());
});

test("a message follows the language", () => {
  const values = { epsilon: "2", delta: formatPower(1e-5), unit: t("unit.record"), relation: t("relation.add-remove") };
  expect(t("privacy.statement", values)).toBe("ε = 2 at δ = 10⁻⁵, for one row added or removed (add-remove)");
  language.value = "zh";
  expect(t("abort.stopped")).toBe("由操作者停止");
});

test("a δ is written as a power of ten", () => {
  expect([1e-5, 2e-6, 1.5e-7].map(formatPower)).toEqual(["10⁻⁵", "2×10⁻⁶", "1.5×10⁻⁷"]);
  expect(formatPower(2.69e43)).toBe("2.7×10⁴³");
});

test("an ε is never written smaller than it is", () => {
  expect([0, 1.1, 1.2341, 1.9999].map(formatEpsilon)).toEqual(["0", "1.1", "1.235", "2"]);
});
