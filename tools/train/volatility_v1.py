"""Fits the network of volatility_v1 and writes model.onnx and range.json: volatility_v1.py FOLDER-OF-FEATURES OUTPUT-FOLDER.

36 inputs -> 64 -> 32 -> 1, SiLU, loss QLIKE (Patton 2011): exp(u) - u - 1, u = log target - log forecast. Three seeds, averaged in the log, in one graph
together with the standardisation of the inputs. Trains before 2017 with an embargo of the horizon; 2017 chooses the epoch of each seed.
"""
import json
import os
import sys

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)
SOURCE, OUTPUT = sys.argv[1], sys.argv[2]
SEEDS, EPOCHS, BATCH, RATE = (1, 2, 3), 8, 1024, 5e-3
DAY = 86_400_000.0

target = np.fromfile(os.path.join(SOURCE, "target.f32"), np.float32)
inputs = np.fromfile(os.path.join(SOURCE, "features.f32"), np.float32).reshape(len(target), -1)
time = np.fromfile(os.path.join(SOURCE, "time.f64"), np.float64)
year = lambda y: (np.datetime64(f"{y}-01-01") - np.datetime64("1970-01-01")) / np.timedelta64(1, "ms")
# A horizon of 24 bars may span a long weekend: five days are an embargo on both sides.
training = np.where(time < year(2017) - 5 * DAY)[0]
validation = np.where(time >= year(2017) + 5 * DAY)[0]

mean, scale = inputs[training].mean(0), inputs[training].std(0) + 1e-6
Z = torch.tensor((inputs - mean) / scale)
Y = torch.tensor(np.clip(target, -6, 6))


def network():
    width = inputs.shape[1]
    return nn.Sequential(nn.Linear(width, 64), nn.SiLU(), nn.Linear(64, 32), nn.SiLU(), nn.Linear(32, 1))


def qlike(outputs, rows):
    u = Y[rows] - outputs
    return torch.exp(u) - u - 1


def fit(seed):
    torch.manual_seed(seed)
    order = np.random.default_rng(seed)
    net = network()
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=1e-4)
    # Neighbouring hours share 23 of 24 returns of their target: half of them a pass is no loss.
    count = len(training) // 2
    steps = EPOCHS * (count // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps + 8)
    best, kept = np.inf, None
    for epoch in range(EPOCHS):
        rows = order.permutation(training)[:count]
        for start in range(0, count - BATCH, BATCH):
            batch = rows[start : start + BATCH]
            u = torch.clamp(Y[batch] - net(Z[batch])[:, 0], max=5)
            loss = (torch.exp(u) - u - 1).mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        with torch.no_grad():
            found = qlike(net(Z[validation])[:, 0], validation).mean().item()
        if found < best:
            best, kept = found, {name: value.clone() for name, value in net.state_dict().items()}
    net.load_state_dict(kept)
    print(f"seed {seed}: QLIKE of 2017 {best:.4f}", flush=True)
    return net


class Ensemble(nn.Module):
    def __init__(self, nets):
        super().__init__()
        self.nets = nn.ModuleList(nets)
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("scale", torch.tensor(scale))

    def forward(self, features):
        z = (features - self.mean) / self.scale
        return sum(net(z) for net in self.nets) / len(self.nets)


ensemble = Ensemble([fit(seed) for seed in SEEDS]).eval()
with torch.no_grad():
    out = ensemble(torch.tensor(inputs))[:, 0]
print(f"three seeds: QLIKE of 2017 {qlike(out[validation], validation).mean().item():.4f}")
os.makedirs(OUTPUT, exist_ok=True)
torch.onnx.export(
    ensemble,
    torch.zeros(1, inputs.shape[1]),
    os.path.join(OUTPUT, "model.onnx"),
    input_names=["features"],
    output_names=["log_ratio"],
    dynamic_axes={"features": {0: "rows"}, "log_ratio": {0: "rows"}},
    opset_version=15,
)
low, high = np.quantile(inputs[training], [0.001, 0.999], axis=0)
with open(os.path.join(SOURCE, "range.json"), "w") as file:
    json.dump({"low": low.astype(float).tolist(), "high": high.astype(float).tolist()}, file)
