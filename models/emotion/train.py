"""Trains the emotion model and measures it. One command, fixed seeds, a few minutes on one core:

    python train.py --data DIR [--cache FILE]

DIR holds `emodb/` (trained on) and, if it is there, `ravdess/` and `librispeech/` (measured only: nothing of them
reaches a weight, a scale, a threshold or a choice). Writes emotion.onnx, results.json and the tables of README.md.

The net is small on purpose: 535 clips of ten actors do not carry more. Five nets of 48 hidden units, each trained
from another seed, are averaged by being laid side by side in one.
"""

import argparse
import json
import os
import pickle
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np

import corpus
import features
import report
from corpus import CLASS_OF, CLASSES, HIGH
from line import CONDITIONS
from onnx_file import write

HERE = Path(__file__).parent
SEED = 20
LINES = 24
NETS = 5
HIDDEN = 48
EPOCHS = 24
BATCH = 256
RATE = 2e-3
DECAY = 1e-3
INPUT_DROP = 0.15
HIDDEN_DROP = 0.3
SMOOTH = 0.05
WEAKER = 0.5  # share of the clips that are made milder
WEAKEST = 0.4  # of what was acted
VALENCE = {"happiness": 0.95, "neutral": 0.5, "boredom": 0.35, "sadness": 0.1, "fear": 0.1, "disgust": 0.1, "anger": 0.05}
LEVEL = features.names().index("level_loud")
# How loud a stranger is says how far the telephone is; only against the caller's own first seconds does it say more.
ABSOLUTE = [i for i in range(len(features.names())) if i != LEVEL]
WIDTH = len(ABSOLUTE) + len(features.names())


class Labels:
    """What the clips are, as arrays."""

    def __init__(self, clips):
        self.speaker = np.array([c.speaker for c in clips])
        self.emotion = np.array([c.emotion for c in clips])
        self.high = np.isin(self.emotion, list(HIGH)).astype(float)
        self.kind = np.array([CLASS_OF.get(e, -1) for e in self.emotion])


def weights(emotions):
    """Weights of clips for arousal (both sides alike; disgust is neither clearly), for classes and for valence."""
    counts = {e: np.sum(emotions == e) for e in set(emotions)}
    high = [e for e in counts if e in HIGH]
    low = [e for e in counts if e not in HIGH]
    arousal = np.array([1 / counts[e] / len(high if e in HIGH else low) * (0.5 if e == "disgust" else 1) for e in emotions])
    kinds = np.array([CLASS_OF.get(e, -1) for e in emotions])
    by_kind = {k: np.sum(kinds == k) for k in set(kinds)}
    classes = np.array([0 if k < 0 else 1 / by_kind[k] / 5 for k in kinds])
    # Good, neither and bad weigh the same, so that there being more kinds of bad says nothing.
    side = np.array([0 if VALENCE[e] > 0.6 else 1 if VALENCE[e] > 0.3 else 2 for e in emotions])
    kinds_of_side = {s: len({e for e, o in zip(emotions, side) if o == s}) for s in set(side)}
    valence = np.array([1 / counts[e] / kinds_of_side[s] for e, s in zip(emotions, side)])
    return arousal / arousal.mean(), classes / classes.mean(), valence / valence.mean()


def epoch(rng, rows, labels, which):
    """One epoch's examples from `rows` [line][clip][feature]: absolute features, features against the caller's own
    first seconds (half of the time; zero otherwise), clip numbers."""
    absolute, relative, clip = [], [], []
    for line in rows:
        for speaker in np.unique(labels.speaker[which]):
            own = which[labels.speaker[which] == speaker]
            own = own[np.isfinite(line[own, 0])]
            neutral = own[labels.emotion[own] == "neutral"]
            if len(own) < 4 or len(neutral) < 1:
                continue
            x = line[own].astype(np.float64)
            # Callers are milder than actors: clips go part of the way from a neutral one to what was acted.
            weaker = rng.random(len(own)) < WEAKER
            share = np.where(weaker, rng.uniform(WEAKEST, 1.0, len(own)), 1.0)[:, None]
            start = line[rng.choice(neutral, len(own))]
            x = start + share * (x - start)
            # What a call begins with is mostly neutral, and sometimes is not.
            first = np.empty_like(x)
            for i in range(len(own)):
                pool = neutral if rng.random() < 0.75 else own
                first[i] = line[rng.choice(pool, rng.integers(1, 4))].mean(axis=0)
            known = (rng.random(len(own)) < 0.5)[:, None]
            absolute.append(x[:, ABSOLUTE])
            relative.append(np.where(known, x - first, np.nan))
            clip.append(own)
    return np.concatenate(absolute), np.concatenate(relative), np.concatenate(clip)


class Scale:
    """Brings features to mean 0 and deviation 1, cut at 4, as the training clips have them."""

    def __init__(self, absolute, relative):
        self.mean = absolute.mean(axis=0)
        self.deviation = absolute.std(axis=0) + 1e-6
        self.spread = np.nanstd(relative, axis=0) + 1e-6

    def apply(self, absolute, relative):
        a = np.clip((absolute - self.mean) / self.deviation, -4, 4)
        r = np.clip(np.nan_to_num(relative) / self.spread, -4, 4)
        return np.concatenate([a, r], axis=1)


class Net:
    """tanh(x A + a) B + b -> arousal, valence, five classes; trained by Adam with decay."""

    def __init__(self, rng):
        self.p = [rng.normal(0, 1 / np.sqrt(WIDTH), (WIDTH, HIDDEN)), np.zeros(HIDDEN), rng.normal(0, 0.1, (HIDDEN, 7)), np.zeros(7)]
        self.m = [np.zeros_like(p) for p in self.p]
        self.v = [np.zeros_like(p) for p in self.p]
        self.t = 0

    def step(self, rng, x, target, weight, rate):
        keep = (rng.random(x.shape) > INPUT_DROP) / (1 - INPUT_DROP)
        x = x * keep
        h = np.tanh(x @ self.p[0] + self.p[1])
        drop = (rng.random(h.shape) > HIDDEN_DROP) / (1 - HIDDEN_DROP)
        out = (h * drop) @ self.p[2] + self.p[3]
        odds = 1 / (1 + np.exp(-out[:, :2]))
        top = np.exp(out[:, 2:] - out[:, 2:].max(axis=1, keepdims=True))
        guess = np.concatenate([odds, top / top.sum(axis=1, keepdims=True)], axis=1)
        g = (guess - target) * weight / len(x)
        back = (g @ self.p[2].T) * drop * (1 - h * h)
        grads = [x.T @ back, back.sum(axis=0), (h * drop).T @ g, g.sum(axis=0)]
        self.t += 1
        for i, grad in enumerate(grads):
            self.m[i] = 0.9 * self.m[i] + 0.1 * grad
            self.v[i] = 0.999 * self.v[i] + 0.001 * grad**2
            move = self.m[i] / (1 - 0.9**self.t) / (np.sqrt(self.v[i] / (1 - 0.999**self.t)) + 1e-8)
            self.p[i] -= rate * (move + (DECAY * 10 * self.p[i] if i % 2 == 0 else 0))


class Model:
    """Scale and nets."""

    def __init__(self, rows, labels, which, seed, nets=NETS):
        rng = np.random.default_rng(seed)
        arousal, classes, valence = np.zeros(len(labels.emotion)), np.zeros(len(labels.emotion)), np.zeros(len(labels.emotion))
        arousal[which], classes[which], valence[which] = weights(labels.emotion[which])
        target = np.zeros((len(labels.emotion), 7))
        target[:, 0] = SMOOTH + (1 - 2 * SMOOTH) * labels.high
        target[:, 1] = [VALENCE.get(e, 0.5) for e in labels.emotion]
        target[:, 2:] = SMOOTH / 5
        known = labels.kind >= 0
        target[np.flatnonzero(known), 2 + labels.kind[known]] += 1 - SMOOTH
        weight = np.concatenate([arousal[:, None], valence[:, None], np.repeat(classes[:, None], 5, axis=1)], axis=1)
        absolute, relative, _ = epoch(rng, rows, labels, which)
        self.scale = Scale(absolute, relative)
        self.nets = []
        for number in range(nets):
            own = np.random.default_rng([seed, number])
            net = Net(own)
            for turn in range(EPOCHS):
                absolute, relative, clip = epoch(own, rows, labels, which)
                x = self.scale.apply(absolute, relative)
                order = own.permutation(len(x))
                rate = RATE * 0.5 * (1 + np.cos(np.pi * turn / EPOCHS))
                for at in range(0, len(order) - BATCH + 1, BATCH):
                    i = order[at : at + BATCH]
                    net.step(own, x[i], target[clip[i]], weight[clip[i]], rate)
            self.nets.append(net.p)

    def layers(self):
        """The nets side by side as one."""
        a = np.concatenate([p[0] for p in self.nets], axis=1)
        a0 = np.concatenate([p[1] for p in self.nets])
        b = np.concatenate([p[2] for p in self.nets]) / len(self.nets)
        return a, a0, b, sum(p[3] for p in self.nets) / len(self.nets)

    def logits(self, rows, first=None):
        """Of features [clip][feature]; `first`: features of the caller's own first seconds, NaN where unknown."""
        relative = np.full_like(rows, np.nan) if first is None else rows - first
        a, a0, b, b0 = self.layers()
        x = self.scale.apply(np.nan_to_num(rows[:, ABSOLUTE]), relative)
        out = np.tanh(x @ a + a0) @ b + b0
        # What has too little voice is no clip that was judged calm: it is one that was not judged.
        out[~np.isfinite(rows[:, 0])] = 0
        return out


def first_seconds(rows, labels, count=2):
    """Features of each speaker's first `count` neutral clips, for every clip, and which clips those were: they are
    not scored."""
    first = np.full_like(rows, np.nan)
    used = np.zeros(len(rows), dtype=bool)
    for speaker in np.unique(labels.speaker):
        own = np.flatnonzero((labels.speaker == speaker) & (labels.emotion == "neutral") & np.isfinite(rows[:, 0]))[:count]
        first[labels.speaker == speaker] = rows[own].mean(axis=0)
        used[own] = True
    return first, used


def temperature(logits, target, weight):
    """The divisor of logits that makes probabilities likeliest, by search."""
    def loss(t):
        p = np.clip(1 / (1 + np.exp(-logits / t)), 1e-6, 1 - 1e-6)
        return -np.average(target * np.log(p) + (1 - target) * np.log(1 - p), weights=weight)
    return float(min(np.arange(0.3, 3.01, 0.05), key=loss))


def class_temperature(logits, kind, weight):
    """The same for the classes."""
    def loss(t):
        z = logits / t
        z = z - z.max(axis=1, keepdims=True)
        p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        return -np.average(p[np.arange(len(kind)), kind], weights=weight)
    return float(min(np.arange(0.3, 3.01, 0.05), key=loss))


def folds(data, labels, nets):
    """Out-of-fold logits of EmoDB, each speaker by a model that has not heard it: {condition: {mode: logits}}."""
    out = {c: {m: np.zeros((len(labels.emotion), 7)) for m in ("stranger", "known")} for c in CONDITIONS}
    for number, speaker in enumerate(np.unique(labels.speaker)):
        held = labels.speaker == speaker
        model = Model(data["lines"], labels, np.flatnonzero(~held), SEED + 1 + number, nets)
        for c in CONDITIONS:
            rows = data["emodb", c]
            first, _ = first_seconds(rows, labels)
            out[c]["stranger"][held] = model.logits(rows)[held]
            out[c]["known"][held] = model.logits(rows, first)[held]
    return out


def prepared(args):
    """Clips' labels and features, from the cache if there is one."""
    if args.cache and Path(args.cache).exists():
        with open(args.cache, "rb") as file:
            return pickle.load(file)
    data = {}
    clips = corpus.read(Path(args.data) / "emodb")
    data["emodb"] = Labels(clips)
    data["lines"] = corpus.lines(clips, LINES, SEED)
    for c in CONDITIONS:
        data["emodb", c] = corpus.condition(clips, c, SEED)
    if (Path(args.data) / "ravdess").exists():
        clips = corpus.read(Path(args.data) / "ravdess")
        data["ravdess"] = Labels(clips)
        for c in CONDITIONS:
            data["ravdess", c] = corpus.condition(clips, c, SEED)
    if args.cache:
        with open(args.cache, "wb") as file:
            pickle.dump(data, file)
    return data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder with emodb/ and ravdess/")
    parser.add_argument("--cache", help="file to keep the features in between runs")
    parser.add_argument("--folds-only", action="store_true", help="measure on the folds of EmoDB and stop")
    args = parser.parse_args()
    data = prepared(args)
    labels = data["emodb"]
    held_out = folds(data, labels, 2 if args.folds_only else NETS)
    if args.folds_only:
        for c in CONDITIONS:
            for mode, logits in held_out[c].items():
                _, used = first_seconds(data["emodb", c], labels)
                print(c, mode, report.summary(labels, logits, ~used if mode == "known" else np.ones(len(used), bool)))
        return
    # Calibrated on what the folds gave, over all conditions and with and without knowing the caller.
    every = np.concatenate([held_out[c][m] for c in CONDITIONS for m in ("stranger", "known")])
    times = len(CONDITIONS) * 2
    arousal_weight, class_weight, _ = weights(labels.emotion)
    divisors = [
        temperature(every[:, 0], np.tile(labels.high, times), np.tile(arousal_weight, times)),
        temperature(every[:, 1], *report.valence_targets(labels, times)),
    ]
    kind, weight = np.tile(labels.kind, times), np.tile(class_weight, times)
    divisors.append(class_temperature(every[kind >= 0, 2:], kind[kind >= 0], weight[kind >= 0]))
    model = Model(data["lines"], labels, np.arange(len(labels.emotion)), SEED)
    write(HERE / "emotion.onnx", model.scale, model.layers(), divisors, ABSOLUTE)
    scaled = lambda logits: logits / np.array([divisors[0], divisors[1]] + [divisors[2]] * 5)
    results = {"divisors": divisors, "emodb": {}, "ravdess": {}}
    results["abstain"] = report.abstain_below(labels, [scaled(held_out[c][m]) for c in CONDITIONS for m in held_out[c]])
    for c in CONDITIONS:
        for mode in ("stranger", "known"):
            _, used = first_seconds(data["emodb", c], labels)
            scored = ~used if mode == "known" else np.ones(len(used), bool)
            results["emodb"][f"{c} / {mode}"] = report.measures(labels, scaled(held_out[c][mode]), scored, results["abstain"])
            if "ravdess" in data:
                rows, other = data["ravdess", c], data["ravdess"]
                first, used = first_seconds(rows, other)
                logits = scaled(model.logits(rows, first if mode == "known" else None))
                scored = ~used if mode == "known" else np.ones(len(used), bool)
                results["ravdess"][f"{c} / {mode}"] = report.measures(other, logits, scored, results["abstain"])
    (HERE / "results.json").write_text(json.dumps(results) + "\n", encoding="utf-8")
    report.write_tables(HERE / "README.md", results)
    print(report.text(results))


if __name__ == "__main__":
    main()
