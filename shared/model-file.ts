/**
 * A model as it leaves: its parameters, and all that is needed to read a row for it and to explain what it says. Plain
 * JSON; the other formats (coordinator/export) carry the same.
 */
import { z } from "zod";
import { hashOf } from "./canonical.ts";
import { encodeFeatures, type FeatureColumns } from "./data/features.ts";
import { InputError } from "./errors.ts";
import { layerSchema } from "./layers.ts";
import { type Architecture, architectureOf, layersOf } from "./model.ts";
import { predict } from "./predict.ts";
import { hashParameters } from "./round/0-announce.ts";
import { type Task, taskSchema } from "./task.ts";

const finite = z.number();

export const componentsSchema = z.strictObject({
  /** Of the inputs, [inputs] */
  mean: z.array(finite),
  /** Share of the whole variance, largest first, [components] */
  shares: z.array(finite),
  /** Orthonormal but for their six decimals, [components, inputs] */
  vectors: z.array(z.array(finite)).min(1),
});
export type PrincipalComponents = z.output<typeof componentsSchema>;

/** What a model's inputs mean: derived from the noisy profile, and from the last histogram. */
const contextSchema = z.strictObject({
  /** By numeric feature, of its scaled values */
  normalisation: z.record(z.string(), z.strictObject({ mean: finite, scale: finite.positive() })),
  /** Noisy counts by feature: see questions/profile.ts */
  marginals: z.record(z.string(), z.array(finite.min(0))),
  /** Logit above which the task's rule selects */
  threshold: finite,
  /** Principal components of the inputs, where the run asked for them: see explain/principal-components.ts */
  components: componentsSchema.optional(),
});

const modelFileSchema = z.strictObject({
  format: z.literal("murmur/model/1"),
  run: z.string(),
  /** SHA-256 of the parameters, little-endian f32 */
  modelHash: z.string().regex(/^[0-9a-f]{64}$/),
  label: taskSchema.shape.data.shape.label,
  features: taskSchema.shape.data.shape.features,
  /** Of a model that reads texts: their column, and the encoder whose frozen parameters are in a file of their own */
  text: taskSchema.shape.data.shape.text,
  encoder: taskSchema.shape.model.shape.encoder,
  /** Of a model that reads images: their size */
  images: taskSchema.shape.data.shape.images,
  /** Of a model that recommends: the catalogue, which is a file of its own */
  items: taskSchema.shape.data.shape.items,
  /** Columns of the sensitive attributes: no explanation advises to change one, none is a reason */
  protected: z.array(z.string()),
  architecture: z.strictObject({
    inputShape: z.array(z.int().positive()).min(1),
    /** Those of an encoder in front too */
    layers: z.array(layerSchema).min(1).max(64),
  }),
  context: contextSchema,
  /** By layer with parameters: weight [inputs, outputs], then bias [outputs] */
  tensors: z.array(z.strictObject({ name: z.string(), shape: z.array(z.int().positive()), data: z.array(finite) })),
});

export type ModelContext = z.output<typeof contextSchema>;
export type ModelFile = z.output<typeof modelFileSchema>;

export interface NamedTensor {
  name: string;
  shape: number[];
  data: Float32Array<ArrayBuffer>;
}

export function tensorsOf(architecture: Architecture, parameters: Float32Array<ArrayBuffer>): NamedTensor[] {
  return layersOf(architecture).flatMap(({ inputs, outputs, weights, bias, frozen }, i) =>
    inputs === 0 || frozen
      ? []
      : [
          { name: `layer${i}.weight`, shape: [inputs, outputs], data: parameters.subarray(weights, bias) },
          { name: `layer${i}.bias`, shape: [outputs], data: parameters.subarray(bias, bias + outputs) },
        ],
  );
}

/** What the ledger says of a model beside its parameters: normalisation, marginals, threshold and components, by hash. */
export const contextHash = (context: ModelContext): Promise<string> => hashOf(context);

export async function modelFileOf(
  run: string,
  task: Task,
  parameters: Float32Array<ArrayBuffer>,
  context: ModelContext,
): Promise<ModelFile> {
  const architecture = architectureOf(task);
  return {
    format: "murmur/model/1",
    run,
    modelHash: await hashParameters(parameters),
    label: task.data.label,
    features: task.data.features,
    ...(task.data.text && { text: task.data.text }),
    ...(task.model.encoder && { encoder: task.model.encoder }),
    ...(task.data.images && { images: task.data.images }),
    ...(task.data.items && { items: task.data.items }),
    protected: [...new Set(task.data.sensitive.map((attribute) => attribute.column))],
    architecture,
    context,
    tensors: tensorsOf(architecture, parameters).map((t) => ({ ...t, data: Array.from(t.data) })),
  };
}

/** The same model with other parameters, flat as in model.ts. */
export const withParameters = async (file: ModelFile, parameters: Float32Array<ArrayBuffer>): Promise<ModelFile> => ({
  ...file,
  modelHash: await hashParameters(parameters),
  tensors: tensorsOf(file.architecture, parameters).map((t) => ({ ...t, data: Array.from(t.data) })),
});

/** A model of columns and two outcomes, which can be explained. */
export interface OpenModel {
  file: ModelFile;
  /** Flat, as in model.ts */
  parameters: Float32Array<ArrayBuffer>;
  /** Model inputs of rows [count, width] */
  encode(rows: FeatureColumns): Float32Array<ArrayBuffer>;
  /** Logits of model inputs, on the processor */
  score(inputs: Float32Array | Float64Array): Float64Array;
}

/** @throws InputError for what is no model, one whose parts do not fit each other, and one of texts or of classes */
export async function openModel(value: unknown): Promise<OpenModel> {
  const { file, parameters } = await readModelFile(value);
  const other = (["text", "images", "items"] as const).find((name) => file[name]);
  if (other)
    throw new InputError(
      other,
      "is what this model reads, and this reads columns",
      "Ask it on the participant's page.",
    );
  return {
    file,
    parameters,
    encode: (rows) => encodeFeatures(rows, { data: { features: file.features } }, file.context.normalisation),
    score: (inputs) => predict(file.architecture, parameters, inputs),
  };
}

/** @throws InputError for what is no model, or one whose parts do not fit each other */
export async function readModelFile(value: unknown): Promise<Pick<OpenModel, "file" | "parameters">> {
  const parsed = modelFileSchema.safeParse(value);
  const fix = "Export it again with `murmur export RUN --format json`.";
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new InputError(path.join(".") || "model", `is not a model's: ${message}`, fix);
  }
  const file = parsed.data;
  const { architecture, context, features, tensors } = file;
  const parameters = Float32Array.from(tensors.flatMap((t) => t.data));
  const expected = tensorsOf(architecture, parameters);
  const fits = (t: NamedTensor, i: number) =>
    tensors[i]?.name === t.name &&
    String(tensors[i].shape) === String(t.shape) &&
    tensors[i].data.length === t.shape.reduce((a, b) => a * b);
  if (tensors.length !== expected.length || !expected.every(fits))
    throw new InputError("tensors", "do not have the shape of the layers", fix);
  if ((await hashParameters(parameters)) !== file.modelHash)
    throw new InputError("modelHash", "is not the hash of the parameters", fix);
  const missing = features.find(
    (f) => !context.marginals[f.name] || (f.kind === "numeric" && !context.normalisation[f.name]),
  );
  if (missing) throw new InputError("context", `knows nothing of ${missing.name}`, fix);
  const width = architecture.inputShape.reduce((a, b) => a * b);
  const { components } = context;
  if (components && [components.mean, ...components.vectors].some((vector) => vector.length !== width))
    throw new InputError("context.components", `are not of ${width} numbers each`, fix);
  return { file, parameters };
}
