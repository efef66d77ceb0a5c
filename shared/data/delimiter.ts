const delimiters = [",", ";", "\t", "|"];

/** What parts the columns of a CSV file, by its header: further down stand texts, which may hold any of them. */
export function delimiterOf(csv: string): string {
  const text = csv.trimStart();
  const header = text.slice(0, text.search(/\r?\n|$/)).replace(/"[^"]*"/g, "");
  const times = (delimiter: string) => header.split(delimiter).length;
  return delimiters.reduce((most, one) => (times(one) > times(most) ? one : most));
}
