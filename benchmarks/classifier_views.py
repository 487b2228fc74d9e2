"""Answers for a folder of labelled views: the committed ensemble for new stars, kept answers for those it knows."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np

from serving import measures
from serving.artefacts import COMMITTED
from serving.classifier import BRANCHES, Classifier, Rows
from serving.signals import Signals, folds, read_signals
from serving.stored_answers import FILE, Answers, judged, load
from serving.training import TABLE, VERSIONS, version

#: Added to the fold of rows that no model was trained on.
FRESH = 100


def answers_for(views: Path, artefacts: Path = COMMITTED) -> tuple[Answers, dict[str, int]]:
    """Rows of the folder with an answer by models that had not seen their stars, and counts: "fresh" (new stars),
    "kept" (trained on, answered out of fold), "left_out" (stars trained on, but another signal)."""
    signals = read_signals(views)
    kept = load(artefacts / FILE)
    known = np.isin(signals.star, kept.rows.star[kept.rows.real])
    where = _places(signals, kept.rows)
    fresh, stored = np.flatnonzero(~known), np.flatnonzero(known & (where >= 0))
    order = np.concatenate([fresh, stored])
    fold = np.full(len(signals), -1, dtype=np.int8)
    if fresh.size:
        try:
            fold[fresh] = folds(_some(signals, fresh))
        except ValueError:  # too few stars to divide
            fold[fresh] = 0
        fold[fresh] += FRESH
    fold[stored] = kept.rows.fold[where[stored]]
    rows = judged(signals, fold)
    rows = measures.Judged(**{f.name: getattr(rows, f.name)[order] for f in fields(measures.Judged)})
    answers = {name: values[where[stored]] for name, values in kept.probabilities.items()}
    if fresh.size:
        new = _fresh(signals, fresh, artefacts)
        answers = {name: np.concatenate([new[name], answers[name]]) for name in new if name in answers}
    return Answers(rows, answers), {
        "fresh": int(fresh.size), "kept": int(stored.size), "left_out": int((known & (where < 0)).sum()),
    }  # fmt: skip


def _fresh(signals: Signals, rows: np.ndarray, artefacts: Path) -> dict[str, np.ndarray]:
    classifier = Classifier.load(artefacts)
    table = {name: getattr(signals, name) for name in TABLE}

    def asked(name: str) -> Rows:
        taken = version(table, rows, name)
        return {branch: taken[column] for branch, column in zip(BRANCHES, TABLE, strict=True)}

    found = {("ensemble" if name == "plain" else name): classifier.classify(asked(name)) for name in VERSIONS}
    if classifier.has_student:
        found["student"] = classifier.student(asked("plain"))
    return found


def _places(signals: Signals, kept: measures.Judged) -> np.ndarray:
    """Row of the kept answers for each signal: same set, star, period and signal to noise; −1 where there is none."""
    at = {key: k for k, key in enumerate(_keys(kept.source, kept.star, kept.period_days, kept.snr))}
    keys = _keys(signals.source, signals.star, signals.period_days, signals.snr)
    return np.array([at.get(key, -1) for key in keys], dtype=np.int64)


def _keys(source: np.ndarray, star: np.ndarray, period: np.ndarray, snr: np.ndarray) -> list[tuple]:
    near = np.float32(snr)
    return [
        (str(s), int(t), f"{p:.5g}", f"{n:.4g}") for s, t, p, n in zip(source, star, period, near, strict=True)
    ]  # fmt: skip


def _some(signals: Signals, rows: np.ndarray) -> Signals:
    from serving.signals import rows_of

    return rows_of(signals, rows)
