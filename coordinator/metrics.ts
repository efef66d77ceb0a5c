/**
 * What Prometheus may know: counts and times. Every label comes from a list that the code knows, or is a run's name: no
 * participant, address or invitation has a place in it.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { RoundRecord, RunState, RunSummary } from "../shared/run-record.ts";

const seconds = { fast: [0.001, 0.005, 0.02, 0.1, 0.5, 1, 2, 5, 20], slow: [0.5, 2, 5, 15, 30, 60, 120, 300, 900] };

/** What is read at the moment of asking */
export interface Standing {
  runs: readonly RunSummary[];
  /** ε of the task, by run */
  budgets: ReadonlyMap<string, number>;
  ledgerEntries: number;
  leads: boolean;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #rounds = new Counter({
    ...this.#named("murmur_rounds_total", "Attempts of rounds that are over; outcome is finished, or why not"),
    labelNames: ["question", "outcome"],
  });
  readonly #roundSeconds = new Histogram({
    ...this.#named("murmur_round_seconds", "From the announcement to the written result"),
    labelNames: ["question"],
    buckets: seconds.slow,
  });
  readonly #members = new Counter(this.#named("murmur_cohort_members_total", "Members of cohorts of finished rounds"));
  readonly #survivors = new Counter(this.#named("murmur_survivors_total", "Members whose answers were summed up"));
  readonly #dropped = new Counter({
    ...this.#named("murmur_dropped_total", "Members of cohorts that were lost on the way"),
    labelNames: ["reason"],
  });
  readonly #phaseSeconds = new Histogram({
    ...this.#named("murmur_phase_seconds", "How long each phase of a round took"),
    labelNames: ["phase"],
    buckets: seconds.slow,
  });
  readonly #messages = new Counter({
    ...this.#named("murmur_messages_total", "Messages of tabs; outcome is ok, or why not"),
    labelNames: ["event", "outcome"],
  });
  readonly #acknowledged = new Histogram({
    ...this.#named("murmur_acknowledgement_seconds", "From a tab's message to its answer"),
    labelNames: ["event"],
    buckets: seconds.fast,
  });
  readonly #requests = new Histogram({
    ...this.#named("murmur_http_request_seconds", "Requests of pages and API"),
    labelNames: ["method", "route", "status"],
    buckets: seconds.fast,
  });
  readonly #refused = new Counter({
    ...this.#named("murmur_refused_total", "Connections and requests beyond a limit"),
    labelNames: ["limit"],
  });

  constructor(standing: () => Standing) {
    collectDefaultMetrics({ register: this.#registry });
    this.#read("murmur_runs", "Runs by state", ["state"], (gauge) => {
      const states = ["proposed", "waiting", "running", "finished", "stopped", "failed"] satisfies RunState[];
      const { runs } = standing();
      for (const state of states) gauge.set({ state }, runs.filter((run) => run.state === state).length);
    });
    this.#read("murmur_participants_connected", "Tabs that hold a seat now", [], (gauge) =>
      gauge.set(standing().runs.reduce((sum, run) => sum + run.connected, 0)),
    );
    this.#read("murmur_epsilon_spent_ratio", "ε spent of the promised, of runs that are not over", ["run"], (gauge) => {
      const { runs, budgets } = standing();
      gauge.reset();
      for (const { run, state, privacy } of runs)
        if (state === "waiting" || state === "running") gauge.set({ run }, privacy.epsilon / budgets.get(run)!);
    });
    this.#read("murmur_ledger_entries", "Entries of the ledger", [], (gauge) => gauge.set(standing().ledgerEntries));
    this.#read("murmur_leader", "1 while this process may write", [], (gauge) => gauge.set(standing().leads ? 1 : 0));
  }

  /** An attempt is over. */
  round({ question, state, reason, duration, cohort, survivors, dropped }: RoundRecord): void {
    this.#rounds.inc({ question, outcome: state === "finished" ? state : (reason ?? state) });
    if (state !== "finished") return;
    this.#roundSeconds.observe({ question }, duration / 1000);
    this.#members.inc(cohort);
    this.#survivors.inc(survivors);
    for (const [why, count] of Object.entries(dropped)) this.#dropped.inc({ reason: why }, count);
  }

  phase(phase: string, ms: number): void {
    this.#phaseSeconds.observe({ phase }, ms / 1000);
  }

  /** @param event one of those the wire knows @param outcome "ok" or a reason of the wire's */
  message(event: string, outcome: string, ms: number): void {
    this.#messages.inc({ event, outcome });
    this.#acknowledged.observe({ event }, ms / 1000);
  }

  /** @param route the pattern, never the path that was asked for */
  request(method: string, route: string, status: number, ms: number): void {
    this.#requests.observe({ method, route, status }, ms / 1000);
  }

  refused(limit: string): void {
    this.#refused.inc({ limit });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** In Prometheus' text format */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #named(name: string, help: string) {
    return { name, help, registers: [this.#registry] };
  }

  #read<Label extends string>(name: string, help: string, labels: Label[], collect: (gauge: Gauge<Label>) => void) {
    new Gauge({
      ...this.#named(name, help),
      labelNames: labels,
      collect() {
        collect(this);
      },
    });
  }
}
