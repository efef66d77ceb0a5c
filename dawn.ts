/**
 * The lab's adapter: WebGPU in Node, from Dawn, an optional package. It needs a Vulkan driver, Metal or Direct3D; where
 * Linux has no driver, the software one that comes with Chromium does. No other part of the house runs kernels in Node.
 */
import type { Adapter } from "./coordinator/simulation/engine.ts";
import { requestDevice } from "./kernels/device.ts";
import { Engine } from "./kernels/engine.ts";
import { findBrowser, findVulkanDriver } from "./setup/browser.mjs";

/** Dawn's instances must outlive their devices. */
const instances: GPU[] = [];

async function instance(): Promise<GPU> {
  const { create, globals } = await import("webgpu").catch(() => {
    throw new Error("WebGPU in Node is the package `webgpu`, which is not installed; `npm install --include=optional`");
  });
  Object.assign(globalThis, globals);
  const gpu = create([]);
  instances.push(gpu);
  return gpu;
}

/**
 * One device for all engines that are opened on it.
 * @throws Error in plain words where there is no package or no adapter
 */
export async function openAdapter(): Promise<Adapter> {
  let gpu = await instance();
  if ((await gpu.requestAdapter()) === null) {
    const driver = findVulkanDriver(await findBrowser().catch(() => undefined));
    if (driver) {
      process.env.VK_ICD_FILENAMES = driver;
      gpu = await instance();
    }
  }
  const { device, description } = await requestDevice(gpu);
  return { description, open: (architecture, tables) => Engine.create(device, architecture, tables) };
}
