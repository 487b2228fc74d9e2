"""Light of known truth with one signal in it, as Evidence: planets, binaries, waves, glitches and gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from science.search.occultation import dip_shape
from science.search.refit import measure
from science.search.results import DipMeasurement
from science.stars import Star, Value
from science.vetting.evidence import Evidence
from science.vetting.light.workings import Workings

Array = np.ndarray
Effect = Callable[[Array], Array]

START = 2458354.0
CADENCE = 10.0 / 1440.0
NOISE = 3e-4
PERIOD, DURATION, DEPTH = 2.6, 0.13, 3e-3
EPOCH = START + 1.1
LAW = (0.35, 0.2)

SUN = Star(
    name="simulated",
    teff_k=Value(5772.0, 80.0, "simulated"),
    logg_cgs=Value(4.438, 0.05, "simulated"),
    radius_sun=Value(1.0, 0.03, "simulated"),
    mass_sun=Value(1.0, 0.05, "simulated"),
)
UNKNOWN = Star(name="unknown")


def crossing(
    depth: float = DEPTH,
    period: float = PERIOD,
    epoch: float = EPOCH,
    duration: float = DURATION,
    b: float = 0.2,
    k: float = 0.054,
    which: Callable[[Array], Array] = lambda number: np.ones(number.shape),
) -> Effect:
    """A limb-darkened dip; `which` gives a factor for every transit's number."""
    shape = dip_shape(k, b, LAW)

    def effect(time: Array) -> Array:
        number = np.floor((time - epoch) / period + 0.5)
        return -depth * shape.at(time - epoch - number * period, duration) * which(number)

    return effect


def ramp(depth: float, period: float = PERIOD, epoch: float = EPOCH, duration: float = DURATION) -> Effect:
    """A comet-like dip: falls at once, comes back over three durations."""

    def effect(time: Array) -> Array:
        phase = np.mod(time - epoch + 0.5 * period, period) - 0.5 * period + 0.2 * duration
        return np.where((phase > 0) & (phase < 1.5 * duration), -depth * (1 - phase / (1.5 * duration)), 0.0)

    return effect


def wave(period: float, amplitude: float) -> Effect:
    """A sine."""
    return lambda time: amplitude * np.cos(2 * np.pi * (time - EPOCH) / period)


def light(
    *effects: Effect,
    star: Star = SUN,
    noise: float = NOISE,
    span: float = 27.0,
    seed: int = 1,
    keep: Callable[[Array], Array] | None = None,
    ephemeris: tuple[float, float, float] = (PERIOD, EPOCH, DURATION),
    refit: bool = True,
) -> Evidence:
    """Ten-minute data with a gap in the middle, `effects` and white noise; the signal refitted at `ephemeris`."""
    rng = np.random.default_rng(seed)
    time = START + np.arange(0.0, span, CADENCE)
    flux = 1.0 + noise * rng.normal(size=time.size)
    rows = (time < START + 13.0) | (time > START + 13.9)
    if keep is not None:
        rows &= keep(time)
    time, flux = time[rows], flux[rows]
    for effect in effects:
        flux = flux + effect(time)
    err = np.full(time.size, noise)
    dip = measure(time, flux, err, *ephemeris, star, CADENCE) if refit else by_hand(*ephemeris)
    return evidence_of(time, flux, err, dip, star)


def evidence_of(time: Array, flux: Array, err: Array, dip: DipMeasurement, star: Star) -> Evidence:
    """One sector, two stretches."""
    segment = (np.cumsum(np.diff(time, prepend=time[:1]) > 0.3)).astype(np.int32)
    return Evidence(
        time_bjd=time,
        flux=flux,
        flux_err=err,
        raw=flux,
        exposure_days=np.full(time.size, CADENCE),
        segment=segment,
        sector=np.zeros(time.size, dtype=np.int32),
        dip=dip,
        star=star,
    )


def by_hand(period: float, epoch: float, duration: float) -> DipMeasurement:
    """A measurement that nobody fitted: for light in which a fit would find nothing."""
    nan, none = float("nan"), np.empty(0)
    return DipMeasurement(
        period, 0.0, epoch, 0.0, duration, 0.0, DEPTH, 1e-5, 0.05, 0.2, 10.0, 10.0, 0, 0, nan, nan, nan, nan, 0.0, nan,
        nan, none, none, none,
    )  # fmt: skip


def workings(*effects: Effect, **how: object) -> Workings:
    """Workings of `light(...)`."""
    return Workings(light(*effects, **how))  # type: ignore[arg-type]


def shifted(evidence: Evidence, by: float) -> Evidence:
    """The same light on a level `by` higher."""
    return replace(evidence, flux=evidence.flux + by)
