"""Is a signal more than one event? One glitch folded at any period gives a "transit"; a planet's dips are alike."""

from __future__ import annotations

import math

import numpy as np

from science.lightcurve import FloatArray

#: Share of the squared S/N that a single transit may carry (SES/MES 0.8, as the Kepler and TESS vetters ask).
SINGLE_EVENT_SHARE = 0.64
#: What the other dips together must reach, in sigma.
LEAST_OF_THE_REST = 2.5


def lone_event(depths: FloatArray, errs: FloatArray) -> tuple[int, str] | None:
    """Index of the event that makes up the whole signal and a sentence about it; None where there are several.

    `depths` and `errs` of single events, shape (k,). A lone event: the only one there is; or one of three or more that
    carries over 64 % of the squared S/N while the others are less than half as deep; or one without which the rest
    is below 2.5 sigma. Raises ValueError for no events.
    """
    if depths.size == 0:
        raise ValueError("No event to judge.")
    strength = depths / errs
    strongest = int(np.argmax(strength))
    if depths.size == 1:
        return strongest, "Only one dip was measured; a period needs at least two."
    total = float(np.square(strength).sum())
    share = float(strength[strongest] ** 2) / total if total > 0 else 1.0
    rest = np.arange(depths.size) != strongest
    weights = 1.0 / np.square(errs[rest])
    mean = float(np.average(depths[rest], weights=weights))
    if depths.size >= 3 and share > SINGLE_EVENT_SHARE and mean < 0.5 * depths[strongest]:
        return strongest, f"A single dip carries {share * 100:.0f} % of the signal."
    if mean < LEAST_OF_THE_REST / math.sqrt(float(weights.sum())):
        return strongest, "Without its strongest dip nothing significant is left."
    return None
