/** Who is here, as a crowd of dots that answer phase by phase. The coordinator tells numbers, so no dot is a person. */
import type { Phase, RunDetail } from "../../shared/run-record.ts";
import { formatNumber, t } from "../i18n/messages.ts";
import { progress } from "./api.ts";

const phases: readonly Phase[] = ["announce", "ready", "shares", "masked", "unmask", "result"];
/** More would be a grey field: then a dot stands for several. */
const mostDots = 120;

type Dot = "answered" | "asked" | "lost" | "idle";

export function Cohort({ run }: { run: RunDetail }) {
  const { current, connected } = run;
  const now = current && progress.value.get(run.run);
  const lost = Object.entries(now?.lost ?? {});
  const lostCount = lost.reduce((sum, [, count]) => sum + count, 0);
  const asked = now ? now.asked - now.answered - lostCount : 0;
  const counts: [Dot, number][] = [
    ["answered", now?.answered ?? 0],
    ["asked", asked],
    ["lost", lostCount],
    ["idle", Math.max(0, connected - (now?.asked ?? 0) + lostCount)],
  ];
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const each = Math.max(1, Math.ceil(total / mostDots));
  const dots = counts.flatMap(([kind, count]) => Array<Dot>(Math.ceil(count / each)).fill(kind));
  return (
    <section class="card" data-testid="cohort">
      <h2>{t("cohort.title")}</h2>
      <ol class="phases" aria-label={t("cohort.phases")}>
        {phases.map((phase) => (
          <li key={phase} aria-current={current?.phase === phase ? "step" : undefined}>
            {t(`phase.${phase}`)}
          </li>
        ))}
      </ol>
      {dots.length > 0 && (
        <div class="dots" aria-hidden="true">
          {dots.map((kind, i) => (
            <span key={i} class={`dot ${kind}`} />
          ))}
        </div>
      )}
      <p>
        {now && current
          ? t("cohort.now", { asked: now.asked, answered: now.answered, lost: lostCount, connected })
          : t(current ? "console.connected" : "cohort.idle", { connected, count: connected })}
        {each > 1 && ` ${t("cohort.each", { each })}`}
      </p>
      <ul class="legend small">
        {counts.map(([kind]) => (
          <li key={kind}>
            <span class={`dot ${kind}`} /> {t(`dot.${kind}`)}
          </li>
        ))}
      </ul>
      <Lost run={run} />
    </section>
  );
}

/** Everybody who was lost in a finished round of this run, by reason. */
function Lost({ run }: { run: RunDetail }) {
  const sums = new Map<string, number>();
  for (const { dropped } of run.rounds)
    for (const [reason, count] of Object.entries(dropped)) sums.set(reason, (sums.get(reason) ?? 0) + count);
  if (sums.size === 0) return null;
  return (
    <p class="small">
      {t("cohort.lost")}{" "}
      {[...sums].map(([reason, count]) => `${t(`drop.${reason as DropKey}`)}: ${formatNumber(count)}`).join(" · ")}
    </p>
  );
}

type DropKey =
  | "disconnected"
  | "timed-out"
  | "declined"
  | "not-enrolled"
  | "signature-invalid"
  | "message-invalid"
  | "payload-invalid"
  | "duplicate";
