"""From the answers of all jobs to the folder of artefacts: weights, calibration, figures, card, log, manifest."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from serving import (
    artefacts,
    calibration,
    combination,
    measures,
    networks,
    packed_trees,
    stored_answers,
    training,
    vetting_training,
)
from serving.calibration import Calibration
from serving.classes import CLASSES
from serving.inputs import INPUT_SHAPES
from serving.measures import Judged
from serving.scalars import SCALARS
from serving.signals import Signals, folds
from serving.targets import allowed, blend
from serving.training import FINAL, Job, Settings

Floats = npt.NDArray[np.float64]
LOG: Final = "training-log.json"
CARD: Final = "MODEL_CARD.md"
#: Weights of the trees that are tried; the networks share the rest.
_SHARES: Final = np.round(np.arange(0.1, 0.91, 0.1), 1)
#: Injected rows count this much in the calibration: enough to hold no signal in place.
_INJECTED: Final = 0.2


def finish(
    signals: Signals, settings: Settings, cache: Path, out: Path, log: list[dict[str, Any]], *, data: dict[str, str],
    catalogues: Path | None = None, smoke: bool = False,
) -> artefacts.Manifest:  # fmt: skip
    """Write everything that is committed to `out`, and print the main figures."""
    out.mkdir(parents=True, exist_ok=True)
    fold = folds(signals, settings.folds, settings.seed)
    rows = stored_answers.judged(signals, fold)
    n = len(signals)
    raw = training.out_of_fold(settings, cache, n)
    share = best_share(rows, raw)
    weights = {name: share if name == "trees" else (1 - share) / settings.teachers for name in raw}

    def blended(version: str) -> Floats:
        of = training.out_of_fold(settings, cache, n, version)
        return blend(list(of.values()), [weights[k] for k in of])

    mask, trust = allowed(signals.label), calibration_weights(signals)
    plain = blended("plain")
    answers = {"ensemble": cross_calibrated(plain, mask, trust, fold), **raw}
    final = {"ensemble": calibration.fit(plain, mask, trust)}
    for version in training.VERSIONS[1:]:
        answers[version] = final["ensemble"].apply(blended(version))
    students = [Job("student", k) for k in range(settings.student_folds)]
    for name, stored in (("student", "plain"), ("student_float", "float")) if students else ():
        answer = training.gathered(cache, students, n, stored)
        asked = np.isfinite(answer).all(axis=1)
        answers[name] = cross_calibrated(answer, mask, trust, fold)
        if name == "student":
            final["student"] = calibration.fit(answer[asked], mask[asked], trust[asked])
    if settings.scalar_free_folds:
        free = [Job("free", k) for k in range(settings.scalar_free_folds)]
        both = [training.gathered(cache, free, n, name) for name in ("teacher", "trees")]
        answers["scalar_free"] = blend(both, [1 - share, share])
    figures = measures.summary(rows, answers["ensemble"])
    figures |= student_figures(rows, answers)
    figures |= yu_test_figures(rows, settings, cache, weights, final)

    models(settings, cache, out)
    if catalogues is not None:
        offset = vetting_training.centroid_offsets(catalogues, signals.star)
        table = vetting_training.table_of(measures.planet_score(answers["ensemble"]), signals.scalars, offset)
        combined, answers["combined"] = vetting_training.trained(rows, table)
        if combined is not None:
            combination.save(combined, out / combination.FILE)
            figures["planet_vs_false_positive_auc"] = measures.against_false_positives(
                rows, answers["combined"], np.isfinite(answers["combined"])
            )
    stored_answers.save(stored_answers.Answers(rows, answers), out / stored_answers.FILE)
    written = {
        "settings": {k: getattr(settings, k) for k in Settings.__dataclass_fields__},
        "data_sha256": data, "rows": counts(signals), "jobs": log, "figures": rounded(figures),
        "share_of_the_trees": share, "packages": _packages(), "smoke": smoke,
    }  # fmt: skip
    (out / LOG).write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    from serving.classifier_card import card

    (out / CARD).write_text(card(written), encoding="utf-8")
    manifest = artefacts.write_manifest(
        out, created=datetime.now(UTC).date().isoformat(), seed=settings.seed, classes=CLASSES, scalars=SCALARS,
        inputs=INPUT_SHAPES, blend={_file(k): w for k, w in weights.items()},
        calibration={k: c.to_json() for k, c in final.items()}, metrics=rounded(figures), smoke=smoke,
    )  # fmt: skip
    for name, value in rounded(figures).items():
        print(f"{name:40s} {value:.4f}")
    return manifest


def best_share(rows: Judged, raw: dict[str, Floats]) -> float:
    """Weight of the trees in the blend for which the planet figure is best."""
    teachers = [k for k in raw if k != "trees"]
    nets = blend([raw[k] for k in teachers], [1.0] * len(teachers))
    scores = [measures.matched(rows, blend([nets, raw["trees"]], [1 - s, s])) for s in _SHARES]
    return float(_SHARES[int(np.nanargmax(scores))]) if np.isfinite(scores).any() else 0.5


def calibration_weights(signals: Signals) -> Floats:
    """Every real row whose label is trusted counts once, as it does in the figures."""
    return np.where(signals.source == "injected", _INJECTED, 1.0) * (signals.weight > 0)


def cross_calibrated(answer: Floats, mask: npt.NDArray, weights: Floats, fold: npt.NDArray[np.int8]) -> Floats:
    """(n, 6) of which each fold is calibrated by the others, so that the figures of calibration are honest too."""
    found = np.full(answer.shape, np.nan)
    asked = np.isfinite(answer).all(axis=1)
    for k in np.unique(fold[asked]):
        own, others = asked & (fold == k), asked & (fold != k)
        if not others.any():  # one fold only: by its own rows
            others = own
        found[own] = calibration.fit(answer[others], mask[others], weights[others]).apply(answer[own])
    return found


def student_figures(rows: Judged, answers: dict[str, Floats]) -> dict[str, float]:
    """The student of the microcontroller, its float twin, and the ensemble on the same folds."""
    if "student" not in answers:
        return {}
    asked = np.isfinite(answers["student"]).all(axis=1)
    return {
        "student_auc_toi_matched": measures.matched(rows, answers["student"], asked),
        "student_float_auc_toi_matched": measures.matched(rows, answers["student_float"], asked),
        "ensemble_auc_same_folds": measures.matched(rows, answers["ensemble"], asked),
        "student_ece": measures.calibration_figures(rows, answers["student"], asked)["ece"],
    }


def yu_test_figures(
    rows: Judged, settings: Settings, cache: Path, weights: dict[str, float], final: dict[str, Calibration]
) -> dict[str, float]:
    """On the authors' test split: the models that are kept, which saw neither those stars nor their ephemerides."""
    if not rows.yu_test.any():
        return {}
    n = rows.star.size
    kept = [Job("trees", FINAL) if k == "trees" else Job("teacher", FINAL, int(k.partition("-")[2])) for k in weights]
    of = {job.name: training.gathered(cache, [job], n, "plain") for job in kept}
    ensemble = final["ensemble"].apply(blend(list(of.values()), list(weights.values())))
    precision, area = measures.transit_like(rows, ensemble, rows.yu_test)
    found = {"transit_like_ap_yu_test": precision, "transit_like_auc_yu_test": area}
    if "student" in final:
        student = final["student"].apply(training.gathered(cache, [Job("student", FINAL)], n, "plain"))
        precision, area = measures.transit_like(rows, student, rows.yu_test)
        found |= {"student_transit_like_ap_yu_test": precision, "student_transit_like_auc_yu_test": area}
    return found


def models(settings: Settings, cache: Path, out: Path) -> None:
    """The networks that are kept as .tflite, the trees and the student. Raises RuntimeError where LiteRT answers
    otherwise than keras did."""
    from serving.litert import Network
    from serving.quantization import to_tflite

    for old in [*out.glob("teacher-*.tflite"), *out.glob("trees.*"), *out.glob("student*.tflite")]:
        old.unlink()
    rng = np.random.default_rng(settings.seed)
    probe = {k: rng.normal(0, 0.5, (8, *shape)).astype(np.float32) for k, shape in INPUT_SHAPES.items()}
    for number in range(settings.teachers):
        model = networks.build_teacher(INPUT_SHAPES, width=settings.width)
        model.load_weights(cache / f"{Job('teacher', FINAL, number).name}.weights.h5")
        path = out / _file(f"teacher-{number}")
        path.write_bytes(to_tflite(model))
        apart = np.abs(Network(path).predict(probe) - networks.predict(model, probe, reflect=False)).max()
        if apart > 1e-3:
            raise RuntimeError(f"{path.name} differs from the network it was made of by {apart:.2g}.")
    shutil.copyfile(cache / packed_trees.FILE, out / packed_trees.FILE)
    shutil.copyfile(cache / f"{Job('student', FINAL).name}.tflite", out / artefacts.STUDENT)


def counts(signals: Signals) -> dict[str, dict[str, int]]:
    """Rows of each source by label."""
    names = ("variable_or_artifact", *CLASSES)
    found = {}
    for source in np.unique(signals.source):
        some = signals.source == source
        found[str(source)] = {
            "rows": int(some.sum()), "stars": int(np.unique(signals.star[some]).size),
            **{name: int((signals.label[some] == k - 1).sum()) for k, name in enumerate(names)},
            "toi_matched": int(signals.toi_matched[some].sum()),
            "tfop_false_positive": int(signals.tfop_false_positive[some].sum()),
            "judged_only": int((signals.weight[some] == 0).sum()),
        }  # fmt: skip
    return found


def rounded(figures: dict[str, float]) -> dict[str, float]:
    """Four places; what is no number is left out, as JSON has none."""
    return {k: round(float(v), 4) for k, v in figures.items() if np.isfinite(v)}


def _file(member: str) -> str:
    return artefacts.TREES if member == "trees" else f"{member}.tflite"


def _packages() -> dict[str, str]:
    from serving.train import versions

    return versions()
