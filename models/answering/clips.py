"""Makes the folders of greetings that the answering-machine detector is fitted and measured on.

    python clips.py DATA OUT

`OUT/machines`: recorded telephone prompts (`DATA/prompts-en`) that last 2 s and longer.
`OUT/people`: first phrases of at most 1.2 s, cut out of recordings of people (`librispeech`, `telephone`, `turns`) where a pause
of 0.3 s follows, and then 2 s of the recording's own quiet. Nobody in them picks up a telephone: there are no such recordings
that may be used here.
`OUT/beeps`: each of the machines, 0.2-1 s of its quiet, a tone of 350-2,000 Hz that lasts 0.15-0.8 s, and 2 s of quiet. The
number in a file's name is where its tone ends, in milliseconds. All of it 8 kHz mu-law. Needs numpy and soundfile.
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


def beeps(data, out):
    random = np.random.default_rng(7)
    for path in sorted(glob.glob(out + "/../machines/*.wav")):
        greeting, _ = sf.read(path, dtype="int16")
        loud = np.sqrt(np.mean(greeting[np.abs(greeting) > 500].astype(float) ** 2))
        length = int(random.uniform(0.15, 0.8) * 8000)
        tone = loud * random.uniform(0.5, 1.5) * np.sin(2 * np.pi * random.uniform(350, 2000) / 8000 * np.arange(length))
        # 5 ms of rise and fall, as a filter makes them.
        tone *= np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / 40)
        quiet = random.normal(0, 8, int(random.uniform(0.2, 1.0) * 8000))
        sound = np.concatenate([greeting, quiet, tone])
        name = "%s_%06d.wav" % (os.path.basename(path)[:-4], round(len(sound) / 8))
        save(out + "/" + name, np.concatenate([sound, random.normal(0, 8, 16000)]))


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
    for folder, make in (("/machines", machines), ("/people", people), ("/beeps", beeps)):
        os.makedirs(out + folder, exist_ok=True)
        make(data, out + folder)
