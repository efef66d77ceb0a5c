/** What weighs in the model, and the small tree that stands for it: both read off noisy sums. */

import { pruned } from "../../shared/explain/tree.ts";
import { treeSvg } from "../../shared/explain/tree-svg.ts";
import { inputNames } from "../../shared/model.ts";
import type { PrincipalComponents } from "../../shared/model-file.ts";
import type { RunDetail } from "../../shared/run-record.ts";
import { formatNumber, t } from "../i18n/messages.ts";
import { save } from "../ui/save.ts";
import { Scroll } from "../ui/scroll.tsx";

export function Explained({ run }: { run: RunDetail }) {
  const told = run.rounds.find((record) => record.importance !== undefined);
  const grown = run.rounds.filter((record) => record.tree !== undefined).at(-1)?.tree;
  const fidelity = run.rounds.find((record) => record.fidelity !== undefined)?.fidelity;
  const components = run.rounds.find((record) => record.components !== undefined)?.components;
  if (!told?.importance && !grown && !components) return null;
  return (
    <section class="card" data-testid="explained">
      <h2>{t("explained.title")}</h2>
      {told?.importance && (
        <Importance
          importance={told.importance}
          byGroup={told.importanceByGroup ?? {}}
          deviation={told.importanceDeviation}
        />
      )}
      {grown && <Tree run={run} svg={drawing(run, grown)} fidelity={fidelity} />}
      {components && <Components names={inputNames(run.task)} {...components} />}
    </section>
  );
}

function drawing(run: RunDetail, tree: Parameters<typeof pruned>[0]): string {
  return treeSvg(run.task.data.features, pruned(tree), [], {
    title: t("explained.tree.title"),
    allRows: t("explained.tree.all"),
    always: t("explained.tree.all"),
    and: " · ",
    missing: t("explained.tree.missing"),
    there: t("explained.tree.there"),
    other: t("explained.tree.other"),
    selected: t("explained.tree.selected"),
    refused: t("explained.tree.refused"),
  });
}

type Rows = NonNullable<RunDetail["rounds"][number]["importance"]>;

function Importance(props: {
  importance: Rows;
  byGroup: Record<string, Record<string, Rows>>;
  deviation: number | undefined;
}) {
  const { importance, byGroup, deviation } = props;
  const largest = Math.max(...Object.values(importance), Number.MIN_VALUE);
  const columns = Object.entries(importance).sort((a, b) => b[1] - a[1]);
  const groups = Object.values(byGroup).flatMap((of) => Object.entries(of));
  return (
    <>
      <p class="quiet">
        {t("explained.importance")}{" "}
        {deviation !== undefined &&
          t("explained.noise", { half: formatNumber(1.96 * deviation, { maximumFractionDigits: 3 }) })}
      </p>
      <Scroll label={t("explained.title")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("explained.column")}</th>
              <th scope="col" class="number">
                {t("explained.everybody")}
              </th>
              <td />
              {groups.map(([group]) => (
                <th key={group} scope="col" class="number">
                  {group}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {columns.map(([name, weight]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="number">{formatNumber(weight, { maximumFractionDigits: 3 })}</td>
                <td>
                  <meter class="weight" min={0} max={largest} value={weight} aria-label={name} />
                </td>
                {groups.map(([group, of]) => (
                  <td key={group} class="number">
                    {formatNumber(of[name] ?? 0, { maximumFractionDigits: 3 })}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

/** Inputs named for each component. */
const named = 4;

function Components({ names, shares, vectors }: PrincipalComponents & { names: string[] }) {
  const heaviest = (vector: readonly number[]) =>
    vector
      .map((weight, i) => ({ name: names[i]!, weight }))
      .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
      .slice(0, named)
      .map(
        ({ name, weight }) => `${formatNumber(weight, { maximumFractionDigits: 2, signDisplay: "always" })} ${name}`,
      );
  return (
    <>
      <p class="quiet">{t("explained.components")}</p>
      <Scroll label={t("explained.components")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("explained.component")}</th>
              <th scope="col" class="number">
                {t("explained.variance")}
              </th>
              <th scope="col">{t("explained.heaviest")}</th>
            </tr>
          </thead>
          <tbody>
            {vectors.map((vector, i) => (
              <tr key={vector.join()}>
                <th scope="row">{formatNumber(i + 1)}</th>
                <td class="number">{formatNumber(shares[i]!, { style: "percent", maximumFractionDigits: 1 })}</td>
                <td>{heaviest(vector).join(" · ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

function Tree({ run, svg, fidelity }: { run: RunDetail; svg: string; fidelity: number | undefined }) {
  return (
    <>
      <p class="quiet">
        {fidelity === undefined
          ? t("explained.tree.unknown")
          : t("explained.tree.fidelity", {
              share: formatNumber(fidelity, { style: "percent", maximumFractionDigits: 1 }),
            })}
      </p>
      <Scroll label={t("explained.tree.title")}>
        {/* Drawn by us; every text in it is escaped. */}
        <div class="drawing" dangerouslySetInnerHTML={{ __html: svg }} />
      </Scroll>
      <button type="button" onClick={() => save(`${run.run}-tree.svg`, svg, "image/svg+xml")}>
        {t("explained.tree.save")}
      </button>
    </>
  );
}
