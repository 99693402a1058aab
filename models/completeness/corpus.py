"""What people say, from collections that their publishers let everybody use: (source, text) pairs.

`read(FOLDER)` wants the publishers' repositories as they are, side by side in the folder:

    multi-domain-goal-oriented-dialogues-dataset   MultiDoGO, Peskov et al. 2019         CDLA-Permissive-1.0
    Taskmaster                                     Taskmaster 3 and 4, Byrne et al. 2021  CC BY 4.0
    oos-eval                                       CLINC150, Larson et al. 2019           CC BY 3.0
    task-specific-datasets                         Banking77 and NLU++, PolyAI            CC BY 4.0
    voice-web                                      Common Voice's sentences, Mozilla      CC0 1.0
"""

import csv
import json
import re
from pathlib import Path


def multidogo(folder):
    """Customers of six kinds of businesses, as they wrote to an agent."""
    for file in sorted(folder.glob("data/paper_splits/splits_annotated_at_turn_level/*/*.tsv")):
        with open(file, encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE):
                yield row["utterance"]


def taskmaster(folder):
    """People who buy tickets and coffee, and who serves them."""
    for file in sorted(folder.glob("TM-4-2024/data/*.json")):
        if file.stat().st_size:
            for call in json.loads(file.read_text(encoding="utf-8")):
                yield from (turn["text"] for turn in call["utterances"])
    for file in sorted(folder.glob("TM-[34]-*/reward/*.json")):
        for call in json.loads(file.read_text(encoding="utf-8")):
            yield from (turn.get("text") for turn in json.loads(call["context"]))
    for file in sorted(folder.glob("TM-3-2020/splits/train/train-bc.tsv")):
        yield from re.findall(r"<U>([^<\t]*)", file.read_text(encoding="utf-8"))


def clinc(folder):
    """What people ask an assistant, of 150 kinds."""
    for part in json.loads((folder / "data/data_full.json").read_text(encoding="utf-8")).values():
        yield from (text for text, _kind in part)


def polyai(folder):
    """What customers of a bank and of hotels ask."""
    for file in sorted(folder.glob("banking_data/t*.csv")):
        with open(file, encoding="utf-8", newline="") as rows:
            yield from (row["text"] for row in csv.DictReader(rows))
    for file in sorted(folder.glob("nlupp/data/*/fold*.json")):
        yield from (turn["text"] for turn in json.loads(file.read_text(encoding="utf-8")))


def common_voice(folder):
    """Sentences that people gave to be read aloud."""
    for file in sorted(folder.glob("server/data/en/*.txt")):
        if file.stem != "singleword-benchmark":
            yield from file.read_text(encoding="utf-8").splitlines()


SOURCES = {
    "multi-domain-goal-oriented-dialogues-dataset": multidogo,
    "Taskmaster": taskmaster,
    "oos-eval": clinc,
    "task-specific-datasets": polyai,
    "voice-web": common_voice,
}


def read(folder):
    """Every text once for each source, in a fixed order."""
    texts = {}
    for name, source in SOURCES.items():
        for text in source(Path(folder) / name):
            text = " ".join((text or "").split())
            if text:
                texts[(name, text)] = None
    return list(texts)
