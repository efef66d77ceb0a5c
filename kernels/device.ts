/**
 * The one place that asks for an adapter and a device. Only the default limits are used, so every adapter that has
 * WebGPU at all will do, and the same code runs in a tab's worker, on Dawn in Node, and on a software adapter.
 */

export interface Adapter {
  device: GPUDevice;
  /** For the eye, e.g. "google swiftshader (software)" */
  description: string;
}

/**
 * @param gpu `navigator.gpu` of the page or worker, or Dawn's; undefined where there is no WebGPU
 * @throws Error in plain words when there is no adapter
 */
export async function requestDevice(gpu: GPU | undefined): Promise<Adapter> {
  if (gpu === undefined) {
    throw new Error("no WebGPU here: use a browser that has it (Chrome or Edge 113, Safari 26, Firefox 141, or later)");
  }
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw new Error("WebGPU is here, but it found no graphics adapter, not even a software one");
  // Beyond the default limits and features nothing is needed; subgroups make products of matrices faster.
  const wanted = ["subgroups"] as const;
  const device = await adapter.requestDevice({ requiredFeatures: wanted.filter((name) => adapter.features.has(name)) });
  const { vendor, architecture, isFallbackAdapter } = adapter.info;
  const name = [vendor, architecture].filter((part) => part !== "").join(" ") || "unnamed adapter";
  return { device, description: isFallbackAdapter ? `${name} (software)` : name };
}

/** One device for all who ask, and another once it is lost. */
export function sharedDevice(open: () => Promise<GPUDevice>): () => Promise<GPUDevice> {
  let current: Promise<GPUDevice> | undefined;
  return () => {
    if (current) return current;
    const opening = open();
    const forget = () => {
      if (current === opening) current = undefined;
    };
    current = opening;
    opening.then(({ lost }) => lost.then(forget), forget);
    return opening;
  };
}
