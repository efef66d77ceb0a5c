/** An encoder's file: safetensors with its tokenizer's JSON in the metadata. */
import { Float16Array } from "@petamoriken/float16";
import { z } from "zod";
import { InputError, invariant } from "../errors.ts";
import { type Architecture, frozenCount, operationsOf } from "../model.ts";

const headerSchema = z.record(
  z.string(),
  z.union([
    z.object({
      dtype: z.enum(["F16", "F32"]),
      shape: z.array(z.int().positive()),
      data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
    }),
    z.record(z.string(), z.string()),
  ]),
);

export interface EncoderFile {
  tensors: Map<string, { shape: number[]; data: Float32Array<ArrayBuffer> }>;
  /** As of the library tokenizers: model, normalizer, pre-tokenizer */
  tokenizer: object;
}

/** Every number in float16 by its bits: millions are looked up faster than computed. */
const halves = Float32Array.from(new Float16Array(Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).buffer));

const fix = "Fetch it again; its hash tells whether it came whole.";

/** @throws InputError for what is no such file */
export function readEncoderFile(bytes: Uint8Array<ArrayBuffer>): EncoderFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 8 ? Number.NaN : Number(view.getBigUint64(0, true));
  if (!(length <= bytes.length - 8)) throw new InputError("encoder", "ends within its header", fix);
  let header: z.output<typeof headerSchema>;
  let tokenizer: object;
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    header = headerSchema.parse(parsed);
    tokenizer = z
      .object({})
      .loose()
      .parse(JSON.parse(String((header.__metadata__ as Record<string, string>).tokenizer)));
  } catch {
    throw new InputError("encoder", "has no header with tensors and a tokenizer", fix);
  }
  const tensors: EncoderFile["tensors"] = new Map();
  for (const [name, entry] of Object.entries(header)) {
    if (!("dtype" in entry) || typeof entry.dtype !== "string" || !Array.isArray(entry.shape)) continue;
    const { dtype, shape, data_offsets } = entry as { dtype: "F16" | "F32"; shape: number[]; data_offsets: number[] };
    const size = dtype === "F16" ? 2 : 4;
    const count = shape.reduce((a, b) => a * b, 1);
    const [begin, end] = data_offsets.map((offset) => 8 + length + offset) as [number, number];
    if (end - begin !== count * size || end > bytes.length)
      throw new InputError(`encoder.${name}`, `has ${end - begin} bytes for ${count} numbers`, fix);
    const data = new Float32Array(count);
    if (dtype === "F16") for (let i = 0; i < count; i++) data[i] = halves[view.getUint16(begin + i * 2, true)]!;
    else for (let i = 0; i < count; i++) data[i] = view.getFloat32(begin + i * 4, true);
    tensors.set(name, { shape, data });
  }
  return { tensors, tokenizer };
}

/**
 * The flat vector [frozenCount] of an architecture's frozen parameters.
 * @param names tensors in the order of the frozen operations
 * @throws InputError that names a tensor that is missing or does not fit
 */
export function frozenOf(
  { tensors }: EncoderFile,
  names: readonly string[],
  architecture: Architecture,
): Float32Array<ArrayBuffer> {
  const layers = operationsOf(architecture).filter(({ frozen }) => frozen);
  invariant(layers.length <= names.length, "the names cover the layers");
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
