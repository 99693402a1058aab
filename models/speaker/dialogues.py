"""Makes mixed dialogues of people who were recorded one by one, with who speaks when, to fit and measure speaker turns on.

    python dialogues.py UTTERANCES OUT [--count 32] [--seed 1]

`UTTERANCES`: one sound file for each person, at 16 kHz (`librispeech/train-clean-100` has 84). Every other person by name is heard
in every other dialogue, so that no voice is in both halves. A dialogue has one, two, two, or three people, each within 6 dB
of the level they were recorded at, who say one to three phrases in turn until they have said all; phrases end at pauses of 0.2 s,
between them are 50-500 ms of faint noise. Nobody interrupts, nobody nods: it is easier than a call.
`OUT/dialogue00.wav` and so on, and `OUT/dialogues.rttm`. Needs numpy and soundfile.
"""

import argparse
import glob
import os

import numpy as np
import soundfile as sf

RATE, BLOCK = 16_000, 320


def phrases(sound):
    """Stretches of a recording between its pauses, in samples."""
    blocks = sound[: len(sound) // BLOCK * BLOCK].reshape(-1, BLOCK)
    level = 10 * np.log10(np.maximum((blocks**2).mean(1), 1e-10))
    loud = np.where(level > max(np.percentile(level, 95) - 30, -60))[0]
    found = []
    for block in loud:
        if found and block - found[-1][1] <= 10:
            found[-1][1] = block
        else:
            found.append([block, block])
    return [(first * BLOCK, (last + 1) * BLOCK) for first, last in found if last - first >= 20]


def dialogue(files, random):
    people = [sf.read(path)[0] for path in files]
    left = [phrases(sound) for sound in people]
    gains = 10 ** (random.uniform(-6, 6, len(files)) / 20)
    parts, turns, at, last = [], [], 0, None
    while True:
        # Who has something to say; nobody else does once the last one is alone.
        able = [who for who in range(len(files)) if left[who] and (who != last or len(files) == 1)]
        if not able:
            break
        last = int(random.choice(able))
        for _ in range(int(random.integers(1, 4))):
            if not left[last]:
                break
            first, end = left[last].pop(0)
            gap = int(random.uniform(0.05, 0.5) * RATE)
            parts += [np.zeros(gap), people[last][first:end] * gains[last]]
            turns.append((at + gap, at + gap + end - first, last))
            at += gap + end - first
    sound = np.concatenate(parts) if parts else np.zeros(RATE)
    return sound + 1e-4 * random.standard_normal(len(sound)), turns


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("utterances")
    parser.add_argument("out")
    parser.add_argument("--count", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    os.makedirs(wanted.out, exist_ok=True)
    files = sorted(glob.glob(wanted.utterances + "/*.flac") + glob.glob(wanted.utterances + "/*.wav"))
    random = np.random.default_rng(wanted.seed)
    with open(wanted.out + "/dialogues.rttm", "w") as told:
        for number in range(wanted.count):
            half = files[number % 2 :: 2]
            chosen = random.choice(len(half), (1, 2, 2, 3)[number // 2 % 4], replace=False)
            name = f"dialogue{number:02}"
            sound, turns = dialogue([half[place] for place in chosen], random)
            sf.write(f"{wanted.out}/{name}.wav", np.clip(sound, -1, 1), RATE, subtype="PCM_16")
            for first, end, who in turns:
                person = os.path.basename(half[chosen[who]]).split(".")[0]
                span = f"{first / RATE:.3f} {(end - first) / RATE:.3f}"
                told.write(f"SPEAKER {name} 1 {span} <NA> <NA> {person} <NA> <NA>\n")


if __name__ == "__main__":
    main()
