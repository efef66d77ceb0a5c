/**
 * What an update gives away, to look at: each participant holds one picture and sends one step of a softmax layer. In a
 * layer with a bias, the gradient of a class's weights over that of its bias is the picture itself (Phong et al. 2018,
 * §3; Geiping et al. 2020, Proposition 3.1), so a bare update is the picture; a sum is a mixture; noise leaves none.
 */
import { gridUnit, layOut, readSegment } from "../../questions/layout.ts";
import { addNoise } from "../discrete-gaussian.ts";
import { decodeParticipants, encodeParticipant } from "../encode.ts";
import { rotationSigns } from "../hadamard.ts";
import type { RandomSource } from "../random.ts";

export const pictureSide = 16;
const pixels = pictureSide * pictureSide;
const classes = 10;
/** Weights [classes, pixels] and biases [classes] of the softmax layer */
export const stepDimension = classes * (pixels + 1);

/** Grey values in [0, 1], [side · side]. */
export type Picture = Float64Array;

export interface Reconstruction {
  /** Participants in the sum */
  of: number;
  noised: boolean;
  picture: Picture;
  /** Peak signal-to-noise ratio, dB; above 30 a picture is easily recognised, below 10 it is not there */
  psnr: number;
}

/** The first participant's picture, and what the best class of the sum makes of it, for ever larger sums. */
export async function invertGradients(
  random: RandomSource,
  { sizes, noiseMultiplier }: { sizes: readonly number[]; noiseMultiplier: number },
): Promise<{ target: Picture; reconstructions: Reconstruction[] }> {
  const dimension = stepDimension;
  const unit = gridUnit("participant", dimension, 1);
  const layout = layOut("participant", [{ name: "update", length: dimension, bound: 1, unit, rounded: true }]);
  const signs = await rotationSigns(random.bytes(32), dimension);
  const most = Math.max(...sizes);
  const pictures = Array.from({ length: most }, () => drawFace(random));
  const start = new Float64Array(dimension);
  const encoded = pictures.map((picture, i) => encodeParticipant(stepOf(start, picture, i), layout, signs, random));
  const reconstruct = (of: number, noised: boolean): Reconstruction => {
    const variance = BigInt(Math.ceil((noiseMultiplier * layout.sensitivity) ** 2 / of));
    const sum = new Float64Array(dimension);
    for (const vector of encoded.slice(0, of)) {
      (noised ? addNoise(vector, variance, random) : vector).forEach((x, k) => {
        sum[k] = sum[k]! + x;
      });
    }
    const update = readSegment(layout, decodeParticipants(sum, signs), "update");
    const tries = Array.from({ length: classes }, (_, k) => quotient(update, k));
    const picture = tries.reduce((best, x) => (psnrOf(x, pictures[0]!) > psnrOf(best, pictures[0]!) ? x : best));
    return { of, noised, picture, psnr: psnrOf(picture, pictures[0]!) };
  };
  return {
    target: pictures[0]!,
    reconstructions: [...sizes.map((of) => reconstruct(of, false)), reconstruct(most, true)],
  };
}

/** Minus the gradient of the cross-entropy at a model: what the participant `i` would change, whose label is i modulo 10. */
export function stepOf(model: Float64Array, picture: Picture, i: number): Float64Array {
  const scores = Float64Array.from({ length: classes }, (_, k) => {
    const weights = model.subarray(k * pixels, (k + 1) * pixels);
    return weights.reduce((sum, w, j) => sum + w * picture[j]!, model[classes * pixels + k]!);
  });
  const top = Math.max(...scores);
  const odds = scores.map((score) => Math.exp(score - top));
  const whole = odds.reduce((a, b) => a + b, 0);
  const update = new Float64Array(stepDimension);
  for (let k = 0; k < classes; k++) {
    const push = (k === i % classes ? 1 : 0) - odds[k]! / whole;
    for (let j = 0; j < pixels; j++) update[k * pixels + j] = push * picture[j]!;
    update[classes * pixels + k] = push;
  }
  return update;
}

/** A class's weights over its bias, cut to [0, 1]. */
function quotient(update: Float64Array, k: number): Picture {
  const bias = update[classes * pixels + k]!;
  return Float64Array.from({ length: pixels }, (_, i) => {
    const value = update[k * pixels + i]! / bias;
    return Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0;
  });
}

function psnrOf(picture: Picture, target: Picture): number {
  const error = picture.reduce((sum, x, i) => sum + (x - target[i]!) ** 2, 0) / pixels;
  return -10 * Math.log10(Math.max(error, 1e-12));
}

/** A face of its own: oval, eyes, mouth and shade differ from one to the next. */
export function drawFace(random: RandomSource): Picture {
  const between = (low: number, high: number) => low + ((high - low) * random.below(1000)) / 1000;
  const [cx, cy] = [between(6.5, 8.5), between(7, 8.5)];
  const [rx, ry] = [between(4.5, 6.5), between(5.5, 7)];
  const [eye, gap, mouth, shade] = [between(0.9, 1.6), between(1.8, 3), between(1.5, 3.2), between(0.55, 0.9)];
  const smile = between(-0.15, 0.3);
  return Float64Array.from({ length: pixels }, (_, i) => {
    const [x, y] = [(i % pictureSide) - cx, Math.floor(i / pictureSide) - cy];
    if ((x / rx) ** 2 + (y / ry) ** 2 > 1) return 0.1;
    if (Math.hypot(Math.abs(x) - gap, y + ry / 3) < eye) return 0.15;
    if (Math.abs(x) < mouth && Math.abs(y - ry / 2.2 + smile * (x * x - 2)) < 0.7) return 0.25;
    return shade + 0.05 * (x / rx);
  });
}
