"""Figures of the emotion model, and the tables of the model card that are made of them.

Run by itself it writes the tables of README.md from results.json again.
"""

import numpy as np

from corpus import CLASSES, NEGATIVE, POSITIVE

BEGIN, END = "<!-- tables: made by train.py -->", "<!-- end of tables -->"


def uar(truth, guess):
    """Unweighted average recall."""
    return float(np.mean([np.mean(guess[truth == c] == c) for c in np.unique(truth)]))


def odds(logit):
    return 1 / (1 + np.exp(-logit))


def classes_of(logits):
    z = np.exp(logits - logits.max(axis=1, keepdims=True))
    return z / z.sum(axis=1, keepdims=True)


def valence_targets(labels, times):
    """Positive or negative, and the weight of each clip: neutral and bored ones are neither."""
    positive = np.isin(labels.emotion, list(POSITIVE)).astype(float)
    negative = np.isin(labels.emotion, list(NEGATIVE)).astype(float)
    weight = positive / max(positive.sum(), 1) + negative / max(negative.sum(), 1)
    return np.tile(positive, times), np.tile(weight, times)


def auc(truth, score):
    """Chance that a positive scores above a negative."""
    order = np.argsort(np.argsort(score, kind="stable"), kind="stable") + 1
    positives = truth.sum()
    return float((order[truth == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(truth) - positives)))


def summary(labels, logits, scored):
    """The three figures on one line."""
    high, kind = labels.high[scored], labels.kind[scored]
    four = (kind >= 0) & (kind < 4)
    target, weight = valence_targets(labels, 1)
    sided = scored & (weight > 0)
    return {
        "arousal": round(uar(high, (logits[scored, 0] > 0).astype(float)), 3),
        "auc": round(auc(high, logits[scored, 0]), 3),
        "valence": round(uar(target[sided], (logits[sided, 1] > 0).astype(float)), 3),
        "valence_auc": round(auc(target[sided], logits[sided, 1]), 3),
        "classes": round(uar(kind[four], logits[scored][four, 2:6].argmax(axis=1)), 3),
    }


def abstain_below(labels, every):
    """The lowest of the confidences at which three of four answers are right on the folds, clips of no class counted
    as wrong answers."""
    kind = np.tile(labels.kind, len(every))
    p = classes_of(np.concatenate(every)[:, 2:])
    p, kind = p[kind >= 0], kind[kind >= 0]
    best, sure = p.argmax(axis=1), p.max(axis=1)
    for threshold in np.arange(0.3, 0.91, 0.01):
        said = (best < 4) & (sure >= threshold)
        if said.any() and np.mean(best[said] == kind[said]) >= 0.75:
            return round(float(threshold), 2)
    return 0.9


def measures(labels, logits, scored, abstain):
    """Everything the card says of one corpus in one condition."""
    out = summary(labels, logits, scored)
    without = scored & (labels.emotion != "disgust")
    out["arousal_without_disgust"] = round(uar(labels.high[without], (logits[without, 0] > 0).astype(float)), 3)
    out["high_by_emotion"] = {str(e): round(float(np.mean(logits[scored & (labels.emotion == e), 0] > 0)), 2) for e in np.unique(labels.emotion)}
    kind = labels.kind
    p = classes_of(logits[:, 2:])
    best, sure = p.argmax(axis=1), p.max(axis=1)
    said = (best < 4) & (sure >= abstain)
    rows = {}
    for e in np.unique(labels.emotion):
        mine = scored & (labels.emotion == e)
        counts = [int(np.sum(said & mine & (best == k))) for k in range(4)]
        rows[str(e)] = counts + [int(mine.sum()) - sum(counts)]
    out["confusion"] = rows
    four = scored & (kind >= 0) & (kind < 4)
    out["answered"] = round(float(np.mean(said[four])), 3)
    out["right_of_answered"] = round(float(np.mean(best[said & four] == kind[said & four])), 3) if (said & four).any() else None
    bins = []
    probability = odds(logits[scored, 0])
    for low in np.arange(0, 1, 0.1):
        inside = (probability >= low) & (probability < low + 0.1 + (low > 0.85))
        bins.append([int(inside.sum()), round(float(labels.high[scored][inside].mean()), 2) if inside.any() else None])
    out["calibration"] = bins
    return out


def text(results):
    """The tables."""
    out = []
    modes = {"stranger": "no", "known": "yes"}
    out.append("| corpus | line | caller's own first seconds known | arousal UAR | without disgust | arousal AUC | valence UAR | valence AUC | 4 classes UAR | answered | right of these |")
    out.append("|---|---|---|---|---|---|---|---|---|---|---|")
    for corpus, name in [("emodb", "EmoDB, unseen speaker"), ("ravdess", "RAVDESS, unseen corpus")]:
        for key, m in results[corpus].items():
            line, mode = key.split(" / ")
            figures = [m["arousal"], m["arousal_without_disgust"], m["auc"], m["valence"], m["valence_auc"], m["classes"], m["answered"], m["right_of_answered"]]
            out.append(f"| {name} | {line} | {modes[mode]} | " + " | ".join("-" if f is None else f"{f:.2f}" for f in figures) + " |")
    for corpus in ["emodb", "ravdess"]:
        m = results[corpus].get("telephone, u-law / known")
        if not m:
            continue
        out += ["", f"Confusion, {corpus}, telephone and u-law, first seconds known (rows: what was acted):", ""]
        out += ["| acted | " + " | ".join(CLASSES[:4]) + " | abstained | share judged high arousal |", "|---|" + "---|" * 6]
        out += [f"| {e} | " + " | ".join(map(str, row)) + f" | {m['high_by_emotion'][e]:.2f} |" for e, row in m["confusion"].items()]
        out += ["", f"Calibration of arousal, {corpus}, the same (clips in each tenth of the probability, share of them acted high):", ""]
        out += ["| said | " + " | ".join(f"{i / 10:.1f}-{(i + 1) / 10:.1f}" for i in range(10)) + " |", "|---|" + "---|" * 10]
        out += ["| clips | " + " | ".join(str(n) for n, _ in m["calibration"]) + " |"]
        out += ["| acted high | " + " | ".join("-" if s is None else f"{s:.2f}" for _, s in m["calibration"]) + " |"]
    return "\n".join(out)


def write_tables(path, results):
    """Puts the tables between their marks in the card, if it has marks."""
    if not path.exists():
        return
    card = path.read_text(encoding="utf-8")
    if BEGIN in card and END in card:
        head, tail = card.split(BEGIN)[0], card.split(END)[1]
        path.write_text(f"{head}{BEGIN}\n\n{text(results)}\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    import json
    from pathlib import Path

    here = Path(__file__).parent
    write_tables(here / "README.md", json.loads((here / "results.json").read_text(encoding="utf-8")))
