/**
 * An engine that outlives its adapter. A driver resets, a laptop changes its graphics card, another page takes the
 * memory: then the rows go to a new device, or through smaller micro-batches, and the call that was under way is made
 * again from its beginning. Calls depend on nothing but what they are given, and micro-batches change no bit of a sum,
 * so the result is that of an undisturbed run; nothing of the lost call has left the adapter.
 */
import type { Architecture } from "../shared/model.ts";
import { AdapterLost, OutOfMemory } from "./calls.ts";
import { Engine, type EngineOptions } from "./engine.ts";
import type { Rows, TableSizes } from "./inputs.ts";

/** Devices that one call may use up: an adapter that is lost again and again is not coming back. */
const mostDevices = 3;
const largestChunk = 4096;
const smallestChunk = 16;

type Call<Name extends "privateSum" | "evaluate" | "localTraining" | "scores"> = Engine[Name];

export class LastingEngine {
  readonly #open: () => Promise<GPUDevice>;
  readonly #architecture: Architecture;
  readonly #tables: TableSizes;
  readonly #options: Omit<EngineOptions, "chunkLimit">;
  #engine: Promise<Engine>;
  #rows: Rows | undefined;
  #chunkLimit = largestChunk;
  #disposed = false;

  private constructor(
    open: () => Promise<GPUDevice>,
    architecture: Architecture,
    tables: TableSizes,
    options: Omit<EngineOptions, "chunkLimit">,
  ) {
    this.#open = open;
    this.#architecture = architecture;
    this.#tables = tables;
    this.#options = options;
    this.#engine = this.#make();
    this.#engine.catch(() => {});
  }

  /**
   * @param open gives a device, and a new one at every call
   * @throws as `open` and Engine.create do
   */
  static async create(
    open: () => Promise<GPUDevice>,
    architecture: Architecture,
    tables: TableSizes,
    options: Omit<EngineOptions, "chunkLimit"> = {},
  ): Promise<LastingEngine> {
    const engine = new LastingEngine(open, architecture, tables, options);
    await engine.#last(async () => {});
    return engine;
  }

  /** As Engine.load, in its turn before later calls. The rows must not be changed afterwards. */
  async load(rows: Rows): Promise<void> {
    await this.#last(async (engine) => engine.load(rows));
    this.#rows = rows;
  }

  privateSum: Call<"privateSum"> = (...args) => this.#last((engine) => engine.privateSum(...args));
  evaluate: Call<"evaluate"> = (...args) => this.#last((engine) => engine.evaluate(...args));
  localTraining: Call<"localTraining"> = (...args) => this.#last((engine) => engine.localTraining(...args));
  scores: Call<"scores"> = (...args) => this.#last((engine) => engine.scores(...args));

  dispose(): void {
    this.#disposed = true;
    this.#engine.then((engine) => engine.dispose()).catch(() => {});
  }

  async #last<T>(call: (engine: Engine) => Promise<T>): Promise<T> {
    for (let devices = 1; ; ) {
      const current = this.#engine;
      try {
        return await call(await current);
      } catch (error) {
        const smaller = error instanceof OutOfMemory && this.#chunkLimit > smallestChunk;
        const again = error instanceof AdapterLost && devices < mostDevices;
        if (this.#disposed || !(smaller || again)) throw error;
        if (again) devices++;
        // Of several calls under way the first to fail makes the new engine.
        if (this.#engine !== current) continue;
        if (smaller) this.#chunkLimit /= 2;
        this.#engine = this.#replace(current, error);
        this.#engine.catch(() => {});
      }
    }
  }

  async #replace(old: Promise<Engine>, why: Error): Promise<Engine> {
    await old.then((engine) => engine.dispose()).catch(() => {});
    try {
      return await this.#make();
    } catch (error) {
      if (error instanceof AdapterLost || error instanceof OutOfMemory) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${why.message}, and no other engine could be made: ${reason}`);
    }
  }

  async #make(): Promise<Engine> {
    const engine = await Engine.create(await this.#open(), this.#architecture, this.#tables, {
      ...this.#options,
      chunkLimit: this.#chunkLimit,
    });
    if (this.#rows) engine.load(this.#rows);
    return engine;
  }
}
