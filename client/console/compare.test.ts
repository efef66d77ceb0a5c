import { expect, test } from "vitest";
import { differences } from "./compare.tsx";

test("tasks differ where a field does, whatever its depth, and where only one has it", () => {
  const one = { name: "a", privacy: { epsilon: 1, delta: 1e-5 }, layers: [{ outputs: 1 }] };
  const two = {
    name: "a",
    privacy: { epsilon: 2, delta: 1e-5 },
    layers: [{ outputs: 4 }, { outputs: 1 }],
    explain: { share: 0.2 },
  };
  expect(differences([one, two])).toEqual([
    ["privacy.epsilon", ["1", "2"]],
    ["layers", ['[{"outputs":1}]', '[{"outputs":4},{"outputs":1}]']],
    ["explain.share", [undefined, "0.2"]],
  ]);
  expect(differences([one, structuredClone(one), one])).toEqual([]);
});
