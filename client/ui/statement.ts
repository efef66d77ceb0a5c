import type { PrivacyStatement } from "../../shared/run-record.ts";
import { formatEpsilon, formatPower, t } from "../i18n/messages.ts";

/** ε with its δ, its unit and its neighbouring relation: never alone. */
export const statement = ({ epsilon, delta, unit, relation }: PrivacyStatement): string =>
  t("privacy.statement", {
    epsilon: formatEpsilon(epsilon),
    delta: formatPower(delta),
    unit: t(`unit.${unit}`),
    relation: t(`relation.${relation}`),
  });
