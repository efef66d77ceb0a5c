/**
 * The one place that compiles WGSL. A kernel's TypeScript twin declares the kernel's bindings as data, in order of
 * their numbers; the bind-group layout is built from that, so a twin that disagrees with its WGSL is a validation
 * error of WebGPU itself.
 *
 * A line `//! use NAME` asks for a shared snippet. Snippets are joined *after* the file (WGSL allows names before
 * their declaration), so line numbers of the file stay true and an error is named by its own file and line.
 */
import chunk from "./snippets/chunk.wgsl?raw";
import finite from "./snippets/finite.wgsl?raw";
import layer from "./snippets/layer.wgsl?raw";
import tables from "./snippets/tables.wgsl?raw";

const snippets: Record<string, string> = { chunk, finite, layer, tables };

/** `chunk` is the uniform of the micro-batch at hand, bound with a dynamic offset; each kernel has exactly one. */
export type Binding = "uniform" | "chunk" | "read" | "write";

export interface Kernel<Name extends string> {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
  /** Names in order of their binding numbers */
  names: readonly Name[];
}

const bufferTypes: Record<Binding, GPUBufferBindingLayout> = {
  uniform: { type: "uniform" },
  chunk: { type: "uniform", hasDynamicOffset: true },
  read: { type: "read-only-storage" },
  write: { type: "storage" },
};

/**
 * Compiles one kernel. Its entry point is named as the file: `dense/backward-input.wgsl` has `backward_input`.
 * @throws Error `file:line:column message` for anything the compiler has to say, warnings included
 */
export async function compile<Name extends string>(
  device: GPUDevice,
  file: string,
  source: string,
  bindings: Record<Name, Binding>,
): Promise<Kernel<Name>> {
  const names = Object.keys(bindings) as Name[];
  const { code, locate } = assemble(file, source);
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ label: file, code });
  const scope = device.popErrorScope();
  const { messages } = await module.getCompilationInfo();
  await scope;
  if (messages.length > 0) {
    throw new Error(messages.map((m) => `${locate(m.lineNum)}:${m.linePos} ${m.type}: ${m.message}`).join("\n"));
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
      compute: { module, entryPoint },
    });
    return { pipeline, layout, names };
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The file with its snippets behind it, and the way from a line of the whole back to `file:line`. */
function assemble(file: string, source: string): { code: string; locate: (line: number) => string } {
  const parts = [{ file, text: source }];
  for (const [, name] of source.matchAll(/^\/\/! use ([\w-]+)$/gm)) {
    const text = snippets[name!];
    if (text === undefined) throw new Error(`${file}: no snippet named ${name}`);
    parts.push({ file: `snippets/${name}.wgsl`, text });
  }
  const locate = (line: number): string => {
    let rest = line;
    for (const part of parts) {
      const lines = part.text.split("\n").length;
      if (rest <= lines) return `${part.file}:${rest}`;
      rest -= lines;
    }
    return `${file}:${line}`;
  };
  return { code: parts.map((part) => part.text).join("\n"), locate };
}
