/**
 * The part of an encoder that is not trained, asked once for each text: what it gives stays in memory, and training
 * begins behind it.
 *
 * Texts go through in groups of like length, each with just enough room: padding costs as much as tokens do.
 */
import type { LayerSpec } from "../../shared/layers.ts";
import { type Architecture, operationsOf } from "../../shared/model.ts";
import { type EncoderFile, frozenOf } from "../../shared/text/encoder-file.ts";
import { useLiteTensors } from "../../shared/text/use-lite.ts";
import { LastingEngine } from "../lasting-engine.ts";

/** Rooms for tokens. Each has kernels of its own to compile: more of them would save less than they cost. */
const rooms = [8, 16, 24, 32, 48, 64, 96, 128];
/** Texts at once; bounds memory. */
const textsAtOnce = 256;

const noTables = { cells: 0, attributes: 0 };

/** What an encoder gives for texts. */
export interface EncodedTexts {
  /** [texts, width], or of layers that end with tokens [texts, room, width] */
  features: Float32Array<ArrayBuffer>;
  /** [texts], tokens of each */
  tokens: Uint32Array<ArrayBuffer>;
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
    const tokens = Uint32Array.from({ length: count }, (_, i) => {
      const padding = numbers.subarray(i * room, (i + 1) * room).indexOf(-1);
      return padding < 0 ? room : padding;
    });
    const shape = operationsOf({ inputShape: [room], layers: this.layers }).at(-1)!.outputShape;
    const width = shape.reduce((a, b) => a * b);
    const features = new Float32Array(count * width);
    let done = 0;
    for (const [r, own] of rooms.entries()) {
      const places = Array.from(tokens.keys()).filter((i) => tokens[i]! <= own && tokens[i]! > (rooms[r - 1] ?? -1));
      if (places.length === 0) continue;
      const architecture: Architecture = { inputShape: [own], layers: this.layers };
      const frozen = frozenOf(this.file, useLiteTensors, architecture);
      const engine = await LastingEngine.create(this.open, architecture, noTables, { frozen });
      for (let first = 0; first < places.length; first += textsAtOnce) {
        const group = places.slice(first, first + textsAtOnce);
        const rows = new Float32Array(group.length * own).fill(-1);
        group.forEach((place, i) => {
          rows.set(numbers.subarray(place * room, place * room + tokens[place]!), i * own);
        });
        const rest = { labels: new Uint8Array(group.length), cells: new Uint8Array(0) };
        await engine.load({ count: group.length, features: rows, ...rest });
        const found = await engine.scores(new Float32Array(0), Uint32Array.from(group.keys()));
        const each = found.length / group.length;
        group.forEach((place, i) => {
          // Of tokens, what is behind a text's own says nothing, and there may be more or less of it than room.
          const kept = found.subarray(i * each, i * each + Math.min(each, width));
          features.set(kept, place * width);
        });
        done += group.length;
        onProgress(done);
      }
      engine.dispose();
    }
    return { features, tokens };
  }
}
