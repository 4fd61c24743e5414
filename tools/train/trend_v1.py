#!/usr/bin/python3
"""Fits trend_v1 and writes its model.onnx and model.json: npm run train trend_v1 runs it with ARRAYS OUT.

Two heads, one network.

state: P(down, range, up). The label is the t-statistic of the slope of log price over the centred 49 bars; half of these bars are not there yet when it is
asked. The network is symmetric: the mirrored market has the mirrored answer. It learns from the label that came, and from what might have come: the
same past continued with the standardised, randomly mirrored futures of other training bars of the same hour of the week, which takes most of
the noise out of the labels and assumes that the future's direction does not depend on the past. All futures come from the training years.

up: P(close higher in 24 bars), a ridge logistic shrunk to SHRINK of its log odds. It has no skill, and is there to say so.

Trained before 2017, calibrated on 2017; nothing later is read.
"""
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

HALF, LIMIT, HORIZON = 24, 6.0, 24
HOUR = 3_600_000
TRAIN_END = 1_483_228_800_000  # 2017-01-01
VALIDATION_END = 1_514_764_800_000  # 2018-01-01
EMBARGO = 96 * HOUR  # The 24 bars ahead, over a long weekend.
FUTURES, SOFT, SEEDS, EPOCHS, BATCH = 96, 0.8, 3, 8, 1024
HIDDEN, CLIP, SHRINK = (128, 64), 8.0, 0.05
FLOOR = 1e-7

torch.set_num_threads(1)


def t_statistic(windows):
    """Of the least-squares slope of each row of [n, 49] log prices."""
    x = np.arange(windows.shape[1]) - (windows.shape[1] - 1) / 2
    squares = (x * x).sum()
    centred = windows - windows.mean(1, keepdims=True)
    slope = centred @ x / squares
    residual = np.maximum((centred * centred).sum(1) - slope * slope * squares, 0) / (windows.shape[1] - 2)
    return slope / np.sqrt(np.maximum(residual, 1e-14) / squares)


def state_of(t):
    return np.where(t <= -LIMIT, 0, np.where(t >= LIMIT, 2, 1))


def load(folder, until=VALIDATION_END - EMBARGO):
    """Features, times, log closes of the 49 bars around relative to the bar, and volatility per bar: of all symbols, bars that opened before `until`."""
    index = json.loads((folder / "index.json").read_text())
    parts = []
    for symbol in index["symbols"]:
        close = np.load(folder / f"{symbol}.close.npy")
        time = np.load(folder / f"{symbol}.time.npy")
        x = np.load(folder / f"{symbol}.features.npy")
        paths = np.lib.stride_tricks.sliding_window_view(close, 2 * HALF + 1)
        at = np.arange(HALF, len(close) - HALF)
        base = np.sqrt(np.convolve(np.diff(close, prepend=close[0]) ** 2, np.ones(480), "full")[: len(close)] / 480)
        keep = (time[at] < until) & (at >= 480)
        parts.append((x[at][keep], time[at][keep], paths[keep] - close[at][keep, None], base[at][keep]))
    return index, *(np.concatenate(column) for column in zip(*parts))


def imagined(index, x, time, paths, base, train, rng):
    """Shares of the three states among FUTURES continuations of each bar's past."""
    names = index["features"]
    design = np.column_stack([np.ones(len(x))] + [x[:, names.index(f"rv_{k}")] / 2 for k in (8, 24, 48, 120, 240)])
    ahead = np.diff(paths[:, HALF:], axis=1)
    realised = np.log((np.sqrt((ahead**2).mean(1)) + FLOOR) / (base + FLOOR))
    fit = train & (np.abs(realised) < 4)
    sigma = np.exp(design @ np.linalg.lstsq(design[fit], realised[fit], rcond=None)[0]) * base + FLOOR
    futures = paths[:, HALF + 1 :] / sigma[:, None]
    week = (time // HOUR).astype(int) % 168
    donors = {hour: np.where((week == hour) & train)[0] for hour in np.unique(week)}
    everywhere = np.where(train)[0]
    shares = np.zeros((len(x), 3), np.float32)
    for _ in range(FUTURES):
        drawn = np.empty(len(x), int)
        for hour, from_ in donors.items():
            rows = np.where(week == hour)[0]
            drawn[rows] = rng.choice(from_ if len(from_) >= 50 else everywhere, len(rows))
        mirror = rng.integers(0, 2, len(x)) * 2 - 1
        whole = np.hstack([paths[:, : HALF + 1], futures[drawn] * (sigma * mirror)[:, None]])
        shares[np.arange(len(x)), state_of(t_statistic(whole))] += 1 / FUTURES
    return shares


class Symmetric(nn.Module):
    """Log odds of the three states; turning the sign of every odd input swaps the outer two."""

    def __init__(self, odd):
        super().__init__()
        self.register_buffer("sign", torch.tensor(np.where(odd, -1, 1), dtype=torch.float32))
        self.register_buffer("swap", torch.tensor([2, 1, 0]))
        first, second = HIDDEN
        self.net = nn.Sequential(nn.Linear(len(odd), first), nn.SiLU(), nn.Linear(first, second), nn.SiLU(), nn.Linear(second, 3))

    def forward(self, z):
        return (self.net(z) + self.net(z * self.sign).index_select(1, self.swap)) / 2


def cross_entropy(logits, target):
    return -(logits.log_softmax(1) * target).sum(1).mean()


def fit(seed, odd, z, target, rows):
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = Symmetric(odd)
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=1e-2)
    batches = len(rows) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=EPOCHS * batches)
    for _ in range(EPOCHS):
        order = torch.tensor(rng.permutation(rows))
        for i in range(batches):
            batch = order[i * BATCH : (i + 1) * BATCH]
            loss = cross_entropy(net(z[batch]), target[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return net.eval()


class Trend(nn.Module):
    """Features as they are served, to calibrated probabilities."""

    def __init__(self, nets, mean, scale, temperature, bias, weights):
        super().__init__()
        self.nets = nn.ModuleList(nets)
        for name, value in (("mean", mean), ("scale", scale), ("bias", [0, bias, 0]), ("weights", weights)):
            self.register_buffer(name, torch.tensor(np.asarray(value), dtype=torch.float32))
        self.temperature = float(temperature)

    def logits(self, x):
        z = torch.clamp((x - self.mean) / self.scale, -CLIP, CLIP)
        return z, sum(net(z) for net in self.nets) / len(self.nets)

    def forward(self, x):
        z, logits = self.logits(x)
        up = torch.sigmoid(SHRINK * (z * self.weights).sum(1, keepdim=True))
        return torch.softmax(logits / self.temperature + self.bias, 1), up


def calibrate(logits, target):
    """Temperature and a bias of `range`, by likelihood: what keeps the mirror symmetry."""
    log_t, bias = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([log_t, bias], max_iter=100)

    def step():
        optimiser.zero_grad()
        loss = cross_entropy(logits / log_t.exp() + torch.cat([torch.zeros(1), bias, torch.zeros(1)]), target)
        loss.backward()
        return loss

    optimiser.step(step)
    return float(log_t.exp()), float(bias)


def main(arrays, out):
    index, x, time, paths, base = load(arrays)
    names = index["features"]
    train, valid = time < TRAIN_END - EMBARGO, time >= TRAIN_END
    odd = np.array([name.startswith(("mom_", "slope_t_")) for name in names])
    mean = np.where(odd, 0, x[train].mean(0))
    scale = np.sqrt(((x[train] - mean) ** 2).mean(0)) + 1e-6
    z = torch.tensor(np.clip((x - mean) / scale, -CLIP, CLIP).astype(np.float32))
    state = state_of(t_statistic(paths))
    real = torch.tensor(np.eye(3, dtype=np.float32)[state])
    soft = torch.tensor(imagined(index, x, time, paths, base, train, np.random.default_rng(0)))
    target = SOFT * soft + (1 - SOFT) * real
    nets = [fit(seed, odd, z, target, np.where(train)[0]) for seed in range(1, SEEDS + 1)]

    rise = paths[:, -1]
    rows = train & (rise != 0)
    direction = LogisticRegression(C=1e-4, fit_intercept=False, max_iter=200).fit(z.numpy()[rows][:, odd], rise[rows] > 0)
    weights = np.zeros(len(names))
    weights[odd] = direction.coef_[0]

    model = Trend(nets, mean, scale, 1, 0, weights)
    rows = torch.tensor(np.where(valid)[0])
    with torch.no_grad():
        logits = model.logits(torch.tensor(x)[rows])[1]
    temperature, bias = calibrate(logits, real[rows])
    model = Trend(nets, mean, scale, temperature, bias, weights).eval()
    with torch.no_grad():
        p, up = model(torch.tensor(x)[rows])
    chosen, truth = p.argmax(1), torch.tensor(state)[rows]
    brier = ((up[:, 0].numpy() - (rise[valid] > 0)) ** 2).mean()
    print(f"validation 2017: n {len(rows)}, log-loss {cross_entropy(p.log(), real[rows]):.4f}, accuracy {(chosen == truth).float().mean():.4f}")
    print(f"temperature {temperature:.3f}, bias {bias:.3f}; direction: Brier {brier:.5f}, P from {up.min():.4f} to {up.max():.4f}")

    out.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        model, torch.zeros(2, len(names)), out / "model.onnx", opset_version=15, input_names=["features"],
        output_names=["state", "up"], dynamic_axes={"features": {0: "b"}, "state": {0: "b"}, "up": {0: "b"}},
    )  # fmt: skip
    low, high = np.quantile(x[train], [0.001, 0.999], axis=0)
    file = {
        "id": "trend_v1",
        "version": "1.0.0",
        "tier": "free",
        "question": "is the market in a downtrend, a range or an uptrend now",
        "horizonMs": 0,
        "output": {"kind": "probabilities", "classes": ["down", "range", "up"]},
        "bars": {"widthMs": index["widthMs"], "need": 481, "want": 600},
        "streams": [],
        "sha256": hashlib.sha256((out / "model.onnx").read_bytes()).hexdigest(),
        "features": index["version"],
        "inputs": names,
        "range": {"low": [round(float(v), 5) for v in low], "high": [round(float(v), 5) for v in high]},
        "constants": {
            "limit": LIMIT,
            "window": 2 * HALF + 1,
            "temperature": round(temperature, 6),
            "rangeBias": round(bias, 6),
            "shrink": SHRINK,
        },
    }
    (out / "model.json").write_text(json.dumps(file, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
