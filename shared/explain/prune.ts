/**
 * Smaller models that are easier to read. `weights` takes away the smallest weights (magnitude pruning, Han et al. 2015, §3);
 * `features` takes away whole input features, those with the smallest group norm ‖W_f‖₂/√p_f first, which is the order in
 * which a group lasso (Yuan & Lin 2006) would let go of them. Biases stay. Nothing is trained again.
 */
import { featureColumns, layersOf } from "../model.ts";
import { type ModelFile, type OpenModel, withParameters } from "../model-file.ts";

export type PruneKind = "weights" | "features";

export interface Pruned {
  file: ModelFile;
  /** Weights that are 0 now, and how many there are */
  zeros: number;
  weights: number;
  /** Features none of whose weights is left */
  dropped: string[];
}

/** @param share of the weights, or of the features, to take away, [0, 1) */
export async function prune({ file, parameters }: OpenModel, kind: PruneKind, share: number): Promise<Pruned> {
  const next = parameters.slice();
  const layers = layersOf(file.architecture).filter((layer) => layer.inputs > 0);
  const places = layers.flatMap(({ weights, bias }) => Array.from({ length: bias - weights }, (_, i) => weights + i));
  const ofFeature = featureColumns({ data: { features: file.features } }).map((columns) => {
    const { weights, outputs } = layers[0]!;
    return columns.flatMap((column) => Array.from({ length: outputs }, (_, o) => weights + column * outputs + o));
  });
  const size = (group: readonly number[]) => Math.hypot(...group.map((i) => next[i]!)) / Math.sqrt(group.length);
  const groups = kind === "weights" ? places.map((place) => [place]) : ofFeature;
  const bySize = groups.map((group) => ({ group, size: size(group) })).sort((a, b) => a.size - b.size);
  for (const { group } of bySize.slice(0, Math.floor(share * groups.length))) for (const i of group) next[i] = 0;
  return {
    file: await withParameters(file, next),
    zeros: places.filter((i) => next[i] === 0).length,
    weights: places.length,
    dropped: file.features.filter((_, f) => ofFeature[f]!.every((i) => next[i] === 0)).map(({ name }) => name),
  };
}
