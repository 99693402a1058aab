"""Writes `graph.onnx`: how Smart Turn 3.2 computes over the last 4 s, without its weights.

    python graph.py smart-turn-v3.2-cpu.onnx graph.onnx

The weights stay where their publisher put them: every one is an external tensor of `smart-turn-v3.2-cpu.onnx`, by its
place in that file. So the graph fits the one file whose SHA-256 the catalog names.

`input_features [batch, 80, 400]`, log-mel frames of 10 ms -> `logits [batch, 1]`, the probability that the turn is over:
Whisper Tiny's encoder of four layers, a mean weighed by attention, and a classifier of three layers (github.com/pipecat-ai/smart-turn).

The publisher's own graph hears 8 s. It was trained on turns that end at the end of them, with silence in front; so this one
takes the places of the last 4 s, which costs half. Products are of 8-bit numbers as in the publisher's; what comes out of
those of matrices is not rounded, so that softmax is computed in floating point, which the runtime does faster than in 8 bits.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS, HEADS, WIDTH, MELS, FRAMES = 4, 6, 384, 80, 400
# Of the places that Whisper's encoder knows, the publisher's graph has those of 8 s.
PLACES = 400
FILE = "smart-turn-v3.2-cpu.onnx"
# The publisher's exporter named matrices and results by a counter. In the first layer, and in the second; the others
# follow in steps of 73.
FIRST = {"q": 17, "k": 25, "v": 32, "out": 75, "fc1": 79, "fc2": 88, "query": 64, "key": 67, "seen": 69}
SECOND = {"q": 92, "k": 100, "v": 107, "out": 148, "fc1": 152, "fc2": 161, "query": 137, "key": 140, "seen": 142}


def name(what, layer):
    return f"val_{FIRST[what] if layer == 0 else SECOND[what] + 73 * (layer - 1)}"


def numbered(stem, count):
    return stem if count == 0 else f"{stem}_{count}"


class Graph:
    def __init__(self, path):
        model = onnx.load(path)
        with open(path, "rb") as file:
            self.octets = file.read()
        self.there = {tensor.name: tensor for tensor in model.graph.initializer}
        self.nodes, self.store, self.used = [], [], {}
        self.count = 0

    def op(self, kind, *inputs, domain="", **attributes):
        self.count += 1
        self.nodes.append(helper.make_node(kind, list(inputs), [f"t{self.count}"], domain=domain, **attributes))
        return f"t{self.count}"

    def constant(self, value, kind):
        made = f"c{len(self.store)}"
        self.store.append(numpy_helper.from_array(np.array(value, dtype=kind), made))
        return made

    def weight(self, name):
        """A tensor of the publisher's file, by its place there."""
        if name not in self.used:
            tensor = self.there[name]
            raw = tensor.raw_data or numpy_helper.to_array(tensor).tobytes()
            # Scalars have no place of their own that is certain.
            if len(raw) < 64:
                self.store.append(numpy_helper.from_array(numpy_helper.to_array(tensor), name))
                self.used[name] = name
                return name
            place = self.octets.find(raw)
            if place < 0:
                raise SystemExit(f"{name} does not lie in the file")
            self.place(name, tensor.data_type, tensor.dims, place, len(raw))
        return name

    def place(self, name, kind, dims, place, length):
        value = TensorProto(name=name, data_type=kind, dims=dims)
        value.data_location = TensorProto.EXTERNAL
        for key, entry in (("location", FILE), ("offset", place), ("length", length)):
            value.external_data.add(key=key, value=str(entry))
        self.store.append(value)
        self.used[name] = name

    def last_places(self):
        """Where in time the last frames are: the end of the publisher's table."""
        whole = "inner.encoder.embed_positions.weight"
        raw = self.there[whole].raw_data
        begin = self.octets.find(raw) + len(raw) // PLACES * (PLACES - FRAMES // 2)
        self.place(whole, TensorProto.FLOAT, [FRAMES // 2, WIDTH], begin, len(raw) // PLACES * (FRAMES // 2))
        return whole

    def rounded(self, x, measure):
        """To 8 bits and back, with the publisher's scale: the runtime then multiplies the 8 bits."""
        scale, zero = self.weight(measure + "_scale"), self.weight(measure + "_zero_point")
        return self.op("DequantizeLinear", self.op("QuantizeLinear", x, scale, zero), scale, zero)

    def whole(self, name, scale, axis):
        """Weights, which are rounded about zero."""
        return self.op("DequantizeLinear", self.weight(name + "_quantized"), self.weight(scale + "_scale"), axis=axis)

    def matrix(self, name):
        return self.whole(name, name, 1)

    def filter(self, name):
        bias = name + ".bias"
        return self.whole(name + ".weight", name + ".weight", 0), self.whole(bias, bias + "_quantized", 0)

    def gelu(self, x):
        return self.op("Gelu", x, domain="com.microsoft")

    def norm(self, x, name):
        return self.op("LayerNormalization", x, self.weight(name + ".weight"), self.weight(name + ".bias"), axis=-1, epsilon=1e-5)


def attention(graph, x, layer, own, parts, joined):
    heads = lambda y: graph.op("Transpose", graph.op("Reshape", y, parts), perm=[0, 2, 1, 3])
    bias = lambda y, which: graph.op("Add", y, graph.weight(f"{own}.self_attn.{which}.bias"))
    # Whisper's keys have no bias. Both sides carry half of the scale.
    scale = graph.constant((WIDTH // HEADS) ** -0.25, np.float32)
    query = heads(bias(graph.op("MatMul", x, graph.matrix(name("q", layer))), "q_proj"))
    key = heads(graph.op("MatMul", x, graph.matrix(name("k", layer))))
    value = heads(bias(graph.op("MatMul", x, graph.matrix(name("v", layer))), "v_proj"))
    query = graph.rounded(graph.op("Mul", query, scale), name("query", layer))
    key = graph.op("Transpose", graph.op("Mul", key, scale), perm=[0, 1, 3, 2])
    key = graph.rounded(key, name("key", layer))
    value = graph.rounded(value, f"transpose_{4 * layer + 2}")
    share = graph.op("Softmax", graph.op("MatMul", query, key), axis=-1)
    seen = graph.op("MatMul", graph.rounded(share, name("seen", layer)), value)
    seen = graph.op("Reshape", graph.op("Transpose", seen, perm=[0, 2, 1, 3]), joined)
    seen = graph.rounded(seen, numbered("_unsafe_view", layer))
    return bias(graph.op("MatMul", seen, graph.matrix(name("out", layer))), "out_proj")


def build(graph):
    parts = graph.constant([0, 0, HEADS, WIDTH // HEADS], np.int64)
    joined = graph.constant([0, 0, WIDTH], np.int64)
    x = graph.rounded("input_features", "input_features")
    x = graph.op("Conv", x, *graph.filter("inner.encoder.conv1"), pads=[1, 1])
    x = graph.rounded(graph.gelu(graph.rounded(x, "conv1d")), "gelu")
    x = graph.op("Conv", x, *graph.filter("inner.encoder.conv2"), pads=[1, 1], strides=[2])
    x = graph.gelu(graph.rounded(x, "conv1d_1"))
    x = graph.op("Add", graph.op("Transpose", x, perm=[0, 2, 1]), graph.last_places())
    for layer in range(LAYERS):
        own = f"inner.encoder.layers.{layer}"
        bias = lambda y, which: graph.op("Add", y, graph.weight(f"{own}.{which}.bias"))
        calm = graph.rounded(graph.norm(x, own + ".self_attn_layer_norm"), numbered("layer_norm", 2 * layer))
        x = graph.op("Add", x, attention(graph, calm, layer, own, parts, joined))
        calm = graph.rounded(graph.norm(x, own + ".final_layer_norm"), numbered("layer_norm", 2 * layer + 1))
        wide = graph.gelu(bias(graph.op("MatMul", calm, graph.matrix(name("fc1", layer))), "fc1"))
        wide = graph.rounded(wide, numbered("gelu", layer + 2))
        x = graph.op("Add", x, bias(graph.op("MatMul", wide, graph.matrix(name("fc2", layer))), "fc2"))
    x = graph.norm(x, "inner.encoder.layer_norm")
    # Which frames count, and their mean.
    weigh = graph.op("MatMul", graph.rounded(x, "layer_norm_8"), graph.matrix("val_311"))
    weigh = graph.op("Tanh", graph.op("Add", weigh, graph.weight("inner.pool_attention.0.bias")))
    weigh = graph.op("MatMul", graph.rounded(weigh, "tanh"), graph.matrix("val_313"))
    weigh = graph.op("Softmax", graph.op("Add", weigh, graph.weight("inner.pool_attention.2.bias")), axis=1)
    x = graph.op("ReduceSum", graph.op("Mul", x, weigh), graph.constant([1], np.int64), keepdims=0)
    dense = lambda y, which: graph.op("Gemm", y, *graph.filter(f"inner.classifier.{which}"), transB=1)
    x = graph.gelu(graph.norm(dense(x, 0), "inner.classifier.1"))
    x = dense(graph.gelu(dense(x, 4)), 6)
    graph.nodes.append(helper.make_node("Sigmoid", [x], ["logits"]))


def main(path, out):
    graph = Graph(path)
    build(graph)
    tensor = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    inputs, outputs = [tensor("input_features", ["batch", MELS, FRAMES])], [tensor("logits", ["batch", 1])]
    made = helper.make_graph(graph.nodes, "smart-turn-v3.2", inputs, outputs, graph.store)
    opset = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(made, opset_imports=opset, ir_version=9, producer_name="callwright")
    with open(out, "wb") as file:
        file.write(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
