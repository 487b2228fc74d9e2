"""What kind of variable a star is, with its transits set aside, and whether that could make the dips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from science.detrending import measured_rows
from science.edges import stray_light
from science.lightcurve import BoolArray, DetrendedCurve, FloatArray, IntArray, StitchedCurve
from science.search.harmonics import relation
from science.search.refit import in_transit
from science.stars import Star
from science.time_bins import bin_in_time
from science.variables.classes import BINARIES, NOT_DECIDED, PULSATORS, Classification, Classifier
from science.variables.features import TooShort, features
from science.variables.flare_list import Flare, find_flares
from science.variables.judge import HIGHEST_RATIO, SAME_PERIOD, Dip, finding_of, not_run_because, sentence_of
from science.variables.periodogram import lomb_scargle
from science.variables.rotation import RotationPeriod, rotation_period
from science.vetting.evidence import Ephemeris
from science.vetting.results import Finding

#: Transits are set aside this many durations wide.
MASK_WIDTHS = 1.3
#: A dip that fills more of its period than this cannot be set aside: nothing would be left to tell its shape.
MOST_MASKED = 0.35
#: Light outside the dips that follows their period with this share of their depth betrays a pair of stars.
FOLLOWS_SHARE = 0.1
FOLLOWS_SIGMA = 5.0


@dataclass(frozen=True, slots=True)
class StarVariability:
    """The kind of variable, its rhythm and its flares.

    `label` is one of `classes.CLASSES` or "not_decided"; `probabilities` sums to 1 (empty where not run).
    `unmasked_label` is the class with the transits left in. `rhythm_days` is the strongest rhythm: a pulsator's
    strongest wave, else the repeating slow one; it is given as rotation, with its error, unless the star is a pulsator
    or a pair. None where nothing repeats. `amplitude_ppm` is half of its range, or of the light's 5 to 95 % range.
    `finding` is about the first signal.
    """

    label: str
    probabilities: Mapping[str, float]
    abstained: bool
    unmasked_label: str
    rhythm_days: float | None
    rotation_period_days: float | None
    rotation_err_days: float | None
    amplitude_ppm: float
    flares: tuple[Flare, ...]
    sentence: str
    finding: Finding
    dips: tuple[Dip, ...] = ()

    def finding_for(self, index: int) -> Finding:
        """The finding about signal number `index` (from 0) of those that were masked. Raises IndexError."""
        return finding_of(self.label, self.probabilities, self.rhythm_days, self.dips[index], self.sentence)


def describe_star_variability(
    curve: DetrendedCurve | StitchedCurve,
    star: Star | None,
    model: Classifier,
    transits_masked: Sequence[Ephemeris] = (),
) -> StarVariability:
    """Class, rotation and flares of a star; the first of `transits_masked` is the signal that the finding judges.

    The light as stitched is described, never the detrended one. Transits (period, epoch BJD, duration, in days) are
    set aside first, so that a planet does not make its star an eclipsing binary. The class with them left in counts
    only for a pair of stars, and only where the light outside the dips follows their period with a tenth of their
    depth, or where the dips are so long that they cannot be set aside. Never raises for poor data: the finding is
    then "not_run", and says why.
    """
    time, flux, err, segment = measured_light(curve)
    aside = np.zeros(time.size, dtype=np.bool_)
    maskable = [
        signal for signal in transits_masked if signal[0] > 0 and signal[2] * MASK_WIDTHS / signal[0] < MOST_MASKED
    ]
    for signal in maskable:
        aside |= in_transit(time, *signal, widths=MASK_WIDTHS)
    rest = ~aside
    try:
        masked = features(time[rest], flux[rest], err[rest], segment[rest], star)
        whole = features(time, flux, err, segment, star) if aside.any() else masked
    except TooShort as problem:
        return not_run(str(problem))
    answer = model.classify(masked)
    unmasked = model.classify(whole) if aside.any() else answer
    rotation = rotation_period(time[rest], flux[rest], segment[rest])
    dips = tuple(_dip(time, flux, rest, signal, rotation) for signal in transits_masked)
    if unmasked.label in BINARIES and answer.label not in BINARIES and any(_follows(dip) for dip in dips):
        answer = unmasked
    flares = find_flares(time[rest], flux[rest], segment[rest], rotation.period_days if rotation else None)
    wave_days = 10.0 ** masked["log_period"] if answer.label in PULSATORS else None
    amplitude = rotation.amplitude_ppm if rotation and wave_days is None else _half_range_ppm(flux[rest])
    sentence = sentence_of(answer, rotation, wave_days, amplitude, flares, float(np.ptp(time)))
    return _answer(answer, unmasked, rotation, wave_days, amplitude, flares, sentence, dips)


def _answer(
    answer: Classification,
    unmasked: Classification,
    rotation: RotationPeriod | None,
    wave_days: float | None,
    amplitude_ppm: float,
    flares: tuple[Flare, ...],
    sentence: str,
    dips: tuple[Dip, ...],
) -> StarVariability:
    rhythm = wave_days if wave_days is not None else rotation.period_days if rotation else None
    turns = rotation if wave_days is None and answer.label not in BINARIES else None
    return StarVariability(
        label=answer.label,
        probabilities=answer.probabilities,
        abstained=not answer.is_decided,
        unmasked_label=unmasked.label,
        rhythm_days=rhythm,
        rotation_period_days=turns.period_days if turns else None,
        rotation_err_days=turns.error_days if turns else None,
        amplitude_ppm=amplitude_ppm,
        flares=flares,
        sentence=sentence,
        finding=finding_of(answer.label, answer.probabilities, rhythm, dips[0] if dips else None, sentence),
        dips=dips,
    )


def not_run(reason: str) -> StarVariability:
    """A description that could not be made, for the stated reason (also where the model cannot be read)."""
    return StarVariability(
        label=NOT_DECIDED,
        probabilities={},
        abstained=True,
        unmasked_label=NOT_DECIDED,
        rhythm_days=None,
        rotation_period_days=None,
        rotation_err_days=None,
        amplitude_ppm=float("nan"),
        flares=(),
        sentence=reason,
        finding=not_run_because(reason),
    )


def measured_light(curve: DetrendedCurve | StitchedCurve) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Time, stitched flux, error and segment number of the rows that were measured and show no stray light; (m,)."""
    stitched = curve.curve if isinstance(curve, DetrendedCurve) else curve
    use = measured_rows(stitched) & np.isfinite(stitched.time_bjd)
    number = np.zeros(use.size, dtype=np.int32)
    for index, part in enumerate(stitched.segments):
        rows = slice(part.start, part.stop)
        number[rows] = index
        use[rows] &= ~stray_light(stitched.time_bjd[rows], stitched.flux[rows], use[rows])
    return stitched.time_bjd[use], stitched.flux[use], stitched.flux_err[use], number[use]


def _dip(
    time: FloatArray, flux: FloatArray, rest: BoolArray, signal: Ephemeris, rotation: RotationPeriod | None
) -> Dip:
    """Depth of the dips against the light beside them, and the wave that the light outside makes at their period.

    A rhythm that is no simple ratio of the period is fitted together with it, so that it does not leak into it.
    """
    period, epoch, duration = signal
    nothing = Dip(period, epoch, duration, 0.0, 0.0, 0.0)
    if not period > 0 or time.size < 50:
        return nothing
    core = in_transit(time, period, epoch, duration, widths=0.5)
    near = in_transit(time, period, epoch, duration, widths=3.0) & ~in_transit(
        time, period, epoch, duration, widths=1.2
    )
    depth = float(np.median(flux[near]) - np.median(flux[core])) if core.any() and near.any() else 0.0
    outside = rest & ~in_transit(time, period, epoch, duration, widths=MASK_WIDTHS)
    if np.count_nonzero(outside) < 50 or np.ptp(time[outside]) < 1.5 * period:
        return replace(nothing, depth=depth)
    t, x = time[outside] - epoch, flux[outside] - np.median(flux[outside])
    calm = np.abs(x) <= 3.0 * float(np.percentile(np.abs(x), 99.0))
    t, x = t[calm], x[calm]
    periods = [period, 0.5 * period]
    if rotation is not None and relation(period, rotation.period_days, SAME_PERIOD, HIGHEST_RATIO) is None:
        periods += [rotation.period_days, 0.5 * rotation.period_days, 2.0 * rotation.period_days]
    columns = [np.ones(t.size)]
    for each in periods:
        angle = 2.0 * np.pi * t / each
        columns += [np.cos(angle), np.sin(angle)]
    design = np.stack(columns, axis=1)
    normal = design.T @ design
    normal[np.diag_indices_from(normal)] += 1e-9 * t.size
    solution = np.linalg.solve(normal, design.T @ x)
    amplitude = np.hypot(solution[1:5:2], solution[2:5:2])
    # Neighbouring values are alike: one independent value an hour.
    independent = max(np.unique(np.floor(time[outside] * 24.0)).size, 10)
    sigma = float(np.std(x - design @ solution)) * np.sqrt(2.0 / independent)
    sigma = max(sigma, *(_around(t, x, order / period) for order in (1, 2)))
    return replace(nothing, depth=depth, wave=float(np.max(amplitude)), wave_sigma=sigma)


def _around(time: FloatArray, flux: FloatArray, frequency: float) -> float:
    """Noise of an amplitude near a frequency: what a strong rhythm beside it leaks there counts as noise."""
    bins = bin_in_time(time, flux, 1.0 / 48.0)
    step = 1.0 / float(np.ptp(bins.time))
    low, high = max(frequency - 8.0 * step, 0.5 * step), frequency + 8.0 * step
    spectrum = lomb_scargle(bins.time, bins.flux, low, high)
    beside = np.abs(spectrum.frequency - frequency) > step
    return float(np.median(spectrum.amplitude[beside])) / 1.18 if beside.any() else 0.0


def _follows(dip: Dip) -> bool:
    return dip.wave > FOLLOWS_SHARE * max(dip.depth, 0.0) and dip.wave > FOLLOWS_SIGMA * dip.wave_sigma > 0


def _half_range_ppm(flux: FloatArray) -> float:
    low, high = (float(value) for value in np.percentile(flux, [5.0, 95.0]))
    return 0.5e6 * (high - low)
