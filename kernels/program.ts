/**
 * The launches of one model in the order they run:
 *
 *   [gather →] forward … forward → logits ─┬─▶ histogram, selected                         (counts)
 *                                        └─▶ gradient → norm → backward → norm …         (once back through the layers)
 *                                              └─▶ clipped sum a layer [→ descend]
 *
 * Without clipping there are no norms, and each layer's gradient follows at once. Where a batch is a single micro-batch
 * of one slice, the kernels that sum the gradients take the step as well, and there is no `descend`.
 */
import type { Arena } from "./arena.ts";
import { lossOr } from "./calls.ts";
import type { Launch } from "./dispatch.ts";
import { compileGather, gatherLaunch } from "./gather/gather.ts";
import type { Clipped } from "./layers/kind.ts";
import { kinds } from "./layers/kinds.ts";
import { type Layout, ofMany, type PlacedLayer } from "./layout.ts";
import { compileCounts, compileLossGradient, gradientLaunch, histogramLaunch, selectedLaunch } from "./loss/loss.ts";
import { compileDescend } from "./optimizer/descend.ts";
import type { Optimizer } from "./optimizer/optimizer.ts";
import { type TileFor, tilesOf } from "./tiles/tile.ts";

/** What a program is for; kernels are compiled when a call first needs them. `many` models' gradients are plain. */
export type Purpose = "counts" | "clipped" | "plain" | "many";

/** Launches bound to the arena's buffers of one generation. */
export interface Program {
  /** Rows to logits */
  forward: Launch[];
  histogram: Launch;
  selected: Launch;
  /** Logits to the sum of gradients */
  backward: Launch[];
}

type Forwards = Pick<Program, "forward" | "histogram" | "selected">;
type Backwards = Pick<Program, "backward">;

export type Bind = (arena: Arena) => Program;

/** Kernels of one device and model, each compiled once. */
export class Programs {
  readonly #device: GPUDevice;
  readonly #layout: Layout;
  readonly #forward = new Map<Layout, ReturnType<typeof compileForwards>>();
  #many: Layout | undefined;
  readonly #descents = new Map<string, Promise<(arena: Arena) => Launch>>();
  readonly #backward = new Map<string, ReturnType<typeof compileBackwards>>();

  constructor(device: GPUDevice, layout: Layout) {
    this.#device = device;
    this.#layout = layout;
  }

  #layoutFor(purpose: Purpose): Layout {
    if (purpose !== "many") return this.#layout;
    this.#many ??= ofMany(this.#layout);
    return this.#many;
  }

  /** The step along the sum of a purpose, which it clears. */
  descent(
    purpose: "clipped" | "plain" | "many",
    optimizer: Optimizer,
    drifts = false,
  ): Promise<(arena: Arena) => Launch> {
    const key = JSON.stringify([purpose, optimizer, drifts]);
    let pending = this.#descents.get(key);
    if (pending === undefined) {
      const sum = purpose === "clipped" ? "sum" : "gradient";
      pending = compileDescend(this.#device, this.#layoutFor(purpose), optimizer, { sum, drifts });
      this.#descents.set(key, pending);
    }
    return pending.catch(async (error: unknown) => {
      throw await lossOr(this.#device, error);
    });
  }

  /** @param descent of the optimizer whose steps the kernels of the gradients take themselves; see LayerKind.plain */
  async compile(purpose: Purpose, descent?: Optimizer): Promise<Bind> {
    const device = this.#device;
    const layout = this.#layoutFor(purpose);
    let first = this.#forward.get(layout);
    if (first === undefined) {
      first = compileForwards(device, layout);
      this.#forward.set(layout, first);
    }
    const key = keyOf(purpose, descent);
    let pending = this.#backward.get(key);
    if (pending === undefined) {
      pending = compileBackwards(device, layout, purpose, descent);
      this.#backward.set(key, pending);
    }
    const [forward, backward] = await Promise.all([first, pending]).catch(async (error: unknown) => {
      throw await lossOr(device, error);
    });
    return (arena) => ({ ...forward(arena), ...backward(arena) });
  }
}

async function compileForwards(device: GPUDevice, layout: Layout): Promise<(arena: Arena) => Forwards> {
  const { layers } = layout;
  const tileFor = await tilesOf(device);
  const { input } = layers[0]!;
  const [gather, counts, ...bindLayers] = await Promise.all([
    layers[0]!.picks ? undefined : compileGather(device, input),
    compileCounts(device),
    ...layers.map((layer) => kinds[layer.kind].forward(device, layer, tileFor)),
  ]);
  return (arena) => {
    const get = (name: string) => arena.get(name);
    const rows = rowsOf(layout, arena);
    const first = () => ({
      chunk: rows.chunk,
      features: get("features"),
      batch: rows.batch,
      x: get(input.activation),
      firstTokens: get("first tokens"),
      places: get("places"),
    });
    const gathered = gather ? [gatherLaunch(device, gather, input, first())] : [];
    return {
      forward: [...gathered, ...bindLayers.flatMap((bind) => bind(arena))],
      histogram: histogramLaunch(device, counts, { ...rows, counts: get("histogram") }),
      selected: selectedLaunch(device, counts, { ...rows, thresholds: get("thresholds"), counts: get("selected") }),
    };
  };
}

async function compileBackwards(
  device: GPUDevice,
  layout: Layout,
  purpose: Purpose,
  descent: Optimizer | undefined,
): Promise<(arena: Arena) => Backwards> {
  if (purpose === "counts") return () => ({ backward: [] });
  const { layers } = layout;
  const tileFor = await tilesOf(device);
  const [loss, ways, bindGradients] = await Promise.all([
    compileLossGradient(device, layers.at(-1)!),
    Promise.all(layers.map((layer) => (layer.returns ? kinds[layer.kind].backward(device, layer, tileFor) : nothing))),
    (purpose === "clipped" ? compileClipped : compilePlain)(device, layout, tileFor, descent),
  ]);
  return (arena) => {
    const get = (name: string) => arena.get(name);
    const rows = rowsOf(layout, arena);
    const { gradient } = layers.at(-1)!.output;
    const first = { ...rows, witness: get("witness"), g: get(gradient), flags: get("flags") };
    const whose = { steps: get("steps"), places: get("places") };
    const back = ways.map((bind) => bind(arena));
    const { onTheWay, after } = bindGradients(arena);
    return {
      backward: [
        gradientLaunch(device, loss, layers.at(-1)!, { ...first, ...whose }),
        // Back first: the layer's parameters may take their step behind it.
        ...onTheWay
          .map((launches, i) => [...back[i]!, ...launches])
          .reverse()
          .flat(),
        ...after,
      ],
    };
  };
}

/** What a program is compiled for. */
export const keyOf = (purpose: Purpose, descent?: Optimizer): string => JSON.stringify([purpose, descent]);

const isTrained = ({ frozen, parameters }: PlacedLayer): boolean => parameters > 0 && !frozen;
const nothing = (): Launch[] => [];
const nothingClipped = (): Clipped => ({ norm: [], sum: [] });

interface Gradients {
  /** Of each layer, once its outputs' gradients are there */
  onTheWay: Launch[][];
  /** When all are */
  after: Launch[];
}

async function compilePlain(
  device: GPUDevice,
  { layers, parameters }: Layout,
  tileFor: TileFor,
  descent: Optimizer | undefined,
) {
  const bind = await Promise.all(
    layers.map((layer) =>
      isTrained(layer) ? kinds[layer.kind].plain(device, layer, parameters, tileFor, descent) : nothing,
    ),
  );
  return (arena: Arena): Gradients => ({ onTheWay: bind.map((one) => one(arena)), after: [] });
}

async function compileClipped(
  device: GPUDevice,
  { layers, parameters }: Layout,
  tileFor: TileFor,
  descent: Optimizer | undefined,
) {
  const bind = await Promise.all(
    layers.map((layer) =>
      isTrained(layer) ? kinds[layer.kind].clipped(device, layer, parameters, tileFor, descent) : nothingClipped,
    ),
  );
  return (arena: Arena): Gradients => {
    const clipped = bind.map((one) => one(arena));
    return { onTheWay: clipped.map(({ norm }) => norm), after: clipped.flatMap(({ sum }) => sum) };
  };
}

/** What is known of the micro-batch's rows once their logits are there. */
const rowsOf = ({ layers }: Layout, arena: Arena) => ({
  tables: arena.get("tables"),
  chunk: arena.get("chunks"),
  logits: arena.get(layers.at(-1)!.output.activation),
  batch: arena.get("batch"),
  facts: arena.get("facts"),
});
