"""The corpora, read and measured once: EmoDB for training, RAVDESS for measuring alone.

The copies of EmoDB at hand were cut or padded with zeros to exactly 2 s: the padding is stripped, and every clip of
EmoDB is cut once more by chance on every line, so that length tells nothing.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

import features
from line import CONDITIONS, Line

HIGH = {"anger", "fear", "happiness", "surprise"}
LOW = {"boredom", "neutral", "sadness", "calm", "disgust"}
POSITIVE = {"happiness"}
NEGATIVE = {"anger", "fear", "sadness", "disgust"}
CLASSES = ["neutral", "happy", "sad", "angry", "other"]
CLASS_OF = {"neutral": 0, "calm": 0, "boredom": 0, "happiness": 1, "sadness": 2, "anger": 3, "fear": 4, "disgust": 4, "surprise": 4}


@dataclass
class Clip:
    """One clip at 8 kHz."""

    speaker: str
    emotion: str
    name: str
    x: np.ndarray


def read(folder):
    """All clips of a corpus folder with its labels.tsv."""
    clips = []
    with open(Path(folder) / "labels.tsv", encoding="utf-8") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            x, rate = soundfile.read(Path(folder) / row["file"])
            if x.ndim > 1:
                x = x.mean(axis=1)
            used = np.flatnonzero(np.abs(x) > 1e-4)
            x = x[: used[-1] + 1] if len(used) else x
            if rate != 16_000:
                common = np.gcd(rate, 16_000)
                x = resample_poly(x, 16_000 // common, rate // common)
            clips.append(Clip(row["speaker"], row["emotion"], row["file"], features.decimate(x)))
    return clips


def measured(x):
    """Features of an utterance: of its pieces, weighted by their voice. None when there is too little."""
    found = [features.features(piece) for piece in features.pieces(x)]
    return [(f, w) for f, w in found if f is not None]


def loudness(clips):
    """Root mean square of a speaker's clips, by speaker."""
    by = {}
    for clip in clips:
        by.setdefault(clip.speaker, []).append(np.sqrt(np.mean(clip.x**2)))
    return {speaker: float(np.median(values)) for speaker, values in by.items()}


def on_line(clips, line, rng, usual, cut):
    """Features of each clip on a line, one piece each; NaN where there is too little voice."""
    rows = np.full((len(clips), len(features.names())), np.nan)
    for i, clip in enumerate(clips):
        x = clip.x
        if cut:
            length = int(rng.uniform(0.6, 1.0) * len(x))
            start = int(rng.uniform(0, len(x) - length))
            x = x[start : start + length]
        y = line.carry(x, rng, usual[clip.speaker])
        found = measured(y)
        if found:
            weights = np.array([w for _, w in found], dtype=float)
            rows[i] = np.average([f for f, _ in found], axis=0, weights=weights)
    return rows


def condition(clips, name, seed):
    """Features of the clips in one of the conditions that are measured."""
    return on_line(clips, CONDITIONS[name], np.random.default_rng(seed), loudness(clips), cut=False)


def lines(clips, count, seed):
    """`count` lines for every speaker: features [line][clip][feature]."""
    usual = loudness(clips)
    speakers = sorted({clip.speaker for clip in clips})
    out = np.full((count, len(clips), len(features.names())), np.nan, dtype=np.float32)
    for number in range(count):
        for s, speaker in enumerate(speakers):
            rng = np.random.default_rng([seed, number, s])
            which = [i for i, clip in enumerate(clips) if clip.speaker == speaker]
            # The first line is the clips as they are, cut by chance.
            line = Line() if number == 0 else Line.drawn(rng)
            out[number, which] = on_line([clips[i] for i in which], line, rng, usual, cut=True)
    return out
