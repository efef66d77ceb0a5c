/** The page's hold on its worker: one signal with what to show, and the things a person can do. */

import { signal } from "@preact/signals";
import * as Comlink from "comlink";
import type { ExplainMethod } from "../../shared/explain/explain.ts";
import type { Chosen } from "../data/gather.ts";
import type { Resting, TabSnapshot, TabWorker } from "../worker/snapshot.ts";

export const snapshot = signal<TabSnapshot>({
  state: "connecting",
  roundsDone: 0,
  roundsPlanned: 0,
  sent: [],
  bytesSent: 0,
  traffic: {},
  online: false,
});

let worker: Comlink.Remote<TabWorker> | undefined;

export function join(run: string, invite: string): void {
  const thread = new Worker(new URL("../worker/worker.ts", import.meta.url), { type: "module" });
  worker = Comlink.wrap<TabWorker>(thread);
  const show = (next: TabSnapshot) => {
    snapshot.value = next;
  };
  const broken = (reason: string) =>
    show({ ...snapshot.value, state: "failed", refusal: { code: "protocol-error", details: { reason } } });
  thread.addEventListener("error", (event) => broken(event.message ?? ""));
  worker.start({ url: location.origin, run, invite }, Comlink.proxy(show)).catch((e: unknown) => broken(String(e)));
}

export const chooseFiles = (chosen: Chosen[]) => void worker?.chooseFiles(chosen);
export const chooseSample = () => void worker?.chooseSample();
export const nameColumns = (named: Record<string, string>) => void worker?.nameColumns(named);
export const rest = (reason: Resting | undefined) => void worker?.rest(reason);
export const pace = (share: number) => void worker?.pace(share);
export const lastBytes = () => worker!.lastBytes();
export const consent = () => void worker?.consent();
export const explain = (row: number, method: ExplainMethod) => worker!.explain(row, method);
export const tryText = (text: string) => worker!.tryText(text);
export const tryImage = (cell: string) => worker!.tryImage(cell);
export const recommend = () => worker!.recommend();
export const held = () => worker!.held();
export const leave = () => void worker?.leave();
