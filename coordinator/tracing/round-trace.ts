/**
 * One trace a round: its attempt is the root, each step a span below it, and what other processes do for it are spans beside
 * those. Attributes are names of runs, numbers and reasons from lists: no participant, address or message has a place in them.
 */
import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";

/** From the announcement to the ledger */
export type Step =
  | "announce"
  | "ready"
  | "roster"
  | "shares"
  | "charge"
  | "masked"
  | "combine"
  | "unmask"
  | "read"
  | "commit";

export class RoundTrace {
  readonly #root: Span;
  readonly #below: Context;
  #step: Span | undefined;

  constructor(
    private readonly tracer: Tracer,
    run: string,
    { round, attempt, question }: { round: number; attempt: number; question: string },
  ) {
    const attributes = {
      "murmur.run": run,
      "murmur.round": round,
      "murmur.attempt": attempt,
      "murmur.question": question,
    };
    this.#root = tracer.startSpan("round", { root: true, attributes }, ROOT_CONTEXT);
    this.#below = trace.setSpan(ROOT_CONTEXT, this.#root);
  }

  /** What other processes hang their spans on */
  get parent(): SpanContext {
    return this.#root.spanContext();
  }

  /** Ends the step before. @param members who are asked in it, where that is known */
  step(name: Step, members?: number): void {
    this.#step?.end();
    const attributes = members === undefined ? {} : { "murmur.members": members };
    this.#step = this.tracer.startSpan(name, { attributes }, this.#below);
  }

  /** @param reason why there is no answer; undefined where there is one */
  over({ cohort, survivors }: { cohort: number; survivors: number }, reason?: string): void {
    const status = { code: SpanStatusCode.ERROR, ...(reason !== undefined && { message: reason }) };
    if (reason !== undefined) this.#step?.setStatus(status);
    this.#step?.end();
    this.#root.setAttributes({
      "murmur.cohort": cohort,
      "murmur.survivors": survivors,
      "murmur.outcome": reason ?? "finished",
    });
    if (reason !== undefined) this.#root.setStatus(status);
    this.#root.end();
  }
}

/** A span of another process, below the round's. */
export const spanBelow = (tracer: Tracer, parent: SpanContext, name: string, members: number): Span =>
  tracer.startSpan(
    name,
    { attributes: { "murmur.members": members } },
    trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }),
  );
