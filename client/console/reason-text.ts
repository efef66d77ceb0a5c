import { faultInWords } from "../i18n/faults.ts";
import { isMessageKey, t } from "../i18n/messages.ts";

/** Codes have words in both languages; what the coordinator put into words itself is translated by its words. */
export function reasonText(reason: string): string {
  const key = `abort.${reason}`;
  return isMessageKey(key) ? t(key) : faultInWords(reason);
}
