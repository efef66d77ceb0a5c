/** What the trained model recommends for one's own choices. It is computed in this tab, and goes nowhere. */
import { t } from "../i18n/messages.ts";
import { answered } from "./answered.ts";
import { recommend, snapshot } from "./tab.ts";

const { shown, busy, failed, ask } = answered(() => recommend());

export function Recommended() {
  if (!snapshot.value.recommends) return null;
  return (
    <section class="card" data-testid="recommended">
      <h2>{t("recommend.title")}</h2>
      <p>{t("recommend.text")}</p>
      <button type="button" disabled={busy.value} onClick={() => void ask()}>
        {t("recommend.ask")}
      </button>
      <div aria-live="polite" aria-busy={busy.value}>
        {failed.value && <p class="problems">{t("recommend.failed")}</p>}
        {shown.value && !busy.value && (
          <>
            <ol data-testid="tried">
              {shown.value.map((title) => (
                <li key={title}>{title}</li>
              ))}
            </ol>
            <p class="quiet small">{t("recommend.note")}</p>
          </>
        )}
      </div>
    </section>
  );
}
