/**
 * The part of an encoder that is not trained, asked once for each text: what it gives stays in memory, and training
 * begins behind it.
 */
import type { LayerSpec } from "../../shared/layers.ts";
import { type Architecture, operationsOf } from "../../shared/model.ts";
import { type EncoderFile, frozenOf } from "../../shared/text/encoder-file.ts";
import { tokenCounts } from "../../shared/text/padding.ts";
import { LastingEngine } from "../lasting-engine.ts";

/** Texts at once; bounds memory. */
const textsAtOnce = 256;

const noTables = { cells: 0, attributes: 0 };

/** What an encoder gives for texts. */
export interface EncodedTexts {
  /** [texts, width], or of layers that end with tokens [tokens of all texts, width] */
  features: Float32Array<ArrayBuffer>;
  /** [texts], of layers that end with tokens how many each text has */
  tokens?: Uint32Array<ArrayBuffer>;
}

export class Encoder {
  /**
   * @param open gives a device, the same until it is lost
   * @param layers frozen, from token numbers on
   */
  constructor(
    private readonly open: () => Promise<GPUDevice>,
    private readonly file: EncoderFile,
    private readonly layers: LayerSpec[],
  ) {}

  /**
   * @param numbers [texts, room], -1 behind each text's own
   * @param onProgress told of how many texts are done
   */
  async encode(
    numbers: Float32Array,
    room: number,
    onProgress: (done: number) => void = () => {},
  ): Promise<EncodedTexts> {
    const count = numbers.length / room;
    const architecture: Architecture = { inputShape: [room], layers: this.layers };
    const shape = operationsOf(architecture).at(-1)!.outputShape;
    const width = shape.at(-1)!;
    const [each, tokens] = shape.length === 2 ? [room, tokenCounts(numbers, room)] : [1, undefined];
    const lines = tokens ?? new Uint32Array(count).fill(1);
    const features = new Float32Array(lines.reduce((sum, own) => sum + own, 0) * width);
    const frozen = frozenOf(this.file, architecture);
    const engine = await LastingEngine.create(this.open, architecture, noTables, { frozen });
    let line = 0;
    for (let first = 0; first < count; first += textsAtOnce) {
      const group = Math.min(textsAtOnce, count - first);
      const rows = numbers.slice(first * room, (first + group) * room);
      await engine.load({
        count: group,
        features: rows,
        labels: new Uint8Array(group),
        cells: new Uint8Array(0),
      });
      const found = await engine.scores(
        new Float32Array(0),
        Uint32Array.from({ length: group }, (_, i) => i),
      );
      for (let row = 0; row < group; row++) {
        const own = lines[first + row]!;
        features.set(found.subarray(row * each * width, (row * each + own) * width), line * width);
        line += own;
      }
      onProgress(first + group);
    }
    engine.dispose();
    return { features, ...(tokens && { tokens }) };
  }
}
