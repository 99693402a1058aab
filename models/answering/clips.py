"""Makes the two folders of greetings that the answering-machine detector is fitted and measured on.

    python clips.py DATA OUT

`OUT/machines`: recorded telephone prompts (`DATA/prompts-en`) that last 2 s and longer.
`OUT/people`: first phrases of at most 1.2 s, cut out of recordings of people (`librispeech`, `telephone`, `turns`) where a pause
of 0.3 s follows, and then 2 s of the recording's own quiet. Nobody in them picks up a telephone: there are no such recordings
that may be used here. All of it 8 kHz mu-law. Needs numpy and soundfile.
"""

import glob
import os
import sys

import numpy as np
import soundfile as sf

BLOCK = 160


def levels(sound):
    blocks = sound[: len(sound) // BLOCK * BLOCK].reshape(-1, BLOCK).astype(float)
    return 10 * np.log10(np.maximum((blocks**2).mean(1), 1e-3) / 32768.0**2)


def narrow(sound, rate):
    if rate == 16000:
        taps = np.arange(63) - 31
        low_pass = np.sinc(2 * 3800 / 16000 * taps) * np.hamming(63)
        sound = np.convolve(sound, low_pass / low_pass.sum(), "same")[::2]
    return sound


def save(path, sound):
    sf.write(path, np.clip(np.round(sound), -32768, 32767).astype(np.int16), 8000, subtype="ULAW")


def machines(data, out):
    root = data + "/prompts-en/en"
    for path in sorted(glob.glob(root + "/**/*.gsm", recursive=True)):
        sound, _ = sf.read(path, format="RAW", subtype="GSM610", samplerate=8000, channels=1, dtype="int16")
        loud = np.where(levels(sound) > -45)[0]
        if len(loud) and (loud[-1] - loud[0]) * 0.02 >= 2.0:
            save(out + "/" + os.path.relpath(path, root).replace("/", "_")[:-4] + ".wav", sound)


def phrases(level):
    """Where phrases lie that are short and stand alone, in blocks."""
    loud = level > max(np.percentile(level, 5) + 15, -45)
    at = 0
    while at < len(loud):
        if not loud[at]:
            at += 1
            continue
        end, last, quiet = at, at, 0
        while end < len(loud) and quiet < 15:
            last, quiet = (end, 0) if loud[end] else (last, quiet + 1)
            end += 1
        alone = quiet >= 15 and not loud[max(0, at - 15) : at].any()
        if alone and 0.2 <= (last - at + 1) * 0.02 <= 1.2 and loud[at : last + 1].sum() >= 8:
            yield at, last
        at = end


def people(data, out):
    random = np.random.default_rng(5)
    names = ["librispeech/**/*.flac", "telephone/*.wav", "turns/*.wav"]
    for path in [p for name in names for p in sorted(glob.glob(data + "/" + name, recursive=True))]:
        sound, rate = sf.read(path, dtype="int16")
        if sound.ndim > 1 or rate not in (8000, 16000):
            continue
        sound = narrow(sound.astype(float), rate)
        level = levels(sound)
        still = np.where(level < np.percentile(level, 5) + 6)[0][:200]
        noise = np.concatenate([sound[b * BLOCK : (b + 1) * BLOCK] for b in still])

        def quiet(seconds):
            return np.resize(np.roll(noise, -random.integers(0, max(1, len(noise) - 1600))), int(seconds * 8000))

        for at, last in list(phrases(level))[:4]:
            phrase = sound[max(0, at - 5) * BLOCK : (last + 6) * BLOCK]
            name = "%s_%05d.wav" % (os.path.basename(path).rsplit(".", 1)[0], at)
            save(out + "/" + name, np.concatenate([quiet(0.3 + 0.4 * random.random()), phrase, quiet(2.0)]))


if __name__ == "__main__":
    data, out = sys.argv[1:]
    for folder, make in (("/machines", machines), ("/people", people)):
        os.makedirs(out + folder, exist_ok=True)
        make(data, out + folder)
