/** What the snippet counted.wgsl needs: the room for tokens, and whether rows have fewer; `lengths` are bound in any case. */
import type { PlacedLayer } from "../layout.ts";

export const countedOf = ({ padded }: PlacedLayer, tokens: number) => ({
  constants: { TOKENS: tokens },
  flags: { padded },
});
