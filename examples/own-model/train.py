"""Trains a forecast of volatility and writes model.onnx: `python3 train.py EURUSD_H1.csv` with bars as MetaTrader 5 exports them (View > Symbols > Bars > Export bars).

A regression of log variance on log variances of the past day quarter, day and week (Corsi 2009, J. Financial Econometrics 7, 174-196). It needs numpy and PyTorch.
"""
import csv
import sys

import numpy
import torch

WINDOW, AHEAD, SPANS = 120, 24, (6, 24, 120)
FLOOR = 1e-10  # of a mean squared return: a market that stands still has no logarithm

with open(sys.argv[1], newline="", encoding="utf-8-sig") as file:
    closes = numpy.array([float(row["<CLOSE>"]) for row in csv.DictReader(file, delimiter="\t")])

squared = numpy.diff(numpy.log(closes)) ** 2
total = numpy.concatenate([[0.0], numpy.cumsum(squared)])
ends = numpy.arange(WINDOW, len(squared) - AHEAD, AHEAD)  # once a day: forecasts of days that do not overlap


def log_mean(start, end):
    return numpy.log(numpy.maximum((total[end] - total[start]) / (end - start), FLOOR))


past = numpy.column_stack([log_mean(ends - span, ends) for span in SPANS] + [numpy.ones(len(ends))])
future = log_mean(ends, ends + AHEAD)
weights, *_ = numpy.linalg.lstsq(past, future, rcond=None)
# The mean of a variance is above e to the mean of its logarithm.
weights[-1] += numpy.var(future - past @ weights) / 2


class Volatility(torch.nn.Module):
    """`[batch, 120]` log returns to `[batch, 1]`: the log of the standard deviation of the next 24 hours."""

    def forward(self, returns):
        squares = returns**2
        logs = [torch.log(torch.clamp(squares[:, -span:].mean(dim=1, keepdim=True), min=FLOOR)) for span in SPANS]
        variance = sum(float(weight) * log for weight, log in zip(weights, logs)) + float(weights[-1])
        return (variance + float(numpy.log(AHEAD))) / 2


torch.onnx.export(
    Volatility(),
    torch.full((1, WINDOW), 1e-3),
    "model.onnx",
    opset_version=15,
    input_names=["returns"],
    output_names=["log_volatility"],
    dynamic_axes={"returns": {0: "batch"}, "log_volatility": {0: "batch"}},
)
print(f"trained on {len(ends)} days: {dict(zip([*SPANS, 'constant'], weights.round(3)))}")
