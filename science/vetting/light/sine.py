"""SWEET: a star that simply waves at the dip's period, or half or twice it (Thompson et al. 2018, ApJS 235, 38)."""

from __future__ import annotations

import math

import numpy as np

from science.folding import phase_days
from science.vetting.light.pictures import folded
from science.vetting.light.verdict import judged, one, outcome_of, ppm
from science.vetting.light.workings import Workings
from science.vetting.results import Finding, Picture, Series, not_run

LARGEST_SIGMA = 15.0
LONGEST_PERIOD_DAYS = 10.0


def sine(w: Workings) -> Finding:
    """Amplitude over error of the best sine at half, one and two periods, fitted to the light out of transit; at most
    15 σ for periods below ten days. Warns instead where the wave is far too small to make the dip."""
    rows = ~w.near
    if np.count_nonzero(rows) < 10:
        return not_run("sine", "Too little light outside the dips to look for a wave.")
    best = (0.0, 0.0, w.period, (0.0, 0.0, 0.0))
    for period in (0.5 * w.period, w.period, 2.0 * w.period):
        amplitude, sigma, coefficients = _fit(w, period)
        if sigma > best[1]:
            best = (amplitude, sigma, period, coefficients)
    amplitude, sigma, period, coefficients = best
    if sigma == 0.0:
        return not_run("sine", "No wave could be fitted to the light outside the dips.")
    short = w.period < LONGEST_PERIOD_DAYS
    published = sigma > LARGEST_SIGMA and short
    # A planet's own phase curve, or a rotation with the planet in it, waves too, but far less than the dip is deep.
    small = amplitude < 0.1 * w.depth
    reason = (
        f"The light outside the dips waves by {ppm(amplitude)} ({one(sigma)} σ) in {one(period, 3)} days; "
        f"the dip is {ppm(w.depth)} deep"
    )
    if published and small:
        reason += ", far too deep to be that wave"
    elif not short:
        reason += f"; beyond {one(LONGEST_PERIOD_DAYS, 0)} days it does not count"
    return judged(
        "sine",
        outcome_of(published and not small, published or (short and sigma > 10.0)),
        reason + ".",
        sigma,
        LARGEST_SIGMA,
        "at_most",
        "σ",
        "variability",
        {"sine_sigma": sigma, "sine_amplitude_ppm": 1e6 * amplitude, "sine_period_days": period},
        published,
        _picture(w, period, coefficients),
    )


def _fit(w: Workings, period: float) -> tuple[float, float, tuple[float, float, float]]:
    """Amplitude, amplitude over error, and (level, sine, cosine); the error scaled to a reduced chi2 of one."""
    rows = ~w.near
    angle = 2.0 * np.pi * phase_days(w.time[rows], period, w.epoch) / period
    design = np.stack((np.ones(angle.size), np.sin(angle), np.cos(angle)))
    weight = w.weight[rows]
    y = w.flux[rows] - w.level
    normal = (design * weight) @ design.T
    covariance = np.linalg.inv(normal)
    level, a, b = covariance @ ((design * weight) @ y)
    chi2 = float(weight @ np.square(y - level - a * design[1] - b * design[2]))
    covariance *= chi2 / max(1, y.size - 3)
    amplitude = math.hypot(a, b)
    gradient = np.array([a, b]) / max(amplitude, 1e-300)
    err = math.sqrt(max(float(gradient @ covariance[1:, 1:] @ gradient), 1e-300))
    return amplitude, amplitude / err, (float(level), float(a), float(b))


def _picture(w: Workings, period: float, coefficients: tuple[float, float, float]) -> Picture:
    level, a, b = coefficients
    measured = folded(w, half_width_days=0.5 * w.period, n_bins=60)
    x = np.linspace(-0.5 * w.period, 0.5 * w.period, 60)
    angle = 2.0 * np.pi * x / period
    if period > 1.5 * w.period:  # every other orbit waves the other way: no one line fits the fold
        return Picture((measured,), "hours from mid-dip", "brightness (ppm from normal)", "The whole orbit.")
    line = Series("line", 24.0 * x, 1e6 * (level + a * np.sin(angle) + b * np.cos(angle)), None, "best wave")
    return Picture((measured, line), "hours from mid-dip", "brightness (ppm from normal)", "The whole orbit.")
