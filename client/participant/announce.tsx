/** What a screen reader hears of the run: a new step at once, progress no more often than it can be listened to. */
import { effect, signal } from "@preact/signals";
import { t } from "../i18n/messages.ts";
import type { TabSnapshot } from "../worker/snapshot.ts";
import { snapshot } from "./tab.ts";

const everyMs = 10_000;
const working = new Set<TabSnapshot["state"]>(["waiting", "computing", "summing"]);

const announced = signal("");
let saidAt = Number.NEGATIVE_INFINITY;
let pending: ReturnType<typeof setTimeout> | undefined;

export function roundText({ round, roundsPlanned }: TabSnapshot): string {
  if (!round) return "";
  return t("train.round", { round: round.round, planned: roundsPlanned, question: t(`question.${round.question}`) });
}

effect(() => {
  const text = [t(`state.${snapshot.value.state}`), roundText(snapshot.value)].filter(Boolean).join(" · ");
  const wait = working.has(snapshot.value.state) ? saidAt + everyMs - performance.now() : 0;
  clearTimeout(pending);
  const say = () => {
    saidAt = performance.now();
    announced.value = text;
  };
  if (wait <= 0) say();
  else pending = setTimeout(say, wait);
});

/** Stands on the page from the start, since a region that appears with its text is often not read. */
export const Announcer = () => (
  <p class="unseen" aria-live="polite">
    {announced.value}
  </p>
);
