"""Transit times: Kepler-11 against Rowe's analysis of the same light, and planted times against the truth."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc

from benchmarks.frame import Figure, at_least, at_most
from benchmarks.kepler11 import cleaned, peer_shapes, peer_times
from science.fitting.system_times import system_times
from science.fitting.timing_windows import Companion, TransitShape, light_of
from science.fitting.transit import transit_flux
from science.fitting.transit_times import Timing, time_transits
from science.fitting.ttv import timing_test
from science.lightcurve import DetrendedCurve, FloatArray

#: The peer's own times vary where chance scatters them around a line as much less often than this.
STRONG_BELOW_CHANCE = 1e-3
PARTS = ("kepler11", "planted")
MINUTES = 1440.0


def measure(only: str | None) -> Iterable[Figure]:
    """Figures of both parts, or of `only`: kepler11, planted."""
    if only is not None and only not in PARTS:
        raise KeyError(only)
    if only in (None, "kepler11"):
        yield from _kepler11()
    if only in (None, "planted"):
        yield from _planted()


@dataclass(frozen=True, slots=True)
class Pairs:
    """Transits that both timed: late by (minutes, each against one line through its own times), errors, numbers."""

    ours: FloatArray
    peer: FloatArray
    our_error: FloatArray
    peer_error: FloatArray
    offset: float  # median of ours minus the peer's, minutes
    peer_chi2: float
    degrees: int
    n_peer: int


def _kepler11() -> Iterable[Figure]:
    curve = cleaned()
    shapes = peer_shapes()
    start = time.process_time()
    found = system_times(curve, shapes)
    yield at_most("Kepler-11: six planets, 17 quarters, timed", time.process_time() - start, "CPU s", 60.0)
    for planet in sorted(found):
        timing = found[planet]
        name = f"Kepler-11 {planet}"
        test = timing_test(timing.times, timing.shape.duration_days)
        yield Figure(f"{name}: transits timed", len(timing.times), f"of {_touched(timing)}")
        pairs = _pairs(timing, planet)
        if pairs is None:
            yield Figure(f"{name}: peer's times are not in the pack", float("nan"), "")
            continue
        yield from _agreement(name, pairs)
        if test is not None:
            kind = "of sinusoid" if test.amplitude_kind == "sinusoid" else "of scatter"
            yield Figure(f"{name}: A_TTV {kind}", test.amplitude_minutes, "min")
            yield Figure(f"{name}: A_TTV / T14", 100 * test.amplitude_per_duration, "%")
            yield Figure(f"{name}: A_TTV / P", 100 * test.amplitude_per_period, "%")


def _touched(timing: Timing) -> int:
    return len(timing.times) + len(timing.not_measured)


def _pairs(timing: Timing, planet: str) -> Pairs | None:
    peer = peer_times(planet)
    if peer is None:
        return None
    numbers = np.round((peer.linear_bjd - timing.epoch_bjd) / timing.period_days).astype(int)
    ours = {t.epoch: t for t in timing.times}
    rows = [i for i, n in enumerate(numbers) if int(n) in ours]
    both = [ours[int(numbers[i])] for i in rows]
    epochs = np.array([float(t.epoch) for t in both])
    our_time = np.array([t.time_bjd for t in both])
    our_error = np.array([t.error_days for t in both]) * MINUTES
    peer_time, peer_error = peer.linear_bjd[rows] + peer.late_days[rows], peer.error_days[rows] * MINUTES
    our_late, peer_late = _off_line(epochs, our_time, peer_error), _off_line(epochs, peer_time, peer_error)
    return Pairs(
        ours=our_late,
        peer=peer_late,
        our_error=our_error,
        peer_error=peer_error,
        offset=float(np.median(our_time - peer_time)) * MINUTES,
        peer_chi2=float(np.square(peer_late / peer_error).sum()),
        degrees=len(rows) - 2,
        n_peer=peer.linear_bjd.size,
    )


def _off_line(epochs: FloatArray, at: FloatArray, error: FloatArray) -> FloatArray:
    """Minutes late against the weighted line through these times."""
    design = np.stack([np.ones_like(epochs), epochs - epochs.mean()], axis=1) / error[:, None]
    moment = at - at.mean()
    line = np.linalg.lstsq(design, moment / error, rcond=None)[0]
    return np.asarray((moment / error - design @ line) * error * MINUTES)


def _agreement(name: str, pairs: Pairs) -> Iterable[Figure]:
    """Sign and size. Bars wherever the peer's own times vary significantly; both read the same light."""
    weight = 1.0 / (np.square(pairs.our_error) + np.square(pairs.peer_error))
    ours, peer = pairs.ours, pairs.peer
    correlation = float((weight * ours) @ peer / np.sqrt(((weight * ours) @ ours) * ((weight * peer) @ peer)))
    # Both carry noise, so the slope is that of the line that treats both alike (reduced major axis).
    size = float(np.sqrt(((weight * ours) @ ours) / ((weight * peer) @ peer)))
    clear = np.abs(peer) > 2 * pairs.peer_error
    same_sign = float(np.mean(np.sign(ours[clear]) == np.sign(peer[clear]))) if clear.any() else float("nan")
    apart = np.abs(ours - peer) / np.hypot(pairs.our_error, pairs.peer_error)
    reduced = pairs.peer_chi2 / max(pairs.degrees, 1)
    peer_words = f"peer: chi2/dof {reduced:.1f}, n {pairs.n_peer}"
    if float(chdtrc(max(pairs.degrees, 1), pairs.peer_chi2)) < STRONG_BELOW_CHANCE:
        yield at_least(f"{name}: correlation of O-C", correlation, "", 0.8, peer_words)
        yield at_least(f"{name}: same sign where peer is > 2 sigma", 100 * same_sign, "%", 95.0, f"n {clear.sum()}")
        yield at_least(f"{name}: size of O-C, ours / peer", size, "", 0.8)
        yield at_most(f"{name}: size of O-C, ours / peer ", size, "", 1.25)
        yield at_least(f"{name}: within 1 combined sigma of peer", 100 * float(np.mean(apart < 1)), "%", 68.0)
    else:
        yield Figure(f"{name}: correlation of O-C (weak)", correlation, "", peer=peer_words)
        yield Figure(f"{name}: size of O-C, ours / peer (weak)", size, "")
        yield Figure(f"{name}: within 1 combined sigma of peer (weak)", 100 * float(np.mean(apart < 1)), "%")
    errors = float(np.median(pairs.our_error) / np.median(pairs.peer_error))
    yield Figure(f"{name}: median error, ours / peer", errors, "", peer=f"{np.median(pairs.peer_error):.1f} min")
    yield Figure(f"{name}: median of times, ours - peer", pairs.offset, "min")


#: Made-up planets put into Kepler-11's own light: radius ratio, and the amplitude of their sinusoid in minutes.
PLANTED = ((0.035, 12.0), (0.025, 12.0), (0.020, 25.0))
_SUPER_PERIOD_DAYS = 210.0


def _planted() -> Iterable[Figure]:
    """Times of planets put into the real light, the real ones' transits left out."""
    curve = cleaned()
    real = peer_shapes()
    others = [Companion(shape) for shape in real.values()]
    pulls: list[float] = []
    for ratio, amplitude in PLANTED:
        here: list[float] = []
        for period in (13.71, 17.93, 23.37):
            shape = replace(real["c"], period_days=period, epoch_bjd=2455000.4, radius_ratio=ratio)
            shape = replace(shape, scaled_axis=shape.scaled_axis * (period / real["c"].period_days) ** (2 / 3))
            timing = time_transits(_with_planet(curve, shape, amplitude), shape, others=others)
            for t in timing.times:
                truth = shape.epoch_bjd + t.epoch * period + _late(t.epoch * period, amplitude)
                here.append((t.time_bjd - truth) / t.error_days)
            test = timing_test(timing.times, shape.duration_days)
            if test is not None and test.sinusoid is not None and period == 13.71:
                name = f"planted k {ratio:g}"
                yield Figure(f"{name}: amplitude found / planted", test.sinusoid.amplitude_minutes / amplitude, "")
                yield Figure(f"{name}: TTV period found / planted", test.sinusoid.period_days / _SUPER_PERIOD_DAYS, "")
        pulls += here
        inside = float(np.mean(np.abs(here) < 1.0))
        yield Figure(f"planted k {ratio:g}: truth within 1 sigma", 100 * inside, f"% of {len(here)}")
    all_pulls = np.abs(np.array(pulls))
    yield at_least("planted, all: truth within 1 sigma", 100 * float(np.mean(all_pulls < 1.0)), "%", 64.0)
    yield at_most("planted, all: truth within 1 sigma ", 100 * float(np.mean(all_pulls < 1.0)), "%", 72.0)
    yield at_least("planted, all: truth within 2 sigma", 100 * float(np.mean(all_pulls < 1.96)), "%", 92.5)


def _late(days: float | FloatArray, amplitude_minutes: float) -> FloatArray:
    return np.asarray(amplitude_minutes / MINUTES * np.sin(2 * np.pi * np.asarray(days) / _SUPER_PERIOD_DAYS))


def _with_planet(curve: DetrendedCurve, shape: TransitShape, amplitude: float) -> DetrendedCurve:
    at = curve.curve.time_bjd
    number = np.round((at - shape.epoch_bjd) / shape.period_days)
    exposure = np.full(at.size, float(np.median(light_of(curve).exposure)))
    moved = at - _late(number * shape.period_days, amplitude)
    return replace(curve, flux=curve.flux * transit_flux(moved, exposure, shape.row[None, :], shape.u1, shape.u2))
