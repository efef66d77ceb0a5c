/** Whether neighbouring threads can hand values round. WGSL does not say which threads form a quad, so it is tried. */
import { usage } from "../arena.ts";
import { compile } from "../wgsl/shader.ts";
import source from "./quads.wgsl?raw";

const group = 64;
const found = new WeakMap<GPUDevice, Promise<boolean>>();

/** True where the device has the feature `subgroups` and threads 4i … 4i + 3 of a group are a quad. */
export function hasQuads(device: GPUDevice): Promise<boolean> {
  let answer = found.get(device);
  if (answer === undefined) {
    answer = device.features.has("subgroups") ? tryQuads(device) : Promise.resolve(false);
    found.set(device, answer);
  }
  return answer;
}

async function tryQuads(device: GPUDevice): Promise<boolean> {
  const scope = { counts: {}, flags: { quads: true } };
  const kernel = await compile(
    device,
    "tiles/quads.wgsl",
    source,
    { who: "write" },
    { constants: { GROUP: group }, scope },
  );
  const size = group * 16;
  const who = device.createBuffer({ label: "quads", size, usage: usage.storage | usage.copyFrom });
  const readback = device.createBuffer({ label: "quads", size, usage: usage.mapRead | usage.copyTo });
  const binds = device.createBindGroup({ layout: kernel.layout, entries: [{ binding: 0, resource: { buffer: who } }] });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(kernel.pipeline);
  pass.setBindGroup(0, binds);
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(who, 0, readback, 0, size);
  device.queue.submit([encoder.finish()]);
  try {
    await readback.mapAsync(GPUMapMode.READ);
    return new Uint32Array(readback.getMappedRange()).every((thread, i) => thread === ((i >> 2) ^ (i & 3)));
  } finally {
    who.destroy();
    readback.destroy();
  }
}
