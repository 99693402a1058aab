#!/usr/bin/env python3
"""Writes voices of the true signatures of Piper and Kokoro, small enough to be made while a test runs (a few kB).

They were never trained: each phoneme is a tone of its own, and lasts a number of frames of its own. So a test can tell
from the sound which phonemes were spoken, for how long, at what pace and in what style. That is what tests of loading,
phonemes, streaming, word times and cancelling need.

    tiny.py piper FOLDER [--name en_US-tiny] [--speakers N] [--durations] [--wrong]
    tiny.py kokoro FOLDER [--older] [--durations] [--wrong]

ONNX files are written by hand (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto): no package is needed.
"""
from __future__ import annotations

import argparse
import json
import struct
import zipfile
from pathlib import Path

FLOAT, INT32, INT64, BOOL = 1, 6, 7, 9


# --- Protocol buffers, as far as ONNX needs them -------------------------------------------------------------------


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while True:
        out.append((number & 127) | (128 if number > 127 else 0))
        number >>= 7
        if not number:
            return bytes(out)


def field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name: str, kind: int, shape: list[int], numbers: list) -> bytes:
    code = {FLOAT: "f", INT64: "q", INT32: "i"}[kind]
    data = struct.pack(f"<{len(numbers)}{code}", *numbers)
    return b"".join(field(1, size) for size in shape) + field(2, kind) + field(8, name) + field(9, data)


def value(name: str, kind: int, shape: list) -> bytes:
    sizes = b"".join(field(1, field(2, s) if isinstance(s, str) else field(1, s)) for s in shape)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, sizes)))


def node(kind: str, inputs: list[str], output: str, **attributes: int) -> bytes:
    out = b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, kind)
    # 2 is the type INT of an attribute.
    return out + b"".join(field(5, field(1, k) + field(3, v) + field(20, 2)) for k, v in attributes.items())


def model(path: Path, nodes: list[bytes], stored: list[bytes], inputs: list[bytes], outputs: list[bytes]) -> None:
    graph = b"".join(field(1, n) for n in nodes) + field(2, "tiny") + b"".join(field(5, t) for t in stored)
    graph += b"".join(field(11, i) for i in inputs) + b"".join(field(12, o) for o in outputs)
    path.write_bytes(field(1, 8) + field(2, "callwright") + field(7, graph) + field(8, field(1, "") + field(2, 17)))


# --- A voice of tones -----------------------------------------------------------------------------------------------


def tones(ids: str, stretch: str, loudness: str, hop: int, rate: int, numbers: int, sounding: set[int], frames_each: int):
    """Nodes and stored tensors from `ids [1, n]`, `stretch [1]` and `loudness [1]` to `sound [samples]` and
    `frames [1, n]`, f32. A number lasts two to four times `frames_each`; one that is not in `sounding` is silent and lasts
    it once."""
    frames = [float(frames_each * (2 + number % 3 if number in sounding else 1)) for number in range(numbers)]
    steps = [2 * 3.141592653589793 * (200 + 10 * number) / rate for number in range(numbers)]
    levels = [0.5 if number in sounding else 0.0 for number in range(numbers)]
    stored = [
        tensor("frames_of", FLOAT, [numbers], frames),
        tensor("step_of", FLOAT, [numbers], steps),
        tensor("level_of", FLOAT, [numbers], levels),
        tensor("hop", FLOAT, [], [float(hop)]),
        tensor("flat", INT64, [1], [-1]),
        tensor("axis1", INT64, [1], [1]),
        tensor("axis1_scalar", INT64, [], [1]),
        tensor("column", INT64, [1], [1]),
        tensor("zero", FLOAT, [], [0.0]),
        tensor("one", FLOAT, [], [1.0]),
    ]
    nodes = [
        node("Gather", ["frames_of", ids], "frames_plain"),
        node("Mul", ["frames_plain", stretch], "frames_scaled"),
        node("Ceil", ["frames_scaled"], "frames"),
        node("Mul", ["frames", "hop"], "lengths"),
        node("CumSum", ["lengths", "axis1_scalar"], "ends"),
        node("ReduceSum", ["lengths"], "length", keepdims=0),
        node("Range", ["zero", "length", "one"], "time"),
        # Which phoneme sounds at each sample: as many as have ended by then.
        node("Unsqueeze", ["time", "axis1"], "time_column"),
        node("GreaterOrEqual", ["time_column", "ends"], "ended"),
        node("Cast", ["ended"], "ended_number", to=INT64),
        node("ReduceSum", ["ended_number", "column"], "place", keepdims=0),
        node("Reshape", [ids, "flat"], "row"),
        node("Gather", ["row", "place"], "number"),
        node("Gather", ["step_of", "number"], "step"),
        node("Mul", ["time", "step"], "phase"),
        node("Sin", ["phase"], "wave"),
        node("Gather", ["level_of", "number"], "level"),
        node("Mul", ["wave", "level"], "levelled"),
        node("Mul", ["levelled", loudness], "sound"),
    ]
    return nodes, stored


# --- Piper ----------------------------------------------------------------------------------------------------------

LETTERS = "abcdefhijklmnopqrstuvwxyzæçðøħŋœɐɑɒɓɔɕɖɗɘəɚɛɜɞɟɡɢɣɤɥɦɧɨɪɫɬɭɮɯɰɱɲɳɴɵɶɸɹɺɻɽɾʀʁʂʃʄʈʉʊʋʌʍʎʏʐʑʒʔʕʘʙʛʜʝʟʡʢʲˈˌːˑ˞βθχᵻⱱ"
MARKS = " !'(),-.:;?"


def piper(folder: Path, name: str, speakers: int, durations: bool, wrong: bool) -> None:
    ids = {"_": [0], "^": [1], "$": [2]}
    for place, symbol in enumerate(MARKS + LETTERS):
        ids[symbol] = [3 + place]
    numbers = 3 + len(MARKS) + len(LETTERS)
    first_letter = 3 + len(MARKS)
    nodes, stored = tones("input", "stretch", "loudness", 32, 22050, numbers, set(range(first_letter, numbers)), 8)
    stored += [
        tensor("second", INT64, [1], [1]),
        tensor("shape", INT64, [4], [1, 1, 1, -1]),
    ]
    before = [node("Gather", ["scales", "second"], "stretch")]
    if speakers > 1:
        stored.append(tensor("softer", FLOAT, [1], [0.5]))
        # Each speaker is half as loud as the one before.
        before += [node("Cast", ["sid"], "speaker", to=FLOAT), node("Pow", ["softer", "speaker"], "loudness")]
    else:
        stored.append(tensor("plain", FLOAT, [1], [1.0]))
        before += [node("Identity", ["plain"], "loudness")]
    after = [node("Reshape", ["sound", "shape"], "output")]
    inputs = [
        value("input", INT64, ["batch_size", "phonemes"]),
        value("input_lengths", INT64, ["batch_size"]),
        value("scales", FLOAT, [4 if wrong else 3]),
    ]
    if wrong:
        inputs[1] = value("sizes", INT64, ["batch_size"])
    if speakers > 1:
        inputs.append(value("sid", INT64, ["batch_size"]))
    outputs = [value("output", FLOAT, ["batch_size", 1, 1, "time"])]
    if durations:
        outputs.append(value("frames", FLOAT, ["batch_size", "phonemes"]))
    file = folder / f"{name}.onnx"
    model(file, before + nodes + after, stored, inputs, outputs)
    config = {
        "audio": {"sample_rate": 22050, "quality": "tiny"},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_map": {},
        "phoneme_id_map": ids,
        "num_symbols": numbers,
        "num_speakers": speakers,
        "speaker_id_map": {f"p{place}": place for place in range(speakers)} if speakers > 1 else {},
        "piper_version": "1.0.0",
    }
    Path(f"{file}.json").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")


# --- Kokoro ---------------------------------------------------------------------------------------------------------

ROWS, STYLE, NUMBERS = 510, 256, 178


def kokoro(folder: Path, older: bool, durations: bool, wrong: bool) -> None:
    ids = "tokens" if older else "input_ids"
    sounding = {number for number in range(24, NUMBERS) if number not in (156, 157)}
    nodes, stored = tones(ids, "stretch", "loudness", 600, 24000, NUMBERS, sounding, 1)
    stored += [
        tensor("first", INT64, [1], [0]),
        tensor("unit", FLOAT, [1], [1.0]),
    ]
    before = [
        node("Div", ["unit", "speed"], "stretch"),
        # The first number of the style is how loud the voice is.
        node("Gather", ["style", "first"], "loudness_row", axis=1),
        node("Reshape", ["loudness_row", "flat"], "loudness"),
    ]
    inputs = [
        value(ids, INT64, [1, "input_ids_len"]),
        value("style", FLOAT, [1, STYLE, 1] if wrong else [1, STYLE]),
        value("speed", FLOAT, [1]),
    ]
    outputs = [value("sound", FLOAT, ["num_samples"])]
    if durations:
        outputs.append(value("frames", FLOAT, [1, "input_ids_len"]))
    model(folder / "model.onnx", before + nodes, stored, inputs, outputs)
    with zipfile.ZipFile(folder / "voices-v1.0.bin", "w") as archive:
        for voice, loudness in (("af_heart", 1.0), ("bf_emma", 0.25), ("jf_alpha", 1.0)):
            # A row for each number of phonemes: those of short texts are half as loud, so that a test sees which is used.
            rows = b""
            for row in range(ROWS):
                level = loudness * (0.5 if row < 9 else 1.0)
                rows += struct.pack("<f", level) + bytes(4 * (STYLE - 1))
            header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({ROWS}, 1, {STYLE}), }}".ljust(117) + "\n"
            npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + rows
            # A fixed date, so that the file is the same each time.
            archive.writestr(zipfile.ZipInfo(f"{voice}.npy", (2026, 1, 1, 0, 0, 0)), npy)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kind", choices=["piper", "kokoro"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--name", default="en_US-tiny", help="Piper: the name of the file")
    parser.add_argument("--speakers", type=int, default=1, help="Piper: how many speakers the model has")
    parser.add_argument("--older", action="store_true", help="Kokoro: `tokens` in place of `input_ids`")
    parser.add_argument("--durations", action="store_true", help="give the length of each phoneme, too")
    parser.add_argument("--wrong", action="store_true", help="with inputs that no such model has")
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    if wanted.kind == "piper":
        piper(wanted.folder, wanted.name, wanted.speakers, wanted.durations, wanted.wrong)
    else:
        kokoro(wanted.folder, wanted.older, wanted.durations, wanted.wrong)


if __name__ == "__main__":
    main()
