/**
 * What attention does between its two dense layers (Vaswani et al. 2017, section 3.2), for every head of every row:
 *
 *   P = softmax(Q·Kᵀ / √size)      y = P·V
 *   dV = Pᵀ·dy     dP = dy·Vᵀ      dS = P ⊙ (dP − Σ P ⊙ dP)      dQ = dS·K / √size      dK = dSᵀ·Q / √size
 *
 * Queries, keys and values stand side by side in the input's tokens, each with its heads side by side.
 */
import type { Arena } from "../../arena.ts";
import { type Launch, launch } from "../../dispatch.ts";
import { type PlacedLayer, wholeQuads } from "../../layout.ts";
import { inFours, quadsFor, type TileFor, tiled, wholeFours } from "../../tiles/tile.ts";
import { compile, type Special } from "../../wgsl/shader.ts";
import type { LayerKind, OwnBuffer } from "../kind.ts";
import productSource from "./product.wgsl?raw";
import softmaxSource from "./softmax.wgsl?raw";
import softmaxGradientSource from "./softmax-gradient.wgsl?raw";

const anyNumber = Number.POSITIVE_INFINITY;

/** Threads a group where a thread has a whole query to read. */
const queryGroup = 16;

/** A head's matrix within a buffer: where it stands, and how far its numbers are apart. */
interface Matrix {
  buffer: string;
  /** Whether it is of queries by keys; otherwise it is of tokens' lines */
  square: boolean;
  /** From one row of the micro-batch to the next; of lines, from one to the next */
  row: number;
  head: number;
  offset: number;
  down: number;
  along: number;
}

const transposed = (matrix: Matrix): Matrix => ({ ...matrix, down: matrix.along, along: matrix.down });

function matricesOf({ index, input, output, heads, outputShape }: PlacedLayer) {
  const [tokens, width] = outputShape as [number, number];
  const size = width / heads;
  const side = wholeQuads(tokens);
  const of = (buffer: string, { pixelStride }: { pixelStride: number }, offset: number) => ({
    buffer,
    square: false,
    row: pixelStride,
    head: size,
    offset,
    down: pixelStride,
    along: 1,
  });
  const square = (buffer: string): Matrix => ({
    buffer,
    square: true,
    row: heads * side * side,
    head: side * side,
    offset: 0,
    down: side,
    along: 1,
  });
  return {
    tokens,
    size,
    side,
    query: of(input.activation, input, 0),
    key: of(input.activation, input, width),
    value: of(input.activation, input, 2 * width),
    queryGradient: of(input.gradient, input, 0),
    keyGradient: of(input.gradient, input, width),
    valueGradient: of(input.gradient, input, 2 * width),
    y: of(output.activation, output, 0),
    yGradient: of(output.gradient, output, 0),
    shares: square(`shares ${index}`),
    shareGradients: square(`share gradients ${index}`),
  };
}

export const attend: LayerKind = {
  buffers(layer) {
    const { side, shares, shareGradients } = matricesOf(layer);
    const square = (name: string): OwnBuffer => ({
      name,
      rows: { width: side, stride: side, ones: false },
      each: layer.heads * side,
    });
    return [square(shares.buffer), square(shareGradients.buffer)];
  },
  async forward(device, layer, tileFor) {
    const { heads } = layer;
    const { tokens, size, side, query, key, value, y, shares } = matricesOf(layer);
    const [bindScores, softmax, bindMix] = await Promise.all([
      product(device, layer, query, transposed(key), shares, [tokens, size, tokens], 1 / Math.sqrt(size), tileFor),
      compile(
        device,
        "layers/attend/softmax.wgsl",
        softmaxSource,
        { chunk: "chunk", p: "write", spans: "read" },
        squaredOf(layer),
      ),
      product(device, layer, shares, value, y, [tokens, tokens, size], 1, tileFor),
    ]);
    return (arena) => {
      const buffers = { chunk: arena.get("chunks"), p: arena.get(shares.buffer), spans: arena.get("spans") };
      const softmaxed = launch(device, softmax, buffers, (rows) => rows * heads * side, queryGroup);
      return [bindScores(arena), softmaxed, bindMix(arena)];
    };
  },
  async backward(device, layer, tileFor) {
    const { heads } = layer;
    const m = matricesOf(layer);
    const { tokens, size, side, shares, shareGradients } = m;
    const scale = 1 / Math.sqrt(size);
    const [bindValue, bindShares, softmaxGradient, bindQuery, bindKey] = await Promise.all([
      product(device, layer, transposed(shares), m.yGradient, m.valueGradient, [tokens, tokens, size], 1, tileFor),
      product(device, layer, m.yGradient, transposed(m.value), shareGradients, [tokens, size, tokens], 1, tileFor),
      compile(
        device,
        "layers/attend/softmax-gradient.wgsl",
        softmaxGradientSource,
        { chunk: "chunk", p: "read", dp: "write", spans: "read" },
        squaredOf(layer),
      ),
      product(device, layer, shareGradients, m.key, m.queryGradient, [tokens, tokens, size], scale, tileFor),
      product(
        device,
        layer,
        transposed(shareGradients),
        m.query,
        m.keyGradient,
        [tokens, tokens, size],
        scale,
        tileFor,
      ),
    ]);
    return (arena) => {
      const buffers = {
        chunk: arena.get("chunks"),
        p: arena.get(shares.buffer),
        dp: arena.get(shareGradients.buffer),
        spans: arena.get("spans"),
      };
      const scores = launch(device, softmaxGradient, buffers, (rows) => rows * heads * side, queryGroup);
      return [bindValue(arena), bindShares(arena), scores, bindQuery(arena), bindKey(arena)];
    };
  },
  plain: async () => () => [],
  clipped: async () => () => ({ norm: [], sum: [] }),
};

/** Of kernels that see a row's squares of queries by keys. */
const squaredOf = ({ heads, input }: PlacedLayer): Special => ({
  constants: { LINES: input.rowsEach, HEADS: heads, SIDE: wholeQuads(input.rowsEach) },
  scope: { counts: {}, flags: { packed: input.packed } },
});

/**
 * c = scale · a·b of every head of every row. @param shape height, which is of tokens, depth and width of a head's
 * product, one of which is of tokens too
 */
async function product(
  device: GPUDevice,
  { heads, input }: PlacedLayer,
  a: Matrix,
  b: Matrix,
  c: Matrix,
  [height, depth, width]: [number, number, number],
  scale: number,
  tileFor: TileFor,
): Promise<(arena: Arena) => Launch> {
  // Many small matrices are as much work as a large one.
  const tile = height >= 16 && width >= 32 ? tileFor(anyNumber, anyNumber) : tileFor(height, width);
  const tiles = quadsFor(tile, height, width);
  const kernel = await compile(
    device,
    "layers/attend/product.wgsl",
    productSource,
    { chunk: "chunk", a: "read", b: "read", c: "write", spans: "read" },
    tiled(
      tile,
      {
        HEADS: heads,
        LINES: input.rowsEach,
        WIDTH: width,
        DEPTH4: Math.ceil(depth / 4),
        SCALE: scale,
        A_ROW: a.row,
        A_HEAD: a.head,
        A_OFFSET: a.offset,
        A_STRIDE: a.down,
        A_STEP: a.along,
        B_ROW: b.row,
        B_HEAD: b.head,
        B_OFFSET: b.offset,
        B_DOWN: b.down,
        B_ACROSS: b.along,
        C_ROW: c.row,
        C_HEAD: c.head,
        C_OFFSET: c.offset,
        C_STRIDE: c.down,
        TILES: tiles,
      },
      {
        a4: a.along === 1 && wholeFours(a.row, a.head, a.offset, a.down),
        b4:
          b.down === 1 ? wholeFours(b.row, b.head, b.offset, b.along) : inFours(tile, b.row, b.head, b.offset, b.down),
        down: b.down === 1,
        packed: input.packed,
        deep: a.square,
        ...{ a_square: a.square, b_square: b.square, c_square: c.square },
        to4: inFours(tile, c.row, c.head, c.offset, c.down, width),
      },
    ),
  );
  return (arena) => {
    const buffers = {
      a: arena.get(a.buffer),
      b: arena.get(b.buffer),
      c: arena.get(c.buffer),
      spans: arena.get("spans"),
    };
    const threads = (rows: number) => 4 * tiles * heads * rows;
    return launch(device, kernel, { chunk: arena.get("chunks"), ...buffers }, threads, tile.group);
  };
}
