/**
 * Whether a sum that leaves no bits for a fraction is rounded to the nearest whole number. It is the fastest way to round
 * everywhere, two additions; but WGSL leaves to the adapter how sums are rounded and in which order they are made (§15.7.4), so it
 * is tried: of numbers by themselves, and of sums of rounded numbers, in whose midst what was added for rounding could remain.
 */
import { usage } from "../arena.ts";
import { compile } from "../wgsl/shader.ts";
import source from "./rounding.wgsl?raw";

/** From 2²³ to 2²⁴ floats are the whole numbers: what is added to this one, up to 2²² in size, becomes one. */
export const shift = 1.5 * 2 ** 23;

/** The last before a half and the first behind it, halves, and the largest that are asked for, of either sign. */
const small = [0, 1e-30, 0.25, 0.5 - 2 ** -25, 0.5, 0.5 + 2 ** -24, 0.75, 1, 1.25, 1.5, 2.5, 3.5, 1000.25, 1000.75];
const large = [2 ** 21 + 0.25, 2 ** 21 + 0.75, 2 ** 22 - 0.75, 2 ** 22 - 0.5, 2 ** 22 - 0.25, 2 ** 22];
const values = Float32Array.from([...small, ...large].flatMap((v) => [v, -v]));

/** Of each sum */
const terms = 8;
/** Now of one sign, now of both */
const addends = Float32Array.from({ length: values.length + terms }, (_, i) => {
  const v = small[(5 * i) % small.length]!;
  return i % 3 === 0 ? -v : v;
});

/** To the nearest, of two the even one (IEEE 754). */
function nearest(v: number): number {
  const below = Math.floor(v);
  const part = v - below;
  return part === 0.5 ? 2 * Math.round(v / 2) : part < 0.5 ? below : below + 1;
}

const found = new WeakMap<GPUDevice, Promise<boolean>>();

export function roundsByShift(device: GPUDevice): Promise<boolean> {
  let answer = found.get(device);
  if (answer === undefined) {
    answer = tryShift(device);
    found.set(device, answer);
  }
  return answer;
}

async function tryShift(device: GPUDevice): Promise<boolean> {
  const kernel = await compile(
    device,
    "private-sum/rounding.wgsl",
    source,
    { chunk: "uniform", values: "read", addends: "read", rounded: "write", sums: "write" },
    { constants: { GROUP: values.length }, scope: { counts: {}, flags: { shifts: true } } },
  );
  const make = (label: string, size: number, use: number) => device.createBuffer({ label, size, usage: use });
  const shifts = make("shift", 16, usage.uniform | usage.copyTo);
  const given = [values, addends].map((numbers) => {
    const buffer = make("given", numbers.byteLength, usage.storage | usage.copyTo);
    device.queue.writeBuffer(buffer, 0, numbers);
    return buffer;
  });
  const found = [0, 1].map(() => make("found", values.byteLength, usage.storage | usage.copyFrom));
  const readback = make("readback", 2 * values.byteLength, usage.mapRead | usage.copyTo);
  device.queue.writeBuffer(shifts, 0, Float32Array.of(shift, shift, 1));
  device.queue.writeBuffer(shifts, 12, Uint32Array.of(terms));
  const entries = [shifts, ...given, ...found].map((buffer, binding) => ({ binding, resource: { buffer } }));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(kernel.pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: kernel.layout, entries }));
  pass.dispatchWorkgroups(1);
  pass.end();
  found.forEach((buffer, i) => {
    encoder.copyBufferToBuffer(buffer, 0, readback, i * values.byteLength, values.byteLength);
  });
  device.queue.submit([encoder.finish()]);
  try {
    await readback.mapAsync(GPUMapMode.READ);
    const all = new Float32Array(readback.getMappedRange());
    const [rounded, sums] = [all.subarray(0, values.length), all.subarray(values.length)];
    const summed = (first: number) => addends.subarray(first, first + terms).reduce((sum, v) => sum + nearest(v), 0);
    return rounded.every((w, i) => w === nearest(values[i]!)) && sums.every((sum, i) => sum === summed(i));
  } finally {
    for (const buffer of [shifts, ...given, ...found, readback]) buffer.destroy();
  }
}
