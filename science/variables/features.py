"""Numbers that describe the variability of a star, alike for every mission and any length of data."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from science.lightcurve import FloatArray, IntArray
from science.noise import point_to_point_scatter, robust_scatter
from science.stars import Star
from science.time_bins import bin_in_time
from science.variables.autocorrelation import autocorrelation, first_peak
from science.variables.flare_list import find_flares
from science.variables.folded_shape import fold_shape
from science.variables.periodogram import (
    FASTEST_PER_DAY,
    best_box,
    harmonic_fit,
    log10_false_alarm,
    lomb_scargle,
    take_out_peaks,
    vertex,
)

#: Long data are described stretch by stretch, as TESS sectors are long (Audenaert et al. 2021, AJ 162, 209).
STRETCH_DAYS = 27.5
MOST_STRETCHES = 12
#: Waves are looked for in averages over this time, everything slow in averages over the other.
WAVE_BIN_DAYS = 5.0 / 1440.0
SLOW_BIN_DAYS = 30.0 / 1440.0
#: Trains of boxes are looked for in hourly averages, at these periods.
BOX_BIN_DAYS = 1.0 / 24.0
BOX_PERIODS_DAYS = (0.4, 14.0)
LEAST_DAYS = 5.0
LEAST_POINTS = 150
#: Bands in cycles per day: gamma Doradus and slowly pulsating B stars, in between, delta Scuti and beta Cephei stars.
BANDS = ((0.3, 3.0), (3.0, 5.0), (5.0, FASTEST_PER_DAY))
MOST_PEAKS = 6
#: Frequency at which Kepler's thrusters fired in its second mission, per day (every 5.88 h), and its overtones.
THRUSTERS_PER_DAY = 4.08

FEATURES: tuple[str, ...] = (
    # the strongest sine
    "log_period",
    "cycles",
    "sine_share",
    "log_false_alarm",
    "harmonic_half",
    # the same with a bend taken out of each segment
    "flat_log_period",
    "flat_sine_share",
    "flat_snr",
    "flat_r21",
    # peaks
    "n_peaks",
    "peaks_share",
    "second_amplitude",
    "second_frequency",
    "slow_share",
    "gdor_share",
    "middle_share",
    "dsct_share",
    "gdor_snr",
    "dsct_snr",
    # the cycle
    "fold_multiple",
    "fold_share",
    "fold_gain",
    "r21",
    "r31",
    "phi21_cos",
    "phi21_sin",
    "phi31_cos",
    "phi31_sin",
    "depth_ratio",
    "minimum_gap",
    "narrow",
    "flat",
    "cycle_skew",
    "ellipsoidal",
    "rise",
    "half_difference",
    # boxes
    "box_share",
    "box_log_period",
    "box_over_sine",
    "box_narrow",
    "box_fold_share",
    "box_depth_ratio",
    # time
    "acf_height",
    "acf_over_period",
    "coherence",
    "log_range",
    "log_noise",
    "log_range_over_noise",
    "skewness",
    "kurtosis",
    "tail_ratio",
    "von_neumann",
    "stetson_j",
    "spectral_slope",
    "hour_over_day",
    # flares
    "flare_rate",
    "flare_height",
    "flare_light",
    "flare_mirror",
    # systematics
    "edge_slope",
    "segment_slope",
    "jump",
    "thruster",
    # the star; NaN where unknown
    "teff_k",
    "logg_cgs",
    "tmag",
)
#: What the classifier looks at: the light alone. What is known about the star enters as odds on the classes instead.
LIGHT_FEATURES: tuple[str, ...] = FEATURES[:-3]
_MEAN_OF_STRETCHES = frozenset({"flare_rate", "flare_light"})
_LARGEST_OF_STRETCHES = frozenset({"flare_height"})


class TooShort(ValueError):
    """Not enough light to describe. The message is a sentence for the user, with numbers."""


@dataclass(frozen=True, slots=True)
class Features:
    """The numbers of `FEATURES`, shape (len(FEATURES),), from `stretches` pieces of at most 27.5 days."""

    values: FloatArray
    stretches: int
    days: float

    def __getitem__(self, name: str) -> float:
        return float(self.values[FEATURES.index(name)])

    @property
    def light(self) -> FloatArray:
        """What the classifier sees, shape (len(LIGHT_FEATURES),)."""
        return self.values[: len(LIGHT_FEATURES)]


def features(
    time_bjd: FloatArray, flux: FloatArray, flux_err: FloatArray, segment: IntArray, star: Star | None = None
) -> Features:
    """Describe stitched light that is NOT detrended; shapes (n,), flux relative and about 1, rows sorted by time.

    Data longer than 27.5 days are cut into stretches (12 evenly chosen ones at most), and the median of each number is
    given (the mean rate and the largest height of flares). Spectra by `lomb_scargle`, peaks after Breger et al. 1993,
    ratios of harmonics after Simon & Lee 1981, von Neumann 1941, Stetson J of neighbours (Stetson 1996, PASP 108,
    851), slope of the power spectrum after Bugnet et al. 2018 (A&A 620, A38). Rows that are not finite are left out.
    Raises TooShort below 150 points (of half an hour) or 5 days.
    """
    good = np.isfinite(time_bjd) & np.isfinite(flux)
    t, f, s = time_bjd[good], flux[good], segment[good]
    span = float(t[-1] - t[0]) if t.size else 0.0
    if span < LEAST_DAYS:
        raise TooShort(
            f"The light covers {span:.1f} days; at least {LEAST_DAYS:.0f} are needed to say what kind of "
            f"variable it is."
        )
    rows = [
        _stretch(t[part], f[part], s[part]) for part in _evenly(stretches(t), MOST_STRETCHES) if _is_enough(t[part])
    ]
    if not rows:
        raise TooShort(
            f"No stretch of the light has {LEAST_POINTS} points within {STRETCH_DAYS:.0f} days, which is needed to say "
            f"what kind of variable it is."
        )
    table = np.array(rows)
    values = np.full(len(FEATURES), np.nan)
    for column, name in enumerate(LIGHT_FEATURES):
        seen = table[:, column][np.isfinite(table[:, column])]
        if seen.size == 0:
            continue
        if name in _MEAN_OF_STRETCHES:
            values[column] = np.mean(seen)
        elif name in _LARGEST_OF_STRETCHES:
            values[column] = np.max(seen)
        else:
            values[column] = np.median(seen)
    if star is not None:
        known = (star.teff_k, star.logg_cgs)
        values[-3:-1] = [value.value if value is not None else np.nan for value in known]
        values[-1] = star.tmag if star.tmag is not None else np.nan
    return Features(values, len(rows), span)


def stretches(time: FloatArray) -> list[slice]:
    """Rows cut where 27.5 days are over or nothing was measured for 5 days."""
    parts: list[slice] = []
    start = 0
    for row in range(1, time.size):
        if time[row] - time[start] > STRETCH_DAYS or time[row] - time[row - 1] > LEAST_DAYS:
            parts.append(slice(start, row))
            start = row
    parts.append(slice(start, time.size))
    return parts


def _evenly(parts: list[slice], most: int) -> list[slice]:
    if len(parts) <= most:
        return parts
    return [parts[i] for i in np.linspace(0, len(parts) - 1, most).round().astype(int)]


def _is_enough(time: FloatArray) -> bool:
    if time.size < LEAST_POINTS or time[-1] - time[0] < LEAST_DAYS:
        return False
    return int(np.unique(np.floor((time - time[0]) / SLOW_BIN_DAYS)).size) >= LEAST_POINTS


def _stretch(time: FloatArray, flux: FloatArray, segment: IntArray) -> list[float]:
    """LIGHT_FEATURES of one stretch."""
    level = float(np.median(flux))
    x = flux / level - 1.0 if level != 0 else flux
    # One glint must not decide every number; ten times the spread keeps any eclipse and any pulsation.
    low, middle, high = (float(value) for value in np.percentile(x, [2.0, 50.0, 98.0]))
    reach = 3.0 * max(high - middle, middle - low, 1e-9)
    calm = np.clip(x, middle - reach, middle + reach)
    fine = bin_in_time(time, calm, WAVE_BIN_DAYS)
    slow = bin_in_time(time, calm, SLOW_BIN_DAYS)
    cadence = float(np.median(np.diff(fine.time)))
    fastest = min(FASTEST_PER_DAY, 0.5 / cadence)
    span = float(time[-1] - time[0])
    found: dict[str, float] = {}
    frequency = _waves(found, fine.time, fine.flux, span, fastest)
    _cycle(found, fine.time, fine.flux, slow.time, slow.flux, 1.0 / frequency)
    _flattened(found, fine.time, fine.flux, fastest)
    _in_time(found, slow.time, slow.flux, fine.flux, 1.0 / frequency)
    noise = point_to_point_scatter(fine.flux) * math.sqrt(max(cadence / SLOW_BIN_DAYS, 1e-6))
    spread = float(np.percentile(slow.flux, 95) - np.percentile(slow.flux, 5))
    found["log_range"] = _log(spread)
    found["log_noise"] = _log(noise)
    found["log_range_over_noise"] = _log(spread) - _log(noise)
    rhythm = 1.0 / frequency if found["fold_share"] > 0.3 else None
    flares = find_flares(time, flux, segment, rhythm)
    # Glints and noise go both ways, flares only up.
    mirrored = find_flares(time, 2.0 * level - flux, segment, rhythm)
    found["flare_mirror"] = (len(flares) - len(mirrored)) / (len(flares) + len(mirrored) + 1.0)
    found["flare_rate"] = len(flares) / span
    found["flare_height"] = math.log10(1.0 + max((flare.amplitude_sigma for flare in flares), default=0.0))
    found["flare_light"] = math.log10(
        1.0 + sum(f.equivalent_duration_s for f in flares) / (86400.0 * span * max(noise, 1e-9))
    )
    _systematics(found, time, calm, segment, slow.flux)
    return [found.get(name, math.nan) for name in LIGHT_FEATURES]


def _waves(found: dict[str, float], time: FloatArray, flux: FloatArray, span: float, fastest: float) -> float:
    """The spectrum and its peaks; the frequency of the strongest sine with at least one and a half cycles."""
    spectrum = lomb_scargle(time, flux, 1.0 / span, fastest)
    allowed = np.where(spectrum.frequency >= 1.5 / span, spectrum.power, 0.0)
    best = int(np.argmax(allowed))
    step = float(spectrum.frequency[1] - spectrum.frequency[0])
    frequency = vertex(spectrum.power, best, float(spectrum.frequency[0]), step)
    power = float(spectrum.power[best])
    found["log_period"] = -math.log10(frequency)
    found["cycles"] = math.log10(frequency * span)
    found["sine_share"] = power
    found["log_false_alarm"] = max(log10_false_alarm(power, time.size, time, fastest), -60.0)
    near_half = np.abs(spectrum.frequency - 0.5 * frequency) < 1.0 / span
    half = float(np.max(spectrum.amplitude[near_half])) if near_half.any() else 0.0
    found["harmonic_half"] = half / max(float(spectrum.amplitude[best]), 1e-12)
    peaks = take_out_peaks(time, flux, 1.0 / span, fastest, MOST_PEAKS)
    found["n_peaks"] = float(peaks.frequency.size)
    found["peaks_share"] = peaks.explained
    power_of = peaks.amplitude**2
    whole = max(float(np.sum(power_of)), 1e-24)
    found["slow_share"] = float(np.sum(power_of[peaks.frequency < BANDS[0][0]])) / whole
    for name, (low, high) in zip(("gdor_share", "middle_share", "dsct_share"), BANDS, strict=True):
        found[name] = float(np.sum(power_of[(peaks.frequency >= low) & (peaks.frequency < high)])) / whole
    found["second_amplitude"], found["second_frequency"] = 0.0, 0.0
    if peaks.frequency.size > 1:
        found["second_amplitude"] = float(peaks.amplitude[1] / max(peaks.amplitude[0], 1e-12))
        found["second_frequency"] = float(np.log10(peaks.frequency[1] / peaks.frequency[0]))
    for name, (low, high) in (("gdor_snr", BANDS[0]), ("dsct_snr", BANDS[2])):
        inside = (peaks.frequency >= low) & (peaks.frequency < high)
        found[name] = math.log10(1.0 + (float(np.max(peaks.snr[inside])) if inside.any() else 0.0))
    thruster = (np.abs(spectrum.frequency / THRUSTERS_PER_DAY - 1.0) < 0.03) & (spectrum.frequency < fastest)
    around = (np.abs(spectrum.frequency - THRUSTERS_PER_DAY) < 1.5) & ~thruster
    if thruster.any() and around.any():
        ratio = float(np.max(spectrum.amplitude[thruster])) / max(float(np.median(spectrum.amplitude[around])), 1e-12)
        found["thruster"] = math.log10(1.0 + ratio)
    # Lower quartiles, so that peaks do not make the slope of what lies under them.
    bands = [(0.2, 0.6), (0.6, 1.8), (1.8, 5.4), (5.4, 16.2)]
    levels = []
    for low, high in bands:
        inside = (spectrum.frequency >= low) & (spectrum.frequency < high)
        if inside.any():
            level = float(np.percentile(spectrum.power[inside], 50))
            levels.append((math.log10(math.sqrt(low * high)), math.log10(max(level, 1e-12))))
    if len(levels) > 2:
        places, heights = np.array(levels).T
        found["spectral_slope"] = float(np.polyfit(places, heights, 1)[0])
    return frequency


def _flattened(found: dict[str, float], time: FloatArray, flux: FloatArray, fastest: float) -> None:
    """The strongest sine once a cubic is taken out of every run without a gap, as drifts of the instrument bend."""
    flat = flux.copy()
    edges = np.flatnonzero(np.diff(time) > 0.5) + 1
    longest = 1.0
    for rows in np.split(np.arange(time.size), edges):
        if rows.size > 20:
            x = (time[rows] - time[rows[0]]) / max(float(np.ptp(time[rows])), 1e-6) - 0.5
            flat[rows] -= np.polyval(np.polyfit(x, flux[rows], 3), x)
            longest = max(longest, float(np.ptp(time[rows])))
        else:
            flat[rows] -= np.median(flux[rows])
    spectrum = lomb_scargle(time, flat, 1.5 / longest, fastest)
    best = spectrum.best
    frequency = float(spectrum.frequency[best])
    found["flat_log_period"] = -math.log10(frequency)
    found["flat_sine_share"] = float(spectrum.power[best])
    found["flat_snr"] = math.log10(
        max(float(spectrum.amplitude[best]) / max(float(np.median(spectrum.amplitude)), 1e-12), 1e-3)
    )
    amplitude, _, _ = harmonic_fit((time - time[0]) * frequency, flat, 2)
    found["flat_r21"] = float(amplitude[1] / max(amplitude[0], 1e-12))


def _cycle(
    found: dict[str, float],
    time: FloatArray,
    flux: FloatArray,
    slow_time: FloatArray,
    slow_flux: FloatArray,
    period: float,
) -> None:
    """The folded cycle at the strongest sine, and at the best train of boxes."""
    found["fold_share"] = 0.0
    shape = fold_shape(time, flux, period)
    if shape is not None:
        found |= {
            "fold_multiple": float(shape.multiple),
            "fold_share": shape.share,
            "fold_gain": shape.share - found["sine_share"],
            "r21": shape.r21,
            "r31": shape.r31,
            "phi21_cos": math.cos(shape.phi21),
            "phi21_sin": math.sin(shape.phi21),
            "phi31_cos": math.cos(shape.phi31),
            "phi31_sin": math.sin(shape.phi31),
            "depth_ratio": shape.depth_ratio,
            "minimum_gap": shape.minimum_gap,
            "narrow": shape.narrow,
            "flat": shape.flat,
            "cycle_skew": shape.skew,
            "ellipsoidal": shape.ellipsoidal,
            "rise": shape.rise,
        }
    twice = fold_shape(time, flux, 2.0 * period, fixed=True)
    found["half_difference"] = 1.0 - twice.depth_ratio if twice is not None else math.nan
    hours = bin_in_time(slow_time, slow_flux, BOX_BIN_DAYS)
    box_period, box_share = best_box(hours.time, hours.flux, *BOX_PERIODS_DAYS)
    found["box_share"] = box_share
    found["box_over_sine"] = box_share / max(found["sine_share"], 1e-3)
    if box_period > 0:
        found["box_log_period"] = math.log10(box_period)
        boxed = fold_shape(time, flux, box_period, fixed=True)
        if boxed is not None:
            found["box_narrow"] = boxed.narrow
            found["box_fold_share"] = boxed.share
            found["box_depth_ratio"] = boxed.depth_ratio


def _in_time(found: dict[str, float], time: FloatArray, slow: FloatArray, fine: FloatArray, period: float) -> None:
    """Autocorrelation, coherence, moments and the colour of the noise, in half-hour means."""
    lag, correlation = autocorrelation(time, slow, SLOW_BIN_DAYS)
    peak = first_peak(lag, correlation)
    found["acf_height"] = peak[1] if peak else 0.0
    found["acf_over_period"] = math.log10(peak[0] / period) if peak else math.nan
    thirds = [part for part in np.array_split(np.arange(time.size), 3) if part.size > 30]
    x = slow - np.mean(slow)
    wave = np.exp(-2j * np.pi * time / period)
    parts = [complex(np.mean(x[rows] * wave[rows])) for rows in thirds]
    found["coherence"] = abs(sum(parts)) / max(sum(abs(part) for part in parts), 1e-12) if parts else math.nan
    sigma = float(np.std(slow))
    if sigma > 0:
        found["skewness"] = math.asinh(float(np.mean(x**3)) / sigma**3)
        found["kurtosis"] = math.asinh(float(np.mean(x**4)) / sigma**4 - 3.0)
        steps = np.diff(slow)[np.diff(time) < 2.5 * SLOW_BIN_DAYS]
        found["von_neumann"] = float(np.mean(steps**2)) / sigma**2 if steps.size else math.nan
        z = x / sigma
        pairs = (z[:-1] * z[1:])[np.diff(time) < 2.5 * SLOW_BIN_DAYS]
        found["stetson_j"] = float(np.mean(np.sign(pairs) * np.sqrt(np.abs(pairs)))) if pairs.size else math.nan
    low, middle, high = (float(value) for value in np.percentile(slow, [1.0, 50.0, 99.0]))
    found["tail_ratio"] = _log(middle - low) - _log(high - middle)
    day = bin_in_time(time, slow, 1.0)
    hour = point_to_point_scatter(fine)
    found["hour_over_day"] = _log(hour) - _log(robust_scatter(day.flux)) if day.flux.size > 4 else math.nan


def _systematics(
    found: dict[str, float], time: FloatArray, flux: FloatArray, segment: IntArray, slow: FloatArray
) -> None:
    """Bends at the ends of segments, slopes through them, and the largest jump, over the scatter of half-hour means."""
    scatter = max(robust_scatter(slow), 1e-9)
    bends, slopes, jumps = [], [], []
    for number in np.unique(segment):
        rows = np.flatnonzero(segment == number)
        if rows.size < 40 or time[rows[-1]] - time[rows[0]] < 2.0:
            continue
        part = bin_in_time(time[rows], flux[rows], 0.25)
        middle = float(np.median(part.flux))
        bends += [abs(float(part.flux[0]) - middle), abs(float(part.flux[-1]) - middle)]
        slopes.append(abs(float(np.polyfit(part.time - part.time[0], part.flux, 1)[0])) * float(np.ptp(part.time)))
        steps = np.abs(np.diff(part.flux))
        if steps.size > 4:
            jumps.append(float(np.max(steps)) / max(float(np.median(steps)), 1e-12))
    found["edge_slope"] = _log(float(np.mean(bends)) / scatter) if bends else math.nan
    found["segment_slope"] = _log(float(np.mean(slopes)) / scatter) if slopes else math.nan
    found["jump"] = _log(float(np.mean(jumps))) if jumps else math.nan


def _log(value: float) -> float:
    return math.log10(max(value, 1e-9))
