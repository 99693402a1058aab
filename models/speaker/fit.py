"""Fits the likeness of two voices, `models/src/speaker/likeness.rs`, to recordings of known people.

    callwright models try speaker --speakers one --full --json FILES... > voices.jsonl
    python fit.py [--person REGEX] voices.jsonl...

Each file is a set of recordings, whose person is what the first group of REGEX that finds anything finds in the path (default: the folder's name). Of
each set every other person by name is fitted on, and the others are measured on. A logistic function of the cosine, in which every
set weighs the same, and in a set pairs of one person as much as pairs of two. Needs numpy.
"""

import argparse
import json
import re

import numpy as np


def pairs(path, person, half):
    heard = [json.loads(line) for line in open(path)]
    heard = [one for one in heard if one.get("heard") and one["heard"]["speakers"]]
    people = [next(filter(None, re.search(person, one["file"]).groups())) for one in heard]
    chosen = sorted(set(people))[half::2]
    kept = [place for place, name in enumerate(people) if name in chosen]
    voices = np.array([heard[place]["heard"]["speakers"][0]["embedding"] for place in kept])
    names = np.array(people)[kept]
    upper = np.triu_indices(len(kept), 1)
    return (voices @ voices.T)[upper], (names[:, None] == names[None])[upper]


def fit(sets):
    rows, same, weights = [], [], []
    for cosines, alike in sets:
        for kind in (True, False):
            own = cosines[alike == kind]
            rows.append(np.c_[own, np.ones(len(own))])
            same.append(np.full(len(own), float(kind)))
            weights.append(np.full(len(own), 1 / len(own)))
    rows, same, weights = map(np.concatenate, (rows, same, weights))
    fitted = np.zeros(2)
    for _ in range(100):
        likely = 1 / (1 + np.exp(-rows @ fitted))
        curve = (rows * (weights * likely * (1 - likely))[:, None]).T @ rows
        fitted -= np.linalg.solve(curve + 1e-9 * np.eye(2), rows.T @ (weights * (likely - same)))
    return fitted[0], -fitted[1] / fitted[0]


def bits(cosines, same, slope, even):
    likely = 1 / (1 + np.exp(-slope * (cosines - even)))
    cost = lambda right: -np.log2(np.maximum(right, 1e-7)).mean()
    return (cost(likely[same]) + cost(1 - likely[~same])) / 2


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--person", default=r"([^/]+)/[^/]+$")
    parser.add_argument("sets", nargs="+")
    wanted = parser.parse_args()
    slope, even = fit([pairs(path, wanted.person, 0) for path in wanted.sets])
    print(f"slope {slope:.1f} even {even:.3f}")
    for path in wanted.sets:
        cosines, same = pairs(path, wanted.person, 1)
        print(f"{path}: held out, {same.sum()} pairs of one, {(~same).sum()} of two, {bits(cosines, same, slope, even):.3f} bits")


if __name__ == "__main__":
    main()
