#!/usr/bin/env python3
"""Writes a ggml file of Whisper's own layout, small enough to be made while a test runs (1.7 MB): true header, mel
filters, vocabulary and tensor names, one layer of encoder and decoder with 12 units.

It was never trained. The encoder's weights are random, from a fixed seed. The decoder's layers pass on what they get,
and its position embeddings point at the token to be written next, so that the model "hears" the words it was made
with in any sound. That is what a test of loading, decoding and guarding needs.

The layout is that of `whisper_model_load` in whisper.cpp 1.8; the numbers of the special tokens are OpenAI's.
"""
from __future__ import annotations

import argparse
import math
import random
import struct
from pathlib import Path
from typing import BinaryIO, Iterable

MAGIC = 0x67676D6C
UNITS, AUDIO_POSITIONS, TEXT_POSITIONS, MELS, FFT = 12, 1500, 448, 80, 201
F32, F16 = 0, 1
WORDS = 50_256
# The order of whisper.cpp's table, as far as tests go.
LANGUAGES = ["en", "zh", "de", "es", "ru", "ko", "fr"]
# Positions outweigh what was written before them, so that they alone say what comes next.
POSITION_SCALE, TOKEN_SCALE = 1000.0, 8.0


def write(out: BinaryIO, text: str, language: str | None, seconds: float, loop: bool, seed: int) -> None:
    """One model that writes `text` between 0 s and `seconds`; over and over, if `loop`. Multilingual with `language`."""
    chance = random.Random(seed)
    many = language is not None
    shift = int(many)
    end = WORDS + shift
    start = end + 1
    # Between them: 99 languages, the two tasks, and four that are not used here.
    begin = start + 106
    vocabulary = 51_864 + shift
    out.write(struct.pack("<I", MAGIC))
    out.write(struct.pack("<11i", vocabulary, AUDIO_POSITIONS, UNITS, 1, 1, TEXT_POSITIONS, UNITS, 1, 1, MELS, F16))
    out.write(struct.pack("<2i", MELS, FFT))
    out.write(floats(mel_filters()))

    words = [" " + word for word in text.split()]
    numbers = {word: 1000 + place for place, word in enumerate(dict.fromkeys(words))}
    names = {number: word for word, number in numbers.items()}
    # whisper.cpp looks it up by name, to keep it from being written first.
    names[220] = " "
    out.write(struct.pack("<i", WORDS + shift))
    for number in range(WORDS + shift):
        name = names.get(number, f"t{number}").encode()
        out.write(struct.pack("<I", len(name)) + name)

    # What is to be written at each position, from the one after the prompt on.
    prompt = [start, start + 1 + LANGUAGES.index(language), begin - 5] if language is not None else [start]
    spoken = [numbers[word] for word in words]
    if loop:
        wanted = [begin] + spoken * ((TEXT_POSITIONS - 8) // len(spoken))
    else:
        wanted = [begin] + spoken + [begin + round(seconds * 50), end]
    by_position = prompt[1:] + wanted
    directions = {token: direction(chance) for token in dict.fromkeys(by_position)}
    positions = [[0.0] * UNITS for _ in range(TEXT_POSITIONS)]
    for position, token in enumerate(by_position[:TEXT_POSITIONS]):
        positions[position] = [POSITION_SCALE * x for x in directions[token]]
    embeddings = bytearray(vocabulary * UNITS * 2)
    for token, towards in directions.items():
        struct.pack_into(f"<{UNITS}e", embeddings, token * UNITS * 2, *(TOKEN_SCALE * x for x in towards))

    def noise(count: int) -> list[float]:
        return [chance.gauss(0.0, 0.05) for _ in range(count)]

    tensor(out, "encoder.positional_embedding", [UNITS, AUDIO_POSITIONS], F32, floats(noise(UNITS * AUDIO_POSITIONS)))
    for name, inputs in (("conv1", MELS), ("conv2", UNITS)):
        tensor(out, f"encoder.{name}.weight", [3, inputs, UNITS], F16, halves(noise(3 * inputs * UNITS)))
        tensor(out, f"encoder.{name}.bias", [1, UNITS], F32, floats(noise(UNITS)))
    norm(out, "encoder.ln_post")
    block(out, "encoder.blocks.0", ["attn"], noise, noise)
    tensor(out, "decoder.positional_embedding", [UNITS, TEXT_POSITIONS], F32, floats(x for p in positions for x in p))
    tensor(out, "decoder.token_embedding.weight", [UNITS, vocabulary], F16, bytes(embeddings))
    norm(out, "decoder.ln")
    block(out, "decoder.blocks.0", ["attn", "cross_attn"], noise, lambda count: [0.0] * count)


def block(out: BinaryIO, name: str, attentions: list[str], inner, outer) -> None:
    """One layer; `outer` makes the weights by which its parts add to what they were given."""
    for part in attentions:
        norm(out, f"{name}.{part}_ln")
        for kind, weights in (("query", inner), ("key", inner), ("value", inner), ("out", outer)):
            tensor(out, f"{name}.{part}.{kind}.weight", [UNITS, UNITS], F16, halves(weights(UNITS * UNITS)))
            if kind != "key":
                tensor(out, f"{name}.{part}.{kind}.bias", [UNITS], F32, floats([0.0] * UNITS))
    norm(out, f"{name}.mlp_ln")
    for kind, shape, weights in (("0", [UNITS, 4 * UNITS], inner), ("2", [4 * UNITS, UNITS], outer)):
        tensor(out, f"{name}.mlp.{kind}.weight", shape, F16, halves(weights(shape[0] * shape[1])))
        tensor(out, f"{name}.mlp.{kind}.bias", [shape[1]], F32, floats([0.0] * shape[1]))


def norm(out: BinaryIO, name: str) -> None:
    tensor(out, f"{name}.weight", [UNITS], F32, floats([1.0] * UNITS))
    tensor(out, f"{name}.bias", [UNITS], F32, floats([0.0] * UNITS))


def tensor(out: BinaryIO, name: str, shape: list[int], kind: int, data: bytes) -> None:
    out.write(struct.pack("<3i", len(shape), len(name), kind))
    out.write(struct.pack(f"<{len(shape)}i", *shape))
    out.write(name.encode() + data)


def direction(chance: random.Random) -> list[float]:
    """A direction that a layer norm leaves as it is: of mean 0 and variance 1."""
    numbers = [chance.gauss(0.0, 1.0) for _ in range(UNITS)]
    mean = sum(numbers) / UNITS
    spread = math.sqrt(sum((x - mean) ** 2 for x in numbers) / UNITS)
    return [(x - mean) / spread for x in numbers]


def mel_filters() -> list[float]:
    """Triangles of equal width; a model that was trained has Slaney's."""
    filters = []
    for mel in range(MELS):
        middle = (mel + 1) * (FFT - 1) / (MELS + 1)
        filters.extend(max(0.0, 1.0 - abs(place - middle) / 3.0) * 0.01 for place in range(FFT))
    return filters


def floats(numbers: Iterable[float]) -> bytes:
    numbers = list(numbers)
    return struct.pack(f"<{len(numbers)}f", *numbers)


def halves(numbers: Iterable[float]) -> bytes:
    numbers = list(numbers)
    return struct.pack(f"<{len(numbers)}e", *numbers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--text", default="the tiny model hears these words")
    parser.add_argument("--language", choices=LANGUAGES, help="a model of many languages, which hears this one")
    parser.add_argument("--seconds", type=float, default=2.0, help="when the words end")
    parser.add_argument("--loop", action="store_true", help="write the text without an end")
    parser.add_argument("--seed", type=int, default=7)
    wanted = parser.parse_args()
    with wanted.file.open("wb") as out:
        write(out, wanted.text, wanted.language, wanted.seconds, wanted.loop, wanted.seed)


if __name__ == "__main__":
    main()
