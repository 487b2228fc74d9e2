"""A signal whose period is given, measured in place of a search."""

from __future__ import annotations

import math

import numpy as np

from data.report import SignalReport
from data.requests import GivenSignal
from jobs.searching import measured_fields
from science.lightcurve import DetrendedCurve
from science.search.remeasure import measure_all
from science.search.results import SMALLEST_PROBABILITY, DipMeasurement
from science.stars import Star

#: How the chance of a fluke of a given period is told: there is one trial, not thousands.
ONE_TRIAL = "one period, given"


#: Dips weaker than this cannot say when they are: a fit would follow the noise away from the times given.
ENOUGH_TO_REFINE_SNR = 6.0


#: Light that is brighter at the dips by this many errors is no dip; up to there it may be one too weak to be seen.
CLEARLY_BRIGHTER_SIGMA = 3.0


class NoSuchDip(Exception):
    """The light holds nothing at the period that was given. The message is a sentence for the user."""


def measure_given(curve: DetrendedCurve, star: Star, given: GivenSignal) -> DipMeasurement:
    """The dip at the given period, epoch and length, refined where it is strong enough to be; else the times are kept.

    Raises NoSuchDip where the light has no points in it, or is clearly brighter there instead of fainter.
    """
    dips = [(given.period_days, given.epoch_bjd, given.duration_hours / 24)]
    [found] = measure_all(curve, star, dips)
    if found is not None and not found.snr >= ENOUGH_TO_REFINE_SNR:
        [found] = measure_all(curve, star, dips, held=True)
    if found is None:
        raise NoSuchDip(
            f"The light has too few points at the dips given (every {given.period_days:g} days around BJD "
            f"{given.epoch_bjd:.3f}). Check period, epoch (BJD_TDB) and sectors."
        )
    if not found.snr > -CLEARLY_BRIGHTER_SIGMA:
        raise NoSuchDip(
            f"There is no dip every {given.period_days:g} days around BJD {given.epoch_bjd:.3f}: the light is brighter "
            "there, not fainter. Check period and epoch (BJD_TDB)."
        )
    return found


def chance_of_one(snr: float) -> float:
    """Chance that white noise alone gives a dip this strong at one given period: the upper tail of a Gaussian, never
    below what is told of any search."""
    return float(np.clip(0.5 * math.erfc(max(snr, 0.0) / math.sqrt(2.0)), SMALLEST_PROBABILITY, 1.0))


NOTES = ("Nothing was searched: the period, epoch and length of the dips were given.",)


def given_report(curve: DetrendedCurve, star: Star, given: GivenSignal, exposure_days: float) -> SignalReport:
    """The given signal as a line of the report. Raises NoSuchDip."""
    found = measure_given(curve, star, given)
    chance = chance_of_one(found.snr)
    return SignalReport(
        index=1,
        sde=None,
        fap=chance,
        fap_lo=chance,
        fap_hi=chance,
        fap_method=ONE_TRIAL,
        kind="dip",
        convincing=True,
        reasons=_reasons(found),
        **measured_fields(found, star, exposure_days),
    )


def _reasons(found: DipMeasurement) -> tuple[str, ...]:
    said = "The period was given, not searched for."
    if found.snr >= ENOUGH_TO_REFINE_SNR:
        return (said,)
    return (said, "The dips are too weak to refine their times and length, so those are kept as they were given.")
