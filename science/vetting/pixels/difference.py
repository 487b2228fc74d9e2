"""Difference images: the light that goes missing in the dips, pixel by pixel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.lightcurve import BoolArray, FloatArray
from science.pixels import PixelCube
from science.search.results import DipMeasurement
from science.stars import Star
from science.vetting.evidence import Ephemeris
from science.vetting.pixels.events import Event, design, events_of, pixel_mask

_RESTLESS = 3.0  # an event this many times as noisy as the median one saw scattered light or a jump
_FEWEST_FOR_SCATTER = 3
_MOST_FRAMES = 4000  # enough to know how the noise of the pixels hangs together
_MOST_MODES = 4
_LEAST_OWN = 0.2  # of a pixel's variance, that no shared pattern takes


@dataclass(frozen=True, slots=True)
class DifferenceImage:
    """Out-of-transit image and missing light of one movie, shape (rows, columns), electrons a second.

    `difference` is scaled to mid-transit, `difference_err` its error (inf where a pixel has no data). The part of the
    noise that many pixels share is in `modes` (m, rows, columns), one sigma each; `own_err` is what is left. `n_events`
    dips were used, `n_left_out` were not: too few frames, or light that jumped.
    """

    out: FloatArray
    out_err: FloatArray
    difference: FloatArray
    difference_err: FloatArray
    own_err: FloatArray
    modes: FloatArray
    pixels: BoolArray
    n_events: int
    n_left_out: int
    events: tuple[Event, ...]


def difference_image(
    cube: PixelCube, dip: DipMeasurement, star: Star, others: Sequence[Ephemeris] = ()
) -> DifferenceImage:
    """Missing light per pixel, as in Bryson et al. 2013 (PASP 125, 889) and Twicken et al. 2018 (PASP 130, 064502).

    Around each dip every pixel is fitted with a straight line, its response to the pointing, and the dip's shape;
    events are averaged by their weights. Errors come from the scatter of each pixel's residuals, widened where the
    events differ by more than that. Raises events.NoEvents where no dip can be used.
    """
    pixels = pixel_mask(cube)
    events, n_left_out = events_of(cube, dip, star, pixels, others)
    fits = [_event_fit(cube, event, pixels) for event in events]
    noise = np.array([np.median(f.variance) for f in fits])
    calm = noise <= _RESTLESS**2 * np.median(noise)
    n_left_out += int(np.count_nonzero(~calm))
    fits = [f for f, kept in zip(fits, calm, strict=True) if kept]
    weights = np.array([1.0 / f.factor for f in fits])
    dof = np.array([f.dof for f in fits], dtype=np.float64)
    variance = (np.stack([f.variance for f in fits]) * dof[:, None]).sum(axis=0) / dof.sum()
    missing = np.stack([f.missing for f in fits])
    mean = (missing * weights[:, None]).sum(axis=0) / weights.sum()
    mean_variance = variance / weights.sum()
    if len(fits) >= _FEWEST_FOR_SCATTER:
        mean_variance = mean_variance * _widening(missing, mean, weights, variance)
    residual = np.concatenate([f.residual for f in fits])[:_MOST_FRAMES]
    modes = _shared_modes(residual, np.sqrt(mean_variance), missing, mean, weights)
    own = np.maximum(mean_variance - np.square(modes).sum(axis=0), _LEAST_OWN * mean_variance)
    level = np.stack([f.level for f in fits])
    out = (level * weights[:, None]).sum(axis=0) / weights.sum()
    n_out = sum(int(np.count_nonzero(e.shape == 0)) for e in events)
    return DifferenceImage(
        out=_whole(out, pixels, np.nan),
        out_err=_whole(np.sqrt(variance / max(n_out, 1)), pixels, np.inf),
        difference=_whole(mean, pixels, np.nan),
        difference_err=_whole(np.sqrt(np.maximum(mean_variance, 1e-30)), pixels, np.inf),
        own_err=_whole(np.sqrt(np.maximum(own, 1e-30)), pixels, np.inf),
        modes=np.stack([_whole(m, pixels, 0.0) for m in modes]) if modes.size else np.empty((0, *pixels.shape)),
        pixels=pixels,
        n_events=len(fits),
        n_left_out=n_left_out,
        events=tuple(e for e, kept in zip(events, calm, strict=True) if kept),
    )


@dataclass(frozen=True, slots=True)
class _EventFit:
    missing: FloatArray  # (pixels,)
    level: FloatArray
    variance: FloatArray  # of one frame
    factor: float  # variance of `missing` in units of `variance`
    dof: int
    residual: FloatArray  # (frames, pixels)


def _event_fit(cube: PixelCube, event: Event, pixels: BoolArray) -> _EventFit:
    light = cube.flux[event.frames][:, pixels].astype(np.float64, copy=False)
    matrix = design(event, cube.pos_corr)
    inverse = np.linalg.pinv(matrix.T @ matrix)
    solution = inverse @ (matrix.T @ light)
    residual = light - matrix @ solution
    dof = max(1, event.days.size - matrix.shape[1])
    variance = np.square(residual).sum(axis=0) / dof
    return _EventFit(
        -solution[0], solution[1], np.maximum(variance, 1e-30), float(max(inverse[0, 0], 1e-12)), dof, residual
    )


def _widening(missing: FloatArray, mean: FloatArray, weights: FloatArray, variance: FloatArray) -> FloatArray:
    """Ratio of the variance between events to that within them, at least 1. Shape (pixels,).

    Each pixel's own ratio is drawn towards that of all pixels as if it had been seen in eight more events: few events
    tell little of one pixel, and a pixel that looks calm by chance would count too much.
    """
    count = weights.size - 1
    own = (np.square(missing - mean) * weights[:, None]).sum(axis=0) / variance / count
    common = float(np.mean(own))
    return np.asarray(np.maximum(1.0, (own * count + common * 8.0) / (count + 8.0)))


def _shared_modes(
    residual: FloatArray, err: FloatArray, missing: FloatArray, mean: FloatArray, weights: FloatArray
) -> FloatArray:
    """Patterns of noise common to many pixels, each as large as one sigma of it in the mean image, (m, pixels).

    Principal components of the frames' residuals, every pixel in units of its own error. Kept are those above what
    independent pixels would show by chance, (1 + sqrt(p/n))² (Marchenko & Pastur 1967), at most four: two directions
    of pointing, focus, stray light. Where events show a pattern more than their frames explain, that counts.
    """
    n, p = residual.shape
    scatter = np.sqrt(np.square(residual).mean(axis=0))
    if n < 2 * p or not np.all(scatter > 0):
        return np.empty((0, p))
    values, vectors = np.linalg.eigh((residual / scatter).T @ (residual / scatter) / n)
    edge = 1.15 * (1.0 + math.sqrt(p / n)) ** 2
    chosen = [i for i in np.argsort(-values)[:_MOST_MODES] if values[i] > edge]
    modes = []
    for i in chosen:
        pattern, strength = vectors[:, i], float(values[i])
        if weights.size >= _FEWEST_FOR_SCATTER:
            along = ((missing - mean) / err) @ pattern
            between = float((np.square(along) * weights).sum() / weights.sum()) / (weights.size - 1)
            strength = max(strength, between)
        modes.append(pattern * err * math.sqrt(strength))
    return np.array(modes).reshape(-1, p)


def _whole(values: FloatArray, pixels: BoolArray, empty: float) -> FloatArray:
    image = np.full(pixels.shape, empty)
    image[pixels] = values
    return image
