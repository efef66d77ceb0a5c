import { faultSentence } from "../i18n/faults.ts";
import { isMessageKey, t } from "../i18n/messages.ts";
import type { TabSnapshot } from "../worker/snapshot.ts";

/** What happened and what to do, in words; a code without a text of its own is at least named. */
export function refusalText(refusal: TabSnapshot["refusal"]): string {
  const key = `refusal.${refusal?.code}`;
  if (!refusal || !isMessageKey(key)) return t("refusal.unknown", { code: refusal?.code ?? "" });
  const rounded = Object.entries(refusal.details).map(([name, value]) => [
    name,
    typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(4) : value,
  ]);
  const { problem, fix } = refusal.details;
  const told = problem === undefined ? {} : { reason: faultSentence({ problem: String(problem), fix: String(fix) }) };
  return t(key, { reason: "", what: "", column: "", ...Object.fromEntries(rounded), ...told });
}
