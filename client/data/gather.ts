/**
 * What a person chose or dropped — a table, text files, a folder of images — as one table. Where there is no table, a
 * file's label is the outcome that one of its folders is called after, or the file itself.
 */

import { outcomesOf } from "../../shared/data/rows.ts";
import { InputError } from "../../shared/errors.ts";
import { entityTypesOf, type Task } from "../../shared/task.ts";
import { type CsvTable, parseFile } from "./read.ts";

export interface Chosen {
  /** Folders and name: `digits/7/one.png`; of a file chosen by itself its name */
  path: string;
  file: Blob;
}

export interface Gathered {
  fileName: string;
  table: CsvTable;
  /** Image files by path */
  images: ReadonlyMap<string, Blob>;
}

const isImage = ({ path, file }: Chosen) =>
  file.type.startsWith("image/") || /\.(png|jpe?g|webp|gif|bmp|avif)$/i.test(path);
const isTable = ({ path }: Chosen) => /\.(csv|tsv|txt)$/i.test(path);
/** macOS spells marks apart from their letters, and file systems differ about case. */
const plain = (name: string) => name.normalize("NFC").toLowerCase();
const parts = (path: string) => path.split("/");
const stem = (name: string) => name.replace(/\.[^.]+$/, "");

/** @throws InputError for files that are no table, and that no folder or name gives a label */
export async function gather(all: readonly Chosen[], task: Task): Promise<Gathered> {
  const chosen = all
    .filter(({ path }) => !parts(path).some((part) => part.startsWith(".")))
    .sort((a, b) => a.path.localeCompare(b.path, "en", { numeric: true }));
  const { images: wanted, text } = task.data;
  const labelled = new Labels(task);
  const images = new Map(chosen.filter(isImage).map(({ path, file }) => [path, file]));
  const texts =
    text && !entityTypesOf(task) ? chosen.filter((one) => /\.txt$/i.test(one.path) && labelled.ofText(one.path)) : [];
  const tables = chosen.filter((one) => isTable(one) && !texts.includes(one));
  // One file goes by its contents, whatever it is called.
  const table = tables[0] ?? (chosen.length === 1 && images.size + texts.length === 0 ? chosen[0] : undefined);
  if (tables.length > 1)
    throw new InputError(
      "files",
      `hold more than one table: ${tables.map(({ path }) => path).join(", ")}`,
      "Choose one, with the images it names if there are any.",
    );
  if (table) return { fileName: table.path, table: parseFile(await readText(table), task), images };

  const fileName = folderOf(chosen);
  if (wanted && images.size > 0) {
    const records = [...images.keys()].map((path) => ({
      [wanted.column]: path,
      [task.data.label.column]: labelled.ofImage(path),
    }));
    return { fileName, table: tableOf(records), images };
  }
  if (text && texts.length > 0) {
    const records: Record<string, string>[] = [];
    for (const one of texts) {
      const { label, byLine } = labelled.ofText(one.path)!;
      const content = await readText(one);
      const own = (byLine ? content.split(/\r?\n/) : [content])
        .map((line) => line.trim())
        .filter((line) => line !== "");
      records.push(...own.map((line) => ({ [task.data.label.column]: label, [text.column]: line })));
    }
    if (records.length > 0) return { fileName, table: tableOf(records), images };
  }
  if (wanted)
    throw new InputError("files", "hold neither images nor a table", "Choose a folder of images, or a CSV file.");
  throw new InputError("files", "hold no table", "Choose a CSV file with a header.");
}

/** What a path says of a row's label. */
class Labels {
  readonly #outcomes: Map<string, string>;

  constructor(task: Task) {
    this.#outcomes = new Map(outcomesOf(task.data.label).map((outcome) => [plain(outcome), outcome]));
  }

  #folder(path: string): string | undefined {
    const folders = parts(path).slice(0, -1).reverse();
    return folders.map((folder) => this.#outcomes.get(plain(folder))).find((outcome) => outcome !== undefined);
  }

  /** The nearest folder that is called like an outcome; otherwise its own folder, for its owner to see what is wrong. */
  ofImage(path: string): string {
    return this.#folder(path) ?? parts(path).at(-2) ?? "";
  }

  /** A file in a folder of that name is one text; a file of that name holds a text a line. */
  ofText(path: string): { label: string; byLine: boolean } | undefined {
    const folder = this.#folder(path);
    if (folder !== undefined) return { label: folder, byLine: false };
    const own = this.#outcomes.get(plain(stem(parts(path).at(-1)!)));
    return own === undefined ? undefined : { label: own, byLine: true };
  }
}

const folderOf = (chosen: readonly Chosen[]): string => {
  const [first] = parts(chosen[0]?.path ?? "");
  return chosen.every(({ path }) => parts(path).length > 1 && parts(path)[0] === first)
    ? `${first}/`
    : chosen
        .map(({ path }) => parts(path).at(-1))
        .slice(0, 3)
        .join(", ");
};

const tableOf = (records: Record<string, string>[]): CsvTable => ({
  records,
  columns: Object.keys(records[0]!),
  ragged: [],
  rowOf: records.map((_, i) => i + 1),
});

/** A file that was moved or changed since it was chosen cannot be read. */
const readText = ({ path, file }: Chosen): Promise<string> =>
  file.text().catch(() => {
    throw new InputError(path, "could not be read", "Choose it again.");
  });
