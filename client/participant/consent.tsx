/** What the tab sees in the file, and the decision. Nothing is computed before it. */

import type { Task } from "../../shared/task.ts";
import { formatNumber, t } from "../i18n/messages.ts";
import { Collusion } from "../ui/collusion.tsx";
import { Scroll } from "../ui/scroll.tsx";
import { statement } from "../ui/statement.ts";
import type { DataSummary } from "../worker/snapshot.ts";
import { consent, leave, snapshot } from "./tab.ts";
import { Thumbnails } from "./thumbnails.tsx";

export function Consent({ task }: { task: Task }) {
  const { data, roundsPlanned, bytesSent, balance } = snapshot.value;
  if (!data) return null;
  const { epsilon, delta, unit } = task.privacy;
  return (
    <>
      <FileCard task={task} data={data} bytesSent={bytesSent} />
      <section class="card">
        <h2>{t("consent.title")}</h2>
        <p>
          {t("consent.what", {
            rounds: roundsPlanned,
            promise: statement({ epsilon, delta, unit, relation: "add-remove" }),
          })}
        </p>
        {task.privacy.family && <p>{t("consent.family", { family: task.privacy.family })}</p>}
        <p>{t("consent.leave")}</p>
        {balance && (
          <details>
            <summary class="small">{t("consent.numbers")}</summary>
            <Collusion privacy={balance.budget} share={task.cohort.colludingShare} />
          </details>
        )}
        <div class="choices equal">
          <button type="button" data-testid="consent" onClick={consent}>
            {t("consent.yes")}
          </button>
          <button type="button" data-testid="decline" onClick={leave}>
            {t("consent.no")}
          </button>
        </div>
      </section>
    </>
  );
}

function FileCard({ task, data, bytesSent }: { task: Task; data: DataSummary; bytesSent: number }) {
  const { anonymity, preview } = data;
  return (
    <section class="card">
      <h1>{t("data.title")}</h1>
      <p>
        <span class="mono">{data.fileName}</span>: {t("data.rows", { rows: data.rows, heldBack: data.heldBack })}
      </p>
      {data.choices && <p data-testid="choices">{t("data.choices", data.choices)}</p>}
      <p>
        <strong>{t("choose.never")}</strong> {t("choose.sent", { bytes: formatNumber(bytesSent) })}
      </p>
      {task.data.images ? <Thumbnails task={task} preview={preview} /> : <Preview preview={preview} />}
      <p class="quiet small">
        {data.droppedColumns.length > 0
          ? t("data.dropped", { columns: data.droppedColumns.join(", ") })
          : t("data.droppedNone")}
      </p>
      {anonymity.columns.length > 0 && (
        <p class="quiet small">
          {t("data.anonymity", { columns: anonymity.columns.join(", "), unique: anonymity.unique, k: anonymity.k })}
        </p>
      )}
      {data.problemCount > 0 && <Problems data={data} />}
    </section>
  );
}

const Preview = ({ preview }: Pick<DataSummary, "preview">) => (
  <Scroll label={t("data.title")}>
    <table>
      <thead>
        <tr>
          {preview.columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {preview.rows.map((row, i) => (
          <tr key={`${i}`}>
            {row.map((cell, j) => (
              <td key={preview.columns[j]}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

function Problems({ data }: { data: DataSummary }) {
  return (
    <details>
      <summary class="problems">{t("data.problems", { count: data.problemCount })}</summary>
      {data.problemCount > data.problems.length && (
        <p class="quiet small">{t("data.problems.shown", { shown: data.problems.length })}</p>
      )}
      <Scroll label={t("data.problem.what")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("data.problem.row")}</th>
              <th scope="col">{t("data.problem.column")}</th>
              <th scope="col">{t("data.problem.what")}</th>
              <th scope="col">{t("data.problem.found")}</th>
            </tr>
          </thead>
          <tbody>
            {data.problems.map((problem) => (
              <tr key={`${problem.row}/${problem.column}`}>
                <td class="number">{problem.row}</td>
                <td>{problem.column}</td>
                <td>{t(`problem.${problem.code}`)}</td>
                <td class="mono">{problem.found}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </details>
  );
}
