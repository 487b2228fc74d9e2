"""Whether transits keep time: linear ephemeris, and tests for a scatter, a sinusoid and an alternation around it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc, ndtr

from science import rounding
from science.fitting.results import TransitTime
from science.lightcurve import FloatArray

MINUTES = 1440.0
#: A test whose answer chance gives less often than this says that the times vary.
LARGEST_CHANCE = 0.01
#: A sinusoid has three parameters more than a straight line: fewer times than this leave nothing to test it with.
LEAST_FOR_SINE = 7
LEAST_FOR_CHOPPING = 5
_OVERSAMPLING = 6


@dataclass(frozen=True, slots=True)
class LinearEphemeris:
    """Weighted straight line through transit times; `covariance` of (epoch, period), days², shape (2, 2)."""

    epoch_bjd: float
    period_days: float
    epoch_err_days: float
    period_err_days: float
    covariance: FloatArray


@dataclass(frozen=True, slots=True)
class Sinusoid:
    """The best sinusoid around the line. `late_bjd` is a time when transits are latest.

    `false_alarm` is the chance that noise alone gives a sinusoid this good anywhere among the periods tried; the noise
    is what is left around the sinusoid where that is more than the errors say.
    """

    period_days: float
    amplitude_minutes: float
    amplitude_err_minutes: float
    late_bjd: float
    delta_chi2: float
    false_alarm: float


@dataclass(frozen=True, slots=True)
class Chopping:
    """Even transits early and odd ones late (positive amplitude), or the other way round."""

    amplitude_minutes: float
    amplitude_err_minutes: float
    chance: float


@dataclass(frozen=True, slots=True)
class TimingTest:
    """What the times of one planet say. Amplitudes carry their denominators: per transit length, per period.

    `amplitude_minutes` is the semi-amplitude of the sinusoid where that is convincing, else the scatter (rms) left when
    the errors are taken off; `amplitude_kind` says which. `chance_without_worst` repeats the test of no variation
    without the time that stands out most: a single bad transit is no variation.
    """

    n: int
    ephemeris: LinearEphemeris
    chi2: float
    degrees: int
    chance: float
    chance_without_worst: float
    rms_minutes: float
    sinusoid: Sinusoid | None
    chopping: Chopping | None
    amplitude_minutes: float
    amplitude_kind: str  # "sinusoid" or "scatter"
    amplitude_per_duration: float
    amplitude_per_period: float
    varies: bool
    sentences: tuple[str, ...]


def linear_ephemeris(times: Sequence[TransitTime]) -> LinearEphemeris:
    """Weighted least-squares line through the times. Raises ValueError for fewer than two different transits."""
    epochs, at, err = _arrays(times)
    if np.unique(epochs).size < 2:
        raise ValueError("A period takes the times of two transits.")
    weight = 1.0 / np.square(err)
    mean_epoch, mean_time = float(np.average(epochs, weights=weight)), float(np.average(at, weights=weight))
    centred = epochs - mean_epoch
    spread = float(weight @ np.square(centred))
    period = float((weight * centred) @ (at - mean_time)) / spread
    period_var, mean_var = 1.0 / spread, 1.0 / float(weight.sum())
    epoch_var = mean_var + mean_epoch**2 * period_var
    covariance = np.array([[epoch_var, -mean_epoch * period_var], [-mean_epoch * period_var, period_var]])
    zero = mean_time - mean_epoch * period
    return LinearEphemeris(zero, period, math.sqrt(epoch_var), math.sqrt(period_var), covariance)


def no_variation(times: Sequence[TransitTime], ephemeris: LinearEphemeris) -> tuple[float, int, float]:
    """chi2 of the times around the line, degrees of freedom, and how often chance alone scatters them this much."""
    epochs, at, err = _arrays(times)
    residual = at - ephemeris.epoch_bjd - epochs * ephemeris.period_days
    chi2, degrees = float(np.square(residual / err).sum()), max(len(times) - 2, 0)
    return chi2, degrees, float(chdtrc(degrees, chi2)) if degrees > 0 else 1.0


def timing_test(times: Sequence[TransitTime], duration_days: float) -> TimingTest | None:
    """All tests on the measured times of one planet, whose transits last `duration_days`; None below three times."""
    if len(times) < 3:
        return None
    ephemeris = linear_ephemeris(times)
    chi2, degrees, chance = no_variation(times, ephemeris)
    epochs, at, err = _arrays(times)
    late = at - ephemeris.epoch_bjd - epochs * ephemeris.period_days
    kept = [t for t, away in zip(times, np.abs(late / err) < np.max(np.abs(late / err)), strict=True) if away]
    without_worst = chance
    if len(kept) >= 3:
        without_worst = no_variation(kept, linear_ephemeris(kept))[2]
    weight = 1.0 / np.square(err)
    variance = float(np.average(np.square(late), weights=weight)) * len(times) / max(degrees, 1)
    excess = math.sqrt(max(0.0, variance - len(times) / float(weight.sum()))) * MINUTES
    sine = best_sinusoid(times, ephemeris.period_days)
    chopping = alternation(times)
    swings = sine is not None and sine.false_alarm < LARGEST_CHANCE
    # The sentence names a sinusoid only where it stands clear of its own error: short series fit anything.
    swings = swings and sine is not None and sine.amplitude_minutes > 3 * sine.amplitude_err_minutes
    amplitude = sine.amplitude_minutes if swings and sine is not None else excess
    chops = chopping is not None and chopping.chance < LARGEST_CHANCE / 2
    scatters = chance < LARGEST_CHANCE and without_worst < LARGEST_CHANCE
    varies = swings or chops or scatters
    per_duration = amplitude / MINUTES / duration_days
    test = TimingTest(
        n=len(times),
        ephemeris=ephemeris,
        chi2=chi2,
        degrees=degrees,
        chance=chance,
        chance_without_worst=without_worst,
        rms_minutes=math.sqrt(float(np.mean(np.square(late)))) * MINUTES,
        sinusoid=sine,
        chopping=chopping,
        amplitude_minutes=amplitude,
        amplitude_kind="sinusoid" if swings else "scatter",
        amplitude_per_duration=per_duration,
        amplitude_per_period=amplitude / MINUTES / ephemeris.period_days,
        varies=varies,
        sentences=(),
    )
    return _with_sentences(test, swings, chops, scatters, float(np.median(err)) * MINUTES)


def best_sinusoid(times: Sequence[TransitTime], period_days: float) -> Sinusoid | None:
    """The sinusoid that fits best beside a straight line, over all periods from two orbits to the length of the data.

    Line and sinusoid are fitted together at every trial, so that neither eats the other. The false-alarm chance is
    that of Baluev (2008, MNRAS 385, 1279, eqs 6 and 8 for known noise): with Z = delta chi2 / 2,
    1 - (1 - exp(-Z)) exp(-W sqrt(Z) exp(-Z)), W = (range of frequencies) sqrt(4 pi var(t)). None below seven times.
    """
    if len(times) < LEAST_FOR_SINE:
        return None
    epochs, at, err = _arrays(times)
    span = float(epochs.max() - epochs.min()) * period_days
    if span <= 2.5 * period_days:
        return None
    lowest, highest = 1.0 / span, 0.5 / period_days
    n_trials = max(int(_OVERSAMPLING * span * (highest - lowest)), 8)
    frequencies = np.linspace(lowest, highest, n_trials)
    middle = float(np.median(epochs))
    moment = (epochs - middle) * period_days
    scaled = (at - at.mean() - moment) / err
    line = np.stack([1.0 / err, moment / err], axis=1)
    basis, _ = np.linalg.qr(line)
    left = scaled - basis @ (basis.T @ scaled)
    angle = 2.0 * np.pi * frequencies[:, None] * moment
    columns = np.stack([np.sin(angle), np.cos(angle)], axis=1) / err  # (trials, 2, n)
    columns -= (columns @ basis) @ basis.T
    # At the shortest period all transits lie at the same two phases and the columns say the same.
    covariances = np.linalg.pinv(columns @ columns.swapaxes(1, 2), rcond=1e-6, hermitian=True)
    right = columns @ left
    solutions = np.einsum("fij,fj->fi", covariances, right)
    gains = np.einsum("fi,fi->f", right, solutions)
    best = int(np.argmax(gains))
    gain, frequency, covariance = float(gains[best]), float(frequencies[best]), covariances[best]
    sine, cosine = (float(v) for v in solutions[best])
    degrees = len(times) - 5
    rest = max(float(left @ left) - gain, 0.0)
    inflate = max(1.0, rest / degrees) if degrees > 0 else 1.0
    amplitude = math.hypot(sine, cosine)
    towards = np.array([sine, cosine]) / max(amplitude, 1e-300)
    phase = math.atan2(sine, cosine)  # latest where sin and cos are in the ratio of their coefficients
    origin = float(at[np.argmin(np.abs(epochs - middle))])
    return Sinusoid(
        period_days=1.0 / frequency,
        amplitude_minutes=amplitude * MINUTES,
        amplitude_err_minutes=math.sqrt(float(towards @ covariance @ towards) * inflate) * MINUTES,
        late_bjd=origin + phase / (2.0 * math.pi * frequency),
        delta_chi2=gain,
        false_alarm=_false_alarm(0.5 * gain / inflate, moment, highest - lowest),
    )


def _false_alarm(z: float, moment: FloatArray, band: float) -> float:
    if z > 300:
        return 0.0
    crossings = band * math.sqrt(4.0 * math.pi * float(np.var(moment)))
    return float(1.0 - (1.0 - math.exp(-z)) * math.exp(-crossings * math.sqrt(z) * math.exp(-z)))


def alternation(times: Sequence[TransitTime]) -> Chopping | None:
    """Do transits come early and late in turns? Fitted beside a straight line; None below five times."""
    if len(times) < LEAST_FOR_CHOPPING:
        return None
    epochs, at, err = _arrays(times)
    sign = np.where(epochs.astype(np.int64) % 2 == 0, -1.0, 1.0)
    centred = epochs - epochs.mean()
    columns = np.stack([np.ones_like(epochs), centred, sign], axis=1) / err[:, None]
    normal = columns.T @ columns
    if np.linalg.matrix_rank(normal) < 3:
        return None
    start = at.mean() + centred * float(np.polyfit(epochs, at, 1)[0])
    covariance = np.linalg.inv(normal)
    solution = covariance @ (columns.T @ ((at - start) / err))
    rest = float(np.square((at - start) / err - columns @ solution).sum())
    inflate = math.sqrt(max(1.0, rest / max(len(times) - 3, 1)))
    error = math.sqrt(float(covariance[2, 2])) * inflate
    z = abs(float(solution[2])) / error
    return Chopping(float(solution[2]) * MINUTES, error * MINUTES, float(2.0 * ndtr(-z)))


def _arrays(times: Sequence[TransitTime]) -> tuple[FloatArray, FloatArray, FloatArray]:
    return (
        np.array([float(t.epoch) for t in times]),
        np.array([t.time_bjd for t in times]),
        np.array([t.error_days for t in times]),
    )


def _with_sentences(test: TimingTest, swings: bool, chops: bool, scatters: bool, typical_err: float) -> TimingTest:
    minutes = rounding.significant
    measured = f"{test.n} transits were timed, each to about {minutes(typical_err, 2)} minutes."
    said = [measured]
    if not test.varies:
        odds = f"noise alone scatters them as much in {rounding.chance(test.chance)} of all cases"
        said.append(f"They keep time: {odds}.")
        if test.chance < LARGEST_CHANCE:
            said.append("One transit stands out; without it the rest keep time.")
    if swings and test.sinusoid is not None:
        sine = test.sinusoid
        amplitude = rounding.asymmetric_words(
            sine.amplitude_minutes, sine.amplitude_err_minutes, sine.amplitude_err_minutes
        )
        said.append(
            f"They come early and late by {amplitude} minutes in {minutes(sine.period_days, 3)} days (chance of noise: "
            f"{rounding.chance(sine.false_alarm)})."
        )
    elif scatters:
        said.append(
            f"They scatter by {minutes(test.amplitude_minutes, 2)} minutes more than their errors explain (chance of "
            f"noise: {rounding.chance(test.chance)}), in no single rhythm."
        )
    if chops and test.chopping is not None:
        size = minutes(abs(test.chopping.amplitude_minutes), 2)
        said.append(
            f"They alternate: every other one is {size} minutes late (chance of noise: "
            f"{rounding.chance(test.chopping.chance)})."
        )
    if test.varies:
        said.append(
            f"That is {rounding.percent(test.amplitude_per_duration)} of the transit's length and "
            f"{rounding.percent(test.amplitude_per_period)} of the period."
        )
    return replace(test, sentences=tuple(said))
