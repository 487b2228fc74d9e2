"""The wave of two close stars survives, a planet's light stays detrended."""

from __future__ import annotations

import numpy as np
import pytest

from science.detrending import detrend
from science.lightcurve import DetrendedCurve, FloatArray
from science.stitching import stitch
from science.wave_light import light_for
from tests.science.light_curves import START_BJD
from tests.science.test_detrending import star

PERIOD = 0.9


def _folded(curve: DetrendedCurve, flux: FloatArray, bins: int = 24) -> FloatArray:
    rows = curve.use & np.isfinite(flux)
    number = np.floor((curve.curve.time_bjd[rows] - START_BJD) / PERIOD % 1 * bins).astype(int)
    return np.array([np.median(flux[rows][number == k]) for k in range(bins)])


def test_a_wave_that_fills_the_orbit_keeps_its_height():
    # a strong sine, as of a pair of stars that deform each other, and a drift of the instrument
    curve = detrend(stitch(star(rotation=(PERIOD, 0.02), drift=0.01)))
    flat, whole = _folded(curve, curve.flux), _folded(curve, light_for(curve, PERIOD, 0.3 * PERIOD))
    assert np.ptp(flat) < 0.02, "otherwise this test shows nothing"
    assert np.ptp(whole) == pytest.approx(2 * 0.02 * 1.2, rel=0.15)
    rows = curve.use
    residual = light_for(curve, PERIOD, 0.3 * PERIOD)[rows]
    assert np.std(residual) < 0.03, "the drift of 1 % is gone, or at least not added"


def test_shorter_minima_of_a_clear_wave_count_too():
    curve = detrend(stitch(star(rotation=(PERIOD, 0.02))))
    assert np.ptp(_folded(curve, light_for(curve, PERIOD, 0.15 * PERIOD))) > 0.035


@pytest.mark.parametrize("duration", [0.05, 0.14])
def test_a_planet_keeps_the_detrended_light(duration):
    curve = detrend(stitch(star(dips=(PERIOD, duration * PERIOD, 3e-4), drift=0.01)))
    assert light_for(curve, PERIOD, duration * PERIOD) is curve.flux
