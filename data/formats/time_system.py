"""Find out what a column of times counts from, and turn it into BJD_TDB."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from data.formats.errors import FoldedCurve, NoTimes, WrongTimes
from data.formats.table import FloatColumn
from science.lightcurve import BKJD_OFFSET_DAYS, BTJD_OFFSET_DAYS

_MJD_OFFSET_DAYS = 2400000.5
#: First light of photographic photometry (1880) to 2100, BJD: no measured light curve lies outside.
_EARLIEST_BJD, _LATEST_BJD = 2407700.0, 2488070.0
_KEPLER_BJD = (2454900.0, 2456440.0)
_K2_BJD = (2456690.0, 2458440.0)
_TESS_BJD = (2458320.0, 2463000.0)
#: Sampling steps of the missions in minutes; they tell BKJD from BTJD where the numbers fit both.
KEPLER_STEPS_MIN = (29.424, 0.9807)
TESS_STEPS_MIN = (2.0, 1 / 3, 30.0, 10.0, 200 / 60)

_OFFSET = re.compile(r"(?:BJD|HJD|JD|TDB|TIME|DATE)?[^-−–\d]{0,12}[-−–]\s*(24[0-9]{5}(?:\.\d+)?)", re.IGNORECASE)
_PLUS = re.compile(r"(24[0-9]{5}(?:\.\d+)?)\s*\+", re.IGNORECASE)


@dataclass(frozen=True)
class TimeSystem:
    """`bjd = column + offset_days`. `words` are for the user; `sure` is False where the numbers alone decided."""

    name: str
    offset_days: float
    words: str
    sure: bool
    warnings: tuple[str, ...] = ()


NAMED = {
    "BTJD": TimeSystem("BTJD", BTJD_OFFSET_DAYS, "BTJD (BJD − 2457000)", True),
    "BKJD": TimeSystem("BKJD", BKJD_OFFSET_DAYS, "BKJD (BJD − 2454833)", True),
    "BJD": TimeSystem("BJD", 0.0, "BJD", True),
    "JD": TimeSystem("JD", 0.0, "JD", True, ("The times are JD, not corrected to the centre of the solar system.",)),
    "MJD": TimeSystem("MJD", _MJD_OFFSET_DAYS, "MJD (JD − 2400000.5)", True),
}


def recognise(
    times: FloatColumn, label: str, chosen: str | None, zero_bjd: float | None = None, named: bool = True
) -> TimeSystem:
    """The system of a column of times (days, finite values only, shape (n,)).

    `label` is all the file says about the column (name, unit, comment lines), `chosen` what the user says,
    `zero_bjd` a zero point stated in a FITS header. Raises FoldedCurve, NoTimes or WrongTimes.
    """
    if chosen is not None:
        system = NAMED[chosen]
        reduced = _reduced(times, system)
        _check(times, reduced)
        return reduced
    if zero_bjd is not None and _plausible(times, zero_bjd):
        return _from_zero(zero_bjd, sure=True)
    _refuse_folded(times, label)
    if system_in_words := _from_words(times, label):
        _check(times, system_in_words)
        return system_in_words
    return _from_values(times, named)


def _reduced(times: FloatColumn, system: TimeSystem) -> TimeSystem:
    """Allow "BJD" for columns that hold BJD less a round number, as people write it."""
    if system.offset_days != 0.0 or _plausible(times, 0.0):
        return system
    for zero, least in ((2400000.0, 40_000.0), (2450000.0, 4_000.0)):
        if float(times.min()) > least and _plausible(times, zero):
            return TimeSystem(system.name, zero, f"{system.name} − {zero:.0f}", True, system.warnings)
    return system


def _from_words(times: FloatColumn, label: str) -> TimeSystem | None:
    upper = label.upper().replace("_", " ")
    heliocentric = "HJD" in upper
    for pattern in (_OFFSET, _PLUS):
        if hit := pattern.search(label):
            zero = float(hit.group(1))
            if _plausible(times, zero):
                return _heliocentric(_from_zero(zero, sure=True), heliocentric)
    if re.search(r"\bT?B?TJD\b", upper) and _plausible(times, BTJD_OFFSET_DAYS):
        return NAMED["BTJD"]
    if re.search(r"\bBKJD\b", upper) and _plausible(times, BKJD_OFFSET_DAYS):
        return NAMED["BKJD"]
    if re.search(r"\bB?MJD\b", upper) and _plausible(times, _MJD_OFFSET_DAYS):
        return NAMED["MJD"]
    if re.search(r"\b[BH]?JD\b", upper) and _plausible(times, 0.0):
        barycentric = "BJD" in upper
        return NAMED["BJD"] if barycentric else _heliocentric(NAMED["JD"], heliocentric)
    return None


def _heliocentric(system: TimeSystem, heliocentric: bool) -> TimeSystem:
    if not heliocentric:
        return system
    warning = "The times are heliocentric (HJD), up to about a minute from BJD_TDB; we use them as they are."
    return TimeSystem(
        "HJD", system.offset_days, system.words.replace("BJD", "JD").replace("JD", "HJD"), system.sure, (warning,)
    )


def _from_zero(zero: float, sure: bool) -> TimeSystem:
    for system in NAMED.values():
        if abs(system.offset_days - zero) < 1e-9 and system.name in ("BTJD", "BKJD", "BJD", "MJD"):
            return TimeSystem(system.name, system.offset_days, system.words, sure)
    return TimeSystem(f"BJD − {zero:.10g}", zero, f"BJD − {zero:.10g}", sure)


def _from_values(times: FloatColumn, named: bool) -> TimeSystem:
    low, high = float(times.min()), float(times.max())
    guess = "We took the time system from the size of the numbers; please check it."
    if low > 2_400_000:
        _check(times, NAMED["BJD"])
        return TimeSystem("BJD", 0.0, "BJD", True)
    if low > 40_000 and high < 90_000:
        early_kepler = 54_119 < low < 54_950 and high < 55_600 and is_step(times, KEPLER_STEPS_MIN)
        if early_kepler:
            return TimeSystem("BJD − 2400833", 2400833.0, "BJD − 2400833", False, (guess,))
        half = "If they are MJD (JD − 2400000.5), all dates are half a day off."
        return TimeSystem("BJD − 2400000", 2400000.0, "BJD − 2400000", False, (f"{guess} {half}",))
    btjd, bkjd = _within(times, BTJD_OFFSET_DAYS, _TESS_BJD), _within(times, BKJD_OFFSET_DAYS, _KEPLER_BJD, _K2_BJD)
    if btjd and bkjd:
        if is_step(times, KEPLER_STEPS_MIN) != is_step(times, TESS_STEPS_MIN):
            return NAMED["BKJD"] if is_step(times, KEPLER_STEPS_MIN) else NAMED["BTJD"]
        return TimeSystem("BTJD", BTJD_OFFSET_DAYS, NAMED["BTJD"].words, False, (guess,))
    if bkjd or btjd:
        system = NAMED["BKJD" if bkjd else "BTJD"]
        mission_step = is_step(times, KEPLER_STEPS_MIN if bkjd else TESS_STEPS_MIN)
        return TimeSystem(system.name, system.offset_days, system.words, mission_step, () if mission_step else (guess,))
    if low > 4_000 and high < 20_000:
        return TimeSystem("BJD − 2450000", 2450000.0, "BJD − 2450000", False, (guess,))
    return _relative(times, low, high, named)


def _relative(times: FloatColumn, low: float, high: float, named: bool) -> TimeSystem:
    """Days from an unknown zero: usable for a search, but not for predicting a transit."""
    long_enough = high - low >= 5 and len(times) >= 100
    if low < -1 or high > 20_000 or not (named or long_enough):
        raise NoTimes(
            f"This file has no dates we recognise: the first column that could be times runs from {low:.6g} to "
            f"{high:.6g}; add a header such as “BTJD, flux, error”, or choose column and time system yourself."
        )
    warning = "The times count from an unknown day, so periods are right but predicted dates are not."
    return TimeSystem("days", BTJD_OFFSET_DAYS, "days from an unknown zero (taken as BTJD)", False, (warning,))


def _refuse_folded(times: FloatColumn, label: str) -> None:
    low, high = float(times.min()), float(times.max())
    words = re.search(r"fold|phase|orbital", label, re.IGNORECASE)
    around_zero = low < 0 < high and high - low < 60
    if around_zero or (low >= 0 and high <= 1.001 and len(times) > 20) or (words and high - low < 60):
        raise FoldedCurve(
            f"This light curve is already folded: its times run from {low:.3g} to {high:.3g} and are no dates; "
            "choose the light curve before it was folded."
        )


def _plausible(times: FloatColumn, zero: float) -> bool:
    return float(times.min()) + zero >= _EARLIEST_BJD and float(times.max()) + zero <= _LATEST_BJD


def _within(times: FloatColumn, zero: float, *spans: tuple[float, float]) -> bool:
    low, high = float(times.min()) + zero, float(times.max()) + zero
    return any(start <= low and high <= stop for start, stop in spans)


def _check(times: FloatColumn, system: TimeSystem) -> None:
    if not _plausible(times, system.offset_days):
        raise WrongTimes(
            f"Read as {system.words}, the times run from {times.min():.6g} to {times.max():.6g}, which is not between "
            "the years 1880 and 2100; choose another time system."
        )


def median_step_minutes(times: FloatColumn) -> float:
    """Median distance of neighbouring times in minutes; NaN for fewer than two."""
    steps = np.diff(np.sort(times))
    steps = steps[steps > 0]
    return float(np.median(steps)) * 1440.0 if len(steps) else float("nan")


def is_step(times: FloatColumn, steps_min: tuple[float, ...]) -> bool:
    """True where the sampling is one of `steps_min` within 1 %."""
    step = median_step_minutes(times)
    return any(abs(step - wanted) < 0.01 * wanted for wanted in steps_min)


def mission_of(times_bjd: FloatColumn) -> str | None:
    """The mission whose sampling and years these times fit, or None: "TESS", "Kepler", "K2"."""
    kepler_step, tess_step = is_step(times_bjd, KEPLER_STEPS_MIN), is_step(times_bjd, TESS_STEPS_MIN)
    if kepler_step and _within(times_bjd, 0.0, _KEPLER_BJD):
        return "Kepler"
    if kepler_step and _within(times_bjd, 0.0, _K2_BJD):
        return "K2"
    if tess_step and _within(times_bjd, 0.0, _TESS_BJD):
        return "TESS"
    return None
