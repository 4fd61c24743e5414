"""Fits sentiment_v1: a multinomial logistic regression on hashed features, int8, as ONNX. Arguments: folder of arrays, folder for model.onnx."""
import json
import os
import sys

import numpy as np
import onnx
import scipy.sparse as sp
from onnx import TensorProto, helper, numpy_helper
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

SOURCE, OUTPUT = sys.argv[1:3]
ids, starts, label, part, fold = (np.load(os.path.join(SOURCE, f"{name}.npy")) for name in ("ids", "starts", "label", "part", "fold"))
rows, table_rows = np.load(os.path.join(SOURCE, "tables.npy"))
# Chosen by cross-validation on the training data: inverse regularisation, squared weights of words, signs and places.
C = 10.0
# How much a feature's weight is scaled by its log-count ratio (Wang and Manning 2012: between naive Bayes and the regression).
RATIO = 0.7
SQUARES = np.array([8, 1, 2])
POST = 1
OUT_OF_FOLDS = 3

columns, place = np.unique(ids, return_inverse=True)
squares = SQUARES[(columns - 1) // table_rows]
X = sp.csr_matrix((np.sqrt(squares[place]).astype(np.float64), place.astype(np.int32), starts), shape=(len(label), len(columns)))
norms = np.sqrt(np.asarray(X.multiply(X).sum(1)).ravel())
X = (sp.diags(1 / norms) @ X).tocsr()


# Posts are mostly neutral: their classes weigh by the root of how rare they are, halfway to equal shares.
weight = np.ones(len(label))
for k in range(3):
    weight[(part == POST) & (label == k)] = (3 * (label[part == POST] == k).mean()) ** -0.5


def fit(chosen):
    """One class against the others, on inputs scaled by the log-count ratio: weights and bias of negative and positive over neutral."""
    found = []
    for k in range(3):
        mine = label[chosen] == k
        there = (X[chosen] > 0).astype(np.float64)
        with_it, without = (np.asarray(there[rows].sum(0)).ravel() + 1 for rows in (mine, ~mine))
        ratio = 1 - RATIO + RATIO * np.abs(np.log(with_it / with_it.sum() / (without / without.sum())))
        model = LogisticRegression(C=C, max_iter=80, tol=1e-3).fit((X @ sp.diags(ratio)).tocsr()[chosen], mine, sample_weight=weight[chosen])
        found.append((model.coef_[0] * ratio, model.intercept_[0]))
    (negative, b0), (neutral, b1), (positive, b2) = found
    return np.stack([negative - neutral, positive - neutral], 1), np.array([b0 - b1, b2 - b1])


def log_shares(logits):
    all_three = np.stack([logits[:, 0], np.zeros(len(logits)), logits[:, 1]], 1)
    return all_three - np.log(np.exp(all_three - all_three.max(1, keepdims=True)).sum(1, keepdims=True)) - all_three.max(1, keepdims=True)


def calibration_error(said, hit):
    top = np.exp(said.max(1))
    bins = np.minimum((top * 15).astype(int), 14)
    return sum(abs(top[bins == k].sum() - hit[bins == k].sum()) for k in range(15)) / len(hit)


def report(name, logits, chosen):
    for what, mine in (("headlines' entities", 0), ("posts", 1)):
        at = part[chosen] == mine
        said, truth = log_shares(logits)[at], label[chosen][at]
        hit = said.argmax(1) == truth
        f1 = np.mean([2 * (hit & (truth == k)).sum() / ((truth == k).sum() + (said.argmax(1) == k).sum()) for k in range(3)])
        print(f"{name}, {what}: n {len(truth)}, accuracy {hit.mean():.4f}, macro-F1 {f1:.4f}, log-loss {-said[np.arange(len(truth)), truth].mean():.4f}, ECE {calibration_error(said, hit):.4f}", flush=True)


# Temperature and biases, on folds that were not fitted.
chosen = np.flatnonzero(fold < OUT_OF_FOLDS)
unseen = np.zeros((len(label), 2))
for k in range(OUT_OF_FOLDS):
    W, b = fit(np.flatnonzero(fold != k))
    held = fold == k
    unseen[held] = X[held] @ W + b
unseen = unseen[chosen]
loss = lambda p: -log_shares(unseen * p[0] + p[1:])[np.arange(len(chosen)), label[chosen]].mean()
found = minimize(loss, np.array([1.0, 0.0, 0.0]), method="Nelder-Mead").x
report("unseen folds", unseen, chosen)
report("unseen folds, calibrated", unseen * found[0] + found[1:], chosen)
temperature = minimize(lambda p: loss(np.array([p[0], 0, 0])), np.array([1.0]), method="Nelder-Mead").x
report("unseen folds, temperature alone", unseen * temperature[0], chosen)
print(f"calibration: logits times {found[0]:.4f}, plus {found[1]:.4f} (negative), {found[2]:.4f} (positive)")

W, b = fit(np.arange(len(label)))
b = b * found[0] + found[1:]
W = W * np.sqrt(squares)[:, None] * found[0]
# By the largest: those of the form of the text carry the classes' shares, and may not be cut.
scale = np.abs(W).max(0) / 127
table = np.zeros((rows, 3), np.int8)
for t, square in enumerate(SQUARES):
    table[1 + t * table_rows : 1 + (t + 1) * table_rows, 2] = square
table[columns, :2] = np.clip(np.round(W / scale), -127, 127)


def constant(name, values):
    return numpy_helper.from_array(values, name)


nodes = [
    helper.make_node("Gather", ["table", "ids"], ["found"], axis=0),
    helper.make_node("Cast", ["found"], ["cast"], to=TensorProto.FLOAT),
    helper.make_node("ReduceSum", ["cast", "over_ids"], ["sums"], keepdims=0),
    helper.make_node("Split", ["sums", "widths"], ["sum", "square"], axis=1),
    helper.make_node("Max", ["square", "one"], ["positive"]),
    helper.make_node("Sqrt", ["positive"], ["norm"]),
    helper.make_node("Div", ["sum", "norm"], ["unscaled"]),
    helper.make_node("Mul", ["unscaled", "scale"], ["scaled"]),
    helper.make_node("Add", ["scaled", "bias"], ["two"]),
    # Negative, neutral (0), positive.
    helper.make_node("MatMul", ["two", "spread"], ["logits"]),
    helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
]
graph = helper.make_graph(
    nodes,
    "sentiment_v1",
    [helper.make_tensor_value_info("ids", TensorProto.INT32, ["rows", "ids"])],
    [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", 3]) for name in ("logits", "probabilities")],
    [
        constant("table", table),
        constant("over_ids", np.array([1], np.int64)),
        constant("widths", np.array([2, 1], np.int64)),
        constant("one", np.array([1], np.float32)),
        constant("scale", scale.astype(np.float32)[None]),
        constant("bias", b.astype(np.float32)[None]),
        constant("spread", np.array([[1, 0, 0], [0, 0, 1]], np.float32)),
    ],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], producer_name="tickhub")
model.ir_version = 8
onnx.checker.check_model(model)
os.makedirs(OUTPUT, exist_ok=True)
onnx.save(model, os.path.join(OUTPUT, "model.onnx"))

# What numpy makes of some rows, in double precision: the runtime has to say the same (sentiment.test.ts).
sample = np.arange(0, len(label), len(label) // 24)[:24]
expected = []
for i in sample:
    mine = ids[starts[i] : starts[i + 1]]
    sums = table[mine].astype(np.float64).sum(0)
    expected.append({"ids": mine.tolist(), "logits": (sums[:2] / np.sqrt(sums[2]) * scale + b).tolist()})
with open(os.path.join(SOURCE, "expected.json"), "w") as file:
    json.dump(expected, file)
quantised = np.array([row["logits"] for row in expected])
print(f"largest weights {np.abs(W).max(0)}, their quantile 0.9999 {np.quantile(np.abs(W), 0.9999, axis=0)}")
print(f"int8: logits off by at most {np.abs(quantised - (X[sample] @ (W / np.sqrt(squares)[:, None]) + b)).max():.4f}")
