/** The coordinator under load: one process, or several behind a balancer. A process that ended is started again. */
import type { ChildProcess } from "node:child_process";
import { freePort } from "../free-port.ts";
import { Balancer } from "./balancer.ts";
import { type Started, start } from "./child.ts";
import type { CoordinatorSettings, FromCoordinator, Weight } from "./coordinator.ts";
import { Line } from "./line.ts";

/** Processes that are one coordinator, on these servers; on an empty database */
export interface Several {
  count: number;
  databaseUrl: string;
  redisUrl: string;
}

type Leading = Extract<FromCoordinator, { said: "leading" }>;

async function linesTo({ databaseUrl, redisUrl }: Several) {
  const [database, redis] = await Promise.all([Line.to(databaseUrl), Line.to(redisUrl)]);
  return { lines: [database.line, redis.line], among: { databaseUrl: database.address, redisUrl: redis.address } };
}

export class Coordinators {
  /** How many ended that were not killed */
  fallen = 0;
  /** What was logged as an error: something that the code did not reckon with */
  readonly errors: string[] = [];
  /** Place of the one that leads, or led last */
  leader = 0;
  readonly #processes: Started<FromCoordinator>[] = [];
  #killed = new WeakSet<ChildProcess>();
  #closing = false;

  private constructor(
    private readonly places: readonly CoordinatorSettings[],
    /** Of each process, to the database and to Redis */
    private readonly lines: readonly (readonly Line[])[],
    private readonly children: Set<ChildProcess>,
    private readonly watch: (message: FromCoordinator) => void,
    private readonly balancer: Balancer | undefined,
  ) {}

  static async start(
    place: Omit<CoordinatorSettings, "port" | "among">,
    several: Several | undefined,
    skewMs: number,
    children: Set<ChildProcess>,
    watch: (message: FromCoordinator) => void,
  ): Promise<{ coordinators: Coordinators; leading: Leading }> {
    const { count = 1 } = several ?? {};
    const ports = await Promise.all(Array.from({ length: count }, freePort));
    const lines = await Promise.all(ports.map(() => (several ? linesTo(several) : undefined)));
    const places = ports.map((port, i) => ({
      ...place,
      port,
      // The first one's clock is right.
      ...(skewMs && i > 0 && { skewMs: skewMs * (-1) ** i * i }),
      ...(lines[i] && { among: lines[i].among }),
    }));
    const balancer = several && (await Balancer.before(ports));
    const ends = lines.map((of) => of?.lines ?? []);
    const coordinators = new Coordinators(places, ends, children, watch, balancer);
    // The first makes keys and run; all others are to find them.
    await coordinators.#run(0);
    const leading = await coordinators.#processes[0]!.said("leading");
    await Promise.all(places.slice(1).map((_, i) => coordinators.#run(i + 1)));
    return { coordinators, leading };
  }

  get url(): string {
    return `http://localhost:${this.balancer?.port ?? this.places[0]!.port}`;
  }

  get ports(): number[] {
    return this.places.map(({ port }) => port);
  }

  weigh(): Promise<Weight[]> {
    return Promise.all(
      this.#processes.map(async ({ child, said }) => {
        child.send("weigh");
        const { said: _, ...weight } = await said("weighed", true);
        return weight;
      }),
    );
  }

  get count(): number {
    return this.places.length;
  }

  /** Connections that each process took, behind a balancer */
  get taken(): number[] | undefined {
    return this.balancer?.taken;
  }

  /** Whether each process has so many connections at least */
  have(fewest: number): boolean {
    return (this.balancer?.fewest ?? fewest) >= fewest;
  }

  /** After one came back: members go to where there is room. */
  spread(): void {
    this.balancer?.spread();
  }

  /** And starts it again. */
  async kill(which: number): Promise<void> {
    const { child, gone } = this.#processes[which]!;
    this.#killed.add(child);
    child.kill("SIGKILL");
    await gone;
  }

  async freeze(which: number, ms: number): Promise<void> {
    const { child } = this.#processes[which]!;
    child.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, ms));
    child.kill("SIGCONT");
  }

  /** Cuts a process off from the database, from Redis, or from both. @param which of its lines: 0, 1, or 2 for both */
  async cut(process: number, which: number, ms: number): Promise<void> {
    const cut = this.lines[process]!.filter((_, i) => which === 2 || which === i);
    for (const line of cut) line.cut();
    await new Promise((resolve) => setTimeout(resolve, ms));
    for (const line of cut) line.mend();
  }

  async slow(process: number, delayMs: number, ms: number): Promise<void> {
    for (const line of this.lines[process]!) line.delayMs = delayMs;
    await new Promise((resolve) => setTimeout(resolve, ms));
    for (const line of this.lines[process]!) line.delayMs = 0;
  }

  /** It has room again when it is started again. */
  fillDisk(process: number): void {
    this.#killed.add(this.#processes[process]!.child);
    this.#processes[process]!.child.send("fill the disk");
  }

  close(): void {
    this.#closing = true;
  }

  async #run(which: number): Promise<void> {
    const heard = (message: FromCoordinator) => {
      if (message.said === "leading") this.leader = which;
      this.watch(message);
    };
    const process = start("coordinator", this.places[which]!, this.children, heard, (line) => {
      if (/^\{"level":[56]0,/.test(line)) this.errors.push(line);
    });
    this.#processes[which] = process;
    void process.gone.then(() => {
      if (this.#closing) return;
      if (!this.#killed.has(process.child)) this.fallen++;
      // One that cannot start again is told by those who wait for the run's end.
      this.#run(which).catch(() => {});
    });
    await process.said("serving");
  }
}
