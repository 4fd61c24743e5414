#!/usr/bin/python3
"""The baseline that trend_v1 does not ship: gradient boosting on the same inputs. python3 tools/train/trend_boosting.py .cache/train/trend_v1 plugins/models/models/trend_v1
writes boosting.json, which the evaluation puts into the card.

Fitted on the bars before 2017 and their labels, read on every fourth bar of the test and of the last year, as the card's other rows are.
"""
import json
import sys
from pathlib import Path

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import f1_score

import trend_v1 as trend

SPANS = {"test": (1_515_974_400_000, 1_614_556_800_000), "lastYear": (1_614_556_800_000, 1_646_438_400_000)}


def scores(p, state):
    chosen = p.argmax(1)
    sure, right = p.max(1), chosen == state
    bins = np.minimum((sure * 15).astype(int), 14)
    return {
        "n": len(state),
        "accuracy": float(right.mean()),
        "macroF1": float(f1_score(state, chosen, average="macro")),
        "logLoss": float(-np.log(np.maximum(p[np.arange(len(state)), state], 1e-6)).mean()),
        "brier": float(((p - np.eye(3)[state]) ** 2).sum(1).mean()),
        "ece": float(sum(abs(sure[bins == k].sum() - right[bins == k].sum()) for k in range(15)) / len(state)),
    }


def main(arrays, out):
    _, x, time, paths, _ = trend.load(arrays, until=np.inf)
    state = trend.state_of(trend.t_statistic(paths))
    train = time < trend.TRAIN_END - trend.EMBARGO
    model = HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.08, max_leaf_nodes=31, l2_regularization=10, min_samples_leaf=200, random_state=1
    ).fit(x[train], state[train])
    result = {"model": f"scikit-learn {sklearn.__version__} HistGradientBoostingClassifier, 150 trees a class of 31 leaves"}
    for name, (start, end) in SPANS.items():
        rows = np.where((time >= start) & (time < end))[0][::4]
        result[name] = scores(model.predict_proba(x[rows]), state[rows])
    (out / "boosting.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
