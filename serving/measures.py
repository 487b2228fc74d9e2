"""The figures by which the classifier is judged, from probabilities of rows that no model was trained on.

numpy and scikit-learn. Every function takes rows side by side and leaves out what it says it leaves out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from serving.calibration import calibration_error, multiclass_error
from serving.classes import CLASSES, JUNK, PLANET
from serving.targets import allowed

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

REAL: Final = ("yu2019", "nigraha", "xmatch")
SNR_BINS: Final = ((0.0, 10.0), (10.0, 20.0), (20.0, 50.0), (50.0, np.inf))
EB: Final = CLASSES.index("eb")


@dataclass(frozen=True, slots=True)
class Judged:
    """Rows to judge by, (n,): label (index of CLASSES or JUNK), source, fold, and the flags of `serving.signals`."""

    star: npt.NDArray[np.int64]
    period_days: Floats
    label: npt.NDArray[np.int8]
    source: npt.NDArray[np.str_]
    snr: Floats
    fold: npt.NDArray[np.int8]
    toi_matched: Mask
    tfop_false_positive: Mask
    all_pc: Mask
    certain: Mask
    trusted: Mask  # label good enough to train on
    yu_test: Mask

    @property
    def real(self) -> Mask:
        """Rows of observed signals, not injected ones."""
        return self.source != "injected"

    @property
    def matched_task(self) -> Mask:
        """Rows of "planet against the rest, positives need a TOI": planets without one are left out."""
        return self.real & (self.toi_matched | ((self.label != PLANET) & ~self.all_pc))


def auc(positive: Mask, score: Floats, rows: Mask | None = None) -> float:
    """Area under the ROC curve; NaN where one side is empty."""
    from sklearn.metrics import roc_auc_score

    y, s = (positive, score) if rows is None else (positive[rows], score[rows])
    return float(roc_auc_score(y, s)) if 0 < np.count_nonzero(y) < y.size else float("nan")


def average_precision(positive: Mask, score: Floats, rows: Mask) -> float:
    """Average precision; NaN without positives."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(positive[rows], score[rows])) if positive[rows].any() else float("nan")


def recall_at(positive: Mask, score: Floats, rows: Mask, precision: float) -> float:
    """Largest recall at which precision is at least this; 0 where it never is."""
    from sklearn.metrics import precision_recall_curve

    if not positive[rows].any():
        return float("nan")
    p, r, _ = precision_recall_curve(positive[rows], score[rows])
    return float(r[p >= precision].max(initial=0.0))


def planet_score(probabilities: npt.ArrayLike) -> Floats:
    """Planet probability as a score, (n,)."""
    return np.asarray(probabilities, dtype=np.float64)[:, PLANET]


def matched(rows: Judged, probabilities: npt.ArrayLike, some: Mask | None = None) -> float:
    """`planet_auc_toi_matched`."""
    task = rows.matched_task if some is None else rows.matched_task & some
    return auc(rows.toi_matched, planet_score(probabilities), task)


def by_fold(rows: Judged, probabilities: npt.ArrayLike) -> list[float]:
    """`planet_auc_toi_matched` of each fold."""
    return [matched(rows, probabilities, rows.fold == k) for k in np.unique(rows.fold[rows.fold >= 0])]


def by_source(rows: Judged, probabilities: npt.ArrayLike) -> dict[str, float]:
    """`planet_auc_toi_matched` of each real set that is there."""
    return {s: matched(rows, probabilities, rows.source == s) for s in REAL if (rows.source == s).any()}


def by_snr(rows: Judged, probabilities: npt.ArrayLike) -> dict[str, float]:
    """`planet_auc_toi_matched` by bin of signal to noise."""
    return {
        f"{low:g}_{high:g}" if np.isfinite(high) else f"over_{low:g}": matched(
            rows, probabilities, (rows.snr >= low) & (rows.snr < high)
        )
        for low, high in SNR_BINS
    }


def all_labels(rows: Judged, probabilities: npt.ArrayLike, some: Mask | None = None) -> float:
    """Planet against the rest where every row that anybody called a planet, unrefuted, counts as one."""
    return auc(rows.all_pc, planet_score(probabilities), rows.real if some is None else rows.real & some)


def against_false_positives(rows: Judged, score: Floats, some: Mask | None = None) -> float:
    """Planets with a TOI against TFOP false positives."""
    task = rows.real & (rows.toi_matched | rows.tfop_false_positive)
    return auc(rows.toi_matched, score, task if some is None else task & some)


def by_class(rows: Judged, probabilities: npt.ArrayLike, among: Mask | None = None) -> dict[str, float]:
    """One class against the rest, for classes that anybody told apart. A row "variable or artifact" is neither for
    nor against those two. Real rows, but for no signal, which exists injected only."""
    p = np.asarray(probabilities, dtype=np.float64)
    mask = allowed(rows.label)
    found = {}
    for k, name in enumerate(CLASSES):
        told = rows.certain | (mask[:, k] == 0)
        if k in (CLASSES.index("variable"), CLASSES.index("artifact")):
            told = told & (rows.label != JUNK)
        scope = told & (np.ones_like(rows.real) if name == "no_signal" else rows.real)
        if name == "planet":
            scope = scope & rows.matched_task
        if among is not None:
            scope = scope & among
        found[name] = auc(rows.label == k, p[:, k], scope)
    return found


def transit_like(rows: Judged, probabilities: npt.ArrayLike, some: Mask) -> tuple[float, float]:
    """Average precision and AUC of Planet + EB (+ BEB) against the rest on `some` rows, as Yu et al. 2019 do."""
    p = np.asarray(probabilities, dtype=np.float64)
    score = p[:, PLANET] + p[:, EB] + p[:, CLASSES.index("beb")]
    dips = np.isin(rows.label, (PLANET, EB, CLASSES.index("beb")))
    return average_precision(dips, score, some), auc(dips, score, some)


def calibration_figures(rows: Judged, probabilities: npt.ArrayLike, among: Mask | None = None) -> dict[str, float]:
    """ECE of the most probable class and of the planet probability: real rows with a trusted label, and each set."""
    p = np.asarray(probabilities, dtype=np.float64)
    mask = allowed(rows.label)
    trusted = rows.trusted if among is None else rows.trusted & among
    found = {}
    for name, some in [("", rows.real & trusted), *((f"_{s}", trusted & (rows.source == s)) for s in REAL)]:
        if some.any():
            found[f"ece{name}"] = multiclass_error(p[some], mask[some])
            found[f"ece_planet{name}"] = calibration_error(p[some, PLANET], rows.label[some] == PLANET)
    return found


def summary(rows: Judged, probabilities: npt.ArrayLike) -> dict[str, float]:
    """The main figures by name."""
    folds_ = by_fold(rows, probabilities)
    classes = by_class(rows, probabilities)
    score, task = planet_score(probabilities), rows.matched_task
    found = {
        "planet_auc_toi_matched": matched(rows, probabilities),
        "planet_auc_worst_fold": min(folds_, default=float("nan")),
        **{f"planet_auc_{s}": v for s, v in by_source(rows, probabilities).items()},
        "planet_auc_all_labels": all_labels(rows, probabilities),
        "planet_average_precision": average_precision(rows.toi_matched, score, task),
        "planet_recall_at_precision_90": recall_at(rows.toi_matched, score, task, 0.90),
        "planet_recall_at_precision_99": recall_at(rows.toi_matched, score, task, 0.99),
        **{f"planet_auc_snr_{k}": v for k, v in by_snr(rows, probabilities).items()},
        "macro_auc": mean(classes),
        **{f"auc_{k}": v for k, v in classes.items()},
        "planet_vs_false_positive_auc_shape": against_false_positives(rows, score),
        **calibration_figures(rows, probabilities),
    }
    if rows.yu_test.any():
        found["transit_like_ap_yu_test"], found["transit_like_auc_yu_test"] = transit_like(
            rows, probabilities, rows.yu_test
        )
    return found


def mean(figures: Mapping[str, float]) -> float:
    """Of those that are numbers."""
    values = [v for v in figures.values() if np.isfinite(v)]
    return float(np.mean(values)) if values else float("nan")
