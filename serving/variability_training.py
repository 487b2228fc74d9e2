"""Train the classifier of variable stars and store it: `python -m serving.variability_training`.

Needs the pack of real light curves (LARUN_REALDATA). Everything follows from one seed. Takes some minutes on one core.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from data.models.variability import CARD_NAME, FOLDER, MODEL_NAME, TRUSTED
from science.variables.classes import CLASSES
from science.variables.features import LIGHT_FEATURES, TooShort, features
from serving.variability_curves import LabelledLight, real_light
from serving.variability_simulation import simulated_light

SEED = 20261
SIMULATED_PER_CLASS = 80
TREES = 120
#: A real stretch counts as much as this many simulated ones.
REAL_WEIGHT = 3.0
FOLDS = 10
CALIBRATION_FOLDS = 3
#: A wrong class costs this many right ones: the abstain threshold is where right minus this times wrong is largest.
COST_OF_WRONG = 2.0
SMOOTH_THRESHOLDS = 5
THRESHOLDS = np.round(np.arange(0.30, 0.81, 0.01), 2)

#: Numbers that long in an archive are addresses of the objects that were stored.
_ADDRESS = re.compile(r"(?<!\d)\d{12,}(?!\d)")

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class TrainingTable:
    """Features (n, len(LIGHT_FEATURES)) with label, star and source of every stretch, each of shape (n,)."""

    x: Array
    label: Array
    star: Array
    source: Array

    @property
    def is_real(self) -> Array:
        """True for observed light."""
        return self.source != "simulated"

    def rows(self, chosen: Array) -> TrainingTable:
        """Some of the rows."""
        return TrainingTable(self.x[chosen], self.label[chosen], self.star[chosen], self.source[chosen])


def light_curves() -> Path:
    """The folder of real light curves: under LARUN_REALDATA, or beside the repository."""
    root = Path(__file__).resolve().parent.parent
    return Path(os.environ.get("LARUN_REALDATA") or root.parent / "shared" / "realdata") / "lightcurves"


def training_table(folder: Path, per_class: int = SIMULATED_PER_CLASS, seed: int = SEED) -> TrainingTable:
    """Features of all labelled real stretches and of `per_class` simulated ones of every class."""
    real = [light for light in real_light(folder, seed) if light.source != "hybrid"]
    stamps = [light for light in real if light.label in ("constant", "flares", "rotation", "eb_contact", "dsct_bcep")]
    return table_of([*real, *simulated_light(stamps, per_class, seed + 1)])


def table_of(stretches: Sequence[LabelledLight]) -> TrainingTable:
    """Features of stretches of light; those that are too short are left out."""
    rows, kept = [], []
    for light in stretches:
        try:
            rows.append(features(light.time, light.flux, light.flux_err, light.segment).light)
        except TooShort:
            continue
        kept.append(light)
    return TrainingTable(
        np.array(rows),
        np.array([light.label for light in kept]),
        np.array([light.star for light in kept]),
        np.array([light.source for light in kept]),
    )


def fitted(table: TrainingTable, seed: int = SEED, trees: int = TREES) -> Any:
    """A random forest with calibrated chances: the calibration is learnt on stars the trees had not seen."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import StratifiedGroupKFold

    forest = RandomForestClassifier(
        n_estimators=trees, min_samples_leaf=3, max_features=0.3, random_state=seed, n_jobs=1
    )
    split = StratifiedGroupKFold(CALIBRATION_FOLDS, shuffle=True, random_state=seed)
    folds = list(split.split(table.x, table.label, table.star))
    model = CalibratedClassifierCV(forest, method="sigmoid", cv=folds, ensemble=False)
    model.fit(table.x, table.label, sample_weight=weights(table))
    model.cv = CALIBRATION_FOLDS  # the rows of the folds are not needed any more
    return model


def weights(table: TrainingTable) -> Array:
    """Real stretches weigh more than simulated ones, stretches of one star share, classes count alike."""
    weight = np.where(table.is_real, REAL_WEIGHT, 1.0)
    for star, label in sorted({(s, k) for s, k in zip(table.star, table.label, strict=True)}):
        mine = (table.star == star) & (table.label == label) & table.is_real
        if mine.sum() > 1:
            weight[mine] /= np.sqrt(mine.sum())
    for name in CLASSES:
        mine = table.label == name
        if mine.any():
            weight[mine] *= table.label.size / len(CLASSES) / weight[mine].sum()
    return np.asarray(weight)


def out_of_fold(table: TrainingTable, folds: int = FOLDS, seed: int = SEED, trees: int = TREES) -> Array:
    """Chances (n, classes in order of CLASSES) of every stretch by a model that saw no stretch of its star."""
    from sklearn.model_selection import StratifiedGroupKFold

    chances = np.zeros((table.label.size, len(CLASSES)))
    split = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for learn, judge in split.split(table.x, table.label, table.star):
        model = fitted(table.rows(learn), seed, trees)
        order = [list(model.classes_).index(name) for name in CLASSES]
        chances[judge] = model.predict_proba(table.x[judge])[:, order]
    return chances


def abstain_threshold(label: Array, chances: Array) -> float:
    """The smallest threshold of the best balance of right and wrong answers out of fold, classes weighed alike."""
    best = np.asarray(CLASSES)[np.argmax(chances, axis=1)]
    right = best == label
    balance = []
    for threshold in THRESHOLDS:
        decided = chances.max(axis=1) >= threshold
        worth = np.where(decided, np.where(right, 1.0, -COST_OF_WRONG), 0.0)
        balance.append(np.mean([worth[label == name].mean() for name in CLASSES if (label == name).any()]))
    # The balance is flat and jumps by single stretches: averaged over neighbouring thresholds it is steady.
    padded = np.pad(balance, SMOOTH_THRESHOLDS, mode="edge")
    window = np.full(2 * SMOOTH_THRESHOLDS + 1, 1.0 / (2 * SMOOTH_THRESHOLDS + 1))
    smooth = np.convolve(padded, window, mode="valid")
    return float(THRESHOLDS[int(np.argmax(np.round(smooth, 9)))])


def card_of(table: TrainingTable, threshold: float, chances: Array, digest: str) -> dict[str, Any]:
    """What the model rests on, class by class."""
    best = np.asarray(CLASSES)[np.argmax(chances, axis=1)]
    rests = {}
    for name in CLASSES:
        mine = table.label == name
        real = mine & table.is_real
        rests[name] = {
            "real_stars": len(set(table.star[real])),
            "real_stretches": int(real.sum()),
            "labels_by": {str(s): int(np.sum(mine & (table.source == s))) for s in sorted(set(table.source[mine]))},
            "right_out_of_fold_real": round(float(np.mean(best[real] == name)), 3) if real.any() else None,
            "right_out_of_fold_simulated": round(float(np.mean(best[mine & ~table.is_real] == name)), 3),
        }
    return {
        "name": "variability",
        "what": "Random forest with sigmoid-calibrated chances; classes of variable stars from 27-day light curves.",
        "classes": sorted(CLASSES),
        "features": list(LIGHT_FEATURES),
        "threshold": threshold,
        "sha256": digest,
        "seed": SEED,
        "trained_on": rests,
        "not_trained_on": "pi Men, TOI-1798, WASP-4, WASP-121, GJ 357, TOI-540, Kepler-11, TOI-222, KIC 1432214, "
        "AU Mic, and every other planet host of the pack",
        "limits": "RR Lyrae stars and Cepheids are simulated only. Rotation, constant and systematics rest on labels "
        "given by eye, so that their accuracy says how well the classifier agrees with an eye. Each real class comes "
        "from one mission mostly; simulated stars of every class on the time stamps of all missions make up for it in "
        "part.",
        "versions": {name: version(name) for name in ("scikit-learn", "skops", "numpy", "nifty-ls")},
    }


def store(model: Any, card: dict[str, Any], content: bytes, folder: Path = FOLDER) -> None:
    """Write the model and its card."""
    (folder / MODEL_NAME).write_bytes(content)
    (folder / CARD_NAME).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def packed(model: Any) -> bytes:
    """The model as bytes without pickle. Raises ValueError where it holds a type that is not trusted."""
    from skops import io

    stream = BytesIO()
    io.dump(model, stream)
    content = _steady(stream.getvalue())
    unknown = set(io.get_untrusted_types(data=content)) - set(TRUSTED)
    if unknown:
        raise ValueError(f"types that are not trusted: {sorted(unknown)}")
    return content


def _steady(archive: bytes) -> bytes:
    """The archive with counted numbers in place of memory addresses, no time stamps, and compressed: the same model
    gives the same bytes."""
    with ZipFile(BytesIO(archive)) as parts:
        entries = {name: parts.read(name) for name in parts.namelist()}
    schema = entries["schema.json"].decode("utf-8")
    counted: dict[str, str] = {}
    for address in _ADDRESS.findall(schema):
        counted.setdefault(address, str(len(counted) + 1))
    rename = {name: _ADDRESS.sub(lambda found: counted.get(found.group(), found.group()), name) for name in entries}
    entries["schema.json"] = _ADDRESS.sub(lambda found: counted[found.group()], schema).encode("utf-8")
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED, compresslevel=9) as parts:
        for name in sorted(entries, key=lambda each: rename[each]):
            about = ZipInfo(rename[name], (1980, 1, 1, 0, 0, 0))
            about.compress_type = ZIP_DEFLATED
            parts.writestr(about, entries[name])
    return stream.getvalue()


def main() -> None:
    """Train on the pack, choose the threshold out of fold, store."""
    table = training_table(light_curves())
    print(f"{table.label.size} stretches of {len(set(table.star[table.is_real]))} real stars", file=sys.stderr)
    chances = out_of_fold(table)
    threshold = abstain_threshold(table.label, chances)
    model = fitted(table)
    content = packed(model)
    card = card_of(table, threshold, chances, hashlib.sha256(content).hexdigest())
    store(model, card, content)
    print(json.dumps({"bytes": len(content), "threshold": threshold, "trained_on": card["trained_on"]}, indent=1))


if __name__ == "__main__":
    main()
