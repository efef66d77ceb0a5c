/** At record level: the sum over own rows of their gradients, each clipped, and their scores counted. */
import { type Layout, segment } from "../../shared/questions/layout.ts";
import type { Task } from "../../shared/task.ts";
import type { Learner } from "../learner.ts";
import type { Encoded } from "./population.ts";
import { type Asked, countScore, lossSlope, type OwnWitness, type Work } from "./work.ts";

export class RecordWork implements Work {
  constructor(
    private readonly task: Task,
    private readonly data: Encoded,
    private readonly ownWitness: OwnWitness | undefined,
  ) {}

  add(
    { parameters, witness: announced }: Learner,
    { participant, number, tampering }: Asked,
    layout: Layout,
    total: Float64Array,
  ) {
    const { rows, network } = this.data;
    const [update, counts] = [segment(layout, "update"), segment(layout, "histogram")];
    const histogram = new Float64Array(counts.length);
    const own = this.ownWitness;
    // A tab's own gap is known only when all its rows are counted.
    if (own) for (const row of participant.train) countScore(rows, row, network.logit(parameters, row), histogram);
    const witness = own?.(number, histogram) ?? announced;
    const into = new Float64Array(update.length);
    const { factor = 1, clipped = true } = tampering ?? {};
    const sink = { clipNorm: this.task.privacy.clipNorm, scale: clipped ? 1 : factor, into };
    const slope = clipped ? factor : 1;
    for (const row of participant.train) {
      const z = network.logit(parameters, row);
      if (!own) countScore(rows, row, z, histogram);
      network.addGradient(parameters, row, slope * lossSlope(rows, row, z, witness), sink);
    }
    histogram.forEach((count, i) => {
      total[counts.offset + i]! += counts.unit * count;
    });
    into.forEach((x, i) => {
      total[update.offset + i]! += update.unit * x;
    });
  }
}
