/**
 * The part of an encoder that is not trained, asked once for each text: what it gives stays in memory, and training
 * begins behind it.
 *
 * Texts go through in groups of like length, each with just enough room: padding costs as much as tokens do.
 */
import type { LayerSpec } from "../../shared/layers.ts";
import type { Architecture } from "../../shared/model.ts";
import { type EncoderFile, frozenOf } from "../../shared/text/encoder-file.ts";
import { useLiteTensors } from "../../shared/text/use-lite.ts";
import { LastingEngine } from "../lasting-engine.ts";

/** Rooms for tokens; whole quads, since attention's products come in them. */
const rooms = [8, 12, 16, 24, 32, 48, 64, 96, 128];
/** Texts at once; bounds memory. */
const textsAtOnce = 256;

const noTables = { cells: 0, attributes: 0 };

export class Encoder {
  private constructor(
    private readonly open: () => Promise<GPUDevice>,
    private readonly file: EncoderFile,
    private readonly layers: LayerSpec[],
  ) {}

  /**
   * @param open gives a device, and a new one at every call once one was lost
   * @param layers frozen, from token numbers to one vector a text
   */
  static async create(open: () => Promise<GPUDevice>, file: EncoderFile, layers: LayerSpec[]): Promise<Encoder> {
    return new Encoder(open, file, layers);
  }

  /**
   * @param tokens [texts, room], -1 behind each text's own
   * @param onProgress told of the texts that are done
   * @returns [texts, width]
   */
  async vectors(
    tokens: Float32Array,
    room: number,
    onProgress: (done: number) => void = () => {},
  ): Promise<Float32Array<ArrayBuffer>> {
    const count = tokens.length / room;
    const lengths = Array.from({ length: count }, (_, i) => {
      const padding = tokens.subarray(i * room, (i + 1) * room).indexOf(-1);
      return padding < 0 ? room : padding;
    });
    let vectors: Float32Array<ArrayBuffer> | undefined;
    let done = 0;
    for (const [r, own] of rooms.entries()) {
      const places = lengths.flatMap((length, i) => (length <= own && length > (rooms[r - 1] ?? -1) ? [i] : []));
      if (places.length === 0) continue;
      const architecture: Architecture = { inputShape: [own], layers: this.layers };
      const frozen = frozenOf(this.file, useLiteTensors, architecture);
      const engine = await LastingEngine.create(this.open, architecture, noTables, { frozen });
      for (let first = 0; first < places.length; first += textsAtOnce) {
        const group = places.slice(first, first + textsAtOnce);
        const features = new Float32Array(group.length * own);
        group.forEach((place, i) => {
          features.set(tokens.subarray(place * room, place * room + Math.min(own, room)), i * own);
          features.fill(-1, i * own + Math.min(own, room), (i + 1) * own);
        });
        const rest = { labels: new Uint8Array(group.length), cells: new Uint8Array(0) };
        await engine.load({ count: group.length, features, ...rest });
        const found = await engine.scores(
          new Float32Array(0),
          Uint32Array.from(group, (_, i) => i),
        );
        const width = found.length / group.length;
        vectors ??= new Float32Array(count * width);
        group.forEach((place, i) => {
          vectors!.set(found.subarray(i * width, (i + 1) * width), place * width);
        });
        done += group.length;
        onProgress(done);
      }
      engine.dispose();
    }
    return vectors ?? new Float32Array(0);
  }
}
