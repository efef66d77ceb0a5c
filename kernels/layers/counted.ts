/**
 * What the snippet counted.wgsl needs: the tokens of a row, and whether the model's input are token numbers, where
 * padding shows. The input is bound as `ids` in any case.
 */
import type { PlacedLayer } from "../layout.ts";

export const countedOf = ({ ids }: PlacedLayer, tokens: number) => ({
  constants: { TOKENS: tokens, ...(ids && { IDS_STRIDE: ids.stride }) },
  flags: { padded: ids !== undefined },
});
