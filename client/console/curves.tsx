/** What a run's rounds say, as live curves. Every number comes from noisy sums. */
import type { RoundRecord, RunDetail } from "../../shared/run-record.ts";
import { classesOf } from "../../shared/task.ts";
import { formatNumber, formatPower, t } from "../i18n/messages.ts";
import { Chart, type Curve } from "../ui/chart.tsx";

const short = (value: number | null | undefined) =>
  value == null ? "—" : formatNumber(value, { maximumSignificantDigits: 3 });

/** Terms of the objective that have a weight α, shown with it. */
const weighted = ["privacy", "fairness", "transparency", "compliance"] as const;

export function Curves({ run }: { run: RunDetail }) {
  const finished = run.rounds.filter((record) => record.state === "finished");
  const measured = finished.filter((record) => record.metrics !== undefined);
  const told = finished.filter((record) => record.classes !== undefined);
  const hasClasses = classesOf(run.task) !== undefined;
  const clipped = finished.filter((record) => record.clip !== undefined);
  const attribute = run.task.fairness.attribute;
  const { tolerance } = run.task.fairness;
  const of = (label: string, records: RoundRecord[], value: (record: RoundRecord) => number | undefined): Curve => ({
    label,
    values: records.map((record) => value(record) ?? null),
  });
  const level = (label: string, records: RoundRecord[], value: number): Curve => ({
    label,
    values: records.map(() => value),
    dashed: true,
  });
  const rounds = (records: RoundRecord[]) => records.map((record) => record.round);
  const last = (records: RoundRecord[], value: (record: RoundRecord) => number | undefined) => {
    const record = records.at(-1);
    return { last: short(record && value(record)), round: record?.round ?? 0 };
  };
  const accuracy = (r: RoundRecord) => r.classes?.accuracy;
  const loss = (r: RoundRecord) => r.objective?.loss;
  const total = (r: RoundRecord) => r.objective?.total;
  const auc = (r: RoundRecord) => r.metrics?.auc;
  const gapEstimate = (r: RoundRecord) =>
    attribute === undefined ? undefined : r.metrics?.fairness?.[attribute]?.gaps.demographicParityDifference;
  const gap = (r: RoundRecord) => (attribute === undefined ? undefined : r.metrics?.gaps[attribute]);
  const epsilon = (r: RoundRecord) => r.privacy.epsilon;
  const survivors = (r: RoundRecord) => r.survivors;
  const dropped = (r: RoundRecord) => Object.values(r.dropped).reduce((a, b) => a + b, 0);
  const budget = run.task.privacy.epsilon;
  return (
    <div class="charts">
      {told.length > 0 && (
        <Chart
          name="accuracy"
          title={t("metric.accuracy")}
          summary={t("chart.accuracy.summary", last(told, accuracy))}
          x={rounds(told)}
          curves={[of(t("metric.accuracy"), told, accuracy)]}
        />
      )}
      {!hasClasses && (
        <Chart
          name="loss"
          title={t("chart.loss")}
          summary={t("chart.loss.summary", last(measured, loss))}
          x={rounds(measured)}
          curves={[of(t("chart.loss"), measured, loss)]}
        />
      )}
      {!hasClasses && (
        <Chart
          name="auc"
          title={t("chart.auc")}
          summary={t("chart.auc.summary", last(measured, auc))}
          x={rounds(measured)}
          curves={[of(t("chart.auc"), measured, auc)]}
        />
      )}
      {attribute !== undefined && (
        <Chart
          name="gap"
          title={`${t("chart.gap")} · ${attribute}`}
          summary={t(measured.at(-1)?.metrics?.saturated ? "chart.gap.saturated" : "chart.gap.summary", {
            ...last(measured, gap),
            tolerance: short(tolerance),
          })}
          x={rounds(measured)}
          curves={[
            {
              ...of(t("chart.gap"), measured, gap),
              interval: {
                low: measured.map((r) => gapEstimate(r)?.low ?? null),
                high: measured.map((r) => gapEstimate(r)?.high ?? null),
              },
            },
            { ...level(t("chart.tolerance"), measured, tolerance), band: true },
          ]}
        />
      )}
      {run.task.fairness.penalty !== "none" && (
        <Chart
          name="multiplier"
          title={t("chart.multiplier")}
          summary={t(
            "chart.multiplier.summary",
            last(measured, (r) => r.metrics?.multiplier),
          )}
          x={rounds(measured)}
          curves={[of(t("chart.multiplier"), measured, (r) => r.metrics?.multiplier)]}
        />
      )}
      <Chart
        name="epsilon"
        title={t("chart.epsilon")}
        summary={t("chart.epsilon.summary", {
          ...last(finished, epsilon),
          budget: short(budget),
          delta: formatPower(run.privacy.delta),
          unit: t(`unit.${run.privacy.unit}`),
          relation: t(`relation.${run.privacy.relation}`),
        })}
        x={rounds(finished)}
        curves={[of("ε", finished, epsilon), level(t("chart.budget"), finished, budget)]}
      />
      <Chart
        name="cohort"
        title={t("chart.cohort")}
        summary={t("chart.cohort.summary", last(finished, survivors))}
        x={rounds(finished)}
        curves={[of(t("chart.cohort"), finished, survivors), of(t("chart.dropped"), finished, dropped)]}
      />
      {run.task.privacy.clipping === "adaptive" && (
        <Chart
          name="clip"
          title={t("chart.clip")}
          summary={t("chart.clip.summary", {
            ...last(clipped, (r) => r.clip?.norm),
            within: short(clipped.at(-1)?.clip?.within),
          })}
          x={rounds(clipped)}
          curves={[
            of(t("chart.clip"), clipped, (r) => r.clip?.norm),
            of(t("chart.clip.within"), clipped, (r) => r.clip?.within),
          ]}
        />
      )}
      {!hasClasses && (
        <Chart
          name="objective"
          title={t("chart.objective")}
          summary={t("chart.objective.summary", last(measured, total))}
          x={rounds(measured)}
          curves={[
            of(t("term.total"), measured, total),
            of(t("term.loss"), measured, loss),
            ...weighted.map((term) =>
              of(
                t(`term.${term}`),
                measured,
                ({ objective }) => objective && run.task.objective[term] * objective[term],
              ),
            ),
          ]}
        />
      )}
    </div>
  );
}
