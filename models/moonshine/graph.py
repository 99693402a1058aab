"""Writes `heard.onnx` and `step.onnx`: how Moonshine Tiny's decoder computes, without its weights.

    python graph.py decoder_model_merged.ort heard.onnx step.onnx

The weights stay where their publisher put them: every one is an external tensor of `decoder_model_merged.ort`, by its place
in that file. It is a FlatBuffer (`onnxruntime/core/flatbuffers/schema/ort.fbs`) in which plain little-endian numbers lie:
8-bit weights with a scale and a zero for each matrix. Of the publisher's own graph only this is read: which matrix is whose.

`heard.onnx`: `states [1, frame, 288]`, what the encoder gives -> `heard.{layer}.{key|value} [1, 8, frame, 36]`, what every
step looks at. Once for an utterance.

`step.onnx`: `ids [1, token]` i64, `heard...`, and `past.{layer}.{key|value} [1, 8, place, 36]`, of the tokens before ->
`logits [1, token, 32768]`, at each place, and `present...`, which is `past` with these tokens.

Six layers: attention to what was written, with a rotary place in 32 of a head's 36 numbers; attention to what was heard; and
a gated middle (SwiGLU). Every number is what the publisher's graph gives, to the last bit, which 8-bit arithmetic is worth:
what is rounded elsewhere may be another step of 255, and another word. So operators that do much at once but add up in
another order (GroupQueryAttention, MultiHeadAttention, RotaryEmbedding, SkipLayerNormalization) are left alone.

Source: N. Jeffries et al., Moonshine: Speech Recognition for Live Transcription and Voice Commands, 2024.
"""

import re
import struct
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS, HEADS, WIDTH, VOCABULARY = 6, 8, 288, 32_768
HEAD = WIDTH // HEADS
# Numbers of a head that turn with the place, and the places that there is a turn for: 20 s of speech are 135 tokens.
ROTARY, PLACES = 32, 512
FILE = "decoder_model_merged.ort"
PARTS = ("key", "value")
OWN = "com.microsoft"


class Table:
    """A table of a FlatBuffer: fields by their number in the schema."""

    def __init__(self, octets, at):
        self.octets, self.at = octets, at
        self.fields = at - struct.unpack_from("<i", octets, at)[0]
        (self.size,) = struct.unpack_from("<H", octets, self.fields)

    def field(self, number):
        """Where the field lies; `None` when it is left out."""
        entry = 4 + 2 * number
        offset = struct.unpack_from("<H", self.octets, self.fields + entry)[0] if entry < self.size else 0
        return self.at + offset if offset else None

    def follow(self, at):
        return at + struct.unpack_from("<I", self.octets, at)[0]

    def vector(self, number):
        """Where the first item lies, and how many there are."""
        field = self.field(number)
        if field is None:
            return 0, 0
        at = self.follow(field)
        return at + 4, struct.unpack_from("<I", self.octets, at)[0]

    def number(self, number, kind):
        field = self.field(number)
        return 0 if field is None else struct.unpack_from("<" + kind, self.octets, field)[0]

    def numbers(self, number, kind):
        first, count = self.vector(number)
        return list(struct.unpack_from(f"<{count}{kind}", self.octets, first))

    def table(self, number):
        return Table(self.octets, self.follow(self.field(number)))

    def tables(self, number):
        first, count = self.vector(number)
        return [Table(self.octets, self.follow(first + 4 * place)) for place in range(count)]

    def text(self, number):
        first, count = self.vector(number)
        return self.octets[first : first + count].decode()

    def texts(self, number):
        first, count = self.vector(number)
        for place in range(count):
            at = self.follow(first + 4 * place)
            yield self.octets[at + 4 : at + 4 + struct.unpack_from("<I", self.octets, at)[0]].decode()


class Weights:
    """Where each tensor of the file lies, and which matrix is whose."""

    def __init__(self, path):
        with open(path, "rb") as file:
            octets = file.read()
        # InferenceSession.model, Model.graph.
        outer = Table(octets, struct.unpack_from("<I", octets)[0]).table(1).table(7)
        self.places = {}
        # Tensor: name, -, dims, data type, raw data.
        for tensor in outer.tables(0):
            first, count = tensor.vector(4)
            self.places[tensor.text(0)] = (tensor.number(3, "i"), tensor.numbers(2, "q"), first, count)
        self.matrices = {"embed_tokens": "model.decoder.embed_tokens.weight_merged_0"}
        # Node: -, -, -, -, -, operator, -, -, inputs, outputs, attributes, of which one may be a graph.
        graphs = [attribute.table(7) for node in outer.tables(2) for attribute in node.tables(10) if attribute.field(7)]
        for node in (node for graph in graphs for node in graph.tables(2)):
            if node.text(5) not in ("DynamicQuantizeMatMul", "MatMulIntegerToFloat"):
                continue
            output, matrix = next(node.texts(9)), list(node.texts(8))[1]
            owner = re.search(r"layers\.\d/\w+/\w+", output)
            self.matrices[owner[0] if owner else output] = matrix.removesuffix("_quantized")


class Graph:
    def __init__(self, weights):
        self.weights, self.nodes, self.constants, self.stored, self.count = weights, [], {}, {}, 0

    def constant(self, value, kind=np.int64):
        value = np.array(value, dtype=kind)
        key = (value.tobytes(), value.shape, value.dtype)
        if key not in self.constants:
            self.constants[key] = numpy_helper.from_array(value, f"c{len(self.constants)}")
        return self.constants[key].name

    def op(self, kind, *inputs, count=1, outputs=None, domain="", **attributes):
        """What the operator gives: a name, or several where it has several outputs."""
        self.count += 1
        outputs = outputs or [f"t{self.count}"] + [f"t{self.count}.{place}" for place in range(1, count)]
        self.nodes.append(helper.make_node(kind, list(inputs), outputs, domain=domain, **attributes))
        return outputs[0] if len(outputs) == 1 else outputs

    def tensor(self, name):
        """A tensor of the file."""
        kind, shape, first, count = self.weights.places[name]
        value = TensorProto(name=name, data_type=kind, dims=shape)
        value.data_location = TensorProto.EXTERNAL
        for key, entry in (("location", FILE), ("offset", first), ("length", count)):
            value.external_data.add(key=key, value=str(entry))
        self.stored[name] = value
        return name

    def matrix(self, owner):
        """A matrix, its scale and its zero."""
        name = self.weights.matrices[owner]
        return [self.tensor(name + part) for part in ("_quantized", "_scale", "_zero_point")]

    def joined(self, *owners):
        """Matrices of one input as one, with a scale and a zero for each column: the runtime joins them when it loads."""
        along = self.constant([WIDTH])
        parts = []
        for matrix, scale, zero in map(self.matrix, owners):
            parts.append([matrix, self.op("Expand", scale, along), self.op("Expand", zero, along)])
        return [self.op("Concat", *part, axis=axis) for part, axis in zip(zip(*parts), (1, 0, 0))]

    def product(self, x, matrix, bias="", **more):
        """`x`, made 8-bit, times a matrix."""
        return self.op("DynamicQuantizeMatMul", x, *matrix, bias, domain=OWN, **more)

    def norm(self, x, name):
        weight = self.tensor(f"model.decoder.{name}.weight_merged_0")
        return self.op("LayerNormalization", x, weight, axis=-1, epsilon=1e-5)

    def heads(self, rows, count=HEADS, **more):
        """`[1, row, count * 36]` as `[1, count, row, 36]`."""
        split = self.op("Reshape", rows, self.constant([1, -1, count, HEAD]))
        return self.op("Transpose", split, perm=[0, 2, 1, 3], **more)

    def attention(self, asked, key, value, mask=None):
        scores = self.op("FusedMatMul", asked, key, domain=OWN, alpha=HEAD**-0.5, transB=1)
        if mask:
            scores = self.op("Add", scores, mask)
        seen = self.op("MatMul", self.op("Softmax", scores, axis=-1), value)
        return self.op("Reshape", self.op("Transpose", seen, perm=[0, 2, 1, 3]), self.constant([1, -1, WIDTH]))


def heard(graph):
    # One product for all parts would be a large block to turn around, which costs more than it saves.
    whole, scale, zero = graph.op("DynamicQuantizeLinear", "states", count=3)
    for layer in range(LAYERS):
        for part in PARTS:
            matrix, its_scale, its_zero = graph.matrix(f"layers.{layer}/encoder_attn/{part[0]}_proj")
            rows = graph.op("MatMulIntegerToFloat", whole, matrix, scale, its_scale, zero, its_zero, domain=OWN)
            graph.heads(rows, outputs=[f"heard.{layer}.{part}"])


class Places:
    """Where the tokens of a step stand: how their heads turn, and what each may look at."""

    def __init__(self, graph):
        self.graph = graph
        constant, op = graph.constant, graph.op
        first, count = op("Shape", "past.0.key", start=2, end=3), op("Shape", "ids", start=1, end=2)
        end = op("Add", first, count)
        # The runtime computes both tables when it loads, by the operators of the publisher's graph.
        turns = (1.0 / 10_000.0 ** (np.arange(0, ROTARY, 2, dtype=np.float32) / ROTARY)).astype(np.float32)
        places = op("Unsqueeze", op("Range", *(constant(value, np.float32) for value in (0, PLACES, 1))), constant([1]))
        angles = op("Mul", places, constant(np.repeat(turns, 2), np.float32))
        rest = constant([0, 0, 0, HEAD - ROTARY])
        tables = [op("Pad", op(kind, angles), rest, constant(still, np.float32)) for kind, still in (("Cos", 1), ("Sin", 0))]
        self.cosine, self.sine = (op("Slice", table, first, end, constant([0])) for table in tables)
        # Numbers turn in pairs of neighbours; a product with this, in which every sum has one part, exchanges them.
        other = np.zeros((HEAD, HEAD))
        for even in range(0, ROTARY, 2):
            other[even + 1, even], other[even, even + 1] = -1, 1
        self.other = constant(other, np.float32)
        begins, ends = (op("Squeeze", place) for place in (first, end))
        rows = op("Unsqueeze", op("Range", begins, ends, constant(1)), constant([1]))
        seen = op("LessOrEqual", op("Range", constant(0), ends, constant(1)), rows)
        self.mask = op("Where", seen, constant(0, np.float32), constant(-np.inf, np.float32))

    def turned(self, heads):
        op = self.graph.op
        return op("Add", op("Mul", heads, self.cosine), op("Mul", op("MatMul", heads, self.other), self.sine))


def step(graph):
    words, scale, zero = graph.matrix("embed_tokens")
    x = graph.op("DequantizeLinear", graph.op("Gather", words, "ids"), scale, zero)
    places = Places(graph)
    for layer in range(LAYERS):
        own = f"layers.{layer}"
        # To what was written.
        three = graph.joined(*(f"{own}/self_attn/{part}_proj" for part in "qkv"))
        three = graph.heads(graph.product(graph.norm(x, f"{own}.input_layernorm"), three), 3 * HEADS)
        turning, value = graph.op("Split", three, graph.constant([2 * HEADS, HEADS]), count=2, axis=1)
        asked, key = graph.op("Split", places.turned(turning), count=2, axis=1, num_outputs=2)
        key, value = (
            graph.op("Concat", f"past.{layer}.{part}", new, outputs=[f"present.{layer}.{part}"], axis=2)
            for part, new in zip(PARTS, (key, value))
        )
        seen = graph.attention(asked, key, value, places.mask)
        x = graph.op("Add", x, graph.product(seen, graph.matrix(f"{own}/self_attn/o_proj")))
        # To what was heard.
        asked = graph.product(graph.norm(x, f"{own}.post_attention_layernorm"), graph.matrix(f"{own}/encoder_attn/q_proj"))
        seen = graph.attention(graph.heads(asked), *(f"heard.{layer}.{part}" for part in PARTS))
        x = graph.op("Add", x, graph.product(seen, graph.matrix(f"{own}/encoder_attn/o_proj")))
        # The middle.
        linear = lambda x, name: graph.product(
            x, graph.matrix(f"{own}/mlp/{name}"), graph.tensor(f"model.decoder.{own}.mlp.{name}.bias_merged_0")
        )
        middle = linear(graph.norm(x, f"{own}.final_layernorm"), "fc1")
        middle, gate = graph.op("Split", middle, count=2, axis=-1, num_outputs=2)
        middle = graph.op("Mul", graph.op("QuickGelu", gate, domain=OWN, alpha=1.0), middle)
        x = graph.op("Add", x, linear(middle, "fc2"))
    graph.product(graph.norm(x, "norm"), graph.matrix("logits"), outputs=["logits"])


def write(graph, name, inputs, outputs, path):
    tensor = lambda name, shape: helper.make_tensor_value_info(
        name, TensorProto.INT64 if name == "ids" else TensorProto.FLOAT, shape
    )
    inputs, outputs = ([tensor(name, shape) for names, shape in side for name in names] for side in (inputs, outputs))
    kept = [*graph.stored.values(), *graph.constants.values()]
    made = helper.make_graph(graph.nodes, f"moonshine-tiny-en {name}", inputs, outputs, kept)
    opset = [helper.make_opsetid("", 18), helper.make_opsetid(OWN, 1)]
    model = helper.make_model(made, opset_imports=opset, ir_version=9, producer_name="callwright")
    with open(path, "wb") as file:
        file.write(model.SerializeToString(deterministic=True))


def main(path, heard_path, step_path):
    weights = Weights(path)
    parts = lambda when: [f"{when}.{layer}.{part}" for layer in range(LAYERS) for part in PARTS]
    cache = lambda when, length: (parts(when), [1, HEADS, length, HEAD])
    graph = Graph(weights)
    heard(graph)
    write(graph, "heard", [(["states"], [1, "frame", WIDTH])], [cache("heard", "frame")], heard_path)
    graph = Graph(weights)
    step(graph)
    inputs = [(["ids"], [1, "token"]), cache("heard", "frame"), cache("past", "place")]
    outputs = [(["logits"], [1, "token", VOCABULARY]), cache("present", "new_place")]
    write(graph, "step", inputs, outputs, step_path)


if __name__ == "__main__":
    main(*sys.argv[1:])
