/** An encoder's file: safetensors in the order of its layers, with its tokenizer's JSON in the metadata. */
import { z } from "zod";
import { InputError } from "../errors.ts";
import { type Architecture, frozenCount, operationsOf } from "../model.ts";
import { readSafetensors, type Tensor } from "./safetensors.ts";

export interface EncoderFile {
  /** `NAME.weight` [inputs, outputs] and, where there is one, `NAME.bias` [outputs] */
  tensors: Map<string, Tensor>;
  /** As of the library tokenizers: model, normalizer, pre-tokenizer */
  tokenizer: object;
}

const fix = "Fetch it again; its hash tells whether it came whole.";

/** @throws InputError for what is no such file */
export function readEncoderFile(bytes: Uint8Array<ArrayBuffer>): EncoderFile {
  const { metadata, tensors } = readSafetensors(bytes);
  try {
    const tokenizer = z
      .object({})
      .loose()
      .parse(JSON.parse(metadata.tokenizer ?? ""));
    return { tensors, tokenizer };
  } catch {
    throw new InputError("encoder", "has no tokenizer in its header", fix);
  }
}

/**
 * The flat vector [frozenCount] of an architecture's frozen parameters.
 * @param below frozen operations of the encoder before the architecture's own
 * @throws InputError that names a tensor that is missing or does not fit
 */
export function frozenOf({ tensors }: EncoderFile, architecture: Architecture, below = 0): Float32Array<ArrayBuffer> {
  const layers = operationsOf(architecture).filter(({ frozen }) => frozen);
  const names = [...new Set(Array.from(tensors.keys(), (name) => name.replace(/\.(weight|bias)$/, "")))].slice(below);
  const flat = new Float32Array(frozenCount(architecture));
  const put = (name: string, at: number, count: number, rows: number) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new InputError(`encoder.${name}`, "is missing", fix);
    // Of more positions than a text has room for, the first.
    const fits = name === "positions.weight" ? tensor.shape[0]! >= rows : tensor.data.length === count;
    if (!fits)
      throw new InputError(`encoder.${name}`, `has the shape [${tensor.shape}]`, `It should have ${count} numbers.`);
    flat.set(tensor.data.subarray(0, count), at);
  };
  layers.forEach(({ inputs, outputs, weights, bias, parameters }, i) => {
    put(`${names[i]}.weight`, weights, inputs * outputs, inputs);
    if (parameters > inputs * outputs) put(`${names[i]}.bias`, bias, outputs, 1);
  });
  return flat;
}
