/** A participant's encoding of a million coordinates: clip, rotate, round, check the norm, add noise. Goal: 100 ms. */
import { bench } from "vitest";
import { gridUnit, layOut } from "../questions/layout.ts";
import { addNoise } from "./discrete-gaussian.ts";
import { encodeParticipant } from "./encode.ts";
import { rotationSigns } from "./hadamard.ts";
import { RandomSource } from "./random.ts";

const dimension = 1_000_000;
const layout = layOut("participant", [
  { name: "update", length: dimension, bound: 1, unit: gridUnit("participant", dimension, 1), rounded: true },
]);
const signs = await rotationSigns(new Uint8Array(32), dimension);
const random = new RandomSource();
const vector = Float64Array.from({ length: dimension }, (_, i) => Math.sin(i));
const encoded = encodeParticipant(vector, layout, signs, random);

const options = { time: 3_000, warmupTime: 1_000 };
bench(
  "clip, rotate, round and check 10^6 coordinates",
  () => void encodeParticipant(vector, layout, signs, random),
  options,
);
// z = 4 among 1,000 tabs.
bench("noise of σ = 720 on 10^6 coordinates", () => void addNoise(encoded, 518_400n, random), options);
