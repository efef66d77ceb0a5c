/**
 * From WGSL files to pipelines. Each kernel's bindings are declared twice, in WGSL and in its TypeScript twin; a
 * mismatch is a validation error of WebGPU itself. Errors are named by the file and line as they were written, before
 * template.ts carried out their directives.
 */
import activation from "./snippets/activation.wgsl?raw";
import chain from "./snippets/chain.wgsl?raw";
import chunk from "./snippets/chunk.wgsl?raw";
import clipFactor from "./snippets/clip-factor.wgsl?raw";
import descent from "./snippets/descent.wgsl?raw";
import finite from "./snippets/finite.wgsl?raw";
import length from "./snippets/length.wgsl?raw";
import lines from "./snippets/lines.wgsl?raw";
import models from "./snippets/models.wgsl?raw";
import numbers from "./snippets/numbers.wgsl?raw";
import outer from "./snippets/outer.wgsl?raw";
import outerRight from "./snippets/outer-right.wgsl?raw";
import outerSum from "./snippets/outer-sum.wgsl?raw";
import picked from "./snippets/picked.wgsl?raw";
import places from "./snippets/places.wgsl?raw";
import pool from "./snippets/pool.wgsl?raw";
import product from "./snippets/product.wgsl?raw";
import spans from "./snippets/spans.wgsl?raw";
import tables from "./snippets/tables.wgsl?raw";
import tile from "./snippets/tile.wgsl?raw";
import whole from "./snippets/whole.wgsl?raw";
import window from "./snippets/window.wgsl?raw";
import { expand, type Scope } from "./template.ts";

const snippets: Record<string, string> = {
  activation,
  chain,
  chunk,
  "clip-factor": clipFactor,
  descent,
  finite,
  length,
  lines,
  models,
  numbers,
  outer,
  "outer-right": outerRight,
  "outer-sum": outerSum,
  picked,
  places,
  pool,
  product,
  spans,
  tables,
  tile,
  whole,
  window,
};

/** `chunk` is the uniform of the micro-batch at hand, bound with a dynamic offset; each kernel has exactly one. */
export type Binding = "uniform" | "chunk" | "read" | "write";

export interface Kernel<Name extends string> {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
  /** Names in order of their binding numbers */
  names: readonly Name[];
}

/** A kernel for one shape: values of its `override`s, and the registers of its tile. */
export interface Special {
  constants: Record<string, number>;
  scope?: Scope;
}

const noTile: Scope = { counts: {}, flags: {} };

const bufferTypes: Record<Binding, GPUBufferBindingLayout> = {
  uniform: { type: "uniform" },
  chunk: { type: "uniform", hasDynamicOffset: true },
  read: { type: "read-only-storage" },
  write: { type: "storage" },
};

/** Pipelines by what makes them: models share kernels, and so do a model's layers of one shape. */
const compiled = new WeakMap<GPUDevice, Map<string, Promise<Kernel<string>>>>();

/**
 * Compiles one kernel, or finds it where the device has compiled the same before. Its entry point is named as the file:
 * `dense/backward-input.wgsl` has `backward_input`.
 * @throws Error `file:line:column message` for anything the compiler has to say, warnings included
 */
export function compile<Name extends string>(
  device: GPUDevice,
  file: string,
  source: string,
  bindings: Record<Name, Binding>,
  { constants, scope = noTile }: Special = { constants: {} },
): Promise<Kernel<Name>> {
  let known = compiled.get(device);
  if (known === undefined) {
    known = new Map();
    compiled.set(device, known);
  }
  const key = JSON.stringify([file, bindings, constants, scope]);
  let kernel = known.get(key);
  if (kernel === undefined) {
    kernel = compileAnew(device, file, source, bindings, constants, scope);
    known.set(key, kernel);
  }
  return kernel as Promise<Kernel<Name>>;
}

async function compileAnew<Name extends string>(
  device: GPUDevice,
  file: string,
  source: string,
  bindings: Record<Name, Binding>,
  constants: Record<string, number>,
  scope: Scope,
): Promise<Kernel<Name>> {
  const names = Object.keys(bindings) as Name[];
  const lines = expand(file, source, snippets, scope);
  // A quad's threads stay together by construction, which the compiler cannot see: whole quads leave early or none.
  if (scope.flags.quads) {
    const text = "enable subgroups; diagnostic(off, subgroup_uniformity);";
    lines.unshift({ text, file, number: 0 });
  }
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ label: file, code: lines.map((line) => line.text).join("\n") });
  const scopeEnd = device.popErrorScope();
  const { messages } = await module.getCompilationInfo();
  await scopeEnd;
  if (messages.length > 0) {
    const located = messages.map(({ lineNum, linePos, type, message }) => {
      const line = lines[lineNum - 1];
      return `${line?.file ?? file}:${line?.number ?? lineNum}:${linePos} ${type}: ${message}`;
    });
    throw new Error(located.join("\n"));
  }
  const layout = device.createBindGroupLayout({
    label: file,
    entries: names.map((name, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: bufferTypes[bindings[name]],
    })),
  });
  const entryPoint = file
    .replace(/^.*\//, "")
    .replace(/\.wgsl$/, "")
    .replaceAll("-", "_");
  try {
    const pipeline = await device.createComputePipelineAsync({
      label: file,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint, constants },
    });
    return { pipeline, layout, names };
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
