/**
 * An adapter for the lab, and for reading a catalogue's texts: WebGPU in Node, from Dawn, an optional package. It needs a
 * Vulkan driver, Metal or Direct3D; where Linux has no driver, the software one that comes with Chromium does. No other part
 * of the house runs kernels in Node.
 */
import type { ReadTexts } from "./coordinator/recommend/catalogue.ts";
import type { Adapter } from "./coordinator/simulation/engine.ts";
import { requestDevice } from "./kernels/device.ts";
import { Engine } from "./kernels/engine.ts";
import { Encoder } from "./kernels/text/encoder.ts";
import { findBrowser, findVulkanDriver } from "./setup/browser.mjs";
import { readEncoderFile } from "./shared/text/encoder-file.ts";
import { Tokens } from "./shared/text/tokens.ts";
import { useLiteLayers } from "./shared/text/use-lite.ts";

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

/** @throws Error in plain words where there is no package or no adapter */
async function openDevice(): ReturnType<typeof requestDevice> {
  let gpu = await instance();
  if ((await gpu.requestAdapter()) === null) {
    const driver = findVulkanDriver(await findBrowser().catch(() => undefined));
    if (driver) {
      process.env.VK_ICD_FILENAMES = driver;
      gpu = await instance();
    }
  }
  return requestDevice(gpu);
}

/** One device for all engines that are opened on it. @throws Error in plain words where there is no package or no adapter */
export async function openAdapter(): Promise<Adapter> {
  const { device, description } = await openDevice();
  return { description, open: (architecture, tables) => Engine.create(device, architecture, tables) };
}

/** The encoder's mean vectors of texts. */
export const readTexts: ReadTexts = async (texts, encoder, room, onProgress) => {
  const { device } = await openDevice();
  const file = readEncoderFile(encoder);
  const frozen = new Encoder(async () => device, file, useLiteLayers("mean", [], 1));
  const { features } = await frozen.encode(new Tokens(file.tokenizer).rows(texts, room), room, onProgress);
  return features;
};
