/**
 * LIME (Ribeiro, Singh & Guestrin 2016): a small linear model of the score near one row or one text, fitted to
 * perturbed neighbours. Differs from run to run in the reference implementation; here the seed is part of the record.
 *
 * A neighbour is described by ones and zeros: 1 where it is as the explained one (the same quartile, the same value, the
 * word still there). Its weight is √exp(−d²/w²), d its distance from all ones.
 */
import { type Matrix, type RidgeFit, ridge } from "./least-squares.ts";

/** Up to so many features are chosen one at a time by how well they fit; beyond, the largest coefficients are taken. */
const mostForward = 6;

const ridgeStrength = 1;

export interface LimeFit extends RidgeFit {
  /** Places of the chosen features, by size of their coefficient; `coefficients` stand in this order */
  chosen: number[];
  /** What the small model says of the explained one itself */
  local: number;
}

/** LIME's kernel. @param distances from the explained one */
export const kernelWeights = (distances: readonly number[], width: number): number[] =>
  distances.map((d) => Math.sqrt(Math.exp(-(d ** 2) / width ** 2)));

/**
 * Chooses features and fits them, as `lime.lime_base` does with `feature_selection="auto"`.
 * @param neighbours [samples][features] of 0 and 1; the first is the explained one, all ones
 */
export function fitLime(
  neighbours: Matrix,
  scores: readonly number[],
  weights: readonly number[],
  features: number,
): LimeFit {
  const count = Math.min(features, neighbours[0]!.length);
  const places =
    count <= mostForward
      ? forwardSelection(neighbours, scores, weights, count)
      : highestWeights(neighbours, scores, weights, count);
  const fit = ridge(columns(neighbours, places), scores, weights, ridgeStrength);
  const local = fit.coefficients.reduce((sum, c, k) => sum + c * neighbours[0]![places[k]!]!, fit.intercept);
  const order = places
    .map((place, k) => ({ place, coefficient: fit.coefficients[k]! }))
    .sort((a, b) => Math.abs(b.coefficient) - Math.abs(a.coefficient) || a.place - b.place);
  return {
    ...fit,
    coefficients: order.map((o) => o.coefficient),
    chosen: order.map((o) => o.place),
    local,
  };
}

const columns = (x: Matrix, places: readonly number[]): Matrix => x.map((row) => places.map((place) => row[place]!));

function forwardSelection(x: Matrix, y: readonly number[], weights: readonly number[], count: number): number[] {
  const places: number[] = [];
  while (places.length < count) {
    let best = -1;
    let bestFit = Number.NEGATIVE_INFINITY;
    for (let place = 0; place < x[0]!.length; place++) {
      if (places.includes(place)) continue;
      const { r2 } = ridge(columns(x, [...places, place]), y, weights, 0);
      if (r2 > bestFit) {
        best = place;
        bestFit = r2;
      }
    }
    places.push(best);
  }
  return places;
}

function highestWeights(x: Matrix, y: readonly number[], weights: readonly number[], count: number): number[] {
  const { coefficients } = ridge(x, y, weights, 0.01);
  return coefficients
    .map((c, place) => ({ place, size: Math.abs(c * x[0]![place]!) }))
    .sort((a, b) => b.size - a.size || a.place - b.place)
    .slice(0, count)
    .map(({ place }) => place);
}

/** Mean share of common members over all pairs of sets (Jaccard): 1 where every run chose the same. */
export function stability(sets: readonly (readonly number[])[]): number {
  let sum = 0;
  let pairs = 0;
  for (let i = 0; i < sets.length; i++) {
    for (let j = 0; j < i; j++) {
      const common = sets[i]!.filter((place) => sets[j]!.includes(place)).length;
      const all = sets[i]!.length + sets[j]!.length - common;
      sum += all === 0 ? 1 : common / all;
      pairs++;
    }
  }
  return pairs > 0 ? sum / pairs : 1;
}
