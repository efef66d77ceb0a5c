/** A run's model as a file. Noted in the ledger before it leaves; a model that is held back does not leave. */
import { InputError } from "../../shared/errors.ts";
import { type ModelFile, modelFileOf, tensorsOf } from "../../shared/model-file.ts";
import type { Coordinator } from "../coordinator.ts";
import type { Run } from "../run.ts";
import { onnx } from "./onnx.ts";
import { safetensors } from "./safetensors.ts";

export const modelFormats = ["safetensors", "onnx", "json"] as const;
export type ModelFormat = (typeof modelFormats)[number];

export interface ExportedFile {
  name: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export async function exportModel(coordinator: Coordinator, run: Run, format: ModelFormat): Promise<ExportedFile> {
  const { context, parameters, task } = run;
  if (!context) throw new InputError("run", `${run.id} has no model yet`, "Wait until its first rounds are done.");
  const model = await modelFileOf(run.id, task, parameters, context);
  const bytes = encodeModel(model, parameters, format);
  await coordinator.noteExport(run, format);
  const type = format === "json" ? "application/json" : "application/octet-stream";
  return { name: `${run.id}.${format}`, type, bytes };
}

/** The other formats carry what stands in the JSON as strings beside the tensors. */
export function encodeModel(
  model: ModelFile,
  parameters: Float32Array<ArrayBuffer>,
  format: ModelFormat,
): Uint8Array<ArrayBuffer> {
  if (format === "json") return new TextEncoder().encode(`${JSON.stringify(model, null, 1)}\n`);
  const { tensors: _, ...about } = model;
  const metadata = Object.fromEntries(
    Object.entries(about).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
  return format === "onnx"
    ? onnx(model.architecture, parameters, metadata)
    : safetensors(tensorsOf(model.architecture, parameters), metadata);
}
