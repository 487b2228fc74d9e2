"""False-alarm probabilities on noise of known kind, and the sensitivity map against injected planets.

Curves without planets must give a probability below p in a share p of cases: white noise, and noise with a correlation
time of three hours. Planets injected into the same noise must be found as often as the map predicted. `only` is a part:
white, red, map.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from benchmarks.frame import Figure, at_most
from science.lightcurve import DetrendedCurve, FloatArray, Segment, StitchedCurve
from science.search.find import find_signals
from science.search.occultation import blocked_light, dip_shape
from science.search.results import SearchSettings
from science.search.sensitivity_map import EARTH_RADIUS_SUN, sensitivity_map
from science.stars import Star, Value

CURVES = 120
INJECTIONS = 120
START_BJD = 2458354.1
CADENCE_DAYS = 10.0 / 1440.0
NOISE = 7e-4
SUN = Star(
    radius_sun=Value(1.0, 0.02, "made up"),
    mass_sun=Value(1.0, 0.02, "made up"),
    density_gcc=Value(1.41, 0.1, "made up"),
)
SUN_LAW = (0.386, 0.206)
STANDARD = SearchSettings(oversampling=3, max_signals=1, fap_trials=40)


def measure(only: str | None = None) -> Iterable[Figure]:
    """White noise, red noise, the map."""
    if only in (None, "white"):
        yield from _calibration("white noise", 0.0)
    if only in (None, "red"):
        yield from _calibration("red noise", 3e-4)
    if only in (None, "map"):
        yield from _map()


def _calibration(name: str, red: float) -> Iterator[Figure]:
    own, tabled, convincing = [], [], 0
    for seed in range(CURVES):
        result = find_signals(_noise(seed, red), SUN, replace(STANDARD, seed=seed))
        convincing += bool(result.signals)
        strongest = [*result.signals, *([result.best_rejected] if result.best_rejected else [])]
        own.append(strongest[0].false_alarm.probability if strongest else 1.0)
        bare = find_signals(_noise(seed, red), SUN, replace(STANDARD, seed=seed, fap_trials=0))
        strongest = [*bare.signals, *([bare.best_rejected] if bare.best_rejected else [])]
        tabled.append(strongest[0].false_alarm.probability if strongest else 1.0)
    for probability in (0.01, 0.1, 0.5):
        share = float(np.mean(np.array(own) < probability))
        # Two standard errors of counting on top of what is claimed.
        bar = probability + 2.0 * math.sqrt(probability * (1 - probability) / CURVES)
        yield at_most(f"{name}: share of curves with FAP < {probability:g}", share, "", round(bar, 3))
        yield Figure(
            f"{name}: the same by the white-noise table",
            float(np.mean(np.array(tabled) < probability)),
            "",
            peer="table",
        )
    yield at_most(f"{name}: convincing signals in {CURVES} curves", convincing, "curves", max(1, round(0.01 * CURVES)))


def _map() -> Iterator[Figure]:
    rng = np.random.default_rng(17)
    expected, found = np.empty(INJECTIONS), np.empty(INJECTIONS)
    for trial in range(INJECTIONS):
        light = _noise(5000 + trial, 0.0)
        period, ratio = float(rng.uniform(1.5, 9.0)), math.sqrt(float(rng.uniform(2e-4, 9e-4)))
        impact = float(rng.choice([0.1, 0.3, 0.5, 0.7, 0.85]))
        duration = 0.0757 * period ** (1 / 3) * math.sqrt((1 + ratio) ** 2 - impact**2)
        time = light.curve.time_bjd
        phase = (time - START_BJD - rng.uniform(0, period) + period / 2) % period - period / 2
        depth = blocked_light(impact, ratio, *SUN_LAW)
        flux = light.flux - depth * dip_shape(ratio, impact, SUN_LAW).at(phase, duration)
        settings = replace(STANDARD, fap_trials=0)
        expected[trial] = sensitivity_map(
            light,
            SUN,
            settings,
            radii_earth=np.array([ratio / EARTH_RADIUS_SUN]),
            periods_days=np.array([period]),
        ).recovered[0, 0]
        signals = find_signals(replace(light, flux=flux), SUN, settings).signals
        found[trial] = any(abs(s.measurement.period_days / period - 1.0) < 0.01 for s in signals)
    yield Figure("sensitivity map: mean predicted share", float(expected.mean()), "")
    yield Figure("sensitivity map: mean share found", float(found.mean()), "")
    difference = abs(float(expected.mean() - found.mean()))
    yield at_most("sensitivity map: difference of the shares", difference, "", 0.08)
    for low, high in ((0.0, 0.33), (0.33, 0.67), (0.67, 1.01)):
        inside = (expected >= low) & (expected < high)
        if np.count_nonzero(inside) >= 10:
            yield Figure(
                f"sensitivity map: found where {low:.2f}-{min(high, 1):.2f} was predicted ({np.count_nonzero(inside)})",
                float(found[inside].mean()),
                "",
            )


def _noise(seed: int, red: float) -> DetrendedCurve:
    """One sector of 10-min data with a gap; `red` is the amplitude of noise with a correlation time of three hours."""
    rng = np.random.default_rng([seed, 4])
    time = START_BJD + np.arange(0.0, 27.0, CADENCE_DAYS)
    time = time[(time < START_BJD + 13.0) | (time > START_BJD + 14.2)]
    flux: FloatArray = 1.0 + NOISE * rng.normal(size=time.size)
    if red > 0.0:
        decay = math.exp(-CADENCE_DAYS / 0.125)
        kicks = red * math.sqrt(1 - decay**2) * rng.normal(size=time.size)
        wander = np.zeros(time.size)
        for i in range(1, time.size):
            wander[i] = decay * wander[i - 1] + kicks[i]
        flux = flux + wander
    cut = int(np.searchsorted(time, START_BJD + 13.5))
    zeros = np.zeros(time.size, dtype=np.int32)
    stitched = StitchedCurve(
        target="made up",
        time_bjd=time,
        flux=flux,
        flux_err=np.full(time.size, NOISE),
        quality=zeros,
        sector=zeros,
        filled=np.zeros(time.size, dtype=np.bool_),
        labels=("S1",),
        segments=tuple(Segment(a, b, "S1", CADENCE_DAYS, CADENCE_DAYS, NOISE) for a, b in ((0, cut), (cut, time.size))),
    )
    return DetrendedCurve(stitched, flux, np.ones(time.size), np.ones(time.size, dtype=np.bool_), 0.9, "none")
