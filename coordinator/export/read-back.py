"""Reads an exported model back with Python's safetensors and onnxruntime; see export.test.ts.

Parameters: the safetensors file, the ONNX file, a JSON file of inputs [rows][width]. Prints the logits of both.
"""

import json
import sys

import numpy as np
import onnx
import onnxruntime
from safetensors import safe_open

tensors_file, onnx_file, inputs_file = sys.argv[1:]
x = np.array(json.load(open(inputs_file)), dtype=np.float32)

with safe_open(tensors_file, "np") as f:
    architecture = json.loads(f.metadata()["architecture"])
    at = x.astype(np.float64)
    activations = {"none": lambda z: z, "relu": lambda z: np.maximum(z, 0), "tanh": np.tanh,
                   "sigmoid": lambda z: 1 / (1 + np.exp(-z))}
    for i, layer in enumerate(architecture["layers"]):
        z = at @ f.get_tensor(f"layer{i}.weight") + f.get_tensor(f"layer{i}.bias")
        at = activations[layer["activation"]](z)

model = onnx.load(onnx_file)
onnx.checker.check_model(model, full_check=True)
session = onnxruntime.InferenceSession(onnx_file, providers=["CPUExecutionProvider"])
logit, probability = session.run(["logit", "probability"], {"inputs": x})
json.dump({
    "safetensors": at[:, 0].tolist(), "onnx": logit[:, 0].tolist(), "probability": probability[:, 0].tolist(),
    "opset": model.opset_import[0].version, "metadata": {p.key: p.value for p in model.metadata_props},
}, sys.stdout)
