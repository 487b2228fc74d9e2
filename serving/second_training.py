"""The second training beside the first: what is kept of it, and which answers the figures of both are made of."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from serving import artefacts, measures, stored_answers
from serving.classifier import BRANCHES, Classifier
from serving.finishing import CARD
from serving.signals import Signals, rows_of
from serving.stored_answers import Answers
from serving.unusual import FOLDER, is_unusual

#: What is not kept of the second training: no chip, no combination with vetting numbers, no answers of its own.
NOT_KEPT: Final = (artefacts.STUDENT, "vetting.json", stored_answers.FILE)
_HEADING: Final = "## Second training"
_WORDS: Final = (
    "Orbits longer than 134 durations, and light that stays low for a third of the orbit, are answered by a second\n"
    "training, which has these injected (folder `unusual`, with its own card). Figures above are of the first alone."
)
_ON_CARD: Final = (
    "planet_auc_toi_matched", "planet_auc_worst_fold", "planet_auc_all_labels", "planet_average_precision", "macro_auc",
    "ece", "transit_like_ap_yu_test", "transit_like_auc_yu_test",
)  # fmt: skip
#: Answers that have no counterpart in the second training, or are of the student.
_ONLY_FIRST: Final = ("student", "student_float", "combined", "scalar_free")


def merged(usual: Answers, second: Answers, unusual: npt.NDArray[np.bool_]) -> Answers:
    """The answers of the first training with those of the second on the real rows that it answers, name by name.

    `unusual` (n,) says which rows of `second` those are. Raises ValueError where the two are not of the same real
    signals in the same order.
    """
    here, there = np.flatnonzero(usual.rows.real), np.flatnonzero(second.rows.real)
    same = here.size == there.size and all(
        np.array_equal(getattr(usual.rows, name)[here], getattr(second.rows, name)[there])
        for name in ("star", "label", "source")
    )
    if not same:
        raise ValueError("The two trainings are not of the same signals.")
    some = unusual[there]
    found = {}
    for name, values in usual.probabilities.items():
        found[name] = np.array(values)
        other = second.probabilities.get(name)
        if other is not None and name not in _ONLY_FIRST:
            found[name][here[some]] = other[there[some]]
    return Answers(usual.rows, found)


def take_in(folder: Path, trained: Path, signals: Signals) -> artefacts.Manifest:
    """Put the training in `trained` beside the first one in `folder`, and make the first one's stored answers and
    figures those of both together; the new manifest of `folder`.

    `signals` are the rows that `trained` was made of. Raises ValueError, and changes nothing, where the two are not of
    the same signals.
    """
    first, second = (stored_answers.load(where / stored_answers.FILE) for where in (folder, trained))
    both = merged(first, second, is_unusual(signals.global_view, signals.scalars))
    keep(trained, folder / FOLDER)
    stored_answers.save(both, folder / stored_answers.FILE)
    found = measures.summary(both.rows, both.probabilities["ensemble"])
    found |= _on_the_test_split(folder, signals)
    old = artefacts.load_manifest(folder, check=False)
    told = {k: round(float(v), 4) for k, v in found.items() if np.isfinite(v)}
    say_on_card(folder / CARD, told)
    return artefacts.write_manifest(
        folder, created=datetime.now(UTC).date().isoformat(), seed=old.seed, classes=old.classes, scalars=old.scalars,
        inputs=old.inputs, blend=old.blend, calibration=old.calibration, metrics=old.metrics | told, smoke=old.smoke,
    )  # fmt: skip


def _on_the_test_split(folder: Path, signals: Signals) -> dict[str, float]:
    """What both together, as they are served, say of the authors' test split."""
    rows = rows_of(signals, np.flatnonzero(signals.yu_split == "test"))
    if len(rows) == 0:
        return {}
    served = Classifier(folder, artefacts.load_manifest(folder, check=False), Classifier.load(folder / FOLDER))
    asked = {branch: getattr(rows, "scalars" if branch == "scalars" else f"{branch}_view") for branch in BRANCHES}
    table = stored_answers.judged(rows, np.zeros(len(rows), dtype=np.int8))
    precision, area = measures.transit_like(table, served.classify(asked), table.yu_test)
    return {"transit_like_ap_yu_test": precision, "transit_like_auc_yu_test": area}


def say_on_card(card: Path, figures: dict[str, float]) -> None:
    """Put the section on both trainings at the end of the first one's model card, in the place of an older one."""
    text = card.read_text(encoding="utf-8").partition(_HEADING)[0].rstrip()
    lines = [f"| {name} | {figures[name]:.4f} |" for name in _ON_CARD if name in figures]
    table = "\n".join(["| both together, each answering its own signals | value |", "|---|---|", *lines])
    card.write_text(f"{text}\n\n{_HEADING}\n\n{_WORDS}\n\n{table}\n", encoding="utf-8")


def keep(trained: Path, folder: Path) -> None:
    """Copy a training without what nobody asks of it, with a manifest of what is left."""
    old = artefacts.load_manifest(trained)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name in old.files:
        if name not in NOT_KEPT:
            (folder / name).write_bytes((trained / name).read_bytes())
    calibrated = {k: v for k, v in old.calibration.items() if k != "student"}
    artefacts.write_manifest(
        folder, created=old.created, seed=old.seed, classes=old.classes, scalars=old.scalars,
        inputs=old.inputs, blend=old.blend, calibration=calibrated, metrics=old.metrics, smoke=old.smoke,
    )  # fmt: skip
