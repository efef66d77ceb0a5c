/**
 * From a compiled kernel to a dispatch: a launch is a kernel with its buffers bound and its grid as a function of
 * the micro-batch's rows. Launches are made once and recorded many times.
 */
import type { Kernel } from "./wgsl/shader.ts";

export interface Launch {
  pipeline: GPUComputePipeline;
  binds: GPUBindGroup;
  /** Threads a group */
  group: number;
  /** Threads needed for a micro-batch of so many rows */
  threads: (rows: number, facts: MicroBatch) => number;
}

/** Of chunks.ts, which explains them */
export interface MicroBatch {
  rows: number;
  lines: number;
  room: number;
  exact: number;
}

/** Threads a group, in every kernel that has no tiles. */
export const lineGroup = 64;

/** Bytes of one record of wgsl/snippets/chunk.wgsl, and the distance dynamic offsets must keep (the default limit). */
export const chunkBytes = 60;
export const chunkStride = 256;

export function launch<Name extends string>(
  device: GPUDevice,
  kernel: Kernel<Name>,
  buffers: Record<NoInfer<Name>, GPUBuffer>,
  threads: Launch["threads"],
  group = lineGroup,
): Launch {
  const entries = kernel.names.map((name, binding) => {
    const buffer = buffers[name];
    return { binding, resource: name === "chunk" ? { buffer, size: chunkBytes } : { buffer } };
  });
  const binds = device.createBindGroup({ layout: kernel.layout, entries });
  return { pipeline: kernel.pipeline, binds, group, threads };
}

/** Records one dispatch for the `chunk`-th micro-batch. */
export function record(
  pass: GPUComputePassEncoder,
  { pipeline, binds, group, threads }: Launch,
  chunk: number,
  facts: MicroBatch,
): void {
  const groups = Math.ceil(threads(facts.rows, facts) / group);
  // Of rows without tokens there is nothing to do.
  if (groups === 0) return;
  // At most 65,535 groups a dimension (the default limit): a long line of groups is folded, see chunk.wgsl.
  const height = Math.ceil(groups / 65535);
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, binds, [chunk * chunkStride]);
  pass.dispatchWorkgroups(Math.ceil(groups / height), height);
}
