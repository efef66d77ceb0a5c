/** `murmur graph`: a graph for a cohort, or what has to change before there is one. */
import {
  cohortGraph,
  completeUpTo,
  findGraph,
  type GraphParameters,
  type GraphTerms,
} from "../../shared/secure-sum/graph-parameters.ts";

export type Graph = GraphParameters | { infeasible: true; change: string };

/** A larger cohort than this would be no advice. */
const largestAdvised = 20_000;

/** What each flag might say instead, the least change first. */
const instead = ({ cohort, dropout, corrupt }: GraphTerms): Partial<GraphTerms>[][] => [
  [2, 4, 8, 16, 32].map((times) => ({ cohort: times * Math.max(cohort, 8) })).filter((t) => t.cohort <= largestAdvised),
  lower(dropout).map((dropout) => ({ dropout })),
  lower(corrupt).map((corrupt) => ({ corrupt })),
];

const lower = (share: number): number[] => [0.3, 0.2, 0.1, 0.05, 0.01].filter((less) => less < share);

/** What `findGraph` finds; where that is nothing, each flag that would change it by itself, and to what. */
export function graph(terms: GraphTerms): Graph {
  const found = findGraph(terms);
  if (found) return found;
  const helps = instead(terms).flatMap((changes) => {
    const enough = changes.find((change) => findGraph({ ...terms, ...change }));
    return Object.entries(enough ?? {}).map(([flag, value]) => `--${flag} ${value}`);
  });
  const { cohort, corrupt, dropout } = terms;
  const advice =
    helps.length > 0 ? `Use ${helps.join(", or ")}.` : "Lower --corrupt and --dropout together, and raise --cohort.";
  const small =
    cohort > 2 && cohort <= completeUpTo && cohortGraph(cohort, corrupt, dropout)
      ? " A round of so few needs none: everybody is everybody's neighbour."
      : "";
  return {
    infeasible: true,
    change: `No sparse graph keeps ${cohort} members with these shares of corrupt ones and of dropouts. ${advice}${small}`,
  };
}
