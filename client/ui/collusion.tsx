/** What a promise rests on, and what it means: both numbers, and an attacker's power in words. */
import type { PrivacyStatement } from "../../shared/run-record.ts";
import { formatEpsilon, formatPower, formatShare, t } from "../i18n/messages.ts";

export function Collusion({ privacy, share }: { privacy: PrivacyStatement; share: number }) {
  const { truePositiveRate, alone, trusting, delta, unit } = privacy;
  if (truePositiveRate === undefined || alone === undefined) return null;
  const rates = { rate: formatShare(truePositiveRate), alone: formatShare(alone.truePositiveRate) };
  return (
    <div class="quiet small" data-testid="collusion">
      <p>
        {t("privacy.colluding", {
          share: formatShare(share),
          epsilon: formatEpsilon(alone.epsilon),
          delta: formatPower(delta),
        })}
      </p>
      {trusting && (
        <p data-testid="trusting">
          {t("privacy.trusting", {
            epsilon: formatEpsilon(trusting.epsilon),
            delta: formatPower(delta),
            rate: formatShare(trusting.truePositiveRate),
          })}
        </p>
      )}
      <p>{t(unit === "record" ? "privacy.power.record" : "privacy.power", rates)}</p>
    </div>
  );
}
