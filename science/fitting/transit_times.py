"""When each single transit happened, with the shape held and the light around it fitted along."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from science.fitting.results import TransitTime
from science.fitting.timing_windows import Companion, Light, TransitShape, light_of, without_companions
from science.fitting.transit import transit_flux
from science.fitting.ttv import linear_ephemeris, no_variation
from science.lightcurve import DetrendedCurve, FloatArray
from science.noise import robust_scatter

MINUTES = 1440.0
#: Points of the table of a shape: linear between them is good to a part in 100,000 of the depth.
_TABLE_POINTS = 4001
#: Mid-times tried to either side of the centre of a grid; a grid whose peak is narrower than a few steps is laid anew.
_GRID = 120
_FINEST_GRIDS = 5


@dataclass(frozen=True, slots=True)
class TimingSettings:
    """How transits are timed. Lengths are in transit durations (first to fourth contact)."""

    reach: float = 0.7  # how far from the expected time a transit is looked for, to either side
    baseline: float = 1.0  # light used beside the transit, to either side
    least_coverage: float = 0.5
    least_snr: float = 3.0
    refold: bool = True  # fit the shape again on the shifted times where the times vary
    refold_below: float = 0.01  # … which they do when chance gives such a scatter less often than this


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """A transit that the data touch but cannot time. `reason` is a sentence for the user."""

    epoch: int
    expected_bjd: float
    snr: float
    coverage: float
    reason: str


@dataclass(frozen=True, slots=True)
class Timing:
    """All transits of one planet. `shape` is the one that was held: the one given, or fitted again on shifted times.

    `red_factor` widens the times' errors: scatter of the same measurement where there is no transit, over what white
    noise gives. `period_days` and `epoch_bjd` are the linear ephemeris of the measured times (those given, below two).
    """

    times: tuple[TransitTime, ...]
    not_measured: tuple[NotMeasured, ...]
    shape: TransitShape
    period_days: float
    epoch_bjd: float
    red_factor: float
    notes: tuple[str, ...] = ()

    @property
    def companion(self) -> Companion:
        """This planet as the others' timing needs it: taken out where it was timed, masked where it was not."""
        measured = {t.epoch: t.time_bjd for t in self.times}
        return Companion(replace(self.shape, period_days=self.period_days, epoch_bjd=self.epoch_bjd), measured)


def transit_times(
    curve: DetrendedCurve,
    shape: TransitShape,
    settings: TimingSettings | None = None,
    *,
    others: Sequence[Companion] = (),
) -> tuple[TransitTime, ...]:
    """The times of the transits that can be timed; see `time_transits`, which also says why the others cannot."""
    return time_transits(curve, shape, settings, others=others).times


def time_transits(
    curve: DetrendedCurve,
    shape: TransitShape,
    settings: TimingSettings | None = None,
    *,
    others: Sequence[Companion] = (),
) -> Timing:
    """Time every transit that the data touch.

    For each, chi2 over a fine grid of mid-times, with a constant and a slope of the light beside it fitted at every
    step (which marginalises them, for their weight does not depend on the time); the answer is mean and width of
    exp(-chi2 / 2 f²), f the factor by which this measurement scatters more at times without a transit than white noise
    would have it. Signal to noise is that of the single dip's depth in the same sense. A transit with less than half
    of its length in the data, with S/N below 3, or whose time the data leave open is told as not measured. Where the
    times vary the shape, smeared by the fold, is fitted again on the shifted times and all is timed anew, once.
    Transits of `others` are taken out, or masked. Raises ValueError for a shape without a transit.
    """
    chosen = settings or TimingSettings()
    if not shape.duration_days > 0:
        raise ValueError("The shape given has no transit: the planet passes beside the star.")
    light = without_companions(light_of(curve), others)
    timing = _timed(light, shape, chosen, {})
    if chosen.refold and len(timing.times) >= 4:
        ephemeris = linear_ephemeris(timing.times)
        _, _, chance = no_variation(timing.times, ephemeris)
        if chance < chosen.refold_below:
            from science.fitting.refold import refolded_shape

            centres = {t.epoch: t.time_bjd for t in timing.times}
            again = refolded_shape(light, timing.shape, centres, chosen.baseline)
            if again is not None:
                timing = _timed(light, again, chosen, centres)
                note = "The times vary: the shape was fitted again on transits shifted to a common time."
                timing = replace(timing, notes=(*timing.notes, note))
    return timing


def _timed(light: Light, shape: TransitShape, chosen: TimingSettings, centres: dict[int, float]) -> Timing:
    """One pass. `centres` are times known from a pass before, around which the grid is laid."""
    template = _Template(shape, chosen)
    factors = _noise_factors(light, template)
    times: list[TransitTime] = []
    left_out: list[NotMeasured] = []
    for epoch in _epochs(light, shape):
        centre = centres.get(epoch, shape.epoch_bjd + epoch * shape.period_days)
        found = _time_one(light, template, epoch, centre, factors)
        if isinstance(found, TransitTime):
            times.append(found)
        elif found is not None:
            left_out.append(found)
    period, zero = shape.period_days, shape.epoch_bjd
    if len(times) >= 2:
        ephemeris = linear_ephemeris(times)
        period, zero = ephemeris.period_days, ephemeris.epoch_bjd
    times = [replace(t, minutes_late=(t.time_bjd - zero - t.epoch * period) * MINUTES) for t in times]
    notes = () if factors.measured else ("Too little light away from transits to measure how red the noise is.",)
    return Timing(tuple(times), tuple(left_out), shape, period, zero, factors.time, notes)


@dataclass(frozen=True, slots=True)
class _Factors:
    time: float
    depth: float
    measured: bool


class _Template:
    """The held shape, ready to be laid over any stretch of light: one fine table for each length of exposure."""

    def __init__(self, shape: TransitShape, chosen: TimingSettings) -> None:
        self.shape = shape
        self.chosen = chosen
        self.duration = shape.duration_days
        self.reach = min(chosen.reach * self.duration, 0.25 * shape.period_days)
        self.half_width = min((0.5 + chosen.baseline) * self.duration + self.reach, 0.5 * shape.period_days)
        self._tables: dict[float, tuple[FloatArray, FloatArray]] = {}

    def dips(self, time: FloatArray, exposure: FloatArray, centres: FloatArray) -> FloatArray:
        """Light missing at `time` (n,) for a transit at each of `centres` (m,): shape (m, n), 0 outside."""
        from_middle = time[None, :] - centres[:, None]
        minutes = np.round(exposure * MINUTES, 2)
        lengths = np.unique(minutes)
        if lengths.size == 1:
            return np.interp(from_middle, *self._table(float(lengths[0])), left=0.0, right=0.0)
        out = np.zeros_like(from_middle)
        for length in lengths:
            rows = minutes == length
            out[:, rows] = np.interp(from_middle[:, rows], *self._table(float(length)), left=0.0, right=0.0)
        return out

    def _table(self, exposure_minutes: float) -> tuple[FloatArray, FloatArray]:
        if exposure_minutes not in self._tables:
            exposure = exposure_minutes / MINUTES
            half = min(0.55 * self.duration + 0.5 * exposure, 0.5 * self.shape.period_days)
            at = np.linspace(-half, half, _TABLE_POINTS)
            row = self.shape.row
            row[1] = 0.0
            flux = transit_flux(at, np.full(at.size, exposure), row[None, :], self.shape.u1, self.shape.u2)
            self._tables[exposure_minutes] = at, (1.0 - self.shape.dilution) * (1.0 - flux)
        return self._tables[exposure_minutes]


@dataclass(frozen=True, slots=True)
class _Window:
    """Light around one time, scaled by its errors, with constant and slope projected out of whatever is laid over."""

    time: FloatArray
    exposure: FloatArray
    weight: FloatArray  # 1 / error
    basis: FloatArray  # (n, 2), orthonormal
    flux: FloatArray  # scaled and projected

    def laid(self, values: FloatArray) -> FloatArray:
        """`values` of shape (m, n), scaled and projected."""
        scaled = values * self.weight
        return np.asarray(scaled - (scaled @ self.basis) @ self.basis.T)


def _window(light: Light, centre: float, half_width: float) -> _Window | None:
    first, last = np.searchsorted(light.time, (centre - half_width, centre + half_width))
    if last - first < 5:
        return None
    rows = slice(int(first), int(last))
    time, weight = light.time[rows], 1.0 / light.err[rows]
    columns = np.stack([weight, weight * (time - centre) / half_width], axis=1)
    basis, _ = np.linalg.qr(columns)
    scaled = (light.flux[rows] - 1.0) * weight
    return _Window(time, light.exposure[rows], weight, basis, scaled - basis @ (basis.T @ scaled))


def _time_one(
    light: Light, template: _Template, epoch: int, centre: float, factors: _Factors
) -> TransitTime | NotMeasured | None:
    window = _window(light, centre, template.half_width)
    if window is None:
        return None
    middle, reach = 0.0, template.reach
    pinned = False
    for _ in range(_FINEST_GRIDS):
        offsets: FloatArray = np.linspace(middle - reach, middle + reach, 2 * _GRID + 1)
        dips = window.laid(template.dips(window.time, window.exposure, centre + offsets))
        chi2 = np.square(window.flux + dips).sum(axis=1)
        posterior = np.exp(-0.5 * (chi2 - chi2.min()) / factors.time**2)
        posterior /= posterior.sum()
        mean = float(posterior @ offsets)
        width = math.sqrt(max(float(posterior @ np.square(offsets - mean)), 0.0))
        best = int(np.argmin(chi2))
        pinned = pinned or (reach == template.reach and best in (0, offsets.size - 1))
        step = reach / _GRID
        if width > 4.0 * step or pinned:
            break
        middle, reach = mean, 12.0 * max(width, 0.5 * step)
    width = max(width, 0.1 * step)
    at_best = dips[best]
    carried = float(at_best @ at_best)
    amplitude = -float(at_best @ window.flux) / carried if carried > 0 else 0.0
    snr = amplitude * math.sqrt(carried) / factors.depth
    coverage = light.coverage(centre + float(offsets[best]), template.duration)
    expected = template.shape.epoch_bjd + epoch * template.shape.period_days
    if coverage <= 0.0 and light.coverage(centre, template.duration) <= 0.0:
        return None
    reason = ""
    if coverage < template.chosen.least_coverage:
        reason = f"Only {100 * coverage:.0f} % of this transit is in the data."
    elif snr < template.chosen.least_snr:
        reason = f"This transit alone has a signal to noise of {snr:.1f}, too weak to say when it was."
    elif pinned:
        reason = "The dip lies further from the expected time than was looked for."
    elif width > 0.4 * template.reach:
        reason = "The data leave open when this transit was."
    if reason:
        return NotMeasured(epoch, expected, snr, coverage, reason)
    return TransitTime(epoch, centre + mean, width, (centre + mean - expected) * MINUTES, snr, coverage)


#: Places without a transit, at most, where the noise of a time is measured.
_EMPTY_PLACES = 600
_LEAST_PLACES = 12
_PLACES_FOR_LESS = 100
_LOWEST_FACTOR = 0.8
#: Standard deviation of a Gaussian over that of the same cut at three of its own.
_CLIPPED_GAUSSIAN = 1.0135


def _noise_factors(light: Light, template: _Template) -> _Factors:
    """How much more time and depth scatter, measured where there is no transit, than the errors of the points say.

    At places evenly over the data the shape and its slope in time are fitted to what is noise alone; the robust
    scatter of the answers in units of their errors is the factor. Unlike the scatter of averages this
    weighs the noise exactly as a time does: by what happens at ingress and egress.
    """
    shape = template.shape
    span = float(light.time[-1] - light.time[0]) if light.time.size else 0.0
    stride = max(0.5 * template.duration, span / (4 * _EMPTY_PLACES))
    depths, slopes = [], []
    nudge = 0.02 * template.duration
    places = np.arange(light.time[0] if light.time.size else 0.0, light.time[-1] if light.time.size else 0.0, stride)
    phase = (places - shape.epoch_bjd + 0.5 * shape.period_days) % shape.period_days - 0.5 * shape.period_days
    clear = min(template.half_width + 0.5 * template.duration, 0.35 * shape.period_days)
    places = places[np.abs(phase) > clear]
    if places.size > _EMPTY_PLACES:
        places = places[:: math.ceil(places.size / _EMPTY_PLACES)]
    for place in places.tolist():
        if light.coverage(place, template.duration) < 0.9:
            continue
        window = _window(light, place, min(template.half_width, clear))
        if window is None:
            continue
        three = template.dips(window.time, window.exposure, np.array([place - nudge, place, place + nudge]))
        dip, slope = window.laid(np.stack([three[1], three[2] - three[0]]))
        depths.append(float(dip @ window.flux) / math.sqrt(max(float(dip @ dip), 1e-300)))
        slopes.append(float(slope @ window.flux) / math.sqrt(max(float(slope @ slope), 1e-300)))
    if len(depths) < _LEAST_PLACES:
        return _Factors(1.0, 1.0, False)
    return _Factors(_factor(slopes), _factor(depths), True)


def _factor(in_errors: list[float]) -> float:
    """Scatter without the outliers; below 1, where the points' errors are too large, only where many places say so."""
    values = np.array(in_errors)
    rough = robust_scatter(values)
    kept = values[np.abs(values - np.median(values)) < 3.0 * rough] if rough > 0 else values
    lowest = _LOWEST_FACTOR if values.size >= _PLACES_FOR_LESS else 1.0
    return max(lowest, float(np.std(kept)) * _CLIPPED_GAUSSIAN)


def _epochs(light: Light, shape: TransitShape) -> list[int]:
    if light.time.size == 0:
        return []
    numbers = np.round((light.time - shape.epoch_bjd) / shape.period_days)
    near = np.abs(light.time - shape.epoch_bjd - numbers * shape.period_days) < 0.5 * shape.duration_days
    return [int(n) for n in np.unique(numbers[near])]
