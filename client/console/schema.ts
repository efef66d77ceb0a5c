/** The task's JSON Schema as a form walks it. */
import { taskJsonSchema } from "../../shared/task.ts";

export interface Schema {
  type?: "object" | "array" | "string" | "number" | "integer" | "boolean";
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: (string | number)[];
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  prefixItems?: Schema[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  $ref?: string;
  $defs?: Record<string, Schema>;
}

export const taskSchema = taskJsonSchema() as Schema & Required<Pick<Schema, "properties">>;

/** A schema that stands for itself: references are followed. */
export function resolve(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.split("/").at(-1)!;
  return { ...taskSchema.$defs![name]!, ...(schema.description !== undefined && { description: schema.description }) };
}

/** The name of the field by which the variants of a union differ. */
export const discriminator = "kind";

export const kindOf = (variant: Schema): string => String(variant.properties?.[discriminator]?.const ?? "");
