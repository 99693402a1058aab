"""Trains `completeness.onnx` and `words.txt`: could what was said so far be all?

    python train.py FOLDER all-minilm-l6-v2

`FOLDER` holds the collections that `corpus.py` names, the other one `model.safetensors` and `vocab.txt` of
all-MiniLM-L6-v2 (Apache-2.0), as `callwright models pull all-minilm-l6-v2` brings them.

A text is lower case words without marks. At each word the net says how likely it is that a sentence ends there, which it
learns from the marks that the text had, and from its end. Words begin as MiniLM's own, brought to 64 dimensions, so that
those which the collections do not have mean what words like them mean.

`ids [1, length]` i64, places in `words.txt` -> `complete [1, 1]`, the probability after the last word.
"""

import json
import random
import re
import struct
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

import corpus

WIDTH, STATES, EPOCHS, SEED = 64, 128, 6, 1
# Texts that are kept from training, to see what was learned.
KEPT = 4_000
LONGEST = 60
BEGIN, UNKNOWN, NUMBER = "<begin>", "<unknown>", "<number>"
SPECIAL = [BEGIN, UNKNOWN, NUMBER]
# A new word needs so many places in the collections.
SEEN = 4
# So many words are hidden in training, because recognisers write words that nobody said.
HIDDEN = 0.04
MARKS = ".?!"


def tokens(text):
    """Words in lower case and the marks that end sentences. The program cuts words in the same way."""
    found = re.findall(r"[\w'’]+|[.?!]", text.lower())
    return [word for word in (token.replace("’", "'").strip("'") for token in found) if word]


def borrowed(folder, seen):
    """The vocabulary and for each word its vector in `WIDTH` dimensions."""
    with open(Path(folder) / "model.safetensors", "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        begin, end = json.loads(file.read(length))["embeddings.word_embeddings.weight"]["data_offsets"]
        file.seek(8 + length + begin)
        vectors = np.frombuffer(file.read(end - begin), "<f4").reshape(-1, 384)
    pieces = {piece: place for place, piece in enumerate((Path(folder) / "vocab.txt").read_text("utf-8").splitlines())}

    def parts(word):
        found = []
        while word:
            head = "##" if found else ""
            cut = next((n for n in range(len(word), 0, -1) if head + word[:n] in pieces), 0)
            if not cut:
                return []
            found.append(pieces[head + word[:cut]])
            word = word[cut:]
        return found

    words = {piece: [place] for piece, place in pieces.items() if re.fullmatch("[a-z]+", piece)}
    for word, count in seen.items():
        if count >= SEEN and word not in words and re.fullmatch("[a-z']+", word) and parts(word.replace("'", "")):
            words[word] = parts(word.replace("'", ""))
    rows = np.array([vectors[places].mean(0) for places in words.values()])
    rows -= rows.mean(0)
    flat = rows @ np.linalg.svd(rows, full_matrices=False)[2][:WIDTH].T
    special = np.random.default_rng(SEED).normal(size=(len(SPECIAL), WIDTH)) / 2
    return SPECIAL + list(words), np.vstack([special, flat / flat.std()]).astype(np.float32)


class Net(nn.Module):
    def __init__(self, vectors):
        super().__init__()
        self.borrowed = nn.Parameter(torch.tensor(vectors), requires_grad=False)
        self.learned = nn.Embedding(*vectors.shape)
        nn.init.zeros_(self.learned.weight)
        self.states = nn.GRU(WIDTH, STATES, batch_first=True)
        self.end = nn.Linear(STATES, 1)
        self.drop = nn.Dropout(0.3)

    def forward(self, ids):
        states, _ = self.states(self.drop(self.borrowed[ids] + self.learned(ids)))
        return self.end(self.drop(states)).squeeze(-1)


def numbered(text, places):
    """The words' places and, for each, whether a sentence ends there."""
    ids, ends = [], []
    for token in tokens(text):
        if token in MARKS:
            if ends:
                ends[-1] = 1
        else:
            has_digit = any(letter.isdigit() for letter in token)
            ids.append(places[NUMBER] if has_digit else places.get(token, places[UNKNOWN]))
            ends.append(0)
    if ends:
        ends[-1] = 1
    return ids, ends


def batches(rows, size=128):
    rows = sorted(rows, key=lambda row: len(row[0]) + 3 * random.random())
    rows = [rows[at : at + size] for at in range(0, len(rows), size)]
    random.shuffle(rows)
    for part in rows:
        longest = max(len(ids) for ids, _, _ in part)
        ids, ends, weights = (torch.zeros(len(part), longest, dtype=kind) for kind in (torch.long, torch.float, torch.float))
        for row, (row_ids, row_ends, weight) in enumerate(part):
            ids[row, : len(row_ids)] = torch.tensor(row_ids)
            ends[row, : len(row_ids)] = torch.tensor(row_ends, dtype=torch.float)
            weights[row, : len(row_ids)] = weight
        yield ids, ends, weights


def area(scores, truths):
    """Under the curve of ends against other words."""
    order = np.argsort(scores)
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    truths = np.array(truths, dtype=bool)
    ends = truths.sum()
    return (ranks[truths].sum() - ends * (ends + 1) / 2) / (ends * (len(order) - ends))


def seen_of(net, rows):
    net.eval()
    scores, truths = [], []
    with torch.no_grad():
        for ids, ends, weights in batches(rows):
            there = weights > 0
            scores += net(ids)[there].tolist()
            truths += ends[there].tolist()
    net.train()
    return area(np.array(scores), truths)


def train(net, rows, kept):
    others = [value for name, value in net.named_parameters() if value.requires_grad and not name.startswith("learned")]
    # What words mean is changed unwillingly: the collections are small.
    words = {"params": net.learned.parameters(), "lr": 1e-3, "weight_decay": 0.3}
    optimizer = torch.optim.AdamW([{"params": others, "lr": 2e-3}, words])
    for epoch in range(EPOCHS):
        begun, losses = time.time(), []
        for ids, ends, weights in batches(rows):
            ids = torch.where(torch.rand(ids.shape) < HIDDEN, SPECIAL.index(UNKNOWN), ids)
            loss = nn.functional.binary_cross_entropy_with_logits(net(ids), ends, reduction="none")
            loss = (loss * weights).sum() / weights.sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        for group in optimizer.param_groups:
            group["lr"] *= 0.7
        print(f"{epoch + 1}/{EPOCHS}: loss {np.mean(losses):.4f}, area of kept {seen_of(net, kept):.3f}, {time.time() - begun:.0f} s", flush=True)


def write(net, path):
    """The net as ONNX, its words' vectors in 8 bits with a scale each."""
    vectors = (net.borrowed + net.learned.weight).detach().numpy()
    scales = np.abs(vectors).max(1, keepdims=True) / 127
    # PyTorch keeps the gates as reset, update, new; ONNX wants update, reset, new.
    turned = lambda value: np.concatenate([value[STATES : 2 * STATES], value[:STATES], value[2 * STATES :]])
    states = {name: turned(value.detach().numpy()) for name, value in net.states.named_parameters()}
    values = {
        "words": np.round(vectors / scales).astype(np.int8),
        "scales": scales.astype(np.float32),
        "w": states["weight_ih_l0"][None],
        "r": states["weight_hh_l0"][None],
        "b": np.concatenate([states["bias_ih_l0"], states["bias_hh_l0"]])[None],
        "end": net.end.weight.detach().numpy().T,
        "end0": net.end.bias.detach().numpy(),
        "direction": np.array([0], dtype=np.int64),
    }
    node = helper.make_node
    nodes = [
        # [length, 1]: a GRU of ONNX has time first.
        node("Transpose", ["ids"], ["steps"], perm=[1, 0]),
        node("Gather", ["words", "steps"], ["small"]),
        node("Gather", ["scales", "steps"], ["scale"]),
        node("Cast", ["small"], ["whole"], to=TensorProto.FLOAT),
        node("Mul", ["whole", "scale"], ["x"]),
        node("GRU", ["x", "w", "r", "b"], ["", "last"], hidden_size=STATES, linear_before_reset=1),
        node("Squeeze", ["last", "direction"], ["state"]),
        node("Gemm", ["state", "end", "end0"], ["odds"]),
        node("Sigmoid", ["odds"], ["complete"]),
    ]
    tensor = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "callwright-completeness",
        [tensor("ids", TensorProto.INT64, [1, "length"])],
        [tensor("complete", TensorProto.FLOAT, [1, 1])],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9, producer_name="callwright")
    onnx.checker.check_model(model)
    onnx.save(model, path)


def main(folder, minilm):
    random.seed(SEED)
    torch.manual_seed(SEED)
    texts = corpus.read(folder)
    words, vectors = borrowed(minilm, Counter(token for _, text in texts for token in tokens(text)))
    places = {word: place for place, word in enumerate(words)}
    rows = []
    for source, text in texts:
        ids, ends = numbered(text, places)
        if 0 < len(ids) <= LONGEST:
            # Codes and names that were typed alone say little.
            alone = source.startswith("multi") and len(ids) < 3
            rows.append((ids, ends, 0.3 if alone else 1.0))
    random.shuffle(rows)
    print(f"{len(rows)} texts, {sum(len(row[0]) for row in rows)} words, {len(words)} of them different")
    net = Net(vectors)
    train(net, rows[KEPT:], rows[:KEPT])
    write(net, "completeness.onnx")
    Path("words.txt").write_text("\n".join(words) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
