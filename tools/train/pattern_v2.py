#!/usr/bin/python3
"""Writes the network of pattern_v2 from what tools/train/pattern_v2.ts drew: pattern_v2.py IN OUT.

Debian's python3-onnx 1.12. Nothing is fitted: the weights are futures of the training years, each move over the expected one, and the kernel that smooths prices. Given the
expected moves of a bar, the network gives what each future adds to the smoothed prices, and its first move."""
import json
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

source, target = sys.argv[1], sys.argv[2]
about = json.load(open(f"{source}/about.json"))
bank = np.load(f"{source}/futures.npy")
smoothing = np.load(f"{source}/smoothing.npy")
count, bars = bank.shape
assert count == about["futures"] and smoothing.shape == (bars, bars + 1)
assert np.isfinite(bank).all()

graph = helper.make_graph(
    [
        helper.make_node("Unsqueeze", ["moves", "axis"], ["row"]),
        helper.make_node("Mul", ["row", "bank"], ["drawn"]),
        helper.make_node("MatMul", ["drawn", "smoothing"], ["futures"]),
    ],
    "pattern_v2",
    [helper.make_tensor_value_info("moves", TensorProto.FLOAT, ["rows", bars])],
    [helper.make_tensor_value_info("futures", TensorProto.FLOAT, ["rows", count, bars + 1])],
    [
        numpy_helper.from_array(np.array([1], np.int64), "axis"),
        numpy_helper.from_array(bank, "bank"),
        numpy_helper.from_array(smoothing, "smoothing"),
    ],
)
model = helper.make_model(graph, producer_name="tickhub", opset_imports=[helper.make_opsetid("", 15)])
model.ir_version = 8
onnx.checker.check_model(model)
onnx.save(model, f"{target}/model.onnx")
print(count, "futures of", bars, "bars")
