/** What a cell puts in the place of the task's own optimiser: what goes beside the update, and where the model moves. */
import type { Local, Server } from "../../shared/lab/axes.ts";
import { architectureOf, parameterCount } from "../../shared/model.ts";
import type { RoundPlan } from "../../shared/plan.ts";
import { type Layout, readSegment } from "../../shared/questions/layout.ts";
import type { Task } from "../../shared/task.ts";
import { withExtras } from "./extras.ts";
import { QFair } from "./q-fair.ts";
import { Scaffold } from "./scaffold.ts";
import { AdaptiveServer } from "./server.ts";

export interface Gathered {
  layout: Layout;
  /** The round's noisy sum, grid steps [dimension] */
  noisy: Float64Array;
  /** The update's part of it, in its own unit [parameters] */
  update: Float64Array;
  /** What FedAvg moves the model along [parameters] */
  mean: Float64Array;
  /** Standard deviation of the noise on a number of a segment, in its own unit */
  noiseIn: (segment: string) => number;
}

export class Optimizer {
  readonly scaffold: Scaffold | undefined;
  readonly qFair: QFair | undefined;
  readonly #adaptive: AdaptiveServer | undefined;

  /** @param server of which FedAvg and FedAvgM are the task's own, @param local of which SGD and FedProx are */
  constructor(task: Task, server: Server | undefined, local: Local | undefined) {
    const parameters = parameterCount(architectureOf(task));
    const { localLearningRate } = task.training;
    if (local?.kind === "scaffold") this.scaffold = new Scaffold(parameters, localLearningRate, local.controlBound);
    if (server?.kind === "qfedavg")
      this.qFair = new QFair(server.q, server.lossBound, localLearningRate, task.privacy.clipNorm);
    if (server?.kind === "fedadam" || server?.kind === "fedyogi")
      this.#adaptive = new AdaptiveServer(server, parameters);
  }

  /** A training round with what goes beside the update, and the noise that the wider vector takes. */
  widened(plan: RoundPlan): RoundPlan {
    const extras = [this.scaffold, this.qFair].flatMap((part) => part?.extra ?? []);
    if (extras.length === 0) return plan;
    const layout = withExtras(plan.layout, extras);
    const variance = (plan.noiseMultiplier * layout.sensitivity) ** 2 / plan.honest;
    return { ...plan, layout, localVariance: BigInt(Math.ceil(variance)) };
  }

  /** What the model moves along. @param participants all that there are, asked or not */
  direction({ layout, noisy, update, mean, noiseIn }: Gathered, participants: number): Float64Array {
    const { scaffold, qFair } = this;
    if (scaffold) scaffold.take(readSegment(layout, noisy, scaffold.extra.name), participants);
    if (qFair) {
      const { name } = qFair.extra;
      return qFair.direction(update, readSegment(layout, noisy, name)[0]!, noiseIn(name));
    }
    return this.#adaptive?.direction(mean) ?? mean;
  }
}
