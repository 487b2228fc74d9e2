"""What the pixels say of one signal, as lines of the report and as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data.vetting_report import PixelsReport, SectorOffset, VettingTest
from jobs import findings
from jobs.context import JsonObject
from jobs.surroundings import Around, Movies
from science.neighbours import StarField
from science.pixels import PixelCube
from science.prf import Prf
from science.search.results import DipMeasurement
from science.stars import Star
from science.vetting.evidence import Ephemeris
from science.vetting.pixels.results import PixelVetting, SectorPixels
from science.vetting.pixels.table import PIXEL_TESTS
from science.vetting.pixels.vet import vet_pixels
from science.vetting.results import not_run

#: Stars drawn in the sky view, the brightest and nearest; more would only be dots on dots.
_MOST_DRAWN = 400


@dataclass(frozen=True, slots=True)
class PixelLines:
    """Tests, numbers, and the pictures of the sky view (None without pixels)."""

    tests: dict[str, VettingTest]
    report: PixelsReport | None = None
    sky: JsonObject | None = None
    vetting: PixelVetting | None = None


def pixel_lines(
    movies: Movies,
    dip: DipMeasurement | None,
    star: Star,
    around: Around,
    others: Sequence[Ephemeris],
    prfs: Mapping[str, Prf],
) -> PixelLines:
    """Test the pixels of a signal; without pixels, or without a measured dip, every test says why it was not run.

    `prfs` holds the official point responses by movie label; a Gaussian is fitted to the pictures of all others.
    """
    if not movies.cubes or dip is None:
        why = movies.why_none or "No pixels were fetched."
        if dip is None:
            why = "The dips could not be measured on the cleaned light."
        missing = [not_run(t.name, why) for t in PIXEL_TESTS]
        return PixelLines(findings.test_lines(missing, PIXEL_TESTS, "pixels"))
    found = vet_pixels(movies.cubes, dip, star, around.field, prfs or None, others)
    return PixelLines(
        findings.test_lines(found.findings, PIXEL_TESTS, "pixels"),
        _report(found, prfs, movies.cubes[0].grid.pixel_arcsec),
        _sky(found, movies.cubes, around.field, star),
        found,
    )


def _report(found: PixelVetting, prfs: Mapping[str, Prf], pixel_arcsec: float) -> PixelsReport:
    combined, centroid = found.combined, found.centroid
    return PixelsReport(
        offset_arcsec=None if combined is None else combined.arcsec,
        offset_err_arcsec=None if combined is None else combined.err_arcsec,
        offset_px=None if combined is None else combined.arcsec / pixel_arcsec,
        offset_sigma=None if combined is None else combined.sigma,
        offset_east_arcsec=None if combined is None else combined.east_arcsec,
        offset_north_arcsec=None if combined is None else combined.north_arcsec,
        centroid_offset_arcsec=None if centroid is None else centroid.arcsec,
        centroid_offset_sigma=None if centroid is None else centroid.sigma,
        sectors=tuple(_sector(s) for s in found.sectors),
        prf=_prf_words(found, prfs),
    )


def _prf_words(found: PixelVetting, prfs: Mapping[str, Prf]) -> str:
    official = sum(s.label in prfs for s in found.sectors)
    if not official:
        return "Gaussian"
    return "official" if official == len(found.sectors) else f"official in {official} of {len(found.sectors)}"


def _sector(s: SectorPixels) -> SectorOffset:
    measured = s.offset is not None and s.offset_err is not None and s.quality
    return SectorOffset(
        label=s.label,
        used=measured,
        why_not="" if measured else " ".join(s.notes) or "The missing light is too weak to be placed.",
        snr=s.signal_to_noise if np.isfinite(s.signal_to_noise) else None,
        offset_east_arcsec=None if s.offset is None else s.offset[0],
        offset_north_arcsec=None if s.offset is None else s.offset[1],
        offset_err_arcsec=None if s.offset_err is None else float(np.hypot(*s.offset_err) / np.sqrt(2.0)),
    )


def _sky(found: PixelVetting, cubes: Sequence[PixelCube], field: StarField | None, star: Star) -> JsonObject:
    """The document `sky-<signal>`: one entry a sector, positions in pixels of its cut-out."""
    by_label = {cube.label: cube for cube in cubes}
    return {"sectors": [_sky_sector(s, by_label[s.label], field) for s in found.sectors], "star": star.name}


def _sky_sector(s: SectorPixels, cube: PixelCube, field: StarField | None) -> JsonObject:
    rows, columns = s.out.shape
    measured = None
    if s.source is not None:
        error = 0.0 if s.source_err is None else float(max(s.source_err))
        measured = {"column": s.source[0], "row": s.source[1], "err_px": error}
    stars = []
    if field is not None:
        inside = (np.abs(s.stars[:, 0] - columns / 2) < columns) & (np.abs(s.stars[:, 1] - rows / 2) < rows)
        order = sorted(np.flatnonzero(inside), key=lambda i: field.stars[i].tmag)[:_MOST_DRAWN]
        stars = [
            {
                "name": field.stars[i].name,
                "letter": "",
                "column": round(float(s.stars[i, 0]), 3),
                "row": round(float(s.stars[i, 1]), 3),
                "tmag": round(field.stars[i].tmag, 2),
                "separation_arcsec": round(field.stars[i].separation_arcsec, 1),
                "is_target": field.stars[i].is_target,
            }
            for i in order
        ]
    return {
        "label": s.label,
        "rows": rows,
        "columns": columns,
        "out": _image(s.out),
        "difference": _image(s.difference),
        "difference_err": _image(s.difference_err),
        "aperture": None if cube.aperture is None else [int(v) for v in s.aperture.ravel()],
        "cd": [list(row) for row in cube.grid.cd],
        "target": {"column": s.target[0], "row": s.target[1]},
        "measured": measured,
        "stars": stars,
        "used": s.source is not None and s.quality,
        "why_not": " ".join(s.notes),
    }


def _image(values: np.ndarray) -> list[float | None]:
    return [float(f"{v:.5g}") if np.isfinite(v) else None for v in values.ravel()]
