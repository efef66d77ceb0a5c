/** People of two groups, one of which gets «yes» more often, and what a task says of their columns. */

/** @param uniform on [0, 1) */
export function twoGroups(count: number, uniform: () => number) {
  return Array.from({ length: count }, () => {
    const group = uniform() < 0.4 ? "A" : "B";
    const x = 2 * uniform() - 1 + (group === "A" ? 0.5 : 0);
    const colour = uniform() < 0.5 ? "red" : "blue";
    return { group, x: `${x}`, colour, y: uniform() < 1 / (1 + Math.exp(-3 * x)) ? "yes" : "no" };
  });
}

export const twoGroupsData = {
  label: { column: "y", positive: "yes", negative: "no" },
  features: [
    { name: "x", kind: "numeric", min: -2, max: 2 },
    { name: "colour", kind: "categorical", values: ["red", "blue"] },
  ],
  sensitive: [
    {
      name: "group",
      column: "group",
      groups: [
        { name: "A", values: ["A"] },
        { name: "B", values: ["B"] },
      ],
    },
  ],
};
