/** A file's text as records, in the tab's worker or in Node; the text goes nowhere else. */
import Papa from "papaparse";
import { delimiterOf } from "../../shared/data/delimiter.ts";
import { InputError } from "../../shared/errors.ts";
import { entityTypesOf, type Task } from "../../shared/task.ts";
import { conllRecords, isConll } from "../../shared/text/conll.ts";

export interface CsvTable {
  /** One object a row, with every column; rows of another length are left out */
  records: Record<string, string>[];
  columns: string[];
  /** 1-based rows (header and empty lines not counted) that had more or fewer cells than the header */
  ragged: number[];
  /** 1-based row in the file of each record, counted as in `ragged` */
  rowOf: number[];
}

/** A file for a task: of tagged words also in CoNLL's form, whose rows are sentences. */
export function parseFile(text: string, task: Task): CsvTable {
  if (!entityTypesOf(task) || !isConll(text)) return parseCsv(text);
  const columns = { text: task.data.text!.column, label: task.data.label.column };
  const { records, broken } = conllRecords(text, columns);
  if (records.length === 0)
    throw new InputError("file", "holds no sentence whose every word has a tag", "Put a tag at the end of each line.");
  return { records, columns: [columns.text, columns.label], ragged: broken, rowOf: records.map((_, i) => i + 1) };
}

/** A byte order mark, empty lines and blanks around names are ignored. */
export function parseCsv(text: string): CsvTable {
  const { data, errors, meta } = Papa.parse<Record<string, string>>(text, {
    header: true,
    delimiter: delimiterOf(text),
    skipEmptyLines: "greedy",
    transformHeader: (name) => name.trim(),
  });
  const columns = meta.fields ?? [];
  if (columns.every((name) => name === "")) {
    throw new InputError("file", "has no header", "Put the names of the columns into its first line.");
  }
  const misquoted = errors.find((error) => error.type === "Quotes");
  if (misquoted) {
    const problem = `has a quotation mark that is not closed, or not followed by a delimiter, near row ${misquoted.row}`;
    throw new InputError("file", problem, "Correct the row; inside quotes a quotation mark is written twice.");
  }
  const table: CsvTable = { records: [], columns, ragged: [], rowOf: [] };
  data.forEach((record, i) => {
    // Papa leaves the names of missing cells out, and puts cells that are too many under a name of its own.
    const fits = !Object.hasOwn(record, "__parsed_extra") && columns.every((name) => Object.hasOwn(record, name));
    if (!fits) {
      table.ragged.push(i + 1);
      return;
    }
    table.records.push(record);
    table.rowOf.push(i + 1);
  });
  if (table.records.length === 0) {
    throw new InputError("file", "holds no rows as long as its header", "Choose a file with at least one row of data.");
  }
  return table;
}
