"""What is kept as evidence for a signal beside other signals of the same star."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from science.lightcurve import DetrendedCurve, Segment, StitchedCurve
from science.search.refit import in_transit
from science.stars import Star
from science.vetting.evidence import evidence
from tests.science.vetting.light.simulated_light import by_hand

TIME = 2458354.0 + np.arange(0.0, 27.0, 10 / 1440)
MINE = by_hand(2.6, 2458355.1, 0.13)


def curve(flux: np.ndarray | None = None) -> DetrendedCurve:
    n = TIME.size
    light = np.ones(n) if flux is None else flux
    stitched = StitchedCurve(
        target="simulated",
        time_bjd=TIME,
        flux=light,
        flux_err=np.full(n, 1e-4),
        quality=np.zeros(n, dtype=np.int32),
        sector=np.zeros(n, dtype=np.int32),
        filled=np.zeros(n, dtype=bool),
        labels=("S1",),
        segments=(Segment(0, n, "S1", 10 / 1440, 10 / 1440, 1e-4),),
    )
    return DetrendedCurve(stitched, light, np.ones(n), np.ones(n, dtype=bool), 1.0, "biweight")


def test_dips_of_another_signal_are_left_out_also_where_they_meet_its_own() -> None:
    other = (4.1, 2458355.1, 0.2)  # meets the first dip of the signal
    found = evidence(curve(), MINE, Star(), (other,))
    assert not in_transit(found.time_bjd, *other).any()
    mine = in_transit(found.time_bjd, 2.6, 2458355.1, 0.13)
    assert 0 < mine.sum() < in_transit(TIME, 2.6, 2458355.1, 0.13).sum()


def test_a_multiple_of_the_signal_does_not_take_its_dips_away() -> None:
    found = evidence(curve(), MINE, Star(), ((2.6, 2458355.1, 0.13),))
    all_mine = in_transit(TIME, 2.6, 2458355.1, 0.13).sum()
    assert in_transit(found.time_bjd, 2.6, 2458355.1, 0.13).sum() == all_mine


def test_too_little_light_is_told() -> None:
    nothing = replace(curve(np.full(TIME.size, np.nan)))
    with pytest.raises(ValueError, match="Fewer than ten"):
        evidence(nothing, MINE, Star())
