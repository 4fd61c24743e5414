#!/usr/bin/python3
"""Fits the network of pattern_v2 to what tools/train/pattern_v2.ts wrote, and exports it: pattern_v2.py IN OUT.

Debian's python3-torch 1.13 and python3-onnx 1.12; one thread, fixed seed. OUT gets model.onnx and fit.json (calibration, the weights of the
rules' calls and the thresholds, fitted on the validation year; the early stopping is chosen there too)."""
import json
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# The number of steps is fixed, so that a run is the same on any machine.
SEED, BATCH, STEPS, RATE = 20261125, 256, int(sys.argv[3]) if len(sys.argv) > 3 else 3000, 3e-3
source, target = sys.argv[1], sys.argv[2]
torch.manual_seed(SEED)
torch.set_num_threads(1)
about = json.load(open(f"{source}/about.json"))
classes, length, channels = about["classes"], about["window"], about["channels"]


def read(name):
    windows = np.fromfile(f"{source}/{name}.windows.f32", np.float32).reshape(-1, length, channels)
    rows = np.fromfile(f"{source}/{name}.labels.i16", np.int16).reshape(-1, 3).astype(np.int64)
    return torch.from_numpy(windows), torch.from_numpy(rows[:, 0]), torch.from_numpy(rows[:, 1:]).float() / (length - 1)


class Network(nn.Module):
    """Convolutions that step down to 16 places; where in the window something is matters, so that they are flattened rather than averaged."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv1d(channels, 32, 8, stride=4, padding=2)
        self.same = nn.Conv1d(32, 32, 5, padding=2)
        self.down = nn.Conv1d(32, 48, 5, stride=2, padding=2)
        self.dense = nn.Linear(48 * length // 8, 160)
        self.drop = nn.Dropout(0.1)
        self.out = nn.Linear(160, len(classes))
        self.place = nn.Linear(160, 2)

    def forward(self, x):
        x = self.stem(x.transpose(1, 2))
        x = F.relu(self.down(F.relu(x + self.same(F.relu(x)))))
        x = self.drop(F.relu(self.dense(x.flatten(1))))
        return self.out(x), torch.sigmoid(self.place(x))


def logits_of(network, windows):
    network.eval()
    with torch.no_grad():
        return torch.cat([network(part)[0] for part in windows.split(1024)])


def f1(truth, guess):
    scores = []
    for k in range(len(classes)):
        hit = ((truth == k) & (guess == k)).sum().item()
        all_of_both = (truth == k).sum().item() + (guess == k).sum().item()
        scores.append(2 * hit / all_of_both if all_of_both else 0.0)
    return scores


def offsets_for(truth, logits):
    """Added to the log probabilities before the largest is taken, for the best mean F1."""
    offsets = torch.zeros(len(classes))
    offsets[0] = -0.5
    best = np.mean(f1(truth, (logits + offsets).argmax(1)))
    for _ in range(3):
        for k in range(len(classes)):
            for step in (-0.6, -0.3, -0.15, 0.15, 0.3, 0.6):
                tried = offsets.clone()
                tried[k] += step
                score = np.mean(f1(truth, (logits + tried).argmax(1)))
                if score > best + 1e-5:
                    best, offsets = score, tried
    return offsets, best


windows, truth, place = read("train")
assert torch.isfinite(windows).all()
check, check_truth, check_place = read("validate")
# Upside down a double top is a double bottom: each window trains twice.
order = {name: i for i, name in enumerate(classes)}
mirror = torch.arange(len(classes))
for one, other in (("double_top", "double_bottom"), ("head_and_shoulders", "inverse_head_and_shoulders"), ("ascending_triangle", "descending_triangle")):
    mirror[order[one]], mirror[order[other]] = order[other], order[one]
# open, high, low, close, volume: upside down the low is the high.
upside_down, signs = torch.tensor([0, 2, 1, 3, 4]), torch.tensor([-1.0, -1.0, -1.0, -1.0, 1.0])
prior = torch.zeros(len(classes))
prior[0] = float(np.log(about["noneStride"]))

network = Network()
print(sum(p.numel() for p in network.parameters()), "weights;", len(windows), "windows, of which a pattern:", (truth > 0).sum().item())
optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-3)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS, pct_start=0.1)
began, best_loss, best_state = time.time(), 1e9, None
for step in range(1, STEPS + 1):
    network.train()
    rows = torch.randint(len(windows), (BATCH,))
    x, y, z = windows[rows], truth[rows], place[rows]
    flipped = torch.rand(BATCH) < 0.5
    x = torch.where(flipped[:, None, None], x[:, :, upside_down] * signs, x)
    y = torch.where(flipped, mirror[y], y)
    logits, where = network(x)
    # The sample has too few bars without a pattern: the prior is added, so that the logits are those of all bars.
    loss = F.cross_entropy(logits - prior, y)
    known = (y > 0).float()[:, None]
    loss = loss + 2 * (F.smooth_l1_loss(where, z, reduction="none", beta=0.05) * known).sum() / known.sum().clamp(min=1)
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    schedule.step()
    if step % (STEPS // 6) == 0:
        found = logits_of(network, check[::4])
        now = F.cross_entropy(found, check_truth[::4]).item()
        print(step, f"{time.time() - began:.0f} s", f"train {loss.item():.3f} validation {now:.4f} F1 {offsets_for(check_truth[::4], found)[1]:.4f}", flush=True)
        if now < best_loss:
            best_loss, best_state = now, {k: v.clone() for k, v in network.state_dict().items()}

network.load_state_dict(best_state)
logits = logits_of(network, check)
# Calibration and stacking: one temperature, one offset for each class, and what the call of a class by the causal rules is worth, by their lag.
calls = torch.from_numpy(np.fromfile(f"{source}/validate.calls.u8", np.uint8).reshape(len(check), -1).astype(np.int64))
called = F.one_hot(calls, len(classes)).float()
scale, shift = torch.ones(1, requires_grad=True), torch.zeros(len(classes), requires_grad=True)
worth = torch.zeros(calls.shape[1], len(classes), requires_grad=True)
stacked = lambda rows=slice(None): logits[rows] * scale + shift + (called[rows] * worth).sum(1)


def fit_stack(rows):
    with torch.no_grad():
        scale.fill_(1), shift.zero_(), worth.zero_()
    fit = torch.optim.LBFGS([scale, shift, worth], max_iter=100)

    def closure():
        fit.zero_grad()
        loss = F.cross_entropy(stacked(rows), check_truth[rows]) + 1e-4 * ((shift**2).sum() + (worth**2).sum())
        loss.backward()
        return loss

    fit.step(closure)


# How good it is on what it was not fitted to: each half of the year (rows in turns of 500, of all symbols) by the other.
turn = (torch.arange(len(check)) // 500) % 2
crossed = torch.zeros(len(check), dtype=torch.int64)
for half in (0, 1):
    fit_stack(turn != half)
    known = stacked().log_softmax(1).detach()
    offsets, _ = offsets_for(check_truth[turn != half], known[turn != half])
    crossed[turn == half] = (known + offsets).argmax(1)[turn == half]
print("validation, crossed halves: F1", round(np.mean(f1(check_truth, crossed)), 4))
print("rules alone by lag", [round(np.mean(f1(check_truth, calls[:, lag])), 4) for lag in range(calls.shape[1])])
fit_stack(torch.ones(len(check), dtype=torch.bool))
calibrated = stacked().log_softmax(1).detach()
offsets, score = offsets_for(check_truth, calibrated)
print("validation F1", [round(x, 3) for x in f1(check_truth, (calibrated + offsets).argmax(1))], "mean", round(score, 4))
torch.onnx.export(
    network.eval(), torch.zeros(1, length, channels), f"{target}/model.onnx", opset_version=15, input_names=["window"], output_names=["logits", "place"],
    dynamic_axes={"window": {0: "rows"}, "logits": {0: "rows"}, "place": {0: "rows"}},
)
json.dump(
    {"temperature": scale.item(), "offsets": shift.tolist(), "rules": worth.tolist(), "decision": offsets.tolist(), "validation": {"macroF1": score, "logLoss": F.nll_loss(calibrated, check_truth).item(), "n": len(check_truth)}},
    open(f"{target}/fit.json", "w"),
)
