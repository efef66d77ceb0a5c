/** One's own row: what the model says of it, why, and what would have turned the decision. Nothing of it leaves the tab. */

import { signal } from "@preact/signals";
import type { ExplainMethod } from "../../shared/explain/explain.ts";
import { mostPlayers } from "../../shared/explain/shapley.ts";
import { formatNumber, t } from "../i18n/messages.ts";
import { Scroll } from "../ui/scroll.tsx";
import type { OwnRow } from "../worker/snapshot.ts";
import { answered } from "./answered.ts";
import { explain, snapshot } from "./tab.ts";

const chosen = signal(1);
/** Those that give each column its part; the exact way only where the columns are few enough to try all sets of them. */
const methods = ["shap", "kernel-shap", "permutation-shap", "lime", "integrated-gradients"] as const;
const method = signal<ExplainMethod>("kernel-shap");
const { shown, busy, failed, ask } = answered(explain);

const text = (value: string | number | null) =>
  value === null ? t("own.missing") : typeof value === "number" ? formatNumber(value) : value;

export function OwnRowCard() {
  const { explainable } = snapshot.value;
  if (explainable === undefined) return null;
  const told = shown.value;
  return (
    <section class="card" data-testid="own-row">
      <h2>{t("own.title")}</h2>
      <p>{t("own.text")}</p>
      <form
        class="choices"
        onSubmit={(event) => {
          event.preventDefault();
          void ask(chosen.value, method.value);
        }}
      >
        <label>
          {t("own.row")}{" "}
          <input
            type="number"
            min={1}
            max={explainable}
            required
            value={chosen.value}
            onInput={(event) => {
              chosen.value = Math.trunc(Number(event.currentTarget.value));
            }}
          />
        </label>
        <label>
          {t("own.method")}{" "}
          <select
            value={method.value}
            onChange={(event) => {
              method.value = event.currentTarget.value as ExplainMethod;
            }}
          >
            {methods
              .filter((one) => one !== "shap" || snapshot.value.task!.data.features.length <= mostPlayers)
              .map((one) => (
                <option key={one} value={one}>
                  {t(`own.method.${one}`)}
                </option>
              ))}
          </select>
        </label>
        <button type="submit" disabled={busy.value}>
          {t("own.show")}
        </button>
      </form>
      {failed.value && (
        <p class="problems" role="alert">
          {t("own.failed")}
        </p>
      )}
      <div aria-live="polite" data-testid="told" data-method={told?.method}>
        {told && <Told told={told} />}
      </div>
    </section>
  );
}

function Told({ told }: { told: OwnRow }) {
  const weights = Object.entries(told.attributions);
  const largest = Math.max(...weights.map(([, weight]) => Math.abs(weight)), Number.MIN_VALUE);
  const own = new Map(told.cells.map(({ column, value }) => [column, value]));
  return (
    <>
      <p>
        <strong>{t(told.selected ? "own.selected" : "own.refused")}</strong>{" "}
        {t("own.score", {
          row: told.row,
          probability: formatNumber(told.probability, { style: "percent", maximumFractionDigits: 1 }),
        })}
      </p>
      <h3>{t("own.why")}</h3>
      <Scroll label={t("own.why")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("own.column")}</th>
              <th scope="col">{t("own.value")}</th>
              <th scope="col">{t("own.effect")}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {weights.map(([column, weight]) => (
              <tr key={column}>
                <th scope="row">{column}</th>
                <td>{text(own.get(column) ?? null)}</td>
                <td class="number">
                  {t(weight >= 0 ? "own.for" : "own.against")}{" "}
                  {formatNumber(Math.abs(weight), { maximumFractionDigits: 2 })}
                </td>
                <td>
                  <meter class="weight" min={0} max={largest} value={Math.abs(weight)} aria-label={column} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {told.reasons.length > 0 && <p>{t("own.reasons", { reasons: told.reasons.join(", ") })}</p>}
      <h3>{t("own.otherwise")}</h3>
      {told.changes === null || told.changes.length === 0 ? (
        <p>{t("own.nothing")}</p>
      ) : (
        <ul>
          {told.changes.map(({ feature, from, to }) => (
            <li key={feature}>{t("own.change", { column: feature, from: text(from), to: text(to) })}</li>
          ))}
        </ul>
      )}
      <p class="quiet small">
        {t(`own.note.${told.unit}`)} {t("own.note")}
      </p>
    </>
  );
}
