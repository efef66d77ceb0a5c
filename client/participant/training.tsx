/** Taking part: the round, the privacy balance, the way out. */
import { signal } from "@preact/signals";
import { formatDelta, formatNumber, t } from "../i18n/messages.ts";
import { ConfirmButton } from "../ui/dialog.tsx";
import type { TabSnapshot } from "../worker/snapshot.ts";
import { refusalText } from "./refusal.ts";
import { leave, snapshot } from "./tab.ts";

/** A screen reader hears of progress this often, not with every message. */
const announceEveryMs = 10_000;
const announced = signal("");
let lastAnnounced = 0;

snapshot.subscribe(({ round, roundsPlanned }) => {
  const now = performance.now();
  if (!round || now - lastAnnounced < announceEveryMs) return;
  lastAnnounced = now;
  announced.value = roundText(round, roundsPlanned);
});

function roundText(round: NonNullable<TabSnapshot["round"]>, planned: number): string {
  return t("train.round", { round: round.round, planned, question: t(`question.${round.question}`) });
}

export function Training() {
  const { round, roundsPlanned, roundsDone, adapter, online, refusal, balance, checkpoint } = snapshot.value;
  return (
    <section class="card">
      <h1>{t("train.title")}</h1>
      <p class="unseen" aria-live="polite">
        {announced.value}
      </p>
      {!online && (
        <p class="problems" role="status">
          {t("train.offline")}
        </p>
      )}
      {round ? (
        <>
          <p data-testid="round">{roundText(round, roundsPlanned)}</p>
          <progress max={Math.max(1, roundsPlanned)} value={roundsDone} aria-label={t("train.title")} />
          <p class="quiet">
            {t("train.phase", { phase: t(`phase.${round.phase}`) })}
            {round.cohort > 0 && ` · ${t("train.cohort", { cohort: round.cohort })}`}
          </p>
        </>
      ) : (
        <p>{t("train.waitingFor")}</p>
      )}
      {refusal && <p class="problems">{t("train.lastRefusal", { reason: refusalText(refusal) })}</p>}
      {balance && <Balance balance={balance} />}
      <p class="quiet small">{t("train.keepOpen")}</p>
      {adapter !== undefined && <p class="quiet small">{t("train.adapter", { adapter })}</p>}
      {checkpoint && (
        <p class="quiet small">{t("checkpoint.text", { size: checkpoint.size, root: checkpoint.root.slice(0, 16) })}</p>
      )}
      <ConfirmButton
        button={t("leave.button")}
        title={t("leave.title")}
        text={t("leave.text")}
        confirm={t("leave.confirm")}
        cancel={t("leave.stay")}
        testid="leave"
        onConfirm={leave}
      />
    </section>
  );
}

/** Spent solid, the rest empty: a bar, not a dial, and never green. */
function Balance({ balance }: { balance: NonNullable<TabSnapshot["balance"]> }) {
  const { spent, budget, thisRound } = balance;
  const text = t("balance.text", {
    spent: formatNumber(spent.epsilon, { maximumFractionDigits: 3 }),
    budget: formatNumber(budget.epsilon),
    delta: formatDelta(spent.delta),
    unit: `${t(`unit.${spent.unit}`)}, ${t(`relation.${spent.relation}`)}`,
  });
  return (
    <>
      <h2>{t("balance.title")}</h2>
      <svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label={text}>
        <rect width={Math.min(100, (100 * spent.epsilon) / budget.epsilon)} height="1" fill="var(--spent)" />
      </svg>
      <p data-testid="balance">{text}</p>
      <p class="quiet small">{t("balance.round", { round: formatNumber(thisRound, { maximumFractionDigits: 3 }) })}</p>
    </>
  );
}
