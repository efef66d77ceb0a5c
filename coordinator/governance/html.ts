/** Reports as HTML in one file: no script, nothing fetched, and a style that prints well on paper. */

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (c) => entities[c]!);

const style = `
  body { font: 15px/1.45 system-ui, sans-serif; color: #1b1f24; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .4rem; }
  table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .35rem .5rem; border-bottom: 1px solid #d8dde3; }
  th { font-weight: 600; } td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
  .state { white-space: nowrap; font-weight: 600; } .met { color: #1a6b3c; } .not-met { color: #a3261b; }
  .needs-a-person { color: #7a5300; } .no-evidence { color: #57606a; }
  .quiet { color: #57606a; font-size: .9rem; } pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8rem; }
  @media print { body { margin: 0; max-width: none; font-size: 10pt; } tr { break-inside: avoid; } h2 { break-after: avoid; } thead { display: table-header-group; } @page { margin: 18mm 15mm; } }
`;

/** @param body already HTML */
export const htmlPage = (title: string, body: string): string =>
  `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n<title>${escapeHtml(title)}</title>\n<style>${style}</style>\n</head>\n<body>\n${body}\n</body>\n</html>\n`;

/** @param rows cells as plain text, or with a class of their own */
export function htmlTable(heads: string[], rows: (string | { text: string; class: string })[][]): string {
  const cell = (value: string | { text: string; class: string }) =>
    typeof value === "string"
      ? `<td>${escapeHtml(value)}</td>`
      : `<td class="${value.class}">${escapeHtml(value.text)}</td>`;
  const head = heads.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join("");
  return `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n")}\n</tbody>\n</table>`;
}
