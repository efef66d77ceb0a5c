/** Every cell that is done, narrowed to a band of the figure, and all of them to take away. */

import { signal } from "@preact/signals";
import type { Done } from "../../shared/lab/curves.ts";
import { labelOf } from "../../shared/lab/grid.ts";
import { formatNumber, t } from "../i18n/messages.ts";
import { save } from "../ui/save.ts";
import { Scroll } from "../ui/scroll.tsx";
import { Typed } from "../ui/typed.tsx";
import { again, type Job } from "./api.ts";
import { band, epsilonName, figure } from "./frontier.tsx";

const mostRows = 200;
/** The cell that is run again, by its number; what became of the last one, in words */
const repeating = signal<number | undefined>(undefined);
const repeated = signal<string | undefined>(undefined);

async function repeat(number: number): Promise<void> {
  repeating.value = number;
  repeated.value = undefined;
  repeated.value = t("lab.again.said", { cell: number, said: await again(number).catch(String) });
  repeating.value = undefined;
}
const columns = ["accuracy", "auc", "demographicParityDifference", "equalizedOddsDifference"] as const;

const short = (value: number | null) => (value === null ? "—" : formatNumber(value, { maximumFractionDigits: 4 }));

/** As the command writes it: a line a cell, its setting, then its figures. */
export function csvOf(done: readonly Done[]): string {
  const lines = done.map(({ cell, result }) => {
    // What is a table of its own stays in the JSON.
    const { path: _, groups: __, ...line } = { ...cell, ...result } as Record<string, unknown>;
    return line;
  });
  const names = [...new Set(lines.flatMap((line) => Object.keys(line)))];
  const cellOf = (value: unknown) => {
    const text =
      value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : `${value}`;
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${[names, ...lines.map((line) => names.map((name) => cellOf(line[name])))].map((row) => row.join(",")).join("\n")}\n`;
}

export function Cells({ job }: { job: Job }) {
  if (job.done.length === 0) return null;
  const numbered = job.done.map((done, i) => ({ ...done, number: i + 1 }));
  const within = numbered.filter(({ result }) => {
    const value = result[figure.value];
    return !band.value || (value !== null && value >= band.value.low && value <= band.value.high);
  });
  const bound = (which: "low" | "high") => (
    <span>
      <label for={`band-${which}`}>{t(`lab.band.${which}`)}</label>{" "}
      <Typed
        id={`band-${which}`}
        inputMode="decimal"
        value={Number.isFinite(band.value?.[which]) ? String(Number(band.value![which].toFixed(4))) : ""}
        onDone={(text) => {
          const value = text.trim() === "" ? Number.NaN : Number(text);
          const next = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, ...band.value };
          band.value = Number.isNaN(value) ? undefined : { ...next, [which]: value };
        }}
      />
    </span>
  );
  const name = job.grid.name;
  return (
    <section class="card" data-testid="table">
      <h2>{t("lab.table")}</h2>
      <p class="quiet small">{t("lab.band")}</p>
      <div class="choices">
        {bound("low")}
        {bound("high")}
        <button
          type="button"
          onClick={() => {
            band.value = undefined;
          }}
        >
          {t("lab.band.none")}
        </button>
      </div>
      <p>{t("lab.within", { within: within.length, done: job.done.length })}</p>
      <p role="status" data-testid="again">
        {repeated.value}
      </p>
      <Scroll label={t("lab.table")}>
        <table>
          <thead>
            <tr>
              <th scope="col" class="number">
                {t("lab.number")}
              </th>
              <th scope="col">{t("lab.setting")}</th>
              <th scope="col" class="number">
                {t("metric.epsilon")}
              </th>
              <th scope="col" class="number">
                {t("lab.seed")}
              </th>
              {columns.map((column) => (
                <th key={column} scope="col" class="number">
                  {t(`metric.${column}`)}
                </th>
              ))}
              <th scope="col">{t("lab.again")}</th>
            </tr>
          </thead>
          <tbody>
            {within.slice(0, mostRows).map(({ cell, result, number }) => (
              <tr key={number}>
                <td class="number">{formatNumber(number)}</td>
                <th scope="row">{labelOf(job.grid, cell, ["epsilon"])}</th>
                <td class="number">{epsilonName(cell.epsilon)}</td>
                <td class="number">{formatNumber(cell.seed)}</td>
                {columns.map((column) => (
                  <td key={column} class="number">
                    {short(result[column])}
                  </td>
                ))}
                <td>
                  <button
                    type="button"
                    disabled={job.state === "running" || repeating.value !== undefined}
                    aria-label={t("lab.again.number", { cell: number })}
                    onClick={() => void repeat(number)}
                  >
                    {repeating.value === number ? "…" : "↻"}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <div class="choices">
        <button type="button" onClick={() => save(`${name}.csv`, csvOf(job.done), "text/csv")}>
          {t("lab.csv")}
        </button>
        <button
          type="button"
          onClick={() =>
            save(
              `${name}.json`,
              `${JSON.stringify({ grid: job.grid, cells: job.done }, null, 2)}\n`,
              "application/json",
            )
          }
        >
          {t("lab.json")}
        </button>
      </div>
    </section>
  );
}
