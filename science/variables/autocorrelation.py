"""Autocorrelation of unevenly covered light, and its first peak."""

from __future__ import annotations

import numpy as np

from science.lightcurve import FloatArray

#: A peak counts when it stands this much above the deepest correlation before it.
LEAST_RISE = 0.1
#: Smoothing of the correlation before peaks are looked for, in steps.
_SMOOTH = 3


def autocorrelation(time: FloatArray, flux: FloatArray, step_days: float) -> tuple[FloatArray, FloatArray]:
    """Lags (days) and correlation at them, up to half of the span; shapes (k,). Gaps count for nothing.

    The flux, of shape (n,), is put on a grid of `step_days`; products of pairs are divided by the number of pairs
    (McQuillan, Aigrain & Mazeh 2013, MNRAS 432, 1203, fill gaps with zeros instead).
    """
    from scipy.fft import irfft, next_fast_len, rfft

    if time.size < 8:
        return np.zeros(0), np.zeros(0)
    place = np.rint((time - time[0]) / step_days).astype(np.int64)
    size = int(place[-1]) + 1
    value, seen = np.zeros(size), np.zeros(size)
    value[place] = flux - np.mean(flux)
    seen[place] = 1.0
    length = next_fast_len(2 * size, real=True)
    product = irfft(np.abs(rfft(value, n=length)) ** 2, n=length)[: size // 2]
    pairs = irfft(np.abs(rfft(seen, n=length)) ** 2, n=length)[: size // 2]
    enough = pairs > 0.1 * pairs[0]
    correlation = np.where(enough, product / np.maximum(pairs, 1.0), 0.0)
    first = float(correlation[0])
    lag = np.asarray(step_days * np.arange(size // 2), dtype=np.float64)
    return lag, np.asarray(correlation / first if first > 0 else correlation, dtype=np.float64)


def peaks(lag: FloatArray, correlation: FloatArray) -> list[tuple[float, float]]:
    """Peaks (lag in days, height over the deepest correlation before it, at most 2), in order of lag."""
    if lag.size < 5:
        return []
    smooth = np.convolve(np.pad(correlation, _SMOOTH // 2, mode="reflect"), np.ones(_SMOOTH) / _SMOOTH, mode="valid")
    found: list[tuple[float, float]] = []
    deepest = float(smooth[0])
    for i in range(1, smooth.size - 1):
        deepest = min(deepest, float(smooth[i]))
        rise = float(smooth[i]) - deepest
        if smooth[i] >= smooth[i - 1] and smooth[i] > smooth[i + 1] and rise > LEAST_RISE:
            found.append((float(lag[i]), rise))
            deepest = float(smooth[i])
    return found


def first_peak(lag: FloatArray, correlation: FloatArray) -> tuple[float, float] | None:
    """The first peak that no later one within 2.2 times its lag clearly overtops (the half-period check)."""
    found = peaks(lag, correlation)
    if not found:
        return None
    first = found[0]
    for other in found[1:]:
        if other[0] > 2.3 * first[0]:
            break
        at = float(np.interp(first[0], lag, correlation))
        if other[0] > 1.7 * first[0] and float(np.interp(other[0], lag, correlation)) > at + 0.05:
            return other
    return first
