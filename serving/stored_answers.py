"""The out-of-fold answers that are kept with the artefacts, so that every cross-validated figure can be printed again.

Probabilities are of models that saw neither the star nor its ephemeris. `Answers.probabilities` by name: "ensemble",
"student" (int8), "student_float", each network and the trees ("teacher-0", "trees"), the ensemble with a branch blank
("no_global" …) or without the star's numbers ("no_star"). NaN where a model was not asked.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from serving.measures import Judged
from serving.signals import Signals

FILE: Final = "out-of-fold.npz"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answers:
    """Rows, probabilities (n, 6) by name, and planet probabilities (n,) of what is only compared by them."""

    rows: Judged
    probabilities: dict[str, Floats]


def judged(signals: Signals, fold: npt.NDArray[np.int8]) -> Judged:
    """What figures are made of, from the table."""
    return Judged(
        star=signals.star,
        period_days=signals.period_days,
        label=signals.label,
        source=signals.source,
        snr=signals.snr,
        fold=fold,
        toi_matched=signals.toi_matched,
        tfop_false_positive=signals.tfop_false_positive,
        all_pc=signals.all_pc,
        certain=signals.certain,
        trusted=signals.weight > 0,
        yu_test=signals.yu_split == "test",
    )


def save(answers: Answers, path: Path) -> None:
    """Store: logarithms of the probabilities in half precision, good to 1 %."""
    columns = {f"row_{f.name}": getattr(answers.rows, f.name) for f in fields(Judged)}
    columns["row_snr"] = columns["row_snr"].astype(np.float32)
    for name, values in answers.probabilities.items():
        with np.errstate(divide="ignore"):
            columns[f"log_{name}"] = np.log(np.clip(values, 1e-9, 1)).astype(np.float16)
    with path.open("wb") as file:
        np.savez_compressed(file, **columns)


def load(path: Path) -> Answers:
    """Read what `save` wrote. Raises ValueError where it is no such file."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            rows = Judged(**{f.name: stored[f"row_{f.name}"] for f in fields(Judged)})
            found = {n[4:]: np.exp(stored[n].astype(np.float64)) for n in stored.files if n.startswith("log_")}
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"{path.name} holds no out-of-fold answers: {error}.") from error
    return Answers(rows, found)
