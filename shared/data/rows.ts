/**
 * A file's text cells read as what the task says they are. A row with an unreadable label or image is left out; any other
 * unreadable cell counts as missing, so that a row's presence never depends on another row.
 */
import { concatBytes } from "@noble/hashes/utils.js";
import { InputError } from "../errors.ts";
import { cellsPerRow, firstCells, undisclosed } from "../fairness/histogram.ts";
import { attributesOf, entityTypesOf, type Feature, type SensitiveAttribute, type Task } from "../task.ts";
import { tagsOf, toBio } from "../text/tags.ts";
import { type FeatureColumns, scaled } from "./features.ts";
import { imageOf } from "./images.ts";

export type TextRecord = Readonly<Record<string, string>>;

export interface TypedRows extends FeatureColumns {
  /** [count], 1 positive, 0 negative; or the number of a class; of a tagged text of its first tag that is not O, else 0 */
  labels: Uint8Array;
  /** [count][words], where words are tagged: numbers of tagsOf */
  tags?: Uint8Array[];
  /** [count], where rows are choices among the items of a catalogue */
  choices?: Choices;
  /** [count, cellsPerRow(task)] index into cellsOf(task), 255 undisclosed; zeros in a task without sensitive attributes */
  cells: Uint8Array;
}

export interface Problem {
  /** 1-based row of the records, header not counted */
  row: number;
  column: string;
  code: "unknown-label" | "not-a-number" | "unknown-value" | "not-an-image";
  found: string;
}

/** A cell that should be an image may be a long text. */
const shownOfCell = 60;

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A finite decimal number with a point, else undefined: `0x1F`, `1,5` and `Infinity` are texts. */
export function parseNumber(text: string): number | undefined {
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

export const cellOf = (record: TextRecord, column: string): string =>
  Object.hasOwn(record, column) ? record[column]!.trim() : "";

export const isMissing = (text: string) => text === "" || text === "?";

/** Which items a person chose, and when. */
export interface Choices {
  /** [count], as the catalogue names them */
  items: string[];
  /** [count], larger is later */
  order: Float64Array;
}

/** The columns a model of this task sees. */
export const columnsRead = ({ data: { features, text, images } }: Task): string[] => [
  ...features.map((f) => f.name),
  ...[text, images].flatMap((read) => read?.column ?? []),
];

/** The columns a row of this task cannot do without. */
export const neededColumns = (task: Task): string[] => {
  const { label, sensitive } = task.data;
  const order = "order" in label ? [label.order] : [];
  return [...new Set([...columnsRead(task), label.column, ...order, ...sensitive.map((a) => a.column)])];
};

/** The cell texts of the label by number: negative, positive; or the classes; or the tags of words; of items not chosen, chosen. */
export function outcomesOf(label: Task["data"]["label"]): readonly string[] {
  if ("order" in label) return ["other", "chosen"];
  if ("entities" in label) return tagsOf(label.entities);
  return "classes" in label ? label.classes : [label.negative, label.positive];
}

/** Words of a text: tags stand for what is between blanks. */
export const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

/** @throws InputError when there is no record, or when a column that the task needs is not among the first one's. */
export function readRows(records: readonly TextRecord[], task: Task): { rows: TypedRows; problems: Problem[] } {
  needColumns(records, neededColumns(task));
  const problems: Problem[] = [];
  const { images } = task.data;
  const { column } = task.data.label;
  const outcomes = outcomesOf(task.data.label);
  const tagged = entityTypesOf(task) !== undefined;
  const orderColumn = "order" in task.data.label ? task.data.label.order : undefined;
  const kept: { record: TextRecord; row: number; label: number; tags?: Uint8Array; order?: number }[] = [];
  const shown: Uint8Array[] = [];
  records.forEach((record, i) => {
    const found = cellOf(record, column);
    if (orderColumn !== undefined) {
      const order = parseNumber(cellOf(record, orderColumn));
      if (order !== undefined && found !== "") kept.push({ record, row: i + 1, label: 1, order });
      else if (found === "") problems.push({ row: i + 1, column, code: "unknown-label", found });
      else problems.push({ row: i + 1, column: orderColumn, code: "not-a-number", found: cellOf(record, orderColumn) });
      return;
    }
    if (tagged) {
      const tags = toBio(wordsOf(found)).map((tag) => outcomes.indexOf(tag));
      const words = wordsOf(cellOf(record, task.data.text!.column));
      if (tags.length === words.length && words.length > 0 && !tags.includes(-1)) {
        kept.push({ record, row: i + 1, label: tags.find((tag) => tag > 0) ?? 0, tags: Uint8Array.from(tags) });
        return;
      }
    } else if (outcomes.includes(found)) {
      const image = images && imageOf(cellOf(record, images.column), images);
      if (images && !image) {
        const cell = cellOf(record, images.column);
        problems.push({ row: i + 1, column: images.column, code: "not-an-image", found: cell.slice(0, shownOfCell) });
        return;
      }
      if (image) shown.push(image);
      kept.push({ record, row: i + 1, label: outcomes.indexOf(found) });
      return;
    }
    problems.push({ row: i + 1, column, code: "unknown-label", found });
  });

  const rows: TypedRows = {
    ...readColumns(
      kept.map(({ record }) => record),
      task.data.features,
      (at, problem) => problems.push({ row: kept[at]!.row, ...problem }),
    ),
    ...(task.data.text && { texts: kept.map(({ record }) => cellOf(record, task.data.text!.column)) }),
    ...(images && { pixels: concatBytes(...shown) }),
    labels: Uint8Array.from(kept, ({ label }) => label),
    ...(tagged && { tags: kept.map(({ tags }) => tags!) }),
    ...(orderColumn !== undefined && {
      choices: {
        items: kept.map(({ record }) => cellOf(record, column)),
        order: Float64Array.from(kept, ({ order }) => order!),
      },
    }),
    cells: new Uint8Array(kept.length * cellsPerRow(task)),
  };
  const firsts = firstCells(task);
  const { sensitive } = task.data;
  attributesOf(task).forEach(({ from }, a) => {
    kept.forEach(({ record }, i) => {
      const groups = from.map((s) => groupOf(cellOf(record, sensitive[s]!.column), sensitive[s]!));
      const group = groups.reduce((index, g, k) => index * sensitive[from[k]!]!.groups.length + g, 0);
      rows.cells[i * firsts.length + a] = groups.includes(-1) ? undisclosed : firsts[a]! + group;
    });
  });
  return { rows, problems: problems.sort((a, b) => a.row - b.row) };
}

/**
 * What a model reads of records, whether or not their outcome is known.
 * @param report place of the record from 0, and what is wrong with one of its cells
 */
function readColumns(
  records: readonly TextRecord[],
  features: readonly Feature[],
  report: (at: number, problem: Omit<Problem, "row">) => void,
): FeatureColumns {
  const columns: FeatureColumns = { count: records.length, numeric: {}, categorical: {} };
  for (const feature of features) {
    const reported = new Set<string>();
    const tell = (at: number, code: Problem["code"], found: string) => {
      // A misspelt category tends to stand in every row: once is enough.
      if (code === "unknown-value" && reported.has(found)) return;
      reported.add(found);
      report(at, { column: feature.name, code, found });
    };
    if (feature.kind === "numeric") {
      columns.numeric[feature.name] = Float64Array.from(records, (record, at) => {
        const text = cellOf(record, feature.name);
        return readNumeric(text, feature, () => tell(at, "not-a-number", text));
      });
    } else {
      const indices = new Map(feature.values.map((value, i) => [value, i]));
      columns.categorical[feature.name] = Int16Array.from(records, (record, at) => {
        const text = cellOf(record, feature.name);
        const index = indices.get(text);
        if (index === undefined && !isMissing(text)) tell(at, "unknown-value", text);
        return index ?? -1;
      });
    }
  }
  return columns;
}

/** @throws InputError when a feature's column is not among the first record's. */
export function readFeatures(
  records: readonly TextRecord[],
  features: readonly Feature[],
): { columns: FeatureColumns; problems: Problem[] } {
  needColumns(
    records,
    features.map((f) => f.name),
  );
  const problems: Problem[] = [];
  const columns = readColumns(records, features, (at, problem) => problems.push({ row: at + 1, ...problem }));
  return { columns, problems };
}

function needColumns(records: readonly TextRecord[], needed: readonly string[]): void {
  const first = records[0];
  if (!first) throw new InputError("file", "holds no rows", "Choose a file with a header and at least one row.");
  for (const column of needed) {
    if (Object.hasOwn(first, column)) continue;
    const fix = `The file's columns are ${Object.keys(first).join(", ")}. Rename the one that is meant, or choose another file.`;
    throw new InputError(column, "is a column the task needs and the file lacks", fix);
  }
}

function readNumeric(text: string, feature: Extract<Feature, { kind: "numeric" }>, report: () => void): number {
  if (isMissing(text) || feature.missing.includes(text)) return Number.NaN;
  const value = parseNumber(text);
  if (value === undefined) report();
  return value === undefined ? Number.NaN : scaled(value, feature);
}

/** Index of the first group the cell text belongs to, or −1: no group is known. */
function groupOf(text: string, attribute: SensitiveAttribute): number {
  const value = parseNumber(text);
  return attribute.groups.findIndex((group) =>
    group.values
      ? group.values.includes(text)
      : value !== undefined && value >= (group.from ?? -Infinity) && value < (group.below ?? Infinity),
  );
}

/** Of one row of a task that reads images. */
export function pixelsOf({ pixels, count }: FeatureColumns, row: number): Uint8Array {
  const each = pixels!.length / count;
  return pixels!.subarray(row * each, (row + 1) * each);
}

/** The rows at `indices`, in that order. */
export function takeRows(rows: TypedRows, indices: Uint32Array): TypedRows {
  const perRow = rows.count === 0 ? 0 : rows.cells.length / rows.count;
  const cells = new Uint8Array(indices.length * perRow);
  indices.forEach((from, to) => {
    cells.set(rows.cells.subarray(from * perRow, (from + 1) * perRow), to * perRow);
  });
  return {
    count: indices.length,
    numeric: mapValues(rows.numeric, (values) => Float64Array.from(indices, (i) => values[i]!)),
    categorical: mapValues(rows.categorical, (values) => Int16Array.from(indices, (i) => values[i]!)),
    ...(rows.texts && { texts: Array.from(indices, (i) => rows.texts![i]!) }),
    ...(rows.pixels && { pixels: concatBytes(...Array.from(indices, (i) => pixelsOf(rows, i))) }),
    labels: Uint8Array.from(indices, (i) => rows.labels[i]!),
    ...(rows.tags && { tags: Array.from(indices, (i) => rows.tags![i]!) }),
    ...(rows.choices && {
      choices: {
        items: Array.from(indices, (i) => rows.choices!.items[i]!),
        order: Float64Array.from(indices, (i) => rows.choices!.order[i]!),
      },
    }),
    cells,
  };
}

const mapValues = <T>(record: Record<string, T>, map: (value: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
