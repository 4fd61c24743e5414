#!/usr/bin/python3
"""Fits ensemble_v1 on what its members said of 2017, which they were not trained on: npm run train ensemble_v1 runs it with ARRAYS OUT.

Each of the three answers departs from what needs no fitting (the members' geometric mean, trend_v1's probabilities, climatology) by a ridge regression in
its own loss. The penalty is the one that does best on quarters that are left out, and no departure at all is among the choices: one year of overlapping
days says little about small weights.
"""
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

PENALTIES = [1e-4, 1e-3, 1e-2, 1e-1, 1.0, None]
QUARTER = 91.25 * 86_400_000
START = 1_483_228_800_000  # 2017-01-01
CLIP = 5.0
torch.set_num_threads(1)


def solve(loss, x, penalty):
    """Weights of the columns of x under a penalty on their squares; None: all 0."""
    weights = torch.zeros(x.shape[1], dtype=torch.double, requires_grad=True)
    if penalty is None:
        return weights.detach()
    optimiser = torch.optim.LBFGS([weights], max_iter=300, line_search_fn="strong_wolfe")

    def step():
        optimiser.zero_grad()
        value = loss(x @ weights).mean() + penalty * (weights**2).sum()
        value.backward()
        return value

    optimiser.step(step)
    return weights.detach()


def choose(name, loss_of, x, quarter):
    """The best penalty on quarters left out, and the weights under it on all. loss_of(rows) is the loss of each row as a function of its departure."""
    found = []
    for penalty in PENALTIES:
        total = 0.0
        for k in np.unique(quarter):
            rest, out = torch.tensor(np.where(quarter != k)[0]), torch.tensor(np.where(quarter == k)[0])
            total += float(loss_of(out)(x[out] @ solve(loss_of(rest), x[rest], penalty)).sum())
        found.append(total / len(x))
        print(f"{name}: penalty {penalty}: {found[-1]:.5f}")
    best = PENALTIES[int(np.argmin(found))]
    return best, solve(loss_of(torch.arange(len(x))), x, best)


class Stack(nn.Module):
    def __init__(self, mean, scale, level, range_, beyond):
        super().__init__()
        for name, value in (("mean", mean), ("scale", scale), ("level", level), ("range", range_), ("odds", beyond[1:])):
            self.register_buffer(name, torch.tensor(np.asarray(value), dtype=torch.float32))
        self.constant = float(beyond[0])

    def forward(self, features, state_logs):
        z = torch.clamp((features - self.mean) / self.scale, -CLIP, CLIP)
        both = (features[:, 0:1] + features[:, 1:2]) / 2
        departure = (z * self.range).sum(1, keepdim=True)
        none = torch.zeros_like(departure)
        state = torch.softmax(state_logs + torch.cat([none, departure, none], 1), 1)
        beyond = torch.sigmoid(self.constant + (z * self.odds).sum(1, keepdim=True))
        return both + (z * self.level).sum(1, keepdim=True), state, beyond


def main(arrays, out):
    index = json.loads((arrays / "index.json").read_text())
    x, logs, target, state, beyond, time = (np.load(arrays / f"{name}.npy") for name in ("inputs", "state_logs", "log_ratio", "state", "beyond", "time"))
    quarter = np.clip((time - START) // QUARTER, 0, 3)
    mean, scale = x.mean(0), x.std(0) + 1e-6
    z = torch.tensor(np.clip((x - mean) / scale, -CLIP, CLIP)).double()

    miss = torch.tensor(target - x[:, :2].mean(1)).double()

    def qlike(rows):
        return lambda departure: torch.exp(torch.clamp(miss[rows] - departure, max=5)) - (miss[rows] - departure) - 1

    logits, truth = torch.tensor(logs).double(), torch.tensor(state).long()

    def likelihood(rows):
        def loss(departure):
            none = torch.zeros_like(departure)
            return nn.functional.cross_entropy(logits[rows] + torch.stack([none, departure, none], 1), truth[rows], reduction="none")

        return loss

    came = torch.tensor(beyond).double()
    constant = float(torch.logit(came.mean()))

    def logistic(rows):
        return lambda departure: nn.functional.binary_cross_entropy_with_logits(constant + departure, came[rows], reduction="none")

    (by_level, level), (by_range, range_), (by_odds, odds) = (
        choose("volatility (QLIKE)", qlike, z, quarter),
        choose("state (log-loss)", likelihood, z, quarter),
        choose("beyond one sigma (log-loss)", logistic, z, quarter),
    )
    stack = Stack(mean, scale, level, range_, np.concatenate([[constant], odds])).eval()
    out.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        stack, (torch.zeros(2, x.shape[1]), torch.zeros(2, 3)), out / "model.onnx", opset_version=15, input_names=["features", "state_logs"],
        output_names=["log_ratio", "state", "beyond"], dynamic_axes={name: {0: "b"} for name in ("features", "state_logs", "log_ratio", "state", "beyond")},
    )  # fmt: skip
    low, high = np.quantile(x, [0.001, 0.999], axis=0)
    names = index["inputs"]
    file = {
        "id": "ensemble_v1",
        "version": "1.0.0",
        "tier": "enterprise",
        "question": "volatility of the next 24 hours, state of the trend, and whether price goes one sigma away, stacked on the other models",
        "horizonMs": 24 * index["widthMs"],
        "output": {"kind": "value", "unit": "%"},
        "bars": {"widthMs": index["widthMs"], "need": 481, "want": 600},
        "streams": [],
        "sha256": hashlib.sha256((out / "model.onnx").read_bytes()).hexdigest(),
        "features": index["version"],
        "inputs": names,
        # One quiet year is not all there is: a quarter of its range is added on both sides.
        "range": {"low": [round(float(v), 5) for v in low - (high - low) / 4], "high": [round(float(v), 5) for v in high + (high - low) / 4]},
        "constants": {
            "penalties": {"volatility": by_level, "state": by_range, "beyond": by_odds},
            "weights": {
                "volatility": dict(zip(names, [round(float(v), 5) for v in level])),
                "state": dict(zip(names, [round(float(v), 5) for v in range_])),
                "beyond": dict(zip(names, [round(float(v), 5) for v in odds])),
            },
            "calendar": 0,
            "sentiment": 0,
            "climatology": round(float(came.mean()), 5),
        },
    }
    (out / "model.json").write_text(json.dumps(file, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
