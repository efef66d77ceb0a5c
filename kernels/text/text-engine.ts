/**
 * An engine for a model that reads texts: what is frozen before the first trained layer runs once for each text
 * (encoder.ts), and training happens on what it gives. Where that is no more than looking tokens' vectors up, it happens
 * anew each time: numbers take up hundreds of times less than vectors.
 */
import { wordsOf } from "../../shared/data/rows.ts";
import type { LayerSpec } from "../../shared/layers.ts";
import { type Architecture, frozenLayers, layersOf, operationsOf } from "../../shared/model.ts";
import { type EncoderFile, frozenOf } from "../../shared/text/encoder-file.ts";
import { Tokens } from "../../shared/text/tokens.ts";
import { sharedDevice } from "../device.ts";
import type { TableSizes } from "../inputs.ts";
import { LastingEngine } from "../lasting-engine.ts";
import { type EncodedTexts, Encoder } from "./encoder.ts";

export interface TextEngine {
  /** Of the layers behind the frozen ones; its rows are what `encode` gives */
  engine: LastingEngine;
  /** @param onProgress told of how many texts are done */
  encode(texts: readonly string[], onProgress?: (done: number) => void): Promise<TextInputs>;
}

export interface TextInputs extends EncodedTexts {
  /** Of a model with logits of every token: where the words of each text begin, of those that there is room for */
  starts?: number[][];
}

/** @param open gives a device, and a new one at every call once one was lost @param architecture from token numbers to logits */
export async function openTextEngine(
  open: () => Promise<GPUDevice>,
  architecture: Architecture,
  tables: TableSizes,
  file: EncoderFile,
): Promise<TextEngine> {
  const device = sharedDevice(open);
  const { inputShape, layers } = architecture;
  const [room] = inputShape as [number];
  const frozen = frozenLayers(layers);
  const first = layers.slice(0, frozen).every(isLight) ? 0 : frozen;
  const below: Architecture = { inputShape, layers: layers.slice(0, first) };
  const operations = operationsOf(below);
  const shape = operations.at(-1)?.outputShape ?? inputShape;
  const above: Architecture = { inputShape: shape, layers: layers.slice(first) };
  const engine = await LastingEngine.create(device, above, tables, {
    frozen: frozenOf(file, above, operations.filter(({ frozen }) => frozen).length),
    counted: shape.length === 2,
  });
  const tokens = new Tokens(file.tokenizer);
  const encoder = new Encoder(device, file, below.layers);
  const inputsOf = async (rows: Float32Array<ArrayBuffer>, onProgress?: (done: number) => void) =>
    first > 0 ? encoder.encode(rows, room, onProgress) : { features: rows };
  const tagged = layersOf(architecture).at(-1)!.positions > 1;
  return {
    engine,
    async encode(texts, onProgress) {
      if (!tagged) return inputsOf(tokens.rows(texts, room), onProgress);
      const { rows, starts } = tokens.wordRows(texts.map(wordsOf), room);
      return { ...(await inputsOf(rows, onProgress)), starts };
    },
  };
}

/** Whether a layer costs next to nothing. */
const isLight = ({ kind }: LayerSpec): boolean => kind === "embedding" || kind === "positions" || kind === "layer-norm";
