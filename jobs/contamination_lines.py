"""Whose light it is, and which neighbour could make the dips, as lines of the report."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from data.report import SignalReport
from data.vetting_report import ContaminationReport, NeighbourReport, VettingTest
from jobs import findings
from jobs.context import JsonObject
from jobs.surroundings import Around, Movies
from science import rounding
from science.lightcurve import LightCurve
from science.prf import Prf
from science.search.results import DipMeasurement
from science.stars import Star
from science.vetting.contamination.dilution import CrowdingOfSector, is_dilution_corrected
from science.vetting.contamination.findings import CONTAMINATION_TESTS, contamination_findings
from science.vetting.contamination.shares import Contamination, StarShare, contamination
from science.vetting.pixels.results import PixelVetting
from science.vetting.results import not_run

#: Neighbours kept in the report: those that could do it, then the nearest. Fields have up to thousands.
MOST_NEIGHBOURS = 200
#: A catalogued period this close (relative) to the signal's, or to twice or half of it, is the same object.
SAME_PERIOD = 0.002


#: What a neighbour could have to do with the dips, short enough for a table.
_CHIPS = {
    "target": "This star",
    "could": "Possible",
    "could, nearly whole": "Only if nearly all goes",
    "not excluded": "Not quite excluded",
    "cannot": "Cannot do it",
    "unknown": "Dips not measured",
}


@dataclass(frozen=True, slots=True)
class LightLines:
    """Tests, numbers and the table of neighbours."""

    tests: dict[str, VettingTest]
    report: ContaminationReport | None = None
    neighbours: tuple[NeighbourReport, ...] = ()

    def with_letters(self, sky: JsonObject) -> JsonObject:
        """The sky document with the letters that the table gives to stars able to fake the dips."""
        letters = {n.name: n.letter for n in self.neighbours if n.letter}
        lettered = copy.deepcopy(sky)
        for sector in lettered["sectors"]:  # type: ignore[attr-defined]
            for star in sector["stars"]:
                star["letter"] = letters.get(star["name"], "")
        return lettered


def contamination_lines(
    movies: Movies,
    curves: Sequence[LightCurve],
    around: Around,
    star: Star,
    dip: DipMeasurement | None,
    pixels: PixelVetting | None,
    prf: Prf | None = None,
) -> LightLines:
    """Shares of light, the dip on the target alone, and what each neighbour would have to do."""
    if dip is None:
        missing = [not_run(t.name, "The dips could not be measured on the cleaned light.") for t in CONTAMINATION_TESTS]
        return LightLines(findings.test_lines(missing, CONTAMINATION_TESTS, "neighbours"))
    crowding = [
        CrowdingOfSector(
            c.label, c.crowding, _flux_fraction(movies, c.label), is_dilution_corrected(c.pipeline, c.flux_column)
        )
        for c in curves
    ]
    found = contamination(movies.cubes, around.field, star, dip, crowding, prf)
    if around.field is None and around.why_no_field:
        found = _with_reason(found, around.why_no_field)
    tests = findings.test_lines(contamination_findings(found), CONTAMINATION_TESTS, "neighbours")
    share = tests["light_from_neighbours"]
    return LightLines(
        tests,
        _report(found, share.reason if share.outcome != "not_run" else ""),
        _neighbours(found, pixels),
    )


def known_object(signal: SignalReport, around: Around) -> dict[str, VettingTest]:
    """Whether the catalogues list a planet, a candidate or a false positive of this star with this period."""
    title, question = "Nothing is known against it", "Is the signal known already, and as what?"
    line = VettingTest(title=title, question=question, group="catalogue", outcome="not_run", reason="", decisive=False)
    if around.known is None:
        reason = around.why_not_known or "The lists of known planets were not asked."
        return {"known_object": line.model_copy(update={"reason": reason})}
    for planet in around.known:
        if planet.period_days is None or not _same_period(planet.period_days, signal.period_days):
            continue
        numbers: dict[str, float | None] = {"catalogue_period_days": planet.period_days}
        days = rounding.significant(planet.period_days, 5)
        if planet.status == "false positive":
            reason = f"{planet.name}, every {days} days, is listed as a false positive by the TESS follow-up programme."
            return {"known_object": line.model_copy(update={"outcome": "warn", "reason": reason, "numbers": numbers})}
        reason = f"It is {planet.name}, a {planet.status} planet with a year of {days} days."
        if planet.status == "candidate":
            reason = f"It is {planet.name}, a candidate with a year of {days} days."
        return {"known_object": line.model_copy(update={"outcome": "pass", "reason": reason, "numbers": numbers})}
    count = len(around.known)
    others = (
        "" if count == 0 else f" {count} other{'s' if count > 1 else ''} of this star {'are' if count > 1 else 'is'}."
    )
    reason = f"No list has a planet, candidate or false positive with this period.{others}"
    return {"known_object": line.model_copy(update={"outcome": "pass", "reason": reason})}


def _same_period(listed: float, found: float) -> bool:
    return any(abs(found / (listed * factor) - 1) < SAME_PERIOD for factor in (1.0, 0.5, 2.0))


def _flux_fraction(movies: Movies, label: str) -> float | None:
    return next((c.flux_fraction for c in movies.cubes if c.label == label), None)


def _with_reason(found: Contamination, why: str) -> Contamination:
    from dataclasses import replace

    return replace(found, reason=why) if found.reason else found


def _report(found: Contamination, sentence: str) -> ContaminationReport:
    size = found.radius_earth
    return ContaminationReport(
        target_share=found.target_share,
        aperture=_aperture_words(found),
        crowding=found.crowding,
        flux_fraction=found.flux_fraction,
        tic_contratio=None if not found.catalogue_share else 1.0 / found.catalogue_share - 1.0,
        already_corrected={"already": True, "now": False}.get(found.correction),
        depth_measured_ppm=_ppm(found.observed_depth),
        depth_corrected_ppm=_ppm(found.depth),
        depth_corrected_ppm_err=_ppm(found.depth_err),
        radius_earth=None if size is None else size.value,
        radius_earth_err=None if size is None else size.error,
        sentence=" ".join([*([sentence] if sentence else []), *found.notes]),
    )


def _aperture_words(found: Contamination) -> str:
    kinds = {s.aperture for s in found.sectors}
    if "pipeline" in kinds:
        return "the pipeline’s aperture"
    pixels = [s.n_pixels for s in found.sectors if s.n_pixels]
    if "nominal" in kinds and pixels:
        return f"a usual aperture of {round(sum(pixels) / len(pixels))} pixels, since the real one is not known"
    return ""


def _neighbours(found: Contamination, pixels: PixelVetting | None) -> tuple[NeighbourReport, ...]:
    hosts = {} if pixels is None else {h.name: h.probability for h in pixels.hosts}
    capable = sorted((s for s in found.neighbours if s.can_do_it), key=lambda s: s.needed_depth)
    letters = {s.star.name: ascii_uppercase[i] for i, s in enumerate(capable[: len(ascii_uppercase)])}
    target = [s for s in found.stars if s.verdict == "target"]
    rest = sorted((s for s in found.neighbours if not s.can_do_it), key=lambda s: s.star.separation_arcsec)
    kept = [*target, *capable, *rest][:MOST_NEIGHBOURS]
    return tuple(_neighbour(s, letters.get(s.star.name, ""), hosts.get(s.star.name)) for s in kept)


def _neighbour(share: StarShare, letter: str, host: float | None) -> NeighbourReport:
    star = share.star
    return NeighbourReport(
        name=star.name,
        letter=letter,
        gaia_id=None if star.gaia_id is None else str(star.gaia_id),
        tic_id=star.tic_id,
        ra_deg=star.ra_deg,
        dec_deg=star.dec_deg,
        separation_arcsec=star.separation_arcsec,
        position_angle_deg=star.position_angle_deg,
        tmag=star.tmag,
        tmag_source=star.tmag_source,
        light_share=_plain(share.share),
        needed_depth=_plain(share.needed_depth),
        can_do_it=None if share.verdict == "target" else share.can_do_it,
        host_probability=host,
        ruwe=star.ruwe,
        is_target=share.verdict == "target",
        words=_CHIPS[share.verdict],
    )


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _ppm(value: float) -> float | None:
    return None if not math.isfinite(value) else value * 1e6
