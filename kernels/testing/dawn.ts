/** A device in Node, from Dawn, for tests. Needs a Vulkan driver: a real one, or SwiftShader by VK_ICD_FILENAMES. */
import { existsSync } from "node:fs";
import { create, globals } from "webgpu";
import { requestDevice } from "../device.ts";

/** Where Debian's chromium puts its software Vulkan driver. */
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";

// Dawn's instance must outlive its devices.
let gpu: GPU | undefined;

/** Dawn itself, for devices of a test's own making; after dawnDevice has found that there is one. */
export function gpuOf(): GPU {
  gpu ??= create([]);
  return gpu;
}

/** A new device, or undefined with a message when this machine has no adapter: tests that need one are skipped then. */
export async function dawnDevice(): Promise<GPUDevice | undefined> {
  if (process.env.VK_ICD_FILENAMES === undefined && existsSync(swiftShader)) process.env.VK_ICD_FILENAMES = swiftShader;
  Object.assign(globalThis, globals);
  try {
    return (await requestDevice(gpuOf())).device;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.warn(`kernel tests are skipped: ${reason}. Set VK_ICD_FILENAMES to a Vulkan driver, e.g. ${swiftShader}`);
    return undefined;
  }
}
