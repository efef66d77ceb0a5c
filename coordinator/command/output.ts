/**
 * What a command says. Standard output carries the result and nothing else: the text for a person, or with `--json`
 * one JSON object on one line. Progress and logs go to standard error.
 */
export function output(args: { json?: boolean | undefined }, result: object, text: string): void {
  process.stdout.write(`${args.json ? JSON.stringify(result) : text.trimEnd()}\n`);
}

export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Rows of equal columns, the first aligned left and the others right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A result for the eye, one name and value a line, what lies deeper further in; the names are those of the JSON. */
export function inLines(result: object, indent = ""): string {
  const entries = Object.entries(result).filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...entries.map(([key, value]) => (isNested(value) ? 0 : key.length)));
  return entries
    .map(([key, value]) =>
      isNested(value)
        ? `${indent}${key}\n${inLines(value, `${indent}  `)}`
        : `${indent}${key.padEnd(width)}  ${typeof value === "number" ? shortNumber(value) : inWords(value)}`,
    )
    .join("\n");
}

const isNested = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.keys(value).length > 0;

/** What has nothing in it, or no value. */
const inWords = (value: unknown): string => (typeof value === "object" ? "none" : String(value));

const shortNumber = (value: number): string =>
  Number.isInteger(value) || Math.abs(value) < 1e-4 ? String(value) : String(Number(value.toPrecision(6)));
