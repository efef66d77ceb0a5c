/**
 * How a call reaches the adapter and comes back: one after the other, one read-back at the end, and no error of the
 * device unheard.
 */
import type { Arena } from "./arena.ts";
import { usage } from "./arena.ts";

/** A buffer's first bytes, read back when the call's work is done. */
export type Read = readonly [buffer: string, bytes: number];

/** The device is gone; another may be had. */
export class AdapterLost extends Error {}

/** What a failed compilation means: on a lost device everything fails, with whatever words. */
export async function lossOr(device: GPUDevice, error: unknown): Promise<unknown> {
  // The news of a loss may come just behind its effects.
  await new Promise((resolve) => setTimeout(resolve));
  const info = await Promise.race([device.lost, undefined]);
  return info ? lossOf(info) : error;
}

const lossOf = (info: GPUDeviceLostInfo) => new AdapterLost(`adapter lost: ${info.message || info.reason}`);

/** The device is there, but has no room for buffers of this size. */
export class OutOfMemory extends Error {}

export class Calls {
  readonly #device: GPUDevice;
  readonly #arena: Arena;
  readonly #lost: Promise<never>;
  #previous: Promise<unknown> = Promise.resolve();
  /** Why no call can be made any more */
  gone: Error | undefined;
  underWay = 0;

  constructor(device: GPUDevice, arena: Arena) {
    this.#device = device;
    this.#arena = arena;
    this.#lost = device.lost.then((info) => {
      this.gone ??= lossOf(info);
      throw this.gone;
    });
    // Heard where a call waits; without a call under way nobody need hear it.
    this.#lost.catch(() => {});
  }

  /**
   * Runs `write` when earlier calls are done: it uploads, and records into the encoder (it may submit that and return
   * another). Returns the bytes of `reads`.
   */
  async call(reads: Read[], write: (encoder: GPUCommandEncoder) => GPUCommandEncoder): Promise<ArrayBuffer[]> {
    this.underWay++;
    const previous = this.#previous;
    const own = (async () => {
      await previous.catch(() => {});
      if (this.gone) throw this.gone;
      return Promise.race([this.#execute(reads, write), this.#lost]);
    })();
    this.#previous = own;
    try {
      return await own;
    } catch (error) {
      throw this.gone ?? error;
    } finally {
      this.underWay--;
    }
  }

  async #execute(reads: Read[], write: (encoder: GPUCommandEncoder) => GPUCommandEncoder): Promise<ArrayBuffer[]> {
    const device = this.#device;
    const total = reads.reduce((sum, [, bytes]) => sum + bytes, 0);
    // Scopes are a stack of the device's, which others may use: nothing may be awaited between push and pop.
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    let readback: GPUBuffer;
    let problems: Promise<(GPUError | null)[]>;
    try {
      readback = this.#arena.ensure("readback", total, usage.mapRead | usage.copyTo);
      const encoder = write(device.createCommandEncoder());
      let at = 0;
      for (const [name, bytes] of reads) {
        encoder.copyBufferToBuffer(this.#arena.get(name), 0, readback, at, bytes);
        at += bytes;
      }
      device.queue.submit([encoder.finish()]);
    } finally {
      problems = Promise.all([device.popErrorScope(), device.popErrorScope()]);
      problems.catch(() => {});
    }
    // Pushed last, the validation scope is popped first.
    const [refused, memory] = await problems;
    if (memory) throw new OutOfMemory(`the adapter has no room: ${memory.message}`);
    if (refused) throw new Error(`the adapter refused the work: ${refused.message}`);
    await readback.mapAsync(GPUMapMode.READ, 0, total);
    const mapped = readback.getMappedRange(0, total);
    let at = 0;
    const results = reads.map(([, bytes]) => {
      at += bytes;
      return mapped.slice(at - bytes, at);
    });
    readback.unmap();
    return results;
  }
}
