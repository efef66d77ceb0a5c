/** The tasks of a page's own thread, by Chromium's trace: how long each worked, apart from how long the machine let it wait. */
import type { Browser, Page } from "@playwright/test";

export interface Task {
  /** Processor time, ms */
  worked: number;
  /** From its beginning to its end, ms */
  took: number;
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** µs */
  dur?: number;
  tdur?: number;
  args: { name?: string; data?: { frames?: { processId: number }[] } };
}

const categories = ["disabled-by-default-devtools.timeline"];

export async function tasksOf(browser: Browser, page: Page, during: () => Promise<unknown>): Promise<Task[]> {
  await browser.startTracing(page, { categories });
  await during();
  const { traceEvents } = JSON.parse(String(await browser.stopTracing())) as { traceEvents: TraceEvent[] };
  const pid = traceEvents.find(({ name }) => name === "TracingStartedInBrowser")!.args.data!.frames![0]!.processId;
  const isOwn = (event: TraceEvent) => event.pid === pid;
  const thread = traceEvents.find((event) => isOwn(event) && event.args.name === "CrRendererMain")!.tid;
  return traceEvents
    .filter((event) => isOwn(event) && event.tid === thread && event.name === "RunTask" && event.ph === "X")
    .map(({ dur = 0, tdur = 0 }) => ({ took: dur / 1000, worked: tdur / 1000 }));
}
