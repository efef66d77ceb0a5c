/**
 * The lab as the console's page asks for it: one sweep at a time, in a process of its own, so that no round waits for a
 * simulation. What a sweep has done is kept in its folder; started again, it goes on.
 */
import { type ChildProcess, fork } from "node:child_process";
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
  done: Done[];
  /** What the process said last, where it failed */
  problem?: string;
}

/** What a lab in a process of its own tells of each cell. */
export interface CellNews {
  done: Done;
  of: number;
}

const mostWords = 4000;

export class LabJobs {
  #job: LabJob | undefined;
  #child: ChildProcess | undefined;

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
  async start(yaml: string): Promise<LabJob> {
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
    const file = join(folder, "grid.yaml");
    await writeFile(file, document.toString());

    const job: LabJob = { grid, yaml, state: "running", cells, done: [] };
    const child = fork(this.entry, ["lab", file, "--out", folder], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    let words = "";
    child.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
      words = (words + chunk).slice(-mostWords);
    });
    child.on("message", (news: CellNews) => job.done.push(news.done));
    child.once("exit", (code) => {
      if (job.state === "running") job.state = code === 0 ? "finished" : "failed";
      if (job.state === "failed") job.problem = words.trim().split("\n").at(-1) || `ended with ${code}`;
    });
    this.#child = child;
    this.#job = job;
    return job;
  }

  stop(): void {
    if (this.#job?.state !== "running") return;
    this.#job.state = "stopped";
    this.#child?.kill();
  }
}

function read(yaml: string): unknown {
  try {
    return parse(yaml);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new InputError("grid", `is not YAML (${error.message.split("\n")[0]})`, "Correct the line it names.");
  }
}
