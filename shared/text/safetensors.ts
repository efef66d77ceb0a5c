/** Reads the safetensors container (huggingface/safetensors, README «Format»): 8-byte length, JSON header, raw tensors. */
import { Float16Array } from "@petamoriken/float16";
import { z } from "zod";
import { InputError } from "../errors.ts";

const headerSchema = z.record(
  z.string(),
  z.union([
    z.object({
      dtype: z.string(),
      shape: z.array(z.int().min(0)),
      data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
    }),
    z.record(z.string(), z.string()),
  ]),
);

export interface Tensor {
  shape: number[];
  data: Float32Array<ArrayBuffer>;
}

/** Every number in float16 by its bits: millions are looked up faster than computed. */
const halves = Float32Array.from(new Float16Array(Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).buffer));

const fix = "Fetch it again; its hash tells whether it came whole.";

/**
 * Tensors of float16 and float32 in the order of the header; those of whole numbers, as lists of positions, are left out.
 * @throws InputError for what is no such file
 */
export function readSafetensors(bytes: Uint8Array<ArrayBuffer>): {
  metadata: Record<string, string>;
  tensors: Map<string, Tensor>;
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 8 ? Number.NaN : Number(view.getBigUint64(0, true));
  if (!(length <= bytes.length - 8)) throw new InputError("encoder", "ends within its header", fix);
  let header: z.output<typeof headerSchema>;
  try {
    header = headerSchema.parse(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))));
  } catch {
    throw new InputError("encoder", "has no header with tensors", fix);
  }
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets } = entry as { dtype: string; shape: number[]; data_offsets: [number, number] };
    if (/^[IU]\d+$|^BOOL$/.test(dtype)) continue;
    if (dtype !== "F16" && dtype !== "F32")
      throw new InputError(
        `encoder.${name}`,
        `has numbers of the kind ${dtype}`,
        "Save the model in float32 or float16.",
      );
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
  return { metadata: metadata as Record<string, string>, tensors };
}
