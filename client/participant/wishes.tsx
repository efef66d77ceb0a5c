/** Pause, and when and how hard this device may work. */
import { formatNumber, t } from "../i18n/messages.ts";
import { canStayAwake, charging, wish, wishes } from "./when.ts";

export function Wishes() {
  const { paused, charging: plugged, idle, awake, pace } = wishes.value;
  return (
    <>
      <div class="choices">
        <button type="button" data-testid="pause" aria-pressed={paused} onClick={() => wish({ paused: !paused })}>
          {t(paused ? "wish.goOn" : "wish.pause")}
        </button>
      </div>
      <details>
        <summary>{t("wish.title")}</summary>
        <p class="quiet small">{t("wish.honest")}</p>
        <label class="check">
          <input
            type="checkbox"
            data-testid="charging"
            checked={plugged}
            disabled={charging.value === undefined}
            onChange={({ currentTarget }) => wish({ charging: currentTarget.checked })}
          />{" "}
          {t("wish.charging")}
        </label>
        {charging.value === undefined && <p class="quiet small">{t("wish.charging.unknown")}</p>}
        <label class="check">
          <input
            type="checkbox"
            data-testid="idle"
            checked={idle}
            onChange={({ currentTarget }) => wish({ idle: currentTarget.checked })}
          />{" "}
          {t("wish.idle")}
        </label>
        {canStayAwake && (
          <label class="check">
            <input
              type="checkbox"
              data-testid="awake"
              checked={awake}
              onChange={({ currentTarget }) => wish({ awake: currentTarget.checked })}
            />{" "}
            {t("wish.awake")}
          </label>
        )}
        <label class="check">
          {t("wish.pace", { share: formatNumber(pace, { style: "percent" }) })}
          <input
            type="range"
            data-testid="pace"
            min={0.25}
            max={1}
            step={0.05}
            value={pace}
            onInput={({ currentTarget }) => wish({ pace: Number(currentTarget.value) })}
          />
        </label>
      </details>
    </>
  );
}
