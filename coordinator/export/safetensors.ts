/** The safetensors container (huggingface/safetensors, README «Format»): 8-byte length, JSON header, raw tensors. */
import type { Float16Array } from "@petamoriken/float16";
import type { NamedTensor } from "../../shared/model-file.ts";

export interface HalfTensor {
  name: string;
  shape: number[];
  data: InstanceType<typeof Float16Array>;
}

/** @param metadata strings only, as the format asks */
export function safetensors(
  tensors: readonly (NamedTensor | HalfTensor)[],
  metadata: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    header[name] = {
      dtype: data.BYTES_PER_ELEMENT === 2 ? "F16" : "F32",
      shape,
      data_offsets: [offset, offset + data.byteLength],
    };
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // The data begin on a multiple of eight; the header is padded with spaces.
  const padded = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + padded + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.fill(0x20, 8, 8 + padded);
  file.set(json, 8);
  let at = 8 + padded;
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}
