"""Signals of a shape that the labelled sets hold too few of, and which models answer them.

Labelled TESS signals have periods of days. Where an orbit is longer than 134 durations a bin of its global view is
longer than the dip, so that view shows less of the orbit; where the light stays low for a third of the orbit it is
mostly the wave of a close binary. Both are injected for training (`serving.injected_signals`), but models that see
those rows judge ordinary signals a little worse (0.9887 against 0.9899 of the planet figure). So there are two
trainings: the usual one, and the one with these rows, which answers for these signals only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from serving.scalars import SCALARS, SCALES
from serving.view_grids import GLOBAL_HALF_WINDOW_DURATIONS

#: Folder of the second training, within that of the first.
FOLDER: Final = "unusual"
#: Durations over periods below which it answers.
SHORT_DIP: Final = 0.5 / GLOBAL_HALF_WINDOW_DURATIONS
#: It answers where a dip lasts so much of the orbit and so many of the bins of the global view are so low (in depths).
LONG_DIP, LOW_SHARE, LOW = 0.1, 0.35, -0.3
DUTY: Final = SCALARS.index("log_duty")


def is_unusual(global_view: npt.NDArray[np.floating], scalars: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """(n,) which rows of global views (n, bins) and standardised scalars (n, k) are of signals that the second training
    answers; those without a duration are not."""
    centre, width, _ = SCALES["log_duty"]
    duty = 10 ** (centre + width * scalars[:, DUTY].astype(np.float64))
    waving = (duty >= LONG_DIP) & ((global_view < LOW).mean(axis=1) > LOW_SHARE)
    return np.asarray((duty < SHORT_DIP) | waving)


def has_second(folder: Path) -> bool:
    """Whether a folder of artefacts holds the second training."""
    return (folder / FOLDER).is_dir()
