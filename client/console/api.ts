/** The console's line to the coordinator: its key, its calls, and the live stream of runs. */
import { signal } from "@preact/signals";
import { io, type Socket } from "socket.io-client";
import type { Progress, RunDetail } from "../../shared/run-record.ts";
import { t } from "../i18n/messages.ts";

const storageKey = "murmur-operator-key";

export const key = signal<string | undefined>(takeKey());
/** Undefined until the coordinator has told them. */
export const runs = signal<ReadonlyMap<string, RunDetail> | undefined>(undefined);
/** How far the phase under way has come, by run; told a few times a second. */
export const progress = signal<ReadonlyMap<string, Progress>>(new Map());
export const failure = signal<string | undefined>(undefined);

/** From the address's fragment, which no server sees and which is wiped at once, or from this session. */
export function takeKey(): string | undefined {
  const fragment = new URLSearchParams(location.hash.slice(1)).get("key");
  if (fragment !== null) {
    sessionStorage.setItem(storageKey, fragment);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(storageKey) ?? undefined;
}

export interface LaunchProblem {
  path: string;
  line?: number;
  column?: number;
  problem: string;
  fix?: string;
}

export async function call(path: string, body?: object, as = key.value): Promise<Response> {
  return fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${as}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

let socket: Socket | undefined;

/** @returns whether the key is the operator's */
export async function signIn(candidate: string): Promise<boolean> {
  const answer = await call("/api/runs", undefined, candidate);
  if (!answer.ok) {
    signOut();
    return false;
  }
  key.value = candidate;
  sessionStorage.setItem(storageKey, candidate);
  const summaries: { run: string }[] = await answer.json();
  const details = await Promise.all(
    summaries.map(async ({ run }) => (await call(`/api/runs/${run}`)).json() as Promise<RunDetail>),
  );
  runs.value = new Map(details.map((detail) => [detail.run, detail]));
  socket?.disconnect();
  socket = io("/console", { transports: ["websocket"], auth: { key: candidate } });
  socket.on("run", (detail: RunDetail) => {
    runs.value = new Map(runs.value ?? []).set(detail.run, detail);
  });
  socket.on("progress", ({ run, progress: now }: { run: string; progress: Progress }) => {
    progress.value = new Map(progress.value).set(run, now);
  });
  socket.on("connect", () => {
    failure.value = undefined;
  });
  socket.on("connect_error", (error) => {
    failure.value = t("console.failed", { reason: error.message });
  });
  return true;
}

export function signOut(): void {
  sessionStorage.removeItem(storageKey);
  runs.value = undefined;
  socket?.disconnect();
  key.value = undefined;
}

/** @returns the run, or what is wrong with the file */
export async function launch(yaml: string): Promise<RunDetail | LaunchProblem[]> {
  const answer = await call("/api/runs", { yaml });
  const body = await answer.json();
  if (answer.ok) {
    runs.value = new Map(runs.value ?? []).set(body.run, body);
    return body as RunDetail;
  }
  if (Array.isArray(body.problems)) return body.problems as LaunchProblem[];
  return [{ path: body.error?.field ?? "", problem: body.error?.problem ?? answer.statusText, fix: body.error?.fix }];
}
