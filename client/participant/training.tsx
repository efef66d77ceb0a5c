/** Taking part: the round, the privacy balance, the way out. */
import { formatNumber, t } from "../i18n/messages.ts";
import { ConfirmButton } from "../ui/dialog.tsx";
import type { TabSnapshot } from "../worker/snapshot.ts";
import { roundText } from "./announce.tsx";
import { Balance } from "./balance.tsx";
import { refusalText } from "./refusal.ts";
import { leave, snapshot } from "./tab.ts";
import { Vector } from "./vector.tsx";
import { Wishes } from "./wishes.tsx";

export function Training() {
  const { round, roundsPlanned, roundsDone, adapter, refusal, balance, checkpoint, resting, secondsLeft } =
    snapshot.value;
  const reading = encoderText(snapshot.value);
  return (
    <section class="card">
      <h1>{t("train.title")}</h1>
      {resting !== undefined && (
        <p class="weak" role="status" data-testid="resting">
          {t(`resting.${resting}`)}
        </p>
      )}
      {round ? (
        <>
          <p data-testid="round">{roundText(snapshot.value)}</p>
          <progress max={Math.max(1, roundsPlanned)} value={roundsDone} aria-label={t("train.title")} />
          <p class="quiet" hidden={resting !== undefined}>
            {t("train.phase", { phase: t(`phase.${round.phase}`) })}
            {round.cohort > 0 && ` · ${t("train.cohort", { cohort: round.cohort })}`}
            {secondsLeft !== undefined && ` · ${timeLeft(secondsLeft)}`}
          </p>
        </>
      ) : (
        <p>{t("train.waitingFor")}</p>
      )}
      {reading !== undefined && <p data-testid="encoder">{reading}</p>}
      {refusal && <p class="problems">{t("train.lastRefusal", { reason: refusalText(refusal) })}</p>}
      <Vector />
      {balance && <Balance balance={balance} open />}
      <Wishes />
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

const megabytes = (bytes: number) => formatNumber(bytes / 1e6, { maximumFractionDigits: 1 });

/** What is still to be done before a tab that reads texts can answer; undefined when nothing is. */
function encoderText({ encoder, data, round }: TabSnapshot): string | undefined {
  if (!encoder || round) return undefined;
  const { loaded, total, texts } = encoder;
  if (texts !== undefined && data) {
    return texts < data.rows ? t("train.reading", { texts, rows: data.rows }) : undefined;
  }
  return total !== undefined && loaded < total
    ? t("train.fetching", { loaded: megabytes(loaded), total: megabytes(total) })
    : undefined;
}

/** No more exact than a guess is. */
function timeLeft(seconds: number): string {
  if (seconds < 60) return t("train.left.soon");
  return t("train.left", { minutes: Math.ceil(seconds / 60) });
}
