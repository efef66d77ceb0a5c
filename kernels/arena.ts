/**
 * The engine's buffers by name: allocated once, grown (at least doubled) only when a bigger batch comes, never freed
 * in between. After the first step of a size nothing is allocated any more.
 */
import { InputError } from "../shared/errors.ts";

/** The numbers of GPUBufferUsage; in Node that global is not there yet when modules load. */
export const usage = { mapRead: 0x1, copyFrom: 0x4, copyTo: 0x8, uniform: 0x40, storage: 0x80 } as const;

export class Arena {
  readonly #device: GPUDevice;
  readonly #buffers = new Map<string, GPUBuffer>();
  /** Rises whenever a buffer is replaced, and with it every bind group is stale */
  generation = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /**
   * The buffer `name` with room for at least `bytes`; contents are lost when it had to grow.
   * @throws InputError when the adapter's default limit for one binding is passed
   */
  ensure(name: string, bytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const old = this.#buffers.get(name);
    if (old !== undefined && old.size >= bytes) return old;
    const limit = Math.min(this.#device.limits.maxStorageBufferBindingSize, this.#device.limits.maxBufferSize);
    if (bytes > limit) {
      throw new InputError(
        name,
        `needs ${bytes} bytes`,
        `The adapter allows ${limit}; use fewer rows or a smaller model.`,
      );
    }
    // A buffer of no bytes cannot be bound; sizes of copies are multiples of 4.
    const wanted = Math.ceil(Math.max(bytes, 16) / 16) * 16;
    const size = old === undefined ? wanted : Math.max(wanted, Math.min(2 * old.size, limit));
    const buffer = this.#device.createBuffer({ label: name, size, usage });
    // Work already submitted still has the old buffer; WebGPU frees it after that.
    old?.destroy();
    this.#buffers.set(name, buffer);
    this.generation++;
    return buffer;
  }

  get(name: string): GPUBuffer {
    const buffer = this.#buffers.get(name);
    if (buffer === undefined) throw new Error(`broken invariant: buffer ${name} is allocated before it is bound`);
    return buffer;
  }

  dispose(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
    this.#buffers.clear();
  }
}
