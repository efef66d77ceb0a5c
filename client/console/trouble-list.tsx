/** Problems come first, each with what to do. */
import type { RunDetail } from "../../shared/run-record.ts";
import { isMessageKey, t } from "../i18n/messages.ts";
import { reasonText } from "./reason-text.ts";
import { type Trouble, troublesOf } from "./troubles.ts";

export function TroubleList({ run }: { run: RunDetail }) {
  const troubles = troublesOf(run);
  if (troubles.length === 0) return null;
  return (
    <section class="card troubles" data-testid="troubles" aria-label={t("trouble.title")}>
      <h2>{t("trouble.title")}</h2>
      <ul>
        {troubles.map((trouble) => (
          <li key={trouble.code}>
            <strong>
              {t(`trouble.${trouble.code}`, { ...trouble.details, reason: reasonText(trouble.reason ?? "") })}
            </strong>{" "}
            {remedyOf(trouble)}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Of a round that ended early, what helps against its reason. */
function remedyOf({ code, reason }: Trouble): string {
  const own = `remedy.abort.${reason}`;
  return isMessageKey(own) ? t(own) : t(`remedy.${code}`);
}
