/** Every reason a page can give, with its remedy: the catalogue itself, in the order it is written in. */
import { en, type MessageKey } from "../i18n/en.ts";
import { isMessageKey, t } from "../i18n/messages.ts";
import { refusalText } from "../participant/refusal.ts";

const codesOf = (family: string): string[] =>
  (Object.keys(en) as MessageKey[])
    .filter((key) => key.startsWith(`${family}.`))
    .map((key) => key.slice(family.length + 1))
    .filter((code) => code !== "unknown");

export function Reasons() {
  return (
    <>
      <section class="card">
        <h2>{t("help.refusals")}</h2>
        <dl>
          {codesOf("refusal").map((code) => (
            <div key={code}>
              <dt>
                <code>{code}</code>
              </dt>
              <dd>{refusalText({ code, details: { column: "…" } })}</dd>
            </div>
          ))}
        </dl>
      </section>
      <section class="card">
        <h2>{t("help.aborts")}</h2>
        <dl>
          {codesOf("abort").map((code) => {
            const [what, remedy] = [`abort.${code}`, `remedy.abort.${code}`];
            return (
              <div key={code}>
                <dt>
                  <code>{code}</code>
                </dt>
                <dd>
                  {isMessageKey(what) && t(what)}
                  {isMessageKey(remedy) && ` — ${t(remedy)}`}
                </dd>
              </div>
            );
          })}
        </dl>
      </section>
    </>
  );
}
