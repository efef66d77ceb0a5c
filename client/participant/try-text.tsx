/** The trained model on one's own words. They are read in this tab, and go nowhere. */
import { signal } from "@preact/signals";
import { Fragment } from "preact";
import { t } from "../i18n/messages.ts";
import type { Tried } from "../worker/snapshot.ts";
import { answered } from "./answered.ts";
import { Outcomes, percent } from "./outcomes.tsx";
import { snapshot, tryText } from "./tab.ts";

const written = signal("");
const { shown, busy, failed, ask } = answered((text: string): Promise<Tried> => tryText(text));

export function TryText() {
  if (!snapshot.value.triable) return null;
  const told = shown.value;
  return (
    <section class="card" data-testid="try-text">
      <h2>{t("try.title")}</h2>
      <p>{t("try.text")}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void ask(written.value);
        }}
      >
        <label>
          {t("try.label")}
          <textarea
            class="short"
            rows={3}
            required
            maxLength={2000}
            value={written.value}
            onInput={(event) => {
              written.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit" disabled={busy.value}>
          {t("try.ask")}
        </button>
      </form>
      <div aria-live="polite" aria-busy={busy.value}>
        {failed.value && <p class="problems">{t("try.failed")}</p>}
        {told && !busy.value && ("parts" in told ? <Names {...told} /> : <Likeliest {...told} />)}
      </div>
    </section>
  );
}

/** The text with its names marked. */
function Names({ parts }: Extract<Tried, { parts: unknown }>) {
  return (
    <>
      {!parts.some(({ type }) => type) && <p>{t("try.no-names")}</p>}
      <p data-testid="tried">
        {parts.map(({ text, type }, i) => (
          <Fragment key={i}>
            {i > 0 && " "}
            {type ? (
              <mark>
                {text} <span class="small">{type}</span>
              </mark>
            ) : (
              text
            )}
          </Fragment>
        ))}
      </p>
    </>
  );
}

function Likeliest({ outcomes, words }: Extract<Tried, { outcomes: unknown }>) {
  return (
    <>
      <Outcomes title={t("try.title")} outcomes={outcomes} />
      {words.length > 0 && (
        <>
          <h3>{t("try.words")}</h3>
          <ul class="plain">
            {words.map(({ word, weight }) => (
              <li key={word}>
                {t(weight >= 0 ? "try.for" : "try.against", { word, points: percent(Math.abs(weight)) })}
              </li>
            ))}
          </ul>
          <p class="quiet small">{t("try.note")}</p>
        </>
      )}
    </>
  );
}
