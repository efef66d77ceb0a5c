/** What a model is made of, by name. */
import type { Operation } from "../../shared/model.ts";
import { add } from "./add/add.ts";
import { attend } from "./attend/attend.ts";
import { conv2d } from "./conv2d/conv2d.ts";
import { dense } from "./dense/dense.ts";
import { embedding } from "./embedding/embedding.ts";
import { gelu } from "./gelu/gelu.ts";
import type { LayerKind } from "./kind.ts";
import { layerNorm } from "./layer-norm/layer-norm.ts";
import { maxPool2d } from "./max-pool2d/max-pool2d.ts";
import { meanTokens } from "./mean-tokens/mean-tokens.ts";
import { positions } from "./positions/positions.ts";

export const kinds: Record<Operation, LayerKind> = {
  dense,
  conv2d,
  "max-pool2d": maxPool2d,
  embedding,
  positions,
  "layer-norm": layerNorm,
  attend,
  gelu,
  "mean-tokens": meanTokens,
  add,
};
