/** The tab's state as a word and a sign, and as an attribute that tests can read. */
import { t } from "../i18n/messages.ts";
import type { TabState } from "../worker/snapshot.ts";
import { snapshot } from "./tab.ts";

const signs: Record<TabState, string> = {
  connecting: "M12 4a8 8 0 1 1-8 8",
  choosing: "M5 19V5h9l5 5v9z",
  consenting: "M4 20h4L19 9l-4-4L4 16z",
  waiting: "M12 5v7l4 3",
  computing: "M12 4a8 8 0 1 1-8 8",
  summing: "M17 6H7l6 6-6 6h10",
  finished: "M5 13l4 4L19 7",
  left: "M14 5h5v14h-5M4 12h10m-4-4 4 4-4 4",
  declined: "M6 6l12 12M18 6 6 18",
  failed: "M12 4v9m0 4v2",
};

export function StateWord() {
  const { state, resting } = snapshot.value;
  const busy = state === "computing" || state === "connecting";
  return (
    <p class={`state ${busy ? "busy" : ""}`} data-testid="state" data-state={state}>
      <svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2.5">
        <path d={signs[state]} />
      </svg>
      {t(resting !== undefined && state === "waiting" ? "state.resting" : `state.${state}`)}
    </p>
  );
}
