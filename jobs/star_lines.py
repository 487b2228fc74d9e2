"""What kind of variable the star is, and whether its own changes could make the dips, as lines of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.vetting_report import FlareReport, VariabilityReport, VettingTest
from jobs import findings
from science.lightcurve import DetrendedCurve
from science.stars import Star
from science.variables.classes import WORDS
from science.variables.describe import StarVariability, describe_star_variability
from science.variables.describe import not_run as not_described
from science.vetting.evidence import Ephemeris

#: Flares listed in a report; a star with more has its count in the sentence.
MOST_FLARES = 500


@dataclass(frozen=True, slots=True)
class StarTest:
    """What the report says of a test of the star."""

    name: str
    title: str
    question: str
    decisive: bool


STAR_TESTS = (
    StarTest(
        "star_variability", "The star itself is not the cause", "Could the star’s own changes make the dips?", True
    ),
)


@dataclass(frozen=True, slots=True)
class StarLines:
    """One set of tests for each signal, in their order, and what the star is."""

    tests: tuple[dict[str, VettingTest], ...]
    report: VariabilityReport | None = None


def describe(curve: DetrendedCurve, star: Star, ephemerides: Sequence[Ephemeris]) -> StarLines:
    """Class, rotation and flares of the star with the dips set aside, and a test for each signal."""
    from data.models.variability import DamagedModel, load_variability_model

    try:
        found = describe_star_variability(curve, star, load_variability_model(), ephemerides)
    except DamagedModel as error:
        found = not_described(str(error))
    tests = []
    for i in range(len(ephemerides)):
        finding = found.finding_for(i) if i < len(found.dips) else found.finding
        tests.append(findings.test_lines([finding], STAR_TESTS, "star"))
    return StarLines(tuple(tests), _report(found))


def _report(found: StarVariability) -> VariabilityReport:
    amplitude = found.amplitude_ppm
    return VariabilityReport(
        label=found.label,
        words=WORDS[found.label],
        probabilities={name: round(float(p), 4) for name, p in found.probabilities.items()},
        rotation_period_days=found.rotation_period_days,
        rotation_period_days_err=found.rotation_err_days,
        amplitude_ppm=float(amplitude) if np.isfinite(amplitude) else None,
        flares=tuple(
            FlareReport(
                time_bjd=f.peak_bjd,
                amplitude=f.amplitude,
                duration_minutes=f.duration_minutes,
                equivalent_duration_s=f.equivalent_duration_s,
            )
            for f in found.flares[:MOST_FLARES]
        ),
        sentence=found.sentence,
    )
