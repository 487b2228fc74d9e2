"""Folded curves with a planted dip."""

from __future__ import annotations

import math

import numpy as np

from science.validation.kernel import BOTH, system_flux
from science.validation.question import FoldedCurve, HostStar

SUN = HostStar("target", 1.0, 1.0, 5772.0, tmag=10.0, parallax_mas=10.0)


def planted(radius_ratio: float = 0.03, impact: float = 0.3, error: float = 1e-4, seed: int = 3) -> FoldedCurve:
    """A planet on a five-day circular orbit of the Sun, 120 points of ten minutes, white noise."""
    period, axis = 5.0, 4.2083 * 5.0 ** (2 / 3)
    time = np.linspace(-0.2, 0.2, 120)
    exposure = np.full(120, 10.0 / 1440.0)
    system = np.array([period, radius_ratio, axis, impact / axis, 0.0, 0.0, 0.38, 0.2, 1.0, 0.0, 0.0, 0.0, 1.0])
    flux = system_flux(time, exposure, np.full(120, BOTH), system)
    flux = flux + error * np.random.default_rng(seed).standard_normal(120)
    duration = period / math.pi * math.asin(math.sqrt((1 + radius_ratio) ** 2 - impact**2) / axis)
    return FoldedCurve(time, flux, np.full(120, error), exposure, period, duration, secondary_error=error)
