"""Made-up light curves for the tests of stitching and detrending."""

from __future__ import annotations

import numpy as np

from science.lightcurve import FloatArray, LightCurve, Mission

START_BJD = 2458325.0


def make_curve(
    time: FloatArray,
    flux: FloatArray,
    *,
    label: str = "S1",
    flux_err: FloatArray | float = np.nan,
    quality: np.ndarray | None = None,
    usable: np.ndarray | None = None,
    cadence_days: float | None = None,
    mission: Mission = "TESS",
    pipeline: str = "SPOC",
) -> LightCurve:
    """A light curve of arrays, with the cadence measured where none is given."""
    quality = np.zeros(time.size, dtype=np.int32) if quality is None else quality.astype(np.int32)
    usable = np.isfinite(flux) if usable is None else usable
    if cadence_days is None:
        cadence_days = float(np.median(np.diff(time))) if time.size > 1 else 2 / 1440
    errors = np.full(time.size, flux_err) if np.isscalar(flux_err) else np.asarray(flux_err)
    return LightCurve(
        target="TIC 1",
        label=label,
        time_bjd=time,
        flux=np.asarray(flux, dtype=np.float64),
        flux_err=errors,
        quality=quality,
        usable=usable,
        cadence_days=cadence_days,
        exposure_days=cadence_days,
        mission=mission,
        pipeline=pipeline,
    )


def sector_times(index: int = 0, cadence_days: float = 10 / 1440) -> FloatArray:
    """Two orbits of a TESS sector with the pause between them."""
    time = np.arange(0.0, 27.0, cadence_days)
    return START_BJD + 27.4 * index + time[(time < 12.8) | (time > 14.0)]


def box_dips(time: FloatArray, period: float, epoch: float, duration: float, depth: float) -> FloatArray:
    """Relative flux with dips whose sides slope over a tenth of their length."""
    distance = np.abs((time - epoch + 0.5 * period) % period - 0.5 * period)
    return 1.0 - depth * np.clip((0.5 * duration - distance) / (0.1 * duration), 0.0, 1.0)
