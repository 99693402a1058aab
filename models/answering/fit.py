"""Fits the weights of `models/src/answering/score.rs`.

    callwright bench answering FOLDER --patterns > patterns.jsonl
    python fit.py patterns.jsonl

Reads what the detector itself saw of each greeting every 100 ms, takes the half to fit on (every other file by name) and
fits a logistic model in which machines and people weigh alike, and every greeting the same. Needs numpy.
"""

import json
import sys

import numpy as np


def row(pattern):
    return [1, min(pattern["first_ms"] / 1000, 1.5), min(pattern["quiet_ms"] / 1000, 1.0), min(pattern["later_ms"] / 1000, 1.0)]


def main(path):
    rows, machine, weight = [], [], []
    for line in open(path):
        clip = json.loads(line)
        seen = [p for p in clip["patterns"] if 300 <= p["since_ms"] <= 1480]
        if clip["half"] != "fitted" or not seen:
            continue
        rows += [row(pattern) for pattern in seen]
        machine += [float(clip["machine"])] * len(seen)
        weight += [1 / len(seen)] * len(seen)
    rows, machine, weight = map(np.array, (rows, machine, weight))
    for kind in (0, 1):
        weight[machine == kind] /= weight[machine == kind].sum()
    weight *= len(machine) / 2
    fitted, decay = np.zeros(4), 0.5 * np.diag([1e-6, 1, 1, 1])
    for _ in range(200):
        likely = 1 / (1 + np.exp(-rows @ fitted))
        slope = rows.T @ (weight * (likely - machine)) + 0.5 * np.r_[0, fitted[1:]]
        curve = (rows * (weight * likely * (1 - likely))[:, None]).T @ rows + decay
        fitted -= np.linalg.solve(curve, slope)
    print(dict(zip(("bias", "first", "quiet", "later"), np.round(fitted, 3).tolist())))


if __name__ == "__main__":
    main(sys.argv[1])
