"""The shape that is searched for: a limb-darkened transit of a small planet, averaged over phase bins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from science.lightcurve import FloatArray

#: The shape hardly depends on either; these are the medians of small transiting planets.
TEMPLATE_RADIUS_RATIO = 0.03
TEMPLATE_IMPACT_PARAMETER = 0.3
_SHAPE_POINTS = 801


@dataclass(frozen=True, slots=True)
class TransitShape:
    """Dip of depth 1 at mid-transit over x in [-0.5, 0.5] (time from mid-transit / T14).

    `x` and `dip` have shape (m,); `integral` is the running integral of `dip` over x from -0.5, so that the mean over
    any bin is a difference of two look-ups.
    """

    x: FloatArray
    dip: FloatArray
    integral: FloatArray

    def value(self, x: FloatArray) -> FloatArray:
        """The dip at x = time from mid-transit / T14; 0 outside."""
        return np.asarray(np.interp(x, self.x, self.dip, left=0.0, right=0.0), dtype=np.float64)

    def bin_means(self, edges: FloatArray) -> FloatArray:
        """Mean dip in the bins between neighbouring `edges` (shape (k+1,), in units of T14); shape (k,)."""
        at_edges = np.interp(edges, self.x, self.integral, left=0.0, right=float(self.integral[-1]))
        return np.asarray(np.diff(at_edges) / np.diff(edges), dtype=np.float64)


@lru_cache(maxsize=64)
def transit_shape(
    u1: float,
    u2: float,
    impact_parameter: float = TEMPLATE_IMPACT_PARAMETER,
    radius_ratio: float = TEMPLATE_RADIUS_RATIO,
) -> TransitShape:
    """Limb-darkened transit, light blocked by a dark disc, integrated numerically over the disc.

    The planet (radius `radius_ratio` in stellar radii) crosses in a straight line; the intensity under it is
    I(mu) = 1 - u1 (1 - mu) - u2 (1 - mu)^2, and what lies off the star counts nothing.
    """
    x = np.linspace(-0.5, 0.5, _SHAPE_POINTS)
    contact_sq = (1 + radius_ratio) ** 2 - impact_parameter**2
    z = np.sqrt(impact_parameter**2 + contact_sq * (2 * x) ** 2)
    # Rings of equal area over the planet's disc, points evenly round each.
    n_ring, n_angle = 24, 48
    ring = radius_ratio * np.sqrt((np.arange(n_ring) + 0.5) / n_ring)
    angle = 2 * np.pi * (np.arange(n_angle) + 0.5) / n_angle
    along = ring[:, None] * np.cos(angle)
    across = ring[:, None] * np.sin(angle)
    r_sq = (z[:, None, None] + along) ** 2 + across**2
    mu = np.sqrt(np.clip(1 - r_sq, 0.0, None))
    intensity = np.where(r_sq < 1, 1 - u1 * (1 - mu) - u2 * (1 - mu) ** 2, 0.0)
    dip = intensity.mean(axis=(1, 2))
    dip = dip / dip.max()
    dip[0] = dip[-1] = 0.0
    integral = np.concatenate([[0.0], np.cumsum((dip[1:] + dip[:-1]) / 2 * np.diff(x))])
    return TransitShape(x=x, dip=dip, integral=integral)


def taps(shape: TransitShape, duration_bins: float, n: int) -> FloatArray:
    """The dip averaged over `n` >= `duration_bins` phase bins of equal width, mid-transit in the middle."""
    edges = (np.arange(n + 1, dtype=np.float64) - n / 2) / duration_bins
    return shape.bin_means(edges)
