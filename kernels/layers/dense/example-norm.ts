/** The lengths of rows' gradients, and the clip factors that follow from them. */
import { InputError } from "../../../shared/errors.ts";
import type { Arena } from "../../arena.ts";
import { type Launch, launch } from "../../dispatch.ts";
import { type Binding, compile } from "../../wgsl/shader.ts";
import exampleNormSource from "./example-norm.wgsl?raw";

/** A buffer's rows. */
export interface Matrix {
  buffer: string;
  stride: number;
  /** Whether they are all rows, of which the batch has the micro-batch's */
  picks?: boolean;
}

/** See example-norm.wgsl. */
const longestRow = 2 ** 22;
/** Threads a group where a thread has a whole row to read. */
const rowGroup = 16;

type Names = "chunk" | "a" | "norms" | "flags" | "factors" | "g" | "batch";

/** A layer's part of each row's gradient norm: ‖a‖·‖g‖, or ‖a‖ where a is the row's gradient itself. */
export async function exampleNorm(
  device: GPUDevice,
  { index, last }: { index: number; last: boolean },
  a: Matrix,
  g?: Matrix,
): Promise<(arena: Arena) => Launch> {
  const longest = Math.max(a.stride, g?.stride ?? 0);
  if (longest > longestRow) {
    const found = `needs the length of rows of ${longest} numbers`;
    throw new InputError(`layers.${index}`, found, `At most ${longestRow} are added up precisely enough; use fewer.`);
  }
  const common = {
    GROUP: rowGroup,
    ...(!a.picks && { A_STRIDE: a.stride }),
    BLOCK: Math.ceil(Math.sqrt(longest / 4)),
    FIRST: Number(last),
    LAYER: index,
  };
  const alone = { chunk: "chunk", a: "read", norms: "write", flags: "write", factors: "write" } as const;
  const bindings = { ...alone, ...(g && { g: "read" }), ...(a.picks && { batch: "read" }) };
  const kernel = await compile<Names>(
    device,
    "layers/dense/example-norm.wgsl",
    exampleNormSource,
    bindings as Record<Names, Binding>,
    {
      constants: { ...common, ...(g && { G_STRIDE: g.stride }) },
      scope: { counts: {}, flags: { outer: g !== undefined, picks: a.picks ?? false } },
    },
  );
  return (arena) => {
    const buffers = {
      chunk: arena.get("chunks"),
      a: arena.get(a.picks ? "input norms" : a.buffer),
      norms: arena.get("norms"),
      flags: arena.get("flags"),
      factors: arena.get("factors"),
      g: arena.get((g ?? a).buffer),
      batch: arena.get("batch"),
    };
    return launch(device, kernel, buffers, (rows) => rows, rowGroup);
  };
}
