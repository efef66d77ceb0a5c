/** One run: what goes on, what it costs, what came of it. */
import { isOver, type RunDetail } from "../../shared/run-record.ts";
import { faultSentence } from "../i18n/faults.ts";
import { formatNumber, t } from "../i18n/messages.ts";
import { purposeOf } from "../i18n/purpose.ts";
import { BudgetBar } from "../ui/budget-bar.tsx";
import { Collusion } from "../ui/collusion.tsx";
import { ConfirmButton } from "../ui/dialog.tsx";
import { Invitation } from "../ui/invitation.tsx";
import { save } from "../ui/save.ts";
import { Scroll } from "../ui/scroll.tsx";
import { statement } from "../ui/statement.ts";
import { call, failure } from "./api.ts";
import { ClassReport } from "./class-report.tsx";
import { Cohort } from "./cohort.tsx";
import { Curves } from "./curves.tsx";
import { Explained } from "./explained.tsx";
import { RankingReport } from "./ranking-report.tsx";
import { reasonText } from "./reason-text.ts";
import { Review } from "./review.tsx";
import { TroubleList } from "./trouble-list.tsx";

/** At the address by which the console was opened: the coordinator does not know what stands before it. */
const asOpened = (invitation: string) => location.origin + new URL(invitation).pathname + new URL(invitation).search;

export function RunView({ run }: { run: RunDetail }) {
  const { current } = run;
  const over = isOver(run.state);
  const act = (what: "hold" | "resume" | "stop") => void call(`/api/runs/${run.run}/${what}`, {});
  return (
    <>
      <TroubleList run={run} />
      <section class="card">
        <h1>
          {run.name} <span class="mono quiet">{run.run}</span>
        </h1>
        <p data-testid="run-state" data-state={run.state}>
          <strong>{t(`run.${run.state}`)}</strong>
          {run.reason !== undefined && `: ${reasonText(run.reason)}`}{" "}
          {run.weakCohort && <span class="weak">{t("console.weak")}</span>}
        </p>
        <p class="quiet">{purposeOf(run.task)}</p>
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
        <h2>{t("console.spent")}</h2>
        <BudgetBar
          spent={run.privacy.epsilon}
          budget={run.task.privacy.epsilon}
          next={0}
          label={`${t("console.spent")}: ${statement(run.privacy)}`}
        />
        <p>
          {statement(run.privacy)} · {t("console.promised", { budget: formatNumber(run.task.privacy.epsilon) })}
        </p>
        <Collusion privacy={run.privacy} share={run.task.cohort.colludingShare} />
        {!over && run.state !== "proposed" && <Invitation link={asOpened(run.invitation)} />}
        {!over && (
          <div class="choices">
            {(run.state === "waiting" || run.state === "running") && (
              <button type="button" onClick={() => act("hold")}>
                {t("console.hold")}
              </button>
            )}
            {run.state === "held" && (
              <button type="button" class="main" onClick={() => act("resume")}>
                {t("console.resume")}
              </button>
            )}
            <ConfirmButton
              button={t("console.stop")}
              title={t("console.stop.title")}
              text={t("console.stop.text")}
              confirm={t("console.stop")}
              cancel={t("console.stop.cancel")}
              onConfirm={() => act("stop")}
            />
          </div>
        )}
      </section>
      {!over && run.state !== "proposed" && <Cohort run={run} />}
      {run.roundsDone > 0 && <Curves run={run} />}
      <ClassReport run={run} />
      <RankingReport run={run} />
      <Explained run={run} />
      <Gates run={run} />
      {run.review && <Review run={run} review={run.review} />}
      <Aborted run={run} />
      {over && <Downloads run={run} />}
    </>
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
      failure.value = faultSentence(error);
      return;
    }
    save(name, await answer.blob(), answer.headers.get("content-type") ?? "application/octet-stream");
  };
  return (
    <section class="card" data-testid="downloads">
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
