/** Runs side by side: in what their tasks differ, and what came of each. */

import { signal } from "@preact/signals";
import type { RunDetail } from "../../shared/run-record.ts";
import { formatNumber, t } from "../i18n/messages.ts";
import { Scroll } from "../ui/scroll.tsx";

const chosen = signal<ReadonlySet<string>>(new Set());

/** A task's fields by their dotted paths; lists stay whole. */
export function fieldsOf(value: unknown, path = ""): [path: string, value: string][] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return [[path, typeof value === "string" ? value : JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => fieldsOf(inner, path === "" ? key : `${path}.${key}`));
}

/** Fields in which not all tasks agree, in the order of the first that has them. @returns by path, a value each run */
export function differences(tasks: readonly unknown[]): [path: string, values: (string | undefined)[]][] {
  const all = tasks.map((task) => new Map(fieldsOf(task)));
  const paths = [...new Set(all.flatMap((fields) => [...fields.keys()]))];
  return paths
    .map((path): [string, (string | undefined)[]] => [path, all.map((fields) => fields.get(path))])
    .filter(([, values]) => new Set(values).size > 1);
}

const figure = (value: number | null | undefined) =>
  value == null ? "—" : formatNumber(value, { maximumSignificantDigits: 4 });

function figuresOf(run: RunDetail): [label: string, value: string][] {
  const judged = run.rounds.find(({ question, state }) => question === "evaluate" && state === "finished");
  const seconds = run.rounds.reduce((sum, { duration }) => sum + duration, 0) / 1000;
  const gaps = Object.entries(judged?.metrics?.gaps ?? {});
  return [
    [t("console.state"), t(`run.${run.state}`)],
    [t("console.progress"), `${run.roundsDone}/${run.roundsPlanned}`],
    [t("metric.accuracy"), figure(judged?.metrics?.accuracy)],
    [t("metric.auc"), figure(judged?.metrics?.auc)],
    ...gaps.map(([name, gap]): [string, string] => [
      `${t("metric.demographicParityDifference")} · ${name}`,
      figure(gap),
    ]),
    [t("metric.epsilon"), figure(run.privacy.epsilon)],
    [t("compare.objective"), figure(judged?.objective?.total)],
    [t("compare.fidelity"), figure(judged?.fidelity)],
    [t("compare.seconds"), figure(seconds)],
  ];
}

export function Compare({ runs }: { runs: readonly RunDetail[] }) {
  if (runs.length < 2) return null;
  const all = [...runs].sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  const compared = all.filter(({ run }) => chosen.value.has(run));
  return (
    <section class="card" data-testid="compare">
      <h2>{t("compare.title")}</h2>
      <fieldset class="choices">
        <legend>{t("compare.choose")}</legend>
        {all.map(({ run, name }) => (
          <label key={run}>
            <input
              type="checkbox"
              checked={chosen.value.has(run)}
              onChange={({ currentTarget }) => {
                const next = new Set(chosen.value);
                if (currentTarget.checked) next.add(run);
                else next.delete(run);
                chosen.value = next;
              }}
            />{" "}
            {name} <span class="mono quiet">{run}</span>
          </label>
        ))}
      </fieldset>
      {compared.length > 1 && <Side compared={compared} />}
    </section>
  );
}

function Side({ compared }: { compared: readonly RunDetail[] }) {
  const own = compared.map((run) => new Map(figuresOf(run)));
  const labels = [...new Set(own.flatMap((figures) => [...figures.keys()]))];
  const fields = differences(compared.map(({ task }) => task));
  return (
    <Scroll label={t("compare.title")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("compare.what")}</th>
            {compared.map(({ run }) => (
              <th key={run} scope="col" class="mono">
                {run}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((label) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {own.map((figures, i) => (
                <td key={compared[i]!.run}>{figures.get(label) ?? "—"}</td>
              ))}
            </tr>
          ))}
          {fields.length === 0 && (
            <tr>
              <td colSpan={compared.length + 1}>{t("compare.same")}</td>
            </tr>
          )}
          {fields.map(([path, values]) => (
            <tr key={path}>
              <th scope="row" class="mono">
                {path}
              </th>
              {values.map((value, i) => (
                <td key={compared[i]!.run} class="wrap">
                  {value ?? "—"}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
