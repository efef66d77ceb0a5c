/** What a participant does to a vector of a million coordinates before it is masked. */
import { addNoise } from "../../shared/privacy/discrete-gaussian.ts";
import { encodeParticipant } from "../../shared/privacy/encode.ts";
import { rotationSigns } from "../../shared/privacy/hadamard.ts";
import { RandomSource } from "../../shared/privacy/random.ts";
import { gridUnit, layOut } from "../../shared/questions/layout.ts";

const dimension = 1_000_000;
/** z = 4 among a thousand tabs: a deviation of 720 */
const variance = 518_400n;
const [warmUps, times] = [5, 31];

const layout = layOut("participant", [
  { name: "update", length: dimension, bound: 1, unit: gridUnit("participant", dimension, 1), rounded: true },
]);
const signs = await rotationSigns(new Uint8Array(32), dimension);
const random = new RandomSource();
const vector = Float64Array.from({ length: dimension }, (_, i) => Math.sin(i));
const encode = () => encodeParticipant(vector, layout, signs, random);
const encoded = encode();

function medianMs(work: () => unknown): number {
  const taken = Array.from({ length: warmUps + times }, () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  });
  return taken.slice(warmUps).sort((a, b) => a - b)[times >> 1]!;
}

process.send!({ encodeMs: medianMs(encode), noiseMs: medianMs(() => addNoise(encoded, variance, random)) });
process.once("disconnect", () => process.exit());
