"""Writes golden.json: the features, as Python has them, of sounds that both sides make by the same formulas.

    python golden.py
"""

import json
from pathlib import Path

import numpy as np

import features

SOUNDS = {
    "calm": dict(seconds=2.2, hz=110.0, swing=0.04, rate=0.6, syllables=3.0, tilt=1.6, hiss=30, loud=4000.0),
    "roused": dict(seconds=1.7, hz=240.0, swing=0.25, rate=1.3, syllables=5.5, tilt=0.7, hiss=60, loud=16000.0),
    "long": dict(seconds=5.3, hz=165.0, swing=0.12, rate=0.9, syllables=4.2, tilt=1.1, hiss=200, loud=8000.0),
}


def sound(seconds, hz, swing, rate, syllables, tilt, hiss, loud):
    """A harmonic voice that swings in pitch and comes in syllables, with hiss: 16 bit at 16 kHz."""
    count = int(seconds * 16_000)
    out = np.zeros(count, dtype=np.int64)
    phase, state = 0.0, 12_345
    for i in range(count):
        t = i / 16_000
        pitch = hz * (1 + swing * np.sin(2 * np.pi * rate * t))
        phase += pitch / 16_000
        envelope = max(0.0, np.sin(np.pi * syllables * t)) ** 2
        voice = sum(np.sin(2 * np.pi * k * phase) / k**tilt for k in range(1, 16))
        state = (state * 1_103_515_245 + 12_345) % 2**31
        out[i] = int(np.floor(loud * envelope * voice / 4 + hiss * (state / 2**30 - 1) + 0.5))
    return np.clip(out, -32_768, 32_767)


def main():
    golden = []
    for name, how in SOUNDS.items():
        x = features.decimate(sound(**how) / 32_768)
        found = [features.features(piece) for piece in features.pieces(x)]
        values = np.average([f for f, _ in found], axis=0, weights=[w for _, w in found])
        golden.append({"name": name, **how, "voiced": sum(w for _, w in found), "features": [round(float(v), 6) for v in values]})
    path = Path(__file__).parent / "golden.json"
    path.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
