/** A storm and what it must not do: end a process, leave something unanswered, or make it keep more and more. */
import type { ChildProcess } from "node:child_process";
import { exampleTasks } from "../samples.ts";
import { start } from "./child.ts";
import type { Weight } from "./coordinator.ts";
import type { Coordinators } from "./coordinators.ts";
import type { FromStorm, StormSettings } from "./storm.ts";

export interface StormResult {
  sent: Record<string, number>;
  answers: Record<string, number>;
  /** Of each process: after a fifth of the storm, and after all of it */
  weights: { warm: Weight; end: Weight }[];
  seconds: number;
}

/**
 * What a process may have more of at the end than when it was warm. A leak of a hundred bytes a message would be 80 MB of a
 * million's; pages that malloc keeps, and records of the rounds that went on, are less.
 */
const growth: Weight = { rssBytes: 2 ** 26, heapBytes: 2 ** 25, handles: 60, files: 30 };

/** Until what was sent last is over and done with, ms */
const settleMs = 6_000;

export async function letStorm(
  settings: Omit<StormSettings, "ports" | "told"> & { told: Omit<StormSettings["told"], "yaml"> },
  coordinators: Coordinators,
  children: Set<ChildProcess>,
  onProgress: (line: string) => void,
): Promise<{ storm: StormResult; violations: string[] }> {
  const began = performance.now();
  const { ports } = coordinators;
  const { yaml } = (await exampleTasks())[0]!;
  const whole: StormSettings = { ...settings, told: { ...settings.told, yaml }, ports };
  const { child, said } = start<FromStorm>("storm", whole, children, (message) => {
    if (message.said === "sent") onProgress(`storm: ${message.count} sent`);
  });
  const weigh = async () => {
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    return coordinators.weigh();
  };
  await said("warm");
  const warm = await weigh();
  child.send("go on");
  const { sent, answers, faults } = await said("over");
  const end = await weigh();
  child.disconnect();
  const violations = faults.map((fault) => `storm: ${fault}`);
  for (const [i, before] of warm.entries())
    for (const what of Object.keys(growth) as (keyof Weight)[])
      if (end[i]![what] > before[what] + growth[what])
        violations.push(`storm: process ${i} had ${before[what]} ${what}, and ${end[i]![what]} in the end`);
  const weights = warm.map((before, i) => ({ warm: before, end: end[i]! }));
  return { storm: { sent, answers, weights, seconds: (performance.now() - began) / 1000 }, violations };
}
