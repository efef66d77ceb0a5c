/** A run's model as a file. Noted in the ledger before it leaves; a model whose gates are not met does not leave. */
import { InputError } from "../../shared/errors.ts";
import { architectureOf, layersOf } from "../../shared/model.ts";
import { hashParameters } from "../../shared/round/0-announce.ts";
import type { Coordinator } from "../coordinator.ts";
import type { Run } from "../run.ts";
import { safetensors } from "./safetensors.ts";

export const modelFormats = ["safetensors", "json"] as const;
export type ModelFormat = (typeof modelFormats)[number];

export interface ModelFile {
  name: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export async function exportModel(coordinator: Coordinator, run: Run, format: ModelFormat): Promise<ModelFile> {
  const { normalisation, parameters, task } = run;
  if (!normalisation)
    throw new InputError("run", `${run.id} has no model yet`, "Wait until its first rounds are done.");
  await coordinator.noteExport(run, format);
  const architecture = architectureOf(task);
  const tensors = layersOf(architecture).flatMap((layer, i) => [
    {
      name: `layer${i}.weight`,
      shape: [layer.inputs, layer.outputs],
      data: parameters.subarray(layer.weights, layer.bias),
    },
    {
      name: `layer${i}.bias`,
      shape: [layer.outputs],
      data: parameters.subarray(layer.bias, layer.bias + layer.outputs),
    },
  ]);
  const modelHash = await hashParameters(parameters);
  const about = { run: run.id, modelHash, architecture, normalisation, features: task.data.features };
  if (format === "safetensors") {
    const metadata = Object.fromEntries(
      Object.entries(about).map(([k, v]) => [k, typeof v === "string" ? v : JSON.stringify(v)]),
    );
    return { name: `${run.id}.safetensors`, type: "application/octet-stream", bytes: safetensors(tensors, metadata) };
  }
  const model = {
    ...about,
    tensors: tensors.map(({ name, shape, data }) => ({ name, shape, data: Array.from(data) })),
  };
  return {
    name: `${run.id}.json`,
    type: "application/json",
    bytes: new TextEncoder().encode(`${JSON.stringify(model, null, 1)}\n`),
  };
}
