/** The lab's line to the coordinator: one sweep at a time, looked at while it runs. */
import { signal } from "@preact/signals";
import type { Done } from "../../shared/lab/curves.ts";
import type { Grid } from "../../shared/lab/grid.ts";
import { call, failure } from "../console/api.ts";
import { faultSentence } from "../i18n/faults.ts";
import { t } from "../i18n/messages.ts";
import type { Example } from "../ui/examples.ts";

export interface Job {
  grid: Grid;
  yaml: string;
  state: "running" | "finished" | "stopped" | "failed";
  cells: number;
  adapter: boolean;
  /** The adapter that computes; null: the processor does */
  on?: string | null;
  done: Done[];
  /** Seconds */
  left?: number;
  /** Figures and report, once it is finished */
  files: string[];
  problem?: string;
}

export const job = signal<Job | null | undefined>(undefined);
const lookEveryMs = 1000;
let looking = false;

export function follow(): void {
  if (looking) return;
  looking = true;
  void look();
}

async function look(): Promise<void> {
  try {
    const answer = await call("/api/lab");
    if (answer.ok) job.value = (await answer.json()).job;
    failure.value = undefined;
  } catch (error) {
    failure.value = t("console.failed", { reason: error instanceof Error ? error.message : String(error) });
  }
  setTimeout(() => void look(), lookEveryMs);
}

/** @returns what is wrong with the grid, in words */
export async function start(yaml: string, adapter: boolean): Promise<string | undefined> {
  const answer = await call("/api/lab", { yaml, adapter });
  const body = await answer.json();
  if (!answer.ok) return `${body.error.field} ${faultSentence(body.error)}`;
  job.value = body;
  return undefined;
}

export const stop = () => void call("/api/lab/stop", {});

export async function examples(): Promise<Example[]> {
  const answer = await call("/api/lab/examples");
  return answer.ok ? answer.json() : [];
}

/** @param cell counted from 1 @returns what became of it, in words */
export async function again(cell: number): Promise<string> {
  const answer = await call("/api/lab/again", { cell });
  const body = await answer.json();
  if (!answer.ok) return `${body.error.field} ${body.error.problem}. ${body.error.fix}`;
  return t(`lab.again.${body.before as "same" | "other" | "none"}`);
}

export async function file(name: string): Promise<Blob> {
  const answer = await call(`/api/lab/files/${encodeURIComponent(name)}`);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer.blob();
}
