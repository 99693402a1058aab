#!/usr/bin/env python3
"""Writes a `pretrained.pt` of the true size with every tensor in its true place, whose voices are colours of sound.

    tiny.py FOLDER                 writes FOLDER/pretrained.pt; all but its tensors is a hole, so that it takes 0.2 MB of disk

It was never trained. Unit k of each layer follows the mean of mel band k over some 0.3 s, and number k of the embedding is
unit k: two tones are two voices, and one tone is one voice. That is what tests of loading, of the
front end, of batches and of turns need. `graph.onnx` computes with it as it does with the true weights.
"""

import struct
import sys
from pathlib import Path

SIZE = 17_090_379
MELS, WIDTH, LAYERS = 40, 256, 3
# Where the tensors begin, as graph.py finds them.
LSTM, LINEAR, LINEAR_BIAS = 269_883, 7_731, 6_699
GATES = ("input", "forget", "cell", "output")
# How far each gate is open: the cell takes a twentieth of what comes and keeps the rest.
OPEN = {"input": -3.0, "forget": 3.0, "cell": 0.0, "output": 20.0}


def main(folder: Path) -> None:
    with open(folder / "pretrained.pt", "wb") as file:
        file.truncate(SIZE)

        def put(place: int, values: list) -> None:
            file.seek(place)
            file.write(struct.pack(f"<{len(values)}f", *values))

        # PyTorch keeps all weights of an LSTM, layer by layer, then all biases.
        first = 0
        for layer in range(LAYERS):
            width = WIDTH if layer else MELS
            cell = first + GATES.index("cell") * WIDTH * width
            for band in range(MELS):
                put(LSTM + 4 * (cell + band * width + band), [1.0])
            first += 4 * WIDTH * (width + WIDTH)
        for _ in range(LAYERS):
            for gate in GATES:
                put(LSTM + 4 * first, [OPEN[gate]] * WIDTH)
                first += WIDTH
            # Those of the states before are nothing.
            first += 4 * WIDTH
        for band in range(MELS):
            put(LINEAR + 4 * (band * WIDTH + band), [1.0])
        put(LINEAR_BIAS, [0.0] * WIDTH)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
