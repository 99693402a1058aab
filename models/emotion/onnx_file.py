"""Writes the trained net as ONNX: scaling, nets and calibration inside, so that a program only brings features."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def write(path, scale, layers, divisors, absolute):
    """`features [batch, 80]`, `first [batch, 80]` and `known [batch, 1]` (1 when `first` is the caller's own, 0 when it
    is not known) -> `arousal [batch, 1]`, `valence [batch, 1]`, `classes [batch, 5]`, all probabilities."""
    a, a0, b, b0 = layers
    divide = np.array([divisors[0], divisors[1]] + [divisors[2]] * 5)
    values = {
        "kept": np.array(absolute, dtype=np.int64),
        "mean": scale.mean, "deviation": scale.deviation, "spread": scale.spread,
        "low": np.array(-4.0), "high": np.array(4.0),
        "a": a, "a0": a0, "b": b / divide, "b0": b0 / divide,
    }
    store = [numpy_helper.from_array(np.asarray(v, dtype=v.dtype if v.dtype == np.int64 else np.float32), k) for k, v in values.items()]
    store.append(numpy_helper.from_array(np.array([1, 1, 5], dtype=np.int64), "parts"))
    node = helper.make_node
    nodes = [
        node("Gather", ["features", "kept"], ["own"], axis=1),
        node("Sub", ["own", "mean"], ["centred"]),
        node("Div", ["centred", "deviation"], ["scaled"]),
        node("Clip", ["scaled", "low", "high"], ["x_absolute"]),
        node("Sub", ["features", "first"], ["moved"]),
        node("Div", ["moved", "spread"], ["moved_scaled"]),
        node("Clip", ["moved_scaled", "low", "high"], ["moved_cut"]),
        node("Mul", ["moved_cut", "known"], ["x_relative"]),
        node("Concat", ["x_absolute", "x_relative"], ["x"], axis=1),
        node("MatMul", ["x", "a"], ["h_sum"]),
        node("Add", ["h_sum", "a0"], ["h_in"]),
        node("Tanh", ["h_in"], ["h"]),
        node("MatMul", ["h", "b"], ["out_sum"]),
        node("Add", ["out_sum", "b0"], ["out"]),
        node("Split", ["out", "parts"], ["arousal_logit", "valence_logit", "class_logits"], axis=1),
        node("Sigmoid", ["arousal_logit"], ["arousal"]),
        node("Sigmoid", ["valence_logit"], ["valence"]),
        node("Softmax", ["class_logits"], ["classes"], axis=1),
    ]
    count = len(scale.spread)
    value = lambda name, width: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", width])
    graph = helper.make_graph(nodes, "callwright-emotion", [value("features", count), value("first", count), value("known", 1)], [value("arousal", 1), value("valence", 1), value("classes", 5)], store)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9, producer_name="callwright")
    onnx.checker.check_model(model)
    onnx.save(model, path)
