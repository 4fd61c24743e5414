#!/usr/bin/python3
"""Writes expected.json: every feature of the bars that src/features/walk.fixture.ts makes, by pandas and numpy, from the definitions and not from our code.

Run with Debian's python3-pandas: python3 plugin-sdk/test/features/expected.py
"""
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd

COUNT, ROWS = 1_300, [1_000, 1_079, 1_080, 1_163, 1_299]
FLOOR = 1e-14


def walk(count, state=1):
    def below(limit):
        nonlocal state
        state = (state * 1_664_525 + 1_013_904_223) % 2**32
        return math.floor(state / 2**32 * limit)

    rows, time, price = [], 1_578_268_800_000, 110_000
    for i in range(count):
        scale = 300 if i // 24 % 5 == 0 else 30
        still = below(12) == 0
        open_ = price + (0 if still else below(7) - 3)
        close = open_ if still else max(1_000, open_ + below(2 * scale + 1) - scale)
        high = max(open_, close) + (0 if still else below(scale))
        low = min(open_, close) - (0 if still else below(scale))
        rows.append((time, open_ / 1e5, high / 1e5, low / 1e5, close / 1e5, 0 if still else below(5_000)))
        price = close
        time += (49 if i % 120 == 119 else 1) * 3_600_000
    return pd.DataFrame(rows, columns=["time", "open", "high", "low", "close", "volume"])


def slope_t(y):
    """By solving the normal equations with an intercept, as a regression package prints it."""
    design = np.column_stack([np.ones(len(y)), np.arange(len(y))])
    beta = np.linalg.lstsq(design, y, rcond=None)[0]
    error = y - design @ beta
    covariance = np.linalg.inv(design.T @ design) * (error @ error / (len(y) - 2))
    return beta[1] / math.sqrt(covariance[1, 1])


def wilder(frame):
    """ADX and +DI - -DI with sums of 14, then sum - sum/14 + new, as in Wilder's worksheets, on the frame's bars alone."""
    up, down = frame.high.diff(), -frame.low.diff()
    plus = up.where((up > down) & (up > 0), 0).iloc[1:].to_list()
    minus = down.where((down > up) & (down > 0), 0).iloc[1:].to_list()
    before = frame.close.shift()
    true = pd.concat([frame.high - frame.low, (frame.high - before).abs(), (frame.low - before).abs()], axis=1).max(axis=1).iloc[1:].to_list()

    def smooth(values):
        out = [sum(values[:14])]
        for value in values[14:]:
            out.append(out[-1] - out[-1] / 14 + value)
        return np.array(out)

    p, m, t = smooth(plus), smooth(minus), smooth(true)
    index = 100 * np.abs(p / t - m / t) / (p / t + m / t)
    adx = index[:14].mean()
    for value in index[14:]:
        adx = (adx * 13 + value) / 14
    return adx, 100 * (p[-1] - m[-1]) / t[-1]


def features(bars):
    """All features as of the last bar."""
    out = {}
    log = np.log(bars.close)
    returns = log.diff()
    squared = returns**2
    park = np.log(bars.high / bars.low) ** 2 / (4 * math.log(2))
    before = bars.close.shift()
    true = pd.concat([bars.high - bars.low, (bars.high - before).abs(), (bars.low - before).abs()], axis=1).max(axis=1)
    base = max(squared.tail(480).mean(), FLOOR)
    for window in (4, 8, 24, 48, 120, 240, 480, 1000):
        out[f"logrv_{window}"] = math.log(max(squared.tail(window).mean(), FLOOR))
        if window != 480:
            out[f"rv_{window}"] = out[f"logrv_{window}"] - math.log(base)
    for window in (1, 2, 4, 8, 24, 48, 120, 240, 480):
        out[f"logpark_{window}"] = math.log(max(park.tail(window).mean(), FLOOR))
        out[f"park_{window}"] = out[f"logpark_{window}"] - math.log(base)
    for percent in (80, 94, 97, 99):
        # pandas' adjusted weights are ours: alpha = 1 - decay, divided by what they sum to.
        mean = squared.tail(480).ewm(alpha=1 - percent / 100, adjust=True).mean().iloc[-1]
        out[f"logewma_{percent}"] = math.log(mean)
        out[f"ewma_{percent}"] = math.log(mean / base)
    for window in (24, 120, 480):
        out[f"down_share_{window}"] = squared[returns < 0].loc[bars.index[-window] :].sum() / squared.tail(window).sum()
    for window in (*range(1, 25), 36, 48, 72, 120, 240, 480):
        z = returns.tail(window).sum() / math.sqrt(window * base)
        out[f"mom_{window}"] = min(5, max(-5, z))
    for window in (13, 25, 49, 97, 193, 385):
        out[f"slope_t_{window}"] = slope_t(log.tail(window).to_numpy())
    for window in (12, 24, 48, 120, 480):
        out[f"er_{window}"] = abs(returns.tail(window).sum()) / returns.tail(window).abs().sum()
    for window in (12, 24, 49, 120, 240, 480):
        top, bottom = bars.high.tail(window).max(), bars.low.tail(window).min()
        out[f"channel_{window}"] = 2 * (bars.close.iloc[-1] - bottom) / (top - bottom) - 1
    out["adx_14"], out["di_14"] = wilder(bars.tail(201))
    part = log.tail(300)
    line = part.ewm(span=12, adjust=False).mean() - part.ewm(span=26, adjust=False).mean()
    out["macd_12_26"] = line.iloc[-1] / math.sqrt(base)
    out["macd_hist_12_26_9"] = (line - line.ewm(span=9, adjust=False).mean()).iloc[-1] / math.sqrt(base)
    out["range_atr_14"] = true.iloc[-1] / true.tail(14).mean()
    out["atr_14_120"] = true.tail(14).mean() / true.tail(120).mean()
    for window in (24, 120, 480):
        out[f"span_{window}"] = (bars.high.tail(window).max() - bars.low.tail(window).min()) / (true.tail(window).mean() * math.sqrt(window))
    opened = pd.Timestamp(bars.time.iloc[-1], unit="ms", tz="UTC")
    turn = 2 * math.pi * (opened.hour + opened.minute / 60) / 24
    out["hour_sin"], out["hour_cos"] = math.sin(turn), math.cos(turn)
    for day in range(7):
        out[f"weekday_{day}"] = int(opened.isoweekday() % 7 == day)
    out["gap_minutes"] = (bars.time.iloc[-1] - bars.time.iloc[-2]) / 60_000
    out["log_gap"] = math.log(out["gap_minutes"])
    for window in (24, 120, 480):
        out[f"volume_ratio_{window}"] = math.log((1 + bars.volume.iloc[-1]) / (1 + bars.volume.tail(window).mean()))
    return {name: float(value) for name, value in out.items()}


bars = walk(COUNT)
expected = {str(row): features(bars.iloc[: row + 1]) for row in ROWS}
Path(__file__).with_name("expected.json").write_text(json.dumps(expected, indent=1) + "\n")
