"""Writes `graph.onnx`: how all-MiniLM-L6-v2 computes, without its weights.

    python graph.py model.safetensors graph.onnx

The weights stay where their publisher put them: every one is an external tensor of `model.safetensors`, by its place in
that file, which holds plain little-endian 32-bit floats. So the graph fits the one file whose SHA-256 the catalog names.

`ids [batch, length]` and `mask [batch, length]`, both i64, 1 in the mask for a token and 0 for what fills up a shorter
text -> `vector [batch, 384]`, of length 1: the mean of the tokens' last states, as sentence-transformers takes it.
"""

import json
import struct
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS, HEADS, WIDTH = 6, 12, 384
FILE = "model.safetensors"


def weights(path):
    """Every tensor of the file as an initializer that lies in it."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    for name, tensor in header.items():
        if name == "__metadata__" or tensor["dtype"] != "F32":
            continue
        first, end = tensor["data_offsets"]
        value = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=tensor["shape"])
        value.data_location = TensorProto.EXTERNAL
        for key, entry in (("location", FILE), ("offset", 8 + length + first), ("length", end - first)):
            value.external_data.add(key=key, value=str(entry))
        yield value


class Graph:
    def __init__(self):
        self.nodes, self.constants, self.count = [], [], 0

    def constant(self, value, kind):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(value, dtype=kind), name))
        return name

    def op(self, kind, *inputs, **attributes):
        self.count += 1
        self.nodes.append(helper.make_node(kind, list(inputs), [f"t{self.count}"], **attributes))
        return f"t{self.count}"

    def linear(self, x, name):
        return self.op("Gemm", x, name + ".weight", name + ".bias", transB=1)

    def norm(self, x, name):
        return self.op("LayerNormalization", x, name + ".weight", name + ".bias", axis=-1, epsilon=1e-12)


def build(graph):
    integer, real = np.int64, np.float32
    sizes = graph.op("Shape", "ids")
    length = graph.op("Slice", sizes, graph.constant([1], integer), graph.constant([2], integer))
    zero = graph.constant([0], integer)
    words = graph.op("Gather", "embeddings.word_embeddings.weight", "ids")
    places = graph.op("Slice", "embeddings.position_embeddings.weight", zero, length)
    kind = graph.op("Gather", "embeddings.token_type_embeddings.weight", graph.constant(0, integer))
    x = graph.norm(graph.op("Add", graph.op("Add", words, places), kind), "embeddings.LayerNorm")
    flat = graph.constant([-1, WIDTH], integer)
    x = graph.op("Reshape", x, flat)
    parts = graph.op("Concat", sizes, graph.constant([HEADS, WIDTH // HEADS], integer), axis=0)
    mask = graph.op("Cast", "mask", to=TensorProto.FLOAT)
    away = graph.op("Mul", graph.op("Sub", mask, graph.constant(1, real)), graph.constant(10_000, real))
    away = graph.op("Unsqueeze", away, graph.constant([1, 2], integer))
    scale = graph.constant((WIDTH // HEADS) ** -0.5, real)
    for layer in range(LAYERS):
        own = f"encoder.layer.{layer}."
        heads = lambda name, order: graph.op(
            "Transpose", graph.op("Reshape", graph.linear(x, own + "attention.self." + name), parts), perm=order
        )
        query, key, value = heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1]), heads("value", [0, 2, 1, 3])
        scores = graph.op("Add", graph.op("Mul", graph.op("MatMul", query, key), scale), away)
        seen = graph.op("MatMul", graph.op("Softmax", scores, axis=-1), value)
        seen = graph.op("Reshape", graph.op("Transpose", seen, perm=[0, 2, 1, 3]), flat)
        x = graph.norm(graph.op("Add", graph.linear(seen, own + "attention.output.dense"), x), own + "attention.output.LayerNorm")
        wide = graph.linear(x, own + "intermediate.dense")
        half = graph.op("Mul", wide, graph.constant(0.5, real))
        bent = graph.op("Add", graph.op("Erf", graph.op("Mul", wide, graph.constant(0.5**0.5, real))), graph.constant(1, real))
        x = graph.norm(graph.op("Add", graph.linear(graph.op("Mul", half, bent), own + "output.dense"), x), own + "output.LayerNorm")
    states = graph.op("Reshape", x, graph.op("Concat", sizes, graph.constant([WIDTH], integer), axis=0))
    shown = graph.op("Unsqueeze", mask, graph.constant([2], integer))
    along = graph.constant([1], integer)
    total = graph.op("ReduceSum", graph.op("Mul", states, shown), along, keepdims=0)
    mean = graph.op("Div", total, graph.op("ReduceSum", shown, along, keepdims=0))
    size = graph.op("ReduceL2", mean, axes=[1], keepdims=1)
    graph.nodes.append(helper.make_node("Div", [mean, size], ["vector"]))


def main(path, out):
    graph = Graph()
    build(graph)
    used = {name for node in graph.nodes for name in node.input}
    kept = [value for value in weights(path) if value.name in used]
    tensor = lambda name, kind, shape: helper.make_tensor_value_info(name, kind, shape)
    inputs = [tensor(name, TensorProto.INT64, ["batch", "length"]) for name in ("ids", "mask")]
    outputs = [tensor("vector", TensorProto.FLOAT, ["batch", WIDTH])]
    made = helper.make_graph(graph.nodes, "all-MiniLM-L6-v2", inputs, outputs, kept + graph.constants)
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(made, opset_imports=opset, ir_version=9, producer_name="callwright")
    with open(out, "wb") as file:
        file.write(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
