from __future__ import annotations

import math

import numpy as np
import pytest

from science.vetting.light.dip_fits import DipWindow, fit_half, fit_line, fit_transit, fit_trapezoid, transit, trapezoid
from science.vetting.light.impact_scan import impact_scan

LAW = (0.35, 0.2)
PERIOD, DURATION = 4.0, 0.15


def window(values: dict[str, float], model=transit, noise: float = 1e-4, seed: int = 2) -> DipWindow:
    rng = np.random.default_rng(seed)
    cycle = np.repeat(np.arange(-4.0, 5.0), 120)
    phase = np.tile(np.linspace(-0.3, 0.3, 120), 9)
    empty = DipWindow(phase, cycle, phase, phase, PERIOD, DURATION)
    flux = model(values, empty) + noise * rng.normal(size=phase.size)
    return DipWindow(phase, cycle, flux, np.full(phase.size, noise), PERIOD, DURATION)


PLANET = {"shift": 0.004, "stretch": 2e-4, "k": 0.1, "a": 9.3, "b": 0.3, "level": 1.0, "u1": LAW[0], "u2": LAW[1]}
BOX = {"shift": -0.003, "stretch": 1e-4, "depth": 5e-3, "width": 0.04, "slope": 0.2, "level": 1.0}


def test_transit_fit_finds_the_truth() -> None:
    fit = fit_transit(window(PLANET), 0.01, 1.0, LAW)
    assert fit is not None
    assert fit.reduced_chi2 == pytest.approx(1.0, abs=0.15)
    for name in ("shift", "stretch", "level"):
        assert abs(fit.values[name] - PLANET[name]) < 4 * fit.errors[name]
    assert fit.values["k"] == pytest.approx(0.1, abs=0.004)
    assert fit.values["b"] < 0.55


def test_trapezoid_fit_finds_the_truth() -> None:
    fit = fit_trapezoid(window(BOX, trapezoid), 4e-3, 1.0)
    assert fit is not None
    for name in BOX:
        assert abs(fit.values[name] - BOX[name]) < 4.5 * fit.errors[name]


def test_line_is_worse_than_the_dip_and_best_where_there_is_none() -> None:
    dip = window(PLANET)
    assert fit_line(dip).aic > fit_trapezoid(dip, 0.01, 1.0).aic + 1000
    flat = window({**PLANET, "k": 1e-4})
    trap = fit_trapezoid(flat, 1e-5, 1.0)
    assert trap is None or fit_line(flat).aic < trap.aic + 10


def test_halves_of_a_lopsided_dip_differ() -> None:
    lopsided = window(BOX, trapezoid)
    late = np.where(lopsided.phase > 0, trapezoid({**BOX, "width": 0.06}, lopsided), lopsided.flux)
    dip = DipWindow(lopsided.phase, lopsided.cycle, late, lopsided.err, PERIOD, DURATION)
    whole = fit_trapezoid(window(BOX, trapezoid), 5e-3, 1.0)
    assert whole is not None
    left, left_err = fit_half(dip.where(dip.phase < 0), whole)
    right, right_err = fit_half(dip.where(dip.phase > 0), whole)
    assert (right - left) / math.hypot(left_err, right_err) > 8


def test_nothing_to_fit() -> None:
    dip = window(PLANET)
    assert fit_transit(dip, -0.01, 1.0, LAW) is None
    assert fit_trapezoid(dip.where(np.arange(dip.phase.size) < 4), 0.01, 1.0) is None


@pytest.mark.parametrize(("b", "k", "star_sized"), [(0.2, 0.08, False), (1.0, 0.45, True)])
def test_scan_tells_a_planet_from_a_grazing_star(b: float, k: float, star_sized: bool) -> None:
    truth = {**PLANET, "shift": 0.0, "stretch": 0.0, "b": b, "k": k, "a": 13.0}
    dip = window(truth, noise=2e-4)
    order = np.argsort(np.abs(dip.phase))
    phase = np.abs(dip.phase)[order].reshape(60, -1).mean(axis=1)
    flux = dip.flux[order].reshape(60, -1).mean(axis=1)
    depth = 1.0 - float(transit(truth, DipWindow(np.zeros(1), *[np.zeros(1)] * 3, PERIOD, DURATION))[0])
    err = np.full(60, 2e-4 / math.sqrt(18))
    scan = impact_scan(phase, flux, err, PERIOD, DURATION, depth, LAW, 0.0, (1.41, 0.1))
    assert scan.weight.sum() == pytest.approx(1.0)
    assert (scan.chance_ratio_above(0.25) > 0.5) == star_sized
    assert (scan.chance_grazing > 0.5) == star_sized
    assert scan.credible(scan.ratio, 0.02) * 0.95 <= k <= scan.credible(scan.ratio, 0.98) * 1.05


def test_scan_refuses_what_is_no_dip() -> None:
    x = np.linspace(0, 0.3, 20)
    with pytest.raises(ValueError, match="does not dip"):
        impact_scan(x, np.ones(20), np.full(20, 1e-4), PERIOD, DURATION, -1e-3, LAW, 0.0, None)
    with pytest.raises(ValueError, match="eight points"):
        impact_scan(x[:5], np.ones(5), np.full(5, 1e-4), PERIOD, DURATION, 1e-3, LAW, 0.0, None)
