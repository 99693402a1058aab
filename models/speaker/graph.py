"""Writes `graph.onnx`: how Resemblyzer's voice encoder computes, without its weights.

    python graph.py pretrained.pt graph.onnx

The weights stay where their publisher put them: every one is an external tensor of `pretrained.pt`, by its place in that
file. It is of PyTorch's old format (before 1.6): five pickles, then each storage as its length and plain little-endian
32-bit floats, at places that are no multiples of four; so nothing computes on them in place: every tensor goes through a
Concat or a Transpose first, which the runtime does once, when it loads. Nothing of the pickles is run: classes are read as names.

`frames [length, batch, 40]`, power of 40 mel bands every 10 ms -> `voice [batch, 256]`, of length 1: three LSTM layers of
256, the last state through a linear layer and a ReLU. PyTorch keeps the gates of an LSTM as input, forget, cell, output;
ONNX wants input, output, forget, cell: each gate is a tensor of its own here and they are joined in ONNX's order.

Source: `resemblyzer/voice_encoder.py`, 0.1.4; L. Wan et al., Generalized End-to-End Loss for Speaker Verification, 2018.
"""

import collections
import pickle
import struct
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MELS, WIDTH, LAYERS = 40, 256, 3
FILE = "pretrained.pt"
# Where each of PyTorch's gates is wanted: input, output, forget, cell.
GATES = {"input": 0, "output": 3, "forget": 1, "cell": 2}
PROTOCOL = 1001


class Names(pickle.Unpickler):
    """Reads what a checkpoint says of its tensors, and runs nothing of it."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            # Storage, first element, shape.
            return lambda storage, first, shape, *_: (storage, first, shape)
        return f"{module}.{name}"

    def persistent_load(self, key):
        return key[2]


def tensors(path):
    """By name, where each tensor of the model begins in the file, in octets, and its shape."""
    with open(path, "rb") as file:
        pickle.load(file)
        if pickle.load(file) != PROTOCOL:
            raise SystemExit(f"{path} is of another format")
        pickle.load(file)
        state = Names(file).load()["model_state"]
        begins = {}
        for key in pickle.load(file):
            (count,) = struct.unpack("<q", file.read(8))
            begins[key] = file.tell()
            file.seek(4 * count, 1)
    return {name: (begins[storage] + 4 * first, shape) for name, (storage, first, shape) in state.items()}


class Graph:
    def __init__(self, places):
        self.places, self.nodes, self.stored = places, [], []

    def constant(self, name, value):
        self.stored.append(numpy_helper.from_array(value, name))
        return name

    def op(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def rows(self, name, first, count):
        """`count` rows of a tensor of the file."""
        begin, shape = self.places[name]
        row = int(np.prod(shape[1:]))
        value = TensorProto(name=f"{name}.{first}", data_type=TensorProto.FLOAT, dims=[count, *shape[1:]])
        value.data_location = TensorProto.EXTERNAL
        octets = {"location": FILE, "offset": begin + 4 * first * row, "length": 4 * count * row}
        for key, entry in octets.items():
            value.external_data.add(key=key, value=str(entry))
        self.stored.append(value)
        return value.name

    def gates(self, name):
        """Rows of each gate, in ONNX's order."""
        return [self.rows(name, place * WIDTH, WIDTH) for place in GATES.values()]


def build(graph):
    front = graph.constant("front", np.array([0], dtype=np.int64))
    x = "frames"
    for layer in range(LAYERS):
        own = f"lstm.{{}}_l{layer}"
        part = lambda name: graph.op("Concat", graph.gates(own.format(name)), f"{name}{layer}", axis=0)
        ahead = lambda name: graph.op("Unsqueeze", [name, front], f"{name}_ahead")
        weights, recurrent = ahead(part("weight_ih")), ahead(part("weight_hh"))
        biases = graph.gates(own.format("bias_ih")) + graph.gates(own.format("bias_hh"))
        bias = ahead(graph.op("Concat", biases, f"bias{layer}", axis=0))
        graph.nodes.append(
            helper.make_node(
                "LSTM", [x, weights, recurrent, bias], [f"states{layer}", f"last{layer}"], hidden_size=WIDTH
            )
        )
        along = graph.constant(f"direction{layer}", np.array([1], dtype=np.int64))
        # One direction: [length, 1, batch, 256] -> [length, batch, 256].
        x = graph.op("Squeeze", [f"states{layer}", along], f"x{layer}")
    last = graph.op("Squeeze", [f"last{LAYERS - 1}", front], "last")
    across = graph.op("Transpose", [graph.rows("linear.weight", 0, WIDTH)], "across", perm=[1, 0])
    halves = [graph.rows("linear.bias", first, WIDTH // 2) for first in (0, WIDTH // 2)]
    bias = graph.op("Concat", halves, "bias", axis=0)
    raw = graph.op("Relu", [graph.op("Add", [graph.op("MatMul", [last, across], "product"), bias], "sum")], "raw")
    size = graph.op("ReduceL2", [raw], "size", axes=[1], keepdims=1)
    # Silence may give nothing at all, which is no direction.
    least = graph.constant("least", np.array(1e-12, dtype=np.float32))
    graph.op("Div", [raw, graph.op("Max", [size, least], "divisor")], "voice")


def main(path, out):
    graph = Graph(tensors(path))
    build(graph)
    tensor = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    inputs, outputs = [tensor("frames", ["length", "batch", MELS])], [tensor("voice", ["batch", WIDTH])]
    made = helper.make_graph(graph.nodes, "Resemblyzer", inputs, outputs, graph.stored)
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(made, opset_imports=opset, ir_version=9, producer_name="callwright")
    with open(out, "wb") as file:
        file.write(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
