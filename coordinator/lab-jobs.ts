/**
 * The lab as the console's page asks for it: one sweep at a time, in a process of its own, so that no round waits for a
 * simulation. What a sweep has done is kept in its folder; started again, it goes on.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parse, parseDocument, YAMLParseError } from "yaml";
import { InputError } from "../shared/errors.ts";
import type { Done } from "../shared/lab/curves.ts";
import { asGrid, cellsOfGrid, type Grid } from "../shared/lab/grid.ts";
import { projectRoot } from "./command/project-root.ts";

export interface LabJob {
  grid: Grid;
  yaml: string;
  state: "running" | "finished" | "stopped" | "failed";
  cells: number;
  /** Whether it is to be computed on this machine's graphics adapter, and once it is known, on which; null: on none */
  adapter: boolean;
  on?: string | null;
  done: Done[];
  /** Seconds, as the cells so far went */
  left?: number;
  /** What it has written, once it is finished */
  files: string[];
  /** What the process said last, where it failed */
  problem?: string;
}

/** What a lab in a process of its own tells of each cell. */
export interface CellNews {
  done: Done;
  left: number;
  on: string | null;
}

/** Whether a cell that was run again is what was kept of it. */
export type Again = "same" | "other" | "none";

/** What may be taken home; the table is in the job. */
const ofResults = /[.](svg|html)$/;

const mostWords = 4000;

export class LabJobs {
  #job: LabJob | undefined;
  #child: ChildProcess | undefined;
  #rerunning = false;

  /** @param folder of grids and of what they came to @param entry the command */
  constructor(
    private readonly folder: string,
    private readonly entry = join(projectRoot, "dist/command/murmur.js"),
  ) {}

  get job(): LabJob | undefined {
    return this.#job;
  }

  /** The grids to start from, by name. */
  async examples(): Promise<{ name: string; yaml: string }[]> {
    const folder = join(projectRoot, "tasks/grids");
    const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml")).sort();
    return Promise.all(
      files.map(async (file) => ({ name: basename(file, ".yaml"), yaml: await readFile(join(folder, file), "utf8") })),
    );
  }

  /** @throws InputError that names the field */
  async start(yaml: string, adapter: boolean): Promise<LabJob> {
    if (this.#job?.state === "running")
      throw new InputError("grid", `waits: ${this.#job.grid.name} is running`, "Stop it, or wait for its end.");
    const grid = asGrid(read(yaml));
    const cells = cellsOfGrid(grid).length;
    // Of this machine's files a page may name the example tasks, and no others.
    const task = basename(grid.task);
    const path = join(projectRoot, "tasks", task);
    await readFile(path).catch(() => {
      throw new InputError("task", `${task} is not an example task`, "Name a file of tasks/, as ../bank.yaml.");
    });
    const document = parseDocument(yaml);
    document.set("task", path);
    const folder = join(this.folder, grid.name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "grid.yaml"), document.toString());

    const job: LabJob = { grid, yaml, state: "running", cells, adapter, done: [], files: [] };
    const child = this.#fork(job, []);
    const words = lastWords(child);
    child.stdout!.resume();
    child.on("message", ({ done, left, on }: CellNews) => {
      job.done.push(done);
      Object.assign(job, { left, on });
    });
    child.once("exit", async (code) => {
      if (job.state !== "running") return;
      if (code === 0) {
        job.files = (await readdir(folder)).filter((name) => ofResults.test(name)).sort();
        job.state = "finished";
      } else {
        job.problem = words() || `ended with ${code}`;
        job.state = "failed";
      }
    });
    this.#child = child;
    this.#job = job;
    return job;
  }

  /**
   * Runs one cell of the last sweep again.
   * @param number counted from 1
   * @throws InputError where there is none, or a sweep is under way
   */
  async again(number: number): Promise<Again> {
    const job = this.#job;
    if (!job) throw new InputError("cell", "is of no sweep", "Start one first.");
    if (job.state === "running" || this.#rerunning)
      throw new InputError("cell", "waits: the lab is running", "Stop it, or wait for its end.");
    if (!Number.isInteger(number) || number < 1 || number > job.cells)
      throw new InputError("cell", `is ${number} of ${job.cells} cells`, "Use a number from 1 on.");
    this.#rerunning = true;
    try {
      const child = this.#fork(job, ["--cell", `${number}`, "--json"]);
      const words = lastWords(child);
      let printed = "";
      child.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
        printed += chunk;
      });
      // Not its exit: then its words may not be read yet.
      await once(child, "close");
      const last = printed.trim().split("\n").at(-1);
      if (!last) throw new Error(words() || "the lab ended without a word");
      return (JSON.parse(last) as { before: Again }).before;
    } finally {
      this.#rerunning = false;
    }
  }

  /** @returns a file that the last sweep has written; undefined where it has none of that name */
  async file(name: string): Promise<Buffer | undefined> {
    if (!this.#job?.files.includes(name)) return undefined;
    return readFile(join(this.#folderOf(this.#job), name));
  }

  #folderOf = ({ grid }: LabJob): string => join(this.folder, grid.name);

  #fork(job: LabJob, more: string[]): ChildProcess {
    const folder = this.#folderOf(job);
    const on = job.adapter ? ["--adapter"] : [];
    return fork(this.entry, ["lab", join(folder, "grid.yaml"), "--out", folder, ...on, ...more], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
  }

  stop(): void {
    if (this.#job?.state !== "running") return;
    this.#job.state = "stopped";
    this.#child?.kill();
  }
}

/** What it said last. */
function lastWords(child: ChildProcess): () => string {
  let words = "";
  child.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
    words = (words + chunk).slice(-mostWords);
  });
  return () => words.trim().split("\n").at(-1)!;
}

function read(yaml: string): unknown {
  try {
    return parse(yaml);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new InputError("grid", `is not YAML (${error.message.split("\n")[0]})`, "Correct the line it names.");
  }
}
