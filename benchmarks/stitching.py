"""Stitching and detrending: offsets between sectors, depth of injected 500 ppm transits, speed.

Transits are injected into real light curves of 12 and 13 sectors; the same curves are processed with and without them,
and the depth is read from the difference, so that the noise of the star drops out and the bias alone is left.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.frame import ROOT, Figure, at_least, at_most, cpu_seconds
from data.formats import read
from science.detrending import DetrendSettings, detrend
from science.lightcurve import DetrendedCurve, FloatArray, LightCurve
from science.stitching import StitchSettings, stitch

STARS = (29780677, 142052876, 167894019, 220429097)
DEPTH = 500e-6
PERIODS_DAYS = (2.0, 5.0, 12.0, 30.0)
DURATIONS_HOURS = (1.0, 2.0, 4.0, 8.0)
LONGEST_DURATION_DAYS = 8.0 / 24.0


def measure(only: str | None = None) -> Iterable[Figure]:
    """`only`: offsets, depth, mixed or speed."""
    parts = {"offsets": offsets, "depth": depths, "mixed": mixed, "speed": speed}
    for name, part in parts.items():
        if only in (None, name):
            yield from part()


def offsets() -> Iterable[Figure]:
    """Largest distance of a sector's level from 1, and largest step between neighbouring segments."""
    for star in STARS:
        curves = load_star(star)
        rng = np.random.default_rng(star)
        # Other apertures and cameras: each sector on a scale of its own.
        scaled = [
            _times(curve, float(factor))
            for curve, factor in zip(curves, rng.uniform(0.5, 2.0, len(curves)), strict=True)
        ]
        result = detrend(stitch(scaled), DetrendSettings(longest_duration_days=LONGEST_DURATION_DAYS))
        curve = result.curve
        levels = []
        for index in range(len(curve.labels)):
            rows = (curve.sector == index) & result.use
            if np.count_nonzero(rows) > 100:
                levels.append(abs(float(np.median(result.flux[rows])) - 1.0))
        yield at_most(f"TIC {star}: largest offset of a sector ({len(levels)})", max(levels) * 100, "%", 0.1)


def depths() -> Iterable[Figure]:
    """Bias of the depth of injected transits, as the first search sees it and with the transit masked in the trend."""
    rng = np.random.default_rng(7)
    seen: dict[tuple[float, str], list[float]] = {}
    for star in STARS:
        curves = load_star(star)
        start = curves[0].time_bjd[0]
        untouched = stitch(curves)
        plain = detrend(untouched, DetrendSettings(longest_duration_days=LONGEST_DURATION_DAYS))
        for period in PERIODS_DAYS:
            for hours in DURATIONS_HOURS:
                duration = hours / 24.0
                epoch = float(start + rng.uniform(0.0, period))
                injected = [inject(curve, period, epoch, duration) for curve in curves]
                stitched = stitch(injected)
                settings = DetrendSettings(longest_duration_days=LONGEST_DURATION_DAYS)
                found = detrend(stitched, settings)
                seen.setdefault((hours, "searched"), []).append(depth_bias(found, plain, period, epoch, duration))
                mask = replace(settings, masks=((period, epoch, duration),))
                # The same mask without the transit, because a mask by itself changes the noise of the trend.
                reference = detrend(untouched, mask)
                found = detrend(stitched, mask)
                seen.setdefault((hours, "masked"), []).append(depth_bias(found, reference, period, epoch, duration))
    for hours in DURATIONS_HOURS:
        values = np.array(seen[hours, "masked"])
        yield at_most(
            f"depth bias, {hours:g} h, transit masked: mean of {values.size}", abs(values.mean()) * 100, "%", 2.0
        )
        # One injection: where a marginal wave is taken or not, the noise of the trend comes in as well.
        yield Figure(f"depth bias, {hours:g} h, transit masked: largest", np.abs(values).max() * 100, "%")
    for hours in DURATIONS_HOURS:
        values = np.array(seen[hours, "searched"])
        yield Figure(f"depth bias, {hours:g} h, first search (not masked): mean", values.mean() * 100, "%")


def mixed() -> Iterable[Figure]:
    """Pi Mensae, sector 1: one orbit in 2-min, the other in 30-min data of TESS-SPOC, with an injected transit."""
    folder = realdata() / "lightcurves"
    fast = read(next((folder / "tess_2min").glob("*0000000261136679*_lc.fits.gz"))).curves[0]
    slow = read(next((folder / "tess_ffi").glob("hlsp_tess-spoc*261136679*.fits.gz"))).curves[0]
    half = 0.5 * (fast.time_bjd[0] + fast.time_bjd[-1])
    curves = [_rows(fast, fast.time_bjd < half), _rows(slow, slow.time_bjd >= half)]
    settings = DetrendSettings(longest_duration_days=LONGEST_DURATION_DAYS)
    biases = []
    for period, hours in ((2.1, 2.0), (3.3, 4.0), (4.7, 8.0)):
        epoch, duration = float(fast.time_bjd[0]) + 0.9, hours / 24.0
        mask = replace(settings, masks=((period, epoch, duration),))
        injected = stitch([inject(curve, period, epoch, duration) for curve in curves])
        biases.append(depth_bias(detrend(injected, mask), detrend(stitch(curves), mask), period, epoch, duration))
    yield at_most("pi Men, 2-min and 30-min orbits: worst depth bias, masked", max(map(abs, biases)) * 100, "%", 2.0)
    plain = detrend(stitch(curves), settings)
    levels, weights = [], []
    for segment in plain.curve.segments:
        rows = np.arange(segment.start, segment.stop)[plain.use[segment.start : segment.stop]]
        levels.append(float(np.median(plain.flux[rows])))
        weights.append(float(np.std(plain.flux[rows]) / segment.noise))
    yield at_most("pi Men: offset between the cadences", np.ptp(levels) * 100, "%", 0.1)
    yield Figure("pi Men: scatter over stated error, 2-min", weights[0], "ratio")
    yield Figure("pi Men: scatter over stated error, 30-min", weights[-1], "ratio")
    both = stitch([fast, slow])
    yield at_most(
        "pi Men: rows kept of the same sector in two cadences, over the 2-min rows",
        both.time_bjd.size / fast.time_bjd.size,
        "ratio",
        1.0,
    )


def speed() -> Iterable[Figure]:
    """Points per CPU second, with the readers left out."""
    import numba

    numba.set_num_threads(1)
    stars = {"quiet": stitch(load_star(STARS[2])), "rotating": stitch(load_star(STARS[1]))}
    curves = load_star(STARS[2])
    size = sum(curve.time_bjd.size for curve in curves)
    free = DetrendSettings(longest_duration_days=LONGEST_DURATION_DAYS)
    for stitched in stars.values():
        detrend(stitched, free)  # numba compiles at the first call
    seconds = cpu_seconds(
        {
            "stitch": lambda: stitch(curves),
            "model": lambda: stitch(curves, StitchSettings(gap_fill="model")),
            "quiet": lambda: detrend(stars["quiet"], free),
            "rotating": lambda: detrend(stars["rotating"], free),
        },
        repeats=5,
    )
    unit = "M points/s CPU"
    yield at_least("stitch, 13 sectors", size / seconds["stitch"] / 1e6, unit, 1.0)
    yield Figure("stitch with gaps filled by a model", size / seconds["model"] / 1e6, unit)
    yield at_least("detrend with choice of window, star without a rhythm", size / seconds["quiet"] / 1e6, unit, 1.0)
    size = stars["rotating"].time_bjd.size
    yield Figure("detrend with choice of window, fast rotator", size / seconds["rotating"] / 1e6, unit)


def realdata() -> Path:
    """Folder of the real light curves. Raises FileNotFoundError with the remedy where it is missing."""
    folder = Path(os.environ.get("LARUN_REALDATA", ROOT.parent / "shared" / "realdata"))
    if not (folder / "lightcurves").is_dir():
        raise FileNotFoundError(f"There are no real light curves in {folder}; set LARUN_REALDATA to their folder.")
    return folder


def load_star(tic: int) -> list[LightCurve]:
    """All sectors of one of the ultracool dwarfs, in order of time."""
    paths = sorted((realdata() / "lightcurves" / "tess_2min_ucd").glob(f"tic{tic}_s*.npz"))
    return [curve for path in paths for curve in read(path).curves]


def shape(time: FloatArray, period: float, epoch: float, duration: float, exposure: float) -> FloatArray:
    """Transit of depth 1 with sloping sides a tenth of the duration long, averaged over the exposure."""
    total = np.zeros(time.size)
    offsets = (np.arange(7) - 3) / 7 * exposure
    for offset in offsets:
        moved = time + offset
        distance = np.abs((moved - epoch + 0.5 * period) % period - 0.5 * period)
        total += np.clip((0.5 * duration - distance) / (0.1 * duration), 0.0, 1.0)
    return total / offsets.size


def inject(curve: LightCurve, period: float, epoch: float, duration: float) -> LightCurve:
    """The curve with transits 500 ppm deep."""
    model = shape(curve.time_bjd, period, epoch, duration, curve.exposure_days)
    return replace(curve, flux=curve.flux * (1.0 - DEPTH * model))


def depth_bias(found: DetrendedCurve, without: DetrendedCurve, period: float, epoch: float, duration: float) -> float:
    """Depth in the difference of two detrended curves over the injected depth, minus 1 (weighted least squares)."""
    use = found.use & without.use
    curve = found.curve
    model = np.empty(curve.time_bjd.size)
    for segment in curve.segments:
        rows = slice(segment.start, segment.stop)
        model[rows] = shape(curve.time_bjd[rows], period, epoch, duration, segment.exposure_days)
    ratio = found.flux[use] / without.flux[use] - 1.0
    weight = curve.flux_err[use] ** -2
    around = model[use] - np.average(model[use], weights=weight)
    fitted = -float(np.sum(weight * around * ratio) / np.sum(weight * around**2))
    return fitted / DEPTH - 1.0


def _times(curve: LightCurve, factor: float) -> LightCurve:
    return replace(curve, flux=curve.flux * factor, flux_err=curve.flux_err * factor)


def _rows(curve: LightCurve, keep: Sequence[bool] | np.ndarray) -> LightCurve:
    names = ("time_bjd", "flux", "flux_err", "quality", "usable")
    return replace(curve, **{name: getattr(curve, name)[keep] for name in names})
