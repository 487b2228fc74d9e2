"""The classifier of signals: cross-validated on real ones, by set, ablated, and on views of your own.

Parts: `cross-validation` (from the answers kept with the artefacts: no training, no data), `injected`, `ablation`,
`vetting` and `end-to-end` (which needs the data pack). With `--views DIR` the committed ensemble classifies that
folder; rows it was trained on are answered by models that did not see their star (those kept out of fold), and other
signals of stars it was trained on are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from benchmarks.classifier_views import answers_for
from benchmarks.frame import Figure, at_least, at_most
from serving import measures
from serving.artefacts import COMMITTED, STUDENT, load_manifest
from serving.measures import Judged
from serving.stored_answers import FILE, Answers, load
from tests.standins.realdata import has_realdata

#: Figure: bar, and whether it must be at least that.
BARS = {
    "planet_auc_toi_matched": (0.990, True),
    "planet_auc_worst_fold": (0.975, True),
    "planet_auc_yu2019": (0.980, True),
    "planet_auc_nigraha": (0.980, True),
    "planet_auc_xmatch": (0.980, True),
    "planet_auc_all_labels": (0.980, True),
    "transit_like_ap_yu_test": (0.982, True),
    "transit_like_auc_yu_test": (0.995, True),
    "macro_auc": (0.97, True),
    "ece": (0.012, False),
    "ece_planet": (0.012, False),
    "student_below_ensemble": (0.005, False),
    "student_below_float": (0.003, False),
}
WORST_SET_ECE = 0.025
PARTS = ("cross-validation", "injected", "ablation", "vetting", "end-to-end")


def measure(only: str | None, views: Path | None = None) -> Iterable[Figure]:
    """All parts, or one; with `views`, the figures of that folder instead."""
    if views is None and only is not None and only not in PARTS and Path(only).is_dir():
        views = Path(only)
    if views is not None:
        yield from _of_folder(views)
        return
    manifest = load_manifest(COMMITTED)
    kept = load(COMMITTED / FILE)
    if only in (None, "cross-validation"):
        yield from figures(kept.rows, kept)
        # those two are of the models that are served, which saw none of those stars
        for name in ("transit_like_ap_yu_test", "transit_like_auc_yu_test"):
            if name in manifest.metrics:
                yield from _barred(f"{name}_served", manifest.metrics[name], name)
        yield at_most("student_bytes", float(manifest.files[STUDENT].bytes), "bytes", 100_000)
        yield at_most("artefacts_bytes", sum(f.bytes for f in manifest.files.values()) / 1e6, "MB", 8.0)
    if only in (None, "injected"):
        yield from injected(kept.rows, kept.probabilities["ensemble"])
    if only in (None, "ablation"):
        yield from ablation(kept)
    if only in (None, "vetting"):
        yield from against_false_positives(kept)
    if only in (None, "end-to-end") and has_realdata():
        from benchmarks.classifier_stars import known_stars

        yield from known_stars()


def figures(rows: Judged, answers: Answers) -> Iterable[Figure]:
    """Every figure of the ensemble and of the student on real rows."""
    ensemble = answers.probabilities["ensemble"]
    yield Figure("rows_real", float(rows.real.sum()), "signals")
    yield Figure("planets_with_toi", float((rows.real & rows.toi_matched).sum()), "signals")
    found = measures.summary(rows, ensemble)
    for name, value in found.items():
        yield from _barred(name, value, name)
    for prefix in ("ece", "ece_planet"):
        sets = [found[f"{prefix}_{s}"] for s in measures.REAL if f"{prefix}_{s}" in found]
        if sets:
            yield at_most(f"{prefix}_worst_set", max(sets), "", WORST_SET_ECE)
    if "no_scalars" in answers.probabilities:
        blind = answers.probabilities["no_scalars"]
        yield Figure("planet_auc_without_scalars", measures.matched(rows, blind), "trained with, asked without")
    if "no_star" in answers.probabilities:
        value = measures.matched(rows, answers.probabilities["no_star"])
        yield Figure("planet_auc_without_star", value, "radius and temperature unknown")
    if "scalar_free" in answers.probabilities:
        free = answers.probabilities["scalar_free"]
        asked = np.isfinite(free).all(axis=1)
        unit = f"trained without, {np.unique(rows.fold[asked]).size} folds"
        yield Figure("planet_auc_scalar_free", measures.matched(rows, free, asked), unit)
        yield Figure("planet_auc_same_folds", measures.matched(rows, ensemble, asked), "with scalars, for comparison")
    yield from _student(rows, answers)
    for name in sorted(n for n in answers.probabilities if n.startswith("teacher-") or n == "trees"):
        yield Figure(f"planet_auc_{name}", measures.matched(rows, answers.probabilities[name]), "one part alone")
    yield from _confusions(rows, ensemble)


def _student(rows: Judged, answers: Answers) -> Iterable[Figure]:
    small = answers.probabilities.get("student")
    if small is None or not np.isfinite(small[:, 0]).any():
        return
    asked = np.isfinite(small).all(axis=1)
    same = measures.matched(rows, answers.probabilities["ensemble"], asked)
    area = measures.matched(rows, small, asked)
    unit = f"int8, {np.unique(rows.fold[asked]).size} folds"
    yield Figure("student_auc_toi_matched", area, unit)
    yield Figure("ensemble_auc_same_folds", same, "for comparison")
    yield from _barred("student_below_ensemble", same - area, "student_below_ensemble")
    if "student_float" in answers.probabilities:
        twin = measures.matched(rows, answers.probabilities["student_float"], asked)
        yield Figure("student_float_auc_toi_matched", twin, "")
        yield from _barred("student_below_float", twin - area, "student_below_float")
    yield Figure("student_macro_auc", measures.mean(measures.by_class(rows, small, asked)), "")
    yield Figure("student_ece", measures.calibration_figures(rows, small, asked)["ece"], "")


def _confusions(rows: Judged, ensemble: np.ndarray) -> Iterable[Figure]:
    """Of real rows whose class is known: how many of each are called what."""
    called = ensemble.argmax(axis=1)
    for k, name in enumerate(measures.CLASSES):
        some = rows.real & rows.certain & (rows.label == k)
        for j, other in enumerate(measures.CLASSES):
            if some.any():
                yield Figure(f"called_{other}_of_{name}", float((called[some] == j).mean()), f"of {some.sum()}")


def injected(rows: Judged, ensemble: np.ndarray) -> Iterable[Figure]:
    """Injected signals by themselves: one class against the other injected ones, and how often each is called right."""
    some = ~rows.real
    for k, name in enumerate(measures.CLASSES):
        own = some & (rows.label == k)
        if own.any():
            yield Figure(f"injected_auc_{name}", measures.auc(rows.label == k, ensemble[:, k], some), f"of {own.sum()}")
            yield Figure(f"injected_right_{name}", float((ensemble[own].argmax(axis=1) == k).mean()), "share")


def ablation(answers: Answers) -> Iterable[Figure]:
    """What the planet figure loses when a branch is blank (occlusion: nothing is trained anew)."""
    full = measures.matched(answers.rows, answers.probabilities["ensemble"])
    yield Figure("planet_auc_full", full, "")
    for branch in ("global", "local", "secondary", "scalars"):
        blank = answers.probabilities.get(f"no_{branch}")
        if blank is not None:
            yield Figure(f"loss_without_{branch}", full - measures.matched(answers.rows, blank), "AUC")


def against_false_positives(answers: Answers) -> Iterable[Figure]:
    """Planets with a TOI against TFOP false positives: by shape and scalars, and with the centroid where it exists."""
    rows, score = answers.rows, measures.planet_score(answers.probabilities["ensemble"])
    yield Figure("planet_vs_false_positive_auc_shape", measures.against_false_positives(rows, score), "all of them")
    combined = answers.probabilities.get("combined")
    if combined is None:
        return
    measured = np.isfinite(combined)
    counts = [int((rows.real & kind & measured).sum()) for kind in (rows.toi_matched, rows.tfop_false_positive)]
    unit = f"{counts[0]} planets, {counts[1]} false positives with a centroid"
    yield at_least(
        "planet_vs_false_positive_auc", measures.against_false_positives(rows, combined, measured), unit, 0.85
    )
    yield Figure("same_rows_without_centroid", measures.against_false_positives(rows, score, measured), "")


def _of_folder(views: Path) -> Iterable[Figure]:
    answers, count = answers_for(views)
    yield Figure("rows_never_trained_on", float(count["fresh"]), "signals, answered by the committed ensemble")
    yield Figure("rows_trained_on", float(count["kept"]), "signals, answered out of fold")
    yield Figure("rows_left_out", float(count["left_out"]), "other signals of stars trained on")
    yield from figures(answers.rows, answers)
    if count["fresh"] and count["kept"]:
        fresh = answers.rows.fold >= 100
        value = measures.matched(answers.rows, answers.probabilities["ensemble"], fresh)
        yield Figure("planet_auc_never_trained_on", value, "")


def _barred(name: str, value: float, bar: str) -> Iterable[Figure]:
    """With its bar, where it has one and there is something to measure."""
    if bar not in BARS or not np.isfinite(value):
        yield Figure(name, value, "")
        return
    limit, least = BARS[bar]
    yield at_least(name, value, "", limit) if least else at_most(name, value, "", limit)
