"""Stage 4: test every signal in the light, in the pixels and against the neighbours, and say what the star does."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.report import SignalReport
from data.vetting_report import FieldReport, VariabilityReport, VettingTest
from jobs import contamination_lines, findings, pixel_lines, star_lines
from jobs.context import JsonObject, RunContext
from jobs.surroundings import Around, Movies
from jobs.vetting_verdict import judge
from science.lightcurve import DetrendedCurve, LightCurve
from science.search.remeasure import measure_all
from science.search.results import DipMeasurement
from science.stars import Star
from science.vetting.evidence import Ephemeris, evidence
from science.vetting.light.table import TESTS, vet_light
from science.vetting.results import Finding, not_run

if TYPE_CHECKING:
    from science.prf import Prf

#: A folder with the official point responses of the missions; without it a Gaussian is used.
PRF_VARIABLE = "LARUN_PRF"


@dataclass(frozen=True, slots=True)
class Vetted:
    """What the stage hands on: the signals with their tests, and what kind of star it is."""

    signals: tuple[SignalReport, ...]
    variability: VariabilityReport | None
    field: FieldReport


def vet(
    curve: DetrendedCurve,
    curves: Sequence[LightCurve],
    signals: Sequence[SignalReport],
    measured: Sequence[DipMeasurement | None],
    star: Star,
    around: Around,
    movies: Movies,
    context: RunContext,
) -> Vetted:
    """Every signal with its vetting; stores the pictures of the pixels as documents `sky-<signal>`.

    `measured` are the measurements that the signals' lines rest on; where there is None the dips are measured here.

    A signal whose dips cannot be measured any more keeps its line with every test listed as not run.
    """
    ephemerides: list[Ephemeris] = [(s.period_days, s.epoch_bjd, s.duration_hours / 24) for s in signals]
    dips = list(measured)
    if any(dip is None for dip in dips):
        again = measure_all(curve, star, ephemerides)
        dips = [a if dip is None else dip for dip, a in zip(dips, again, strict=True)]
    prfs, note = point_responses(movies)
    if note:
        movies = replace(movies, notes=(*movies.notes, note))
    context.progress(0.62, "what kind of star it is")
    variability = star_lines.describe(curve, star, ephemerides)
    vetted = []
    for i, (signal, dip) in enumerate(zip(signals, dips, strict=True)):
        context.progress(0.65 + 0.3 * i / len(signals), f"testing signal {signal.index}")
        others = [e for j, e in enumerate(ephemerides) if j != i]
        vetted.append(_vet_one(curve, curves, signal, dip, others, star, around, movies, prfs, variability, i, context))
    return Vetted(tuple(vetted), variability.report, field_report(around, movies))


def _vet_one(
    curve: DetrendedCurve,
    curves: Sequence[LightCurve],
    signal: SignalReport,
    dip: DipMeasurement | None,
    others: Sequence[Ephemeris],
    star: Star,
    around: Around,
    movies: Movies,
    prfs: Mapping[str, Prf],
    variability: star_lines.StarLines,
    number: int,
    context: RunContext,
) -> SignalReport:
    light = _light_findings(curve, dip, star, others, signal)
    tests: dict[str, VettingTest] = findings.test_lines(light, TESTS, "light")
    tests |= variability.tests[number]
    pixels = pixel_lines.pixel_lines(movies, dip, star, around, others, prfs)
    tests |= pixels.tests
    light_share = contamination_lines.contamination_lines(movies, curves, around, star, dip, pixels.vetting)
    tests |= light_share.tests
    tests |= contamination_lines.known_object(signal, around)
    if pixels.sky is not None:
        context.save_document(f"sky-{signal.index}", light_share.with_letters(pixels.sky))
    return signal.model_copy(
        update={
            "vetting": tests,
            "vetting_verdict": judge(tests),
            "pixels": pixels.report,
            "contamination": light_share.report,
            "neighbours": light_share.neighbours,
        }
    )


def _light_findings(
    curve: DetrendedCurve, dip: DipMeasurement | None, star: Star, others: Sequence[Ephemeris], signal: SignalReport
) -> tuple[Finding, ...]:
    if dip is None:
        return tuple(not_run(t.name, "The dips could not be measured on the cleaned light.") for t in TESTS)
    sde = float("nan") if signal.sde is None else signal.sde
    try:
        gathered = evidence(curve, dip, star, others, fap=signal.fap, sde=sde)
    except ValueError as error:
        return tuple(not_run(t.name, str(error)) for t in TESTS)
    return vet_light(gathered)


def point_responses(movies: Movies) -> tuple[Mapping[str, Prf], str]:
    """The official point response of each movie (by label) whose file lies in the folder LARUN_PRF, and a note where
    one cannot be read; empty without."""
    folder = os.environ.get(PRF_VARIABLE)
    if not folder or not movies.cubes:
        return {}, ""
    from data.formats.errors import UnreadableFile
    from data.formats.prf_files import prfs_for

    try:
        return prfs_for(Path(folder), movies.cubes), ""
    except UnreadableFile as error:
        return {}, f"A Gaussian was used, since the official point response cannot be read: {error}"


def field_report(around: Around, movies: Movies) -> FieldReport:
    """Which catalogues and pixels stand behind the tests, and why some do not."""
    field = around.field
    target = None if field is None else field.target
    return FieldReport(
        catalogues=() if field is None else field.catalogues,
        radius_arcsec=None if field is None else field.radius_arcsec,
        n_stars=0 if field is None else len(field.stars),
        complete=True if field is None else field.complete,
        gaia_id=None if target is None or target.gaia_id is None else str(target.gaia_id),
        ruwe=None if target is None else target.ruwe,
        non_single_star=None if target is None else target.non_single_star,
        sectors_observed=around.sectors_observed,
        pixels=tuple(c.label for c in movies.cubes),
        why_no_field=around.why_no_field,
        why_no_pixels=movies.why_none,
        notes=(*around.notes, *movies.notes, *(note for cube in movies.cubes for note in cube.notes)),
    )


def fact(vetted: Vetted) -> str:
    """One line for the progress page."""
    verdicts = [s.vetting_verdict for s in vetted.signals if s.vetting_verdict is not None]
    if not verdicts:
        return "Odds of a fluke and the reach of this search worked out"
    made = sum(v.n_pass + v.n_warn + v.n_fail for v in verdicts)
    failed = sum(v.n_fail for v in verdicts)
    if failed:
        return f"{made} checks made, {failed} failed"
    return f"{made} checks made, none failed"


def restore(document: JsonObject) -> Vetted:
    """What an earlier attempt stored."""
    signals = tuple(SignalReport.model_validate(s) for s in document["signals"])  # type: ignore[attr-defined]
    kept = document["variability"]
    variability = None if kept is None else VariabilityReport.model_validate(kept)
    return Vetted(signals, variability, FieldReport.model_validate(document["field"]))


def to_document(vetted: Vetted) -> JsonObject:
    """The stage's result for the lake."""
    return {
        "signals": [s.model_dump(mode="json") for s in vetted.signals],
        "variability": None if vetted.variability is None else vetted.variability.model_dump(mode="json"),
        "field": vetted.field.model_dump(mode="json"),
    }


def sectors_by_dips(curve: DetrendedCurve, signals: Sequence[SignalReport]) -> tuple[str, ...]:
    """Labels of the sectors, those with most dips of all signals first."""
    stitched = curve.curve
    weights = np.zeros(len(stitched.labels))
    for signal in signals:
        for moment in signal.transit_times_bjd:
            near = int(np.clip(np.searchsorted(stitched.time_bjd, moment), 0, len(stitched.time_bjd) - 1))
            weights[stitched.sector[near]] += 1
    order = np.argsort(-weights, kind="stable")
    return tuple(stitched.labels[i] for i in order if weights[i] > 0)
