/**
 * The ONNX container (onnx/onnx.proto, IR version 8, opset 17): a dense model as a graph from its inputs [rows, width]
 * to `logit` [rows, outputs] and `probability`. The messages' fields are written by their numbers in onnx.proto, the
 * bytes by @bufbuild/protobuf. What the inputs mean is in `metadata_props`.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { InputError } from "../../shared/errors.ts";
import type { PlainActivation } from "../../shared/layers.ts";
import { type Architecture, layersOf } from "../../shared/model.ts";
import { type NamedTensor, tensorsOf } from "../../shared/model-file.ts";

const irVersion = 8;
const opset = 17;
/** TensorProto.DataType */
const float = 1;
/** AttributeProto.AttributeType */
const attributeInt = 2;

type Message = (writer: BinaryWriter) => BinaryWriter;

const message =
  (...fields: Message[]): Message =>
  (writer) =>
    fields.reduce((w, field) => field(w), writer);
const text =
  (field: number, value: string): Message =>
  (w) =>
    w.tag(field, WireType.LengthDelimited).string(value);
const int =
  (field: number, value: number): Message =>
  (w) =>
    w.tag(field, WireType.Varint).int64(value);
const bytes =
  (field: number, value: Uint8Array): Message =>
  (w) =>
    w.tag(field, WireType.LengthDelimited).bytes(value);
const nested =
  (field: number, value: Message): Message =>
  (w) =>
    value(w.tag(field, WireType.LengthDelimited).fork()).join();

const operators: Record<Exclude<PlainActivation, "none">, string> = { relu: "Relu", tanh: "Tanh", sigmoid: "Sigmoid" };

/** NodeProto: input = 1, output = 2, op_type = 4, attribute = 5 */
const node = (operator: string, inputs: string[], output: string, attributes: Message[] = []): Message =>
  nested(
    1,
    message(
      ...inputs.map((name) => text(1, name)),
      text(2, output),
      text(4, operator),
      ...attributes.map((attribute) => nested(5, attribute)),
    ),
  );

/** AttributeProto: name = 1, i = 3, type = 20 */
const intAttribute = (name: string, value: number): Message =>
  message(text(1, name), int(3, value), int(20, attributeInt));

/** TensorProto: dims = 1, data_type = 2, name = 8, raw_data = 9 (little-endian) */
const initializer = ({ name, shape, data }: NamedTensor): Message =>
  nested(
    5,
    message(
      ...shape.map((size) => int(1, size)),
      int(2, float),
      text(8, name),
      bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
    ),
  );

/** ValueInfoProto of floats [rows, width]: name = 1, type = 2 → tensor_type = 1 → elem_type = 1, shape = 2 → dim = 1 */
const value = (field: number, name: string, width: number): Message =>
  nested(
    field,
    message(
      text(1, name),
      nested(
        2,
        nested(1, message(int(1, float), nested(2, message(nested(1, text(2, "rows")), nested(1, int(1, width)))))),
      ),
    ),
  );

/** @throws InputError for layers that are not dense */
export function onnx(
  architecture: Architecture,
  parameters: Float32Array<ArrayBuffer>,
  metadata: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const layers = layersOf(architecture);
  if (layers.some((layer) => layer.kind !== "dense"))
    throw new InputError("format", "is onnx, which takes dense layers only", "Use json or safetensors.");
  const nodes: Message[] = [];
  let at = "inputs";
  layers.forEach(({ activation }, i) => {
    const last = i === layers.length - 1;
    const affine = activation === "none" ? (last ? "logit" : `layer${i}`) : `layer${i}.affine`;
    nodes.push(node("Gemm", [at, `layer${i}.weight`, `layer${i}.bias`], affine));
    at = affine;
    if (activation !== "none") {
      at = last ? "logit" : `layer${i}`;
      nodes.push(node(operators[activation], [affine], at));
    }
  });
  const outputs = layers.at(-1)!.outputs;
  nodes.push(
    outputs === 1
      ? node("Sigmoid", ["logit"], "probability")
      : node("Softmax", ["logit"], "probability", [intAttribute("axis", 1)]),
  );
  // GraphProto: node = 1, name = 2, initializer = 5, input = 11, output = 12
  const graph = message(
    ...nodes,
    text(2, "murmur"),
    ...tensorsOf(architecture, parameters).map(initializer),
    value(11, "inputs", layers[0]!.inputs),
    value(12, "logit", outputs),
    value(12, "probability", outputs),
  );
  // ModelProto: ir_version = 1, producer_name = 2, graph = 7, opset_import = 8 → version = 2, metadata_props = 14
  const model = message(
    int(1, irVersion),
    text(2, "murmur"),
    nested(7, graph),
    nested(8, int(2, opset)),
    ...Object.entries(metadata).map(([key, entry]) => nested(14, message(text(1, key), text(2, entry)))),
  );
  return model(new BinaryWriter()).finish() as Uint8Array<ArrayBuffer>;
}
