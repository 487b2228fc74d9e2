"""Two explanations without two bodies: dips that belong to instrument or noise, and light of a star that varies.

Both are likelihoods of the same folded curve in the same constant as the evidences of `engine`, so that all share one
posterior. What they assume:

Artifact. Each dip is its own event. A window of a dip's length lacks (or has too much) light with a chance that is
measured on this very star, in the windows without a dip, apart for windows at a gap of the data; how much is drawn
from a law uniform in its logarithm, from one error to the largest depth, dips and bumps alike. The shape is a box.
Where no dip stands out by itself this is the explanation "only noise".

Variability. The folded light is a Gaussian process with the covariance that the light off the dip shows in the same
fold: what the star does at this very period, and what is left of all else after averaging.

Both could have made a dip at any period and phase, so that each counts as many times as there are ephemerides that can
be told apart: span × longest period / duration². (A body needs one ephemeris, and which one is not known before.)
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from scipy import linalg, special

from science.lightcurve import FloatArray
from science.validation.fold import Event, Folded
from science.validation.importance import Evidence
from science.validation.scenarios import log_constant

#: A window lacks light where it is out by so many errors.
_STANDS_OUT: Final = 5.0
#: What is believed of the chance of such windows before the star is looked at: so many in a thousand windows.
_BELIEVED, _BELIEVED_AT_GAPS, _WEIGHT = 0.2, 2.0, 1000.0
_LARGEST_DEPTH: Final = 0.5
_NODES: Final = 240
#: Fewer windows say nothing of what the light does by itself.
LEAST_WINDOWS: Final = 20


def other_causes(folded: Folded) -> dict[str, Evidence]:
    """Evidences of "artifact" and "variability"; without those that the light cannot tell of."""
    if folded.window_depths.size < LEAST_WINDOWS or not folded.events:
        return {}
    found = {"artifact": artifact(folded)}
    if folded.noise_covariance[0] > 0.0:
        found["variability"] = variability(folded)
    return found


def log_ephemerides(folded: Folded) -> float:
    """ln of how many pairs of period and phase the data tell apart."""
    curve = folded.curve
    longest = max(curve.period_days, 0.5 * folded.span_days)
    return max(0.0, math.log(folded.span_days * longest / curve.duration_days**2))


def artifact(folded: Folded) -> Evidence:
    """The dips as unrelated events of the instrument, or as noise."""
    depth = np.array([e.depth for e in folded.events])
    error = np.array([e.error for e in folded.events])
    mean = float(np.average(depth, weights=1.0 / error**2))
    apart = sum(log_event_chance(e, folded) for e in folded.events)
    together = float(np.sum(_log_normal(depth - mean, error)))
    return _exactly(log_box(folded) + apart - together + log_ephemerides(folded))


def log_event_chance(event: Event, folded: Folded) -> float:
    """ln of the density of an event's depth where it is one of the instrument's, or none."""
    chance = systematic_chance(folded, at_gap=event.near_edge)
    size = np.geomspace(max(event.error, 1e-7), _LARGEST_DEPTH, _NODES)
    step = math.log(size[1] / size[0])
    both = np.concatenate([_log_normal(event.depth - size, event.error), _log_normal(event.depth + size, event.error)])
    dips = float(special.logsumexp(both)) + math.log(step / (2.0 * math.log(size[-1] / size[0])))
    none = float(_log_normal(np.array(event.depth), np.array(event.error)))
    return float(np.logaddexp(math.log(chance) + dips, math.log1p(-chance) + none))


def systematic_chance(folded: Folded, at_gap: bool) -> float:
    """Chance that a window of a dip's length is out by itself, from this star's own light and what is believed."""
    rows = folded.window_edge == int(at_gap)
    red = max(1.0, float(1.4826 * np.median(np.abs(folded.window_depths))))
    out = int(np.count_nonzero(np.abs(folded.window_depths[rows]) > _STANDS_OUT * red))
    believed = _BELIEVED_AT_GAPS if at_gap else _BELIEVED
    return float(min(0.5, (out + believed) / (int(rows.sum()) + _WEIGHT)))


def log_box(folded: Folded) -> float:
    """ln of the likelihood of the fold with the best box of the signal's length."""
    curve = folded.curve
    half = 0.5 * curve.exposure_days
    edge = 0.5 * curve.duration_days
    low, high = np.maximum(curve.time_days - half, -edge), np.minimum(curve.time_days + half, edge)
    shape = np.clip(high - low, 0.0, None) / np.maximum(curve.exposure_days, 1e-9)
    weight = 1.0 / curve.flux_err**2
    depth = float(np.sum(weight * shape * (1.0 - curve.flux)) / max(float(np.sum(weight * shape**2)), 1e-300))
    miss = curve.flux - 1.0 + depth * shape
    return log_constant(curve.flux_err) - 0.5 * float(np.sum(weight * miss**2))


def variability(folded: Folded) -> Evidence:
    """The fold as what the star's light does off the dip."""
    curve = folded.curve
    total = log_ephemerides(folded)
    for parity in np.unique(curve.parity):
        rows = curve.parity == parity
        # half of the orbits each, so twice the covariance of all
        shared = 2.0 if np.unique(curve.parity).size == 2 else 1.0
        lags = np.abs(curve.time_days[rows, None] - curve.time_days[None, rows])
        between = np.interp(lags, folded.noise_lags_days, shared * folded.noise_covariance, right=0.0)
        total += _log_gaussian(curve.flux[rows] - 1.0, _positive(between) + np.diag(curve.flux_err[rows] ** 2))
    return _exactly(total)


def _positive(matrix: FloatArray) -> FloatArray:
    """The matrix without its negative directions, which sampling noise of a covariance makes."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.clip(values, 0.0, None)) @ vectors.T)


def _log_gaussian(miss: FloatArray, covariance: FloatArray) -> float:
    root = linalg.cholesky(covariance, lower=True)
    white = linalg.solve_triangular(root, miss, lower=True)
    size = 0.5 * miss.size * math.log(2.0 * math.pi)
    return float(-0.5 * white @ white - np.log(np.diag(root)).sum() - size)


def _log_normal(miss: FloatArray, error: FloatArray | float) -> FloatArray:
    return np.asarray(-0.5 * np.square(miss / error) - np.log(error) - 0.5 * math.log(2.0 * math.pi))


def _exactly(ln_z: float) -> Evidence:
    return Evidence(ln_z, 0.0, math.inf, 0)
