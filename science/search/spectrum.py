"""From chi-squares to the signal detection efficiency that a periodogram is read by."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import median_filter

from science.lightcurve import FloatArray

#: Width of the running median in grid points per unit of oversampling (Hippke & Heller 2019).
MEDIAN_POINTS = 30


def signal_residue(delta_chi2: FloatArray, chi2_constant: float) -> FloatArray:
    """SR = min(chi2)/chi2 with chi2 = `chi2_constant` - `delta_chi2`, in (0, 1]; shapes (n,)."""
    chi2 = np.maximum(chi2_constant - np.asarray(delta_chi2, dtype=np.float64), 1e-12 * max(chi2_constant, 1e-300))
    return np.asarray(chi2.min() / chi2, dtype=np.float64)


def detection_efficiency(sr: FloatArray, oversampling: int) -> tuple[FloatArray, float]:
    """SDE per period, shape (n,), and its maximum, as TLS does it (Hippke & Heller 2019, eqs 4-6).

    SR is scaled to zero mean and a peak of (1 - mean) / std; a running median over 30 x oversampling points (odd) takes
    out the trend towards long periods where the grid is long enough for it; the rest is scaled by its own scatter.
    A spectrum without any contrast gives zeros and SDE 0.
    """
    sr = np.asarray(sr, dtype=np.float64)
    scatter = float(np.std(sr))
    if sr.size < 2 or scatter <= 0 or not np.isfinite(scatter):
        return np.zeros_like(sr), 0.0
    power = (sr - sr.mean()) / scatter  # equal to TLS's raw power: its peak is (1 - mean) / std
    kernel = int(oversampling) * MEDIAN_POINTS
    kernel += 1 - kernel % 2
    if sr.size > 2 * kernel:
        power = power - running_median(power, kernel)
        power = power - power.mean()
        left = float(np.std(power))
        if left <= 0:
            return np.zeros_like(sr), 0.0
        power = power / left
    return power, float(power.max())


def running_median(values: FloatArray, kernel: int) -> FloatArray:
    """Median in a centred window of odd `kernel` points; within half a window of the ends the last full one holds."""
    half = kernel // 2
    out = np.asarray(median_filter(values, size=kernel, mode="nearest"), dtype=np.float64)
    out[:half] = out[half]
    out[len(out) - half :] = out[len(out) - half - 1]
    return out
