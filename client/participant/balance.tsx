/** The tab's own account of what it has spent: a linear bar with its numbers in words, and never green. */
import { formatEpsilon, formatPower, t } from "../i18n/messages.ts";
import { BudgetBar } from "../ui/budget-bar.tsx";
import { Collusion } from "../ui/collusion.tsx";
import type { TabSnapshot } from "../worker/snapshot.ts";
import { BalanceOverTime } from "./balance-over-time.tsx";
import { snapshot } from "./tab.ts";

export function Balance({ balance, open }: { balance: NonNullable<TabSnapshot["balance"]>; open: boolean }) {
  const { spent, budget, thisRound } = balance;
  const text = t("balance.text", {
    spent: formatEpsilon(spent.epsilon),
    budget: formatEpsilon(budget.epsilon),
    delta: formatPower(spent.delta),
    unit: t(`unit.${spent.unit}`),
    relation: t(`relation.${spent.relation}`),
  });
  return (
    <>
      <h2>{t("balance.title")}</h2>
      <BudgetBar spent={spent.epsilon} budget={budget.epsilon} next={open ? thisRound : 0} label={text} />
      <p data-testid="balance">{text}</p>
      <BalanceOverTime />
      <p class="quiet small">{t("balance.note")}</p>
      {snapshot.value.task && <Collusion privacy={balance.spent} share={snapshot.value.task.cohort.colludingShare} />}
    </>
  );
}
