"""Star tables that TRICERATOPS printed or saved, as fields of stars on pixels, for the contamination figures."""

from __future__ import annotations

import csv
import gzip
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from science.lightcurve import BoolArray, FloatArray, Mission
from science.neighbours import FieldStar, StarField
from science.pixels import PIXEL_ARCSEC, PixelCube, SkyGrid
from science.search.results import DipMeasurement

EPOCH_BJD = 2459000.0


@dataclass(frozen=True, slots=True)
class StarTable:
    """One printed table: stars, their `fluxratio` and the `tdepth` each would need (0 where the package says none).

    `apertures` holds for each sector the aperture and the pixel positions of the stars (aperture, columns, rows), empty
    where the table does not say what the aperture was.
    """

    name: str
    field: StarField
    fluxratio: FloatArray
    tdepth: FloatArray
    mission: Mission = "TESS"
    apertures: tuple[tuple[str, BoolArray, FloatArray, FloatArray], ...] = ()
    rows: tuple[int, ...] = field(default=())  # of the field's stars, in the table's order


def tables(realdata: Path) -> Iterator[StarTable]:
    """All tables of the pack: golden signals, TOI-1798 (two), the tutorials."""
    yield from _golden(realdata / "peers" / "triceratops_golden")
    for number in (0, 2):
        yield _toi1798(realdata, number)
    yield from _tutorials(realdata / "peers" / "notebook_outputs")


def cubes(table: StarTable) -> list[PixelCube]:
    """A picture of each sector with its aperture, on a sky grid of our own on which `fields` lays the stars."""
    return [_cube(table, label, aperture, float(x[0]), float(y[0])) for label, aperture, x, y in table.apertures]


def fields(table: StarTable) -> list[StarField]:
    """The field as each sector's picture needs it: every star at the sky position of its pixel."""
    found = []
    for cube, (_, _, columns, rows) in zip(cubes(table), table.apertures, strict=True):
        ra, dec = cube.grid.to_sky(columns, rows)
        stars = tuple(
            replace(star, ra_deg=float(a), dec_deg=float(d))
            for star, a, d in zip(table.field.stars, ra, dec, strict=True)
        )
        found.append(StarField(table.field.ra_deg, table.field.dec_deg, 600.0, 2016.0, stars, ("table",)))
    return found


def shifted(table: StarTable, columns: float, rows: float) -> StarTable:
    """The same table with all stars moved by so many pixels against the apertures."""
    moved = tuple((label, aperture, x + columns, y + rows) for label, aperture, x, y in table.apertures)
    return replace(table, apertures=moved)


def dip(depth: float) -> DipMeasurement:
    """A dip of which only the depth matters."""
    none = np.zeros(0)
    return DipMeasurement(
        10.0, 1e-4, EPOCH_BJD, 1e-3, 0.1, 0.01, depth, 0.05 * depth, math.sqrt(depth), 0.0, 12.0, 12.0, 3, 100,
        depth, depth / 10, depth, depth / 10, 0.0, 0.0, depth / 10, none, none, none,
    )  # fmt: skip


def _cube(table: StarTable, label: str, aperture: BoolArray, column: float, row: float) -> PixelCube:
    rows, columns = aperture.shape
    step = PIXEL_ARCSEC[table.mission] / 3600.0
    flux = np.ones((2, rows, columns))
    return PixelCube(
        table.name, label, table.mission, None, np.array([EPOCH_BJD, EPOCH_BJD + 1]), flux, 0.01 * flux,
        np.zeros(2, dtype=np.int32), np.ones(2, dtype=np.bool_),
        SkyGrid(table.field.ra_deg, table.field.dec_deg, (column, row), ((-step, 0.0), (0.0, step))),
        aperture, None, (0, 0), 0.02, "full-frame cut-out", True,
    )  # fmt: skip


def _golden(folder: Path) -> Iterator[StarTable]:
    for path in sorted((folder / "inputs").glob("*.npz")):
        with path.with_name(f"{path.stem}_stars.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        with np.load(path) as file:
            pixels = file["aperture_pixels"].astype(np.int64)
        with (folder / "results" / f"{path.stem}.csv").open(encoding="utf-8") as file:
            results = {
                int(r["star_row"]): (float(r["star_fluxratio"]), float(r["star_tdepth"])) for r in csv.DictReader(file)
            }
        x = np.array([float(r["pix_x"]) for r in rows])
        y = np.array([float(r["pix_y"]) for r in rows])
        aperture, left, below = _aperture(pixels)
        order = sorted(results)
        yield StarTable(
            f"signal {path.stem}",
            _field(rows),
            np.array([results[i][0] for i in order]),
            np.array([results[i][1] for i in order]),
            apertures=(("", aperture, x - left, y - below),),
            rows=tuple(order),
        )


def _toi1798(realdata: Path, number: int) -> StarTable:
    import yaml
    from tess_stars2px import tess_stars2px_function_entry

    with gzip.open(realdata / "cones" / f"toi1798_triceratops_stars_{number}.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    with gzip.open(realdata / "peers" / "sherlock_toi1798" / "apertures.yaml.gz", "rt") as file:
        sectors = yaml.safe_load(file)["sectors"]
    ra, dec = np.array([float(r["ra"]) for r in rows]), np.array([float(r["dec"]) for r in rows])
    apertures = []
    for sector, listed in sectors.items():
        found = tess_stars2px_function_entry(np.arange(ra.size), ra, dec, trySector=int(sector))
        x, y = np.full(ra.size, 1e6), np.full(ra.size, 1e6)
        x[found[0]], y[found[0]] = found[6], found[7]
        aperture, left, below = _aperture(np.array(listed).astype(np.int64))
        apertures.append((f"S{sector}", aperture, x - left, y - below))
    return StarTable(
        f"TOI-1798 table {number}",
        _field(rows),
        np.array([float(r["fluxratio"]) for r in rows]),
        np.array([float(r["tdepth"]) for r in rows]),
        apertures=tuple(apertures),
        rows=tuple(range(len(rows))),
    )


def _tutorials(folder: Path) -> Iterator[StarTable]:
    for path in sorted(folder.glob("triceratops__*.json.gz")):
        with gzip.open(path, "rt") as file:
            outputs = json.load(file)["outputs"]
        mission: Mission = "Kepler" if "kepler" in path.name else "TESS"
        for output in outputs:
            rows = printed_rows(output["text"])
            if rows and "fluxratio" in rows[0] and "sep" in rows[0]:
                yield StarTable(
                    f"tutorial TIC {rows[0]['ID']}",
                    _field(rows),
                    np.array([float(r["fluxratio"]) for r in rows]),
                    np.array([float(r["tdepth"]) for r in rows]),
                    mission,
                    rows=tuple(range(len(rows))),
                )


def printed_rows(text: str) -> list[dict[str, str]]:
    """Rows of a data frame as printed, its blocks of columns put together again; [] where it is none or cut short."""
    text = text.replace("sep (arcsec)", "sep").replace("PA (E of N)", "PA").replace("\\", " ")
    if "\n.." in text:
        return []
    rows: dict[str, dict[str, str]] = {}
    header: list[str] = []
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if not words[0].isdigit():
            header = words
        elif header and len(words) == len(header) + 1:
            rows.setdefault(words[0], {}).update(zip(header, words[1:], strict=True))
    return [r for r in rows.values() if "ID" in r]


def _aperture(pixels: np.ndarray) -> tuple[BoolArray, int, int]:
    """(aperture, column, row of its lower left pixel) of pixel positions (n, 2) with a margin of three."""
    left, below = (int(v) - 3 for v in pixels.min(axis=0))
    aperture = np.zeros((int(pixels[:, 1].max()) - below + 4, int(pixels[:, 0].max()) - left + 4), dtype=np.bool_)
    aperture[pixels[:, 1] - below, pixels[:, 0] - left] = True
    return aperture, left, below


def _field(rows: list[dict[str, str]]) -> StarField:
    stars = tuple(
        FieldStar(
            float(r["ra"]),
            float(r["dec"]),
            2016.0,
            float(r.get("sep") or r["sep (arcsec)"]),
            float(r.get("PA") or r["PA (E of N)"]),
            float(r["Tmag"]),
            "TIC",
            tic_id=int(r["ID"]),
            is_target=i == 0,
        )
        for i, r in enumerate(rows)
    )
    return StarField(stars[0].ra_deg, stars[0].dec_deg, 600.0, 2016.0, stars, ("table",))
