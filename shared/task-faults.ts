/** What a schema says of a wrong task or grid, in words for the person who writes the file: what is wrong, what to do. */
import type { z } from "zod";
import { nearest } from "./nearest.ts";

export type FieldPath = (string | number)[];

export interface Fault {
  path: FieldPath;
  /** A clause after the path: "is missing" */
  problem: string;
  /** A sentence */
  fix: string;
  /** The field's name is wrong, not its value */
  atKey?: boolean;
}

/** The part of JSON Schema that describes a task. */
interface Schema {
  type?: string;
  description?: string;
  const?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  prefixItems?: Schema[];
  oneOf?: Schema[];
  /** Told apart by their fields alone */
  anyOf?: Schema[];
}

type Issue = z.core.$ZodIssue;

/** @param file what was read @param json the JSON Schema that it does not fit */
export function explainIssue(issue: Issue, file: unknown, json: unknown): Fault[] {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  const found = valueAt(file, path);
  const schema = schemaAt(path, file, json as Schema);
  const fault = (problem: string, fix: string): Fault[] => [{ path, problem, fix }];
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(schema?.properties ?? {});
    return issue.keys.map((key) => {
      // A field that stands there already is not the one that was meant.
      const near = nearest(
        key,
        known.filter((name) => valueAt(found, [name]) === undefined),
      );
      const fix = near ? `Did you mean \`${near}\`?` : `Use only ${known.join(", ")}.`;
      return { path: [...path, key], problem: "is not a known field", fix, atKey: true };
    });
  }
  if (found === undefined) {
    return fault(
      "is missing",
      schema?.description ? `Add it: ${lowerFirst(schema.description.replace(/\.$/, ""))}.` : "Add it.",
    );
  }
  switch (issue.code) {
    case "invalid_type":
      return fault(
        `is ${inWords(found)}, not ${expectedNames[issue.expected] ?? `a ${issue.expected}`}`,
        howToWrite(issue.expected, found),
      );
    case "invalid_value":
      return fault(`is ${inWords(found)}`, oneOf(found, issue.values.map(String)));
    case "invalid_union": {
      const shapes = schemaAt(path, file, json as Schema, "union")?.anyOf;
      // Of several shapes that one is explained which the task has most fields of.
      const meant = shapes && issue.errors[shapes.indexOf(likestOf(shapes, found))];
      if (meant)
        return meant.flatMap((inner) =>
          explainIssue({ ...inner, path: [...path, ...inner.path] } as Issue, file, json),
        );
      return fault(
        `is ${inWords(found)}`,
        oneOf(found, kindsOf(schemaAt(path.slice(0, -1), file, json as Schema, "union"), path)),
      );
    }
    case "too_small":
    case "too_big": {
      const small = issue.code === "too_small";
      const limit = small ? issue.minimum : issue.maximum;
      const bound = issue.inclusive
        ? `at ${small ? "least" : "most"} ${limit}`
        : `${small ? "above" : "below"} ${limit}`;
      if (Array.isArray(found)) return fault(`has ${counted(found.length, "entry", "entries")}`, `Give ${bound}.`);
      if (typeof found === "string")
        return fault(`has ${counted(found.length, "character", "characters")}`, `Use ${bound}.`);
      return fault(`is ${inWords(found)}`, `Use a number ${issue.inclusive ? "of " : ""}${bound}.`);
    }
    case "custom": {
      const [what, remedy] = issue.message.split("; ");
      return remedy ? fault(what!, `${upperFirst(remedy)}.`) : fault("is not clear", `${upperFirst(issue.message)}.`);
    }
    default:
      return fault(`is ${inWords(found)}`, `${issue.message}.`);
  }
}

const expectedNames: Partial<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  array: "a list",
  tuple: "a list",
  object: "a block of fields",
};

function howToWrite(expected: string, found: unknown): string {
  switch (expected) {
    case "string":
      return typeof found === "object" ? "Write one text." : `Put it in quotes: "${String(found)}".`;
    case "number":
    case "int": {
      const isQuoted = typeof found === "string" && found.trim() !== "" && Number.isFinite(Number(found));
      if (isQuoted) return `Write ${Number(found)} without quotes.`;
      return `Write a ${expected === "int" ? "whole " : ""}number, with a point for decimals.`;
    }
    case "array":
    case "tuple":
      return "Write [one, another], or one entry a line, each after a dash.";
    default:
      return "Write its fields below it, one a line, further in.";
  }
}

function inWords(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a block of fields";
  return typeof value === "string" ? `«${value}»` : String(value);
}

function oneOf(found: unknown, known: string[]): string {
  const near = typeof found === "string" ? nearest(found, known) : undefined;
  return `${near ? `Did you mean \`${near}\`? ` : ""}Use ${known.length === 1 ? known[0] : `one of ${known.join(", ")}`}.`;
}

function kindsOf(union: Schema | undefined, path: FieldPath): string[] {
  const discriminator = String(path.at(-1));
  return (union?.oneOf ?? []).map((variant) => String(variant.properties?.[discriminator]?.const));
}

/** The schema of a field; of a discriminated union the variant that the task chose, unless the union itself is asked for. */
function schemaAt(
  path: FieldPath,
  task: unknown,
  json: Schema,
  wanted: "variant" | "union" = "variant",
): Schema | undefined {
  let schema: Schema | undefined = json;
  path.forEach((step, depth) => {
    if (schema === undefined) return;
    schema = typeof step === "number" ? (schema.prefixItems?.[step] ?? schema.items) : schema.properties?.[step];
    const isLast = depth === path.length - 1;
    if (schema?.oneOf && !(isLast && wanted === "union"))
      schema = variantOf(schema.oneOf, valueAt(task, path.slice(0, depth + 1)));
    if (schema?.anyOf && !(isLast && wanted === "union"))
      schema = likestOf(schema.anyOf, valueAt(task, path.slice(0, depth + 1)));
  });
  return schema;
}

const variantOf = (variants: Schema[], value: unknown): Schema | undefined =>
  variants.find((variant) =>
    Object.entries(variant.properties ?? {}).every(
      ([name, property]) => property.const === undefined || property.const === valueAt(value, [name]),
    ),
  );

/** The shape that has most of a value's fields. */
export function likestOf<Shape extends { properties?: Record<string, unknown> }>(
  shapes: readonly Shape[],
  value: unknown,
): Shape {
  const own = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const shared = ({ properties = {} }: Shape) => own.filter((name) => Object.hasOwn(properties, name)).length;
  return shapes.reduce((best, shape) => (shared(shape) > shared(best) ? shape : best));
}

function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === "object" && at !== null && Object.hasOwn(at, step)
        ? (at as Record<string, unknown>)[step]
        : undefined,
    value,
  );
}

const counted = (count: number, one: string, many: string) =>
  `${count === 0 ? "no" : count} ${count === 1 ? one : many}`;

const upperFirst = (text: string) => `${text[0]!.toUpperCase()}${text.slice(1)}`;
const lowerFirst = (text: string) => `${text[0]!.toLowerCase()}${text.slice(1)}`;
