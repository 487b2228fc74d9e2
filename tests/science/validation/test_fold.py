"""The fold of a signal, and what the light beside the dips says of artifacts and variability."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.validation.fold import fold_signal
from science.validation.other_causes import artifact, log_box, systematic_chance, variability
from science.validation.question import ImpossibleDepth, TooFewPoints, UnusableCurve
from tests.science.validation.light_with_dips import DURATION, EPOCH, PERIOD, light


def _fold(**more: float):  # type: ignore[no-untyped-def]
    return fold_signal(light(**more), PERIOD, EPOCH, DURATION)


def test_the_fold_holds_the_depth_and_tells_even_from_odd() -> None:
    folded = _fold(depth=0.002)
    middle = np.abs(folded.curve.time_days) < 0.3 * DURATION
    found = np.average(1 - folded.curve.flux[middle], weights=folded.curve.flux_err[middle] ** -2)
    assert found == pytest.approx(0.002, abs=1e-4)
    assert set(np.unique(folded.curve.parity)) == {0, 1}
    assert len(folded.events) == 7
    assert np.mean([e.depth for e in folded.events]) == pytest.approx(0.002, abs=2e-4)


@settings(max_examples=8, deadline=None)
@given(level=st.floats(1e-3, 1e6), shift=st.floats(-3000.0, 3000.0))
def test_neither_the_unit_of_the_flux_nor_the_zero_of_time_matters(level: float, shift: float) -> None:
    plain = _fold()
    moved = fold_signal(light(level=level, shift_days=shift), PERIOD, EPOCH + shift, DURATION)
    assert moved.curve.flux == pytest.approx(plain.curve.flux, abs=1e-9)
    assert moved.curve.flux_err == pytest.approx(plain.curve.flux_err, rel=1e-6)
    assert artifact(moved).ln_z == pytest.approx(artifact(plain).ln_z, abs=1e-3)


def test_dips_moved_to_their_own_times_are_sharp_again() -> None:
    curve = light(depth=0.004)
    late = {0: 0.03, 2: -0.03, 4: 0.03}
    flux = np.ones(curve.time.size)
    for n in range(8):
        flux[np.abs(curve.time - EPOCH - n * PERIOD - late.get(n, 0.0)) < 0.5 * DURATION] -= 0.004
    curve = replace(curve, flux=flux + 3e-4 * np.random.default_rng(4).standard_normal(flux.size))
    moved = {n: EPOCH + n * PERIOD + d for n, d in late.items()}
    smeared = fold_signal(curve, PERIOD, EPOCH, DURATION)
    sharp = fold_signal(curve, PERIOD, EPOCH, DURATION, times_bjd=moved)

    def beside(folded) -> float:  # type: ignore[no-untyped-def]
        rows = np.abs(np.abs(folded.curve.time_days) - 0.6 * DURATION) < 0.05 * DURATION
        return float(np.mean(1 - folded.curve.flux[rows]))

    assert beside(smeared) > 5e-4 > 2e-4 > abs(beside(sharp))


def test_foreign_light_makes_the_dip_of_the_star_deeper() -> None:
    half = fold_signal(light(), PERIOD, EPOCH, DURATION, foreign_light=0.5)
    assert np.mean([e.depth for e in half.events]) == pytest.approx(0.004, abs=4e-4)


def _less_than_a_box(folded) -> float:  # type: ignore[no-untyped-def]
    """ln of the artifact's evidence over the best box of one depth for all dips."""
    return artifact(folded).ln_z - log_box(folded)


def test_equal_dips_are_no_artifact_and_the_fewer_the_more_they_may_be_one() -> None:
    seven, two = _fold(), fold_signal(light(days=6.0), PERIOD, EPOCH, DURATION)
    assert len(two.events) == 2
    assert _less_than_a_box(seven) < -40
    assert _less_than_a_box(seven) < _less_than_a_box(two) - 20


def test_noise_alone_is_told_as_an_artifact() -> None:
    assert _less_than_a_box(_fold(depth=2e-5, seed=8)) > 0.0
    assert math.isfinite(artifact(_fold(depth=2e-5, seed=8)).ln_z)


def test_light_that_varies_by_itself_raises_the_chance_of_variability() -> None:
    quiet, restless = _fold(depth=4e-4), _fold(depth=4e-4, red=6e-4)
    assert restless.noise_covariance[0] > 3e-8 > quiet.noise_covariance[0]
    assert variability(restless).ln_z - log_box(restless) > variability(quiet).ln_z - log_box(quiet) + 10


def test_windows_that_stand_out_make_artifacts_more_likely() -> None:
    curve = light()
    flux = curve.flux.copy()
    for start in (0.2, 2.5, 6.4, 10.1, 13.4, 17.9):
        flux[(curve.time > start) & (curve.time < start + 0.1)] -= 0.004
    restless = fold_signal(replace(curve, flux=flux), PERIOD, EPOCH, DURATION)
    assert systematic_chance(restless, at_gap=False) > 5 * systematic_chance(_fold(), at_gap=False)
    assert _less_than_a_box(restless) > _less_than_a_box(_fold()) + 5


def test_what_cannot_be_folded_is_refused_by_name() -> None:
    with pytest.raises(UnusableCurve):
        fold_signal(light(), PERIOD, EPOCH, 4.0)
    with pytest.raises(ImpossibleDepth):
        fold_signal(light(depth=-0.01), PERIOD, EPOCH, DURATION)
    with pytest.raises(TooFewPoints):
        fold_signal(light(days=0.03), PERIOD, EPOCH, DURATION)
