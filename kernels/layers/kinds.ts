/** The kinds of layers by name. */
import type { LayerSpec } from "../../shared/layers.ts";
import { conv2d } from "./conv2d/conv2d.ts";
import { dense } from "./dense/dense.ts";
import type { LayerKind } from "./kind.ts";
import { maxPool2d } from "./max-pool2d/max-pool2d.ts";

export const kinds: Record<LayerSpec["kind"], LayerKind> = { dense, conv2d, "max-pool2d": maxPool2d };
