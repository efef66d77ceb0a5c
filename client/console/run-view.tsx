/** One run: what goes on, what it costs, what came of it. */

import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { RunDetail } from "../../shared/run-record.ts";
import { formatNumber, isMessageKey, t } from "../i18n/messages.ts";
import { Collusion } from "../ui/collusion.tsx";
import { ConfirmButton } from "../ui/dialog.tsx";
import { save } from "../ui/save.ts";
import { Scroll } from "../ui/scroll.tsx";
import { statement } from "../ui/statement.ts";
import { call, failure } from "./api.ts";
import { ClassReport } from "./class-report.tsx";
import { Curves } from "./curves.tsx";
import { Explained } from "./explained.tsx";
import { Review } from "./review.tsx";

const copied = signal(false);
const copiedForMs = 3000;

/** Codes have words in both languages; what the coordinator put into words itself stays as it is. */
function reasonText(reason: string): string {
  const key = `abort.${reason}`;
  return isMessageKey(key) ? t(key) : reason;
}

export function RunView({ run }: { run: RunDetail }) {
  const { current } = run;
  const over = !["proposed", "waiting", "running"].includes(run.state);
  return (
    <>
      <section class="card">
        <h1>
          {run.name} <span class="mono quiet">{run.run}</span>
        </h1>
        <p data-testid="run-state" data-state={run.state}>
          <strong>{t(`run.${run.state}`)}</strong>
          {run.reason !== undefined && `: ${reasonText(run.reason)}`}{" "}
          {run.weakCohort && <span class="weak">{t("console.weak")}</span>}
        </p>
        <p class="quiet">{run.task.purpose}</p>
        <progress max={run.roundsPlanned} value={run.roundsDone} aria-label={t("console.progress")} />
        <p>
          {t("console.progress")} {run.roundsDone}/{run.roundsPlanned} ·{" "}
          {t("console.connected", { count: run.connected })}
        </p>
        {current && (
          <p class="quiet">
            {t("console.now", {
              round: current.round,
              question: t(`question.${current.question}`),
              phase: t(`phase.${current.phase}`),
              cohort: current.cohort,
            })}
          </p>
        )}
        <p>
          {t("console.spent")}: {statement(run.privacy)} ·{" "}
          {t("console.promised", { budget: formatNumber(run.task.privacy.epsilon) })}
        </p>
        <Collusion privacy={run.privacy} share={run.task.cohort.colludingShare} />
        {!over && run.state !== "proposed" && <Invitation link={run.invitation} />}
        {!over && (
          <ConfirmButton
            button={t("console.stop")}
            title={t("console.stop.title")}
            text={t("console.stop.text")}
            confirm={t("console.stop")}
            cancel={t("console.stop.cancel")}
            onConfirm={() => void call(`/api/runs/${run.run}/stop`, {})}
          />
        )}
      </section>
      <Curves run={run} />
      <ClassReport run={run} />
      <Explained run={run} />
      <Gates run={run} />
      {run.review && <Review run={run} review={run.review} />}
      <Aborted run={run} />
      {over && <Downloads run={run} />}
    </>
  );
}

function Invitation({ link }: { link: string }) {
  const text = useRef<HTMLElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      // Without https there is no clipboard: select the link, so that one key copies it.
      getSelection()?.selectAllChildren(text.current!);
      return;
    }
    copied.value = true;
    setTimeout(() => {
      copied.value = false;
    }, copiedForMs);
  };
  return (
    <div class="invitation">
      <strong>{t("console.invitation")}</strong>
      <code data-testid="invitation" ref={text}>
        {link}
      </code>
      <button type="button" onClick={() => void copy()} aria-live="polite">
        {t(copied.value ? "console.copied" : "console.copy")}
      </button>
    </div>
  );
}

function Gates({ run }: { run: RunDetail }) {
  if (run.gates.length === 0) return null;
  return (
    <section class="card">
      <h2>{t("console.gates")}</h2>
      <Scroll label={t("console.gates")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("console.gate.condition")}</th>
              <th scope="col" class="number">
                {t("console.gate.value")}
              </th>
              <th scope="col">{t("console.state")}</th>
            </tr>
          </thead>
          <tbody>
            {run.gates.map(({ gate, value, met }) => (
              <tr key={gate.metric}>
                <td class="wrap">
                  {t(`metric.${gate.metric}`)}{" "}
                  {gate.atMost !== undefined
                    ? `≤ ${formatNumber(gate.atMost)}`
                    : `≥ ${formatNumber(gate.atLeast ?? 0)}`}
                </td>
                <td class="number">{value === null ? "—" : formatNumber(value, { maximumSignificantDigits: 4 })}</td>
                <td class={met === false ? "problems" : ""}>
                  {t(met === null ? "console.gate.open" : met ? "console.gate.met" : "console.gate.notMet")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function Aborted({ run }: { run: RunDetail }) {
  const aborted = run.rounds.filter((record) => record.state === "aborted");
  if (aborted.length === 0) return null;
  return (
    <section class="card">
      <h2>{t("console.aborted")}</h2>
      <ul>
        {aborted.map((record) => (
          <li key={record.finishedAt}>
            {t("chart.round")} {formatNumber(record.round)}: {reasonText(record.reason ?? "")}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Downloads({ run }: { run: RunDetail }) {
  const fetchFile = async (path: string, name: string) => {
    const answer = await call(`/api/runs/${run.run}/${path}`);
    if (!answer.ok) {
      const { error } = await answer.json();
      failure.value = `${error.problem}. ${error.fix}`;
      return;
    }
    save(name, await answer.blob(), answer.headers.get("content-type") ?? "application/octet-stream");
  };
  return (
    <section class="card">
      <h2>{t("console.downloads")}</h2>
      <div class="choices">
        {["compliance.html", "model-card.html", "model-card.md", "report.json"].map((name) => (
          <button key={name} type="button" onClick={() => void fetchFile(`documents/${name}`, name)}>
            {t("console.document", { name })}
          </button>
        ))}
        {["safetensors", "onnx", "json"].map((format) => (
          <button
            key={format}
            type="button"
            onClick={() => void fetchFile(`model?format=${format}`, `${run.run}.${format}`)}
          >
            {t("console.model", { format })}
          </button>
        ))}
        <button type="button" onClick={() => void fetchFile("ledger", "ledger.json")}>
          {t("console.ledger")}
        </button>
      </div>
    </section>
  );
}
