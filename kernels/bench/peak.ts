/** What the adapter can do at most: multiply-adds in registers, and a copy through memory. */
import copySource from "./copy.wgsl?raw";
import muladdSource from "./muladd.wgsl?raw";

export interface Peak {
  /** GFLOP/s */
  muladd: number;
  /** GB/s, read and written */
  copy: number;
  /** Dispatches of one group in one pass, a second */
  dispatches: number;
  /** ms to submit one dispatch and hear of its end */
  submit: number;
}

const samples = 5;

export async function measurePeak(device: GPUDevice): Promise<Peak> {
  // Of each measure the best: what disturbs can only slow it down.
  const most = async (measure: () => Promise<number>) => {
    await measure();
    const found: number[] = [];
    for (let i = 0; i < samples; i++) found.push(await measure());
    return Math.max(...found);
  };
  const muladdGroups = 512;
  const muladd = prepare(device, muladdSource, [["out", 4 * 64 * muladdGroups]]);
  const copyVectors = 2 ** 20;
  const copy = prepare(device, copySource, [
    ["original", 16 * copyVectors],
    ["duplicate", 16 * copyVectors],
  ]);
  return {
    // 8 chains of vec4, 256 rounds, 2 operations each (see muladd.wgsl).
    muladd: await most(
      async () => (8 * 4 * 256 * 2 * 64 * muladdGroups) / (await time(device, muladd, muladdGroups, 1)) / 1e6,
    ),
    copy: await most(async () => (32 * copyVectors) / (await time(device, copy, copyVectors / 64, 1)) / 1e6),
    dispatches: await most(async () => 4000 / ((await time(device, copy, 1, 4000)) / 1e3)),
    submit: 1 / (await most(async () => 1 / (await time(device, copy, 1, 1)))),
  };
}

interface Prepared {
  pipeline: GPUComputePipeline;
  group: GPUBindGroup;
}

function prepare(device: GPUDevice, code: string, buffers: [name: string, bytes: number][]): Prepared {
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
  const entries = buffers.map(([label, bytes], binding) => ({
    binding,
    resource: { buffer: device.createBuffer({ label, size: bytes, usage: GPUBufferUsage.STORAGE }) },
  }));
  return { pipeline, group: device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }) };
}

/** ms */
async function time(device: GPUDevice, { pipeline, group }: Prepared, groups: number, times: number): Promise<number> {
  const start = performance.now();
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  for (let i = 0; i < times; i++) pass.dispatchWorkgroups(groups);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}
