import { isMessageKey, t } from "../i18n/messages.ts";

/** Codes have words in both languages; what the coordinator put into words itself stays as it is. */
export function reasonText(reason: string): string {
  const key = `abort.${reason}`;
  return isMessageKey(key) ? t(key) : reason;
}
