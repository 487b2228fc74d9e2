"""Contamination: flux shares against TRICERATOPS and the TIC, magnitudes and stellar estimates from Gaia.

Parts: triceratops (tables with real or stated apertures), contratio (the TIC's own contamination ratios in a crowded
field), headers (the target's light in the apertures of SPOC light curves, FLFRCSAP), magnitudes (Gaia to TESS),
estimates (temperature, radius, mass from Gaia), speed (0 and 5,000 neighbours).
"""

from __future__ import annotations

import csv
import gzip
import math
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from benchmarks.frame import ROOT, Figure, at_least, at_most, cpu_seconds
from benchmarks.star_tables import StarTable, cubes, dip, fields, shifted, tables
from science.dwarf_sequence import dwarf_at_temperature
from science.lightcurve import FloatArray
from science.neighbours import FieldStar, StarField
from science.pixels import SkyGrid
from science.stars import Star
from science.stellar_estimates import estimate_from_gaia
from science.tess_magnitude import tess_magnitude
from science.vetting.contamination.apertures import captured_by_pixels
from science.vetting.contamination.dilution import CrowdingOfSector
from science.vetting.contamination.findings import contamination_findings
from science.vetting.contamination.shares import contamination

REALDATA = Path(os.environ.get("LARUN_REALDATA") or ROOT.parent / "shared" / "realdata")
WITHIN = 0.02
MISSION_PIXELS = 10.0  # the TIC counts contaminants within ten TESS pixels
#: Where tess-point and the package's own sky positions of TOI-1798 meet best.
COMMON_SHIFT_PX = (0.5, -0.25)
_CORRECTED = (CrowdingOfSector("", corrected=True),)


def measure(only: str | None = None) -> Iterable[Figure]:
    """All parts, or the one named."""
    if not REALDATA.is_dir():
        raise FileNotFoundError(f"The real data are not at {REALDATA}; set LARUN_REALDATA.")
    parts = {
        "triceratops": triceratops,
        "contratio": contratio,
        "headers": headers,
        "magnitudes": magnitudes,
        "estimates": estimates,
        "speed": speed,
    }
    for name, part in parts.items():
        if only in (None, name):
            yield from part()


def triceratops() -> Iterable[Figure]:
    """Share of the light and needed eclipse of every star of the tables, ours against theirs.

    The package: a Gaussian of 0.75 pixels, catalogue TESS magnitudes, the mean over sectors. Where a table does not say
    its aperture ours is the usual one, and the eclipses needed differ by what the apertures do.
    """
    differences: dict[str, list[float]] = {"stated": [], "sky": [], "usual": []}
    ratios: dict[str, list[float]] = {"stated": [], "sky": [], "usual": []}
    agree: list[bool] = []
    for table in tables(REALDATA):
        ours, needed = _ours(table)
        kind = "usual" if not table.apertures else "stated" if table.name.startswith("signal") else "sky"
        delta = ours - table.fluxratio
        differences[kind] += list(np.abs(delta))
        named = (table.tdepth > 0) & (np.arange(delta.size) > 0)
        ratios[kind] += list(np.log(needed[named] / table.tdepth[named]))
        if kind == "sky":
            _, moved = _ours(shifted(table, *COMMON_SHIFT_PX))
            ratios.setdefault("shifted", []).extend(np.log(moved[named] / table.tdepth[named]))
        # The package writes 0 for a star that cannot; we say it can where we need no more than all of its light.
        agree += list((needed[1:] <= 1.0) == (table.tdepth[1:] > 0))
        yield at_most(f"{table.name}: largest difference of a share", float(np.abs(delta).max()), "", WITHIN)
    every = np.concatenate([np.array(v) for v in differences.values()])
    yield at_least(f"shares within {WITHIN} ({every.size} stars)", 100.0 * float(np.mean(every <= WITHIN)), "%", 90.0)
    yield at_most("stated apertures: largest difference of a share", max(differences["stated"]), "", 1e-4)
    yield at_least(f"same word on can or cannot ({len(agree)} neighbours)", 100.0 * float(np.mean(agree)), "%", 90.0)
    words = {
        "stated": "the same pixels and positions",
        "sky": "positions by tess-point, good to half a pixel",
        "shifted": "the same, all sectors moved by (0.5, -0.25) pixels, which fits their shares best",
        "usual": "their aperture is not told, ours is the usual one",
    }
    for kind, logs in ratios.items():
        if logs:
            spread = float(np.median(np.abs(np.exp(np.abs(logs)) - 1.0)))
            yield Figure(f"eclipse needed, median difference ({words[kind]}; {len(logs)})", 100.0 * spread, "%")


def _ours(table: StarTable) -> tuple[FloatArray, FloatArray]:
    """(share, needed depth) of the table's rows."""
    depth = float(table.tdepth[0]) or 1e-4
    star = Star(tic_id=table.field.stars[0].tic_id, band="Kepler" if table.mission == "Kepler" else "TESS")
    pictures = list(zip(cubes(table), fields(table), strict=True)) or [(None, table.field)]
    shares, needed = [], []
    for cube, field in pictures:
        found = contamination([] if cube is None else [cube], field, star, dip(depth), _CORRECTED)
        by_id = {s.star.tic_id: s for s in found.stars}
        rows = [by_id[table.field.stars[i].tic_id] for i in table.rows]
        shares.append([r.share for r in rows])
        needed.append([r.needed_depth for r in rows])
    # Sectors stand apart here, because the table's positions are no common sky: the mean of what an eclipse shows.
    with np.errstate(divide="ignore"):
        return np.mean(np.array(shares), axis=0), 1.0 / np.mean(1.0 / np.array(needed), axis=0)


def contratio() -> Iterable[Figure]:
    """Target's share of stars in a crowded field, ours in the usual aperture against 1 / (1 + contratio) of the TIC.

    The TIC counts the light within its own circle and PSF out to ten pixels, so the two measure different apertures:
    published, without a bar. Of the cone's stars only two with a ratio lie far enough from its edge.
    """
    rows = [r for r in _tic() if math.isfinite(r["Tmag"])]
    ra, dec = np.array([r["ra"] for r in rows]), np.array([r["dec"] for r in rows])
    for i, row in enumerate(rows):
        if not math.isfinite(row["contratio"]) or row["dstArcSec"] > 75.0:
            continue
        step = np.hypot((ra - ra[i]) * math.cos(math.radians(dec[i])), dec - dec[i]) * 3600.0
        near = np.flatnonzero(step < 21.0 * MISSION_PIXELS)
        listed = tuple(
            FieldStar(ra[k], dec[k], 2000.0, float(step[k]), 0.0, rows[k]["Tmag"], "TIC", tic_id=k, is_target=k == i)
            for k in map(int, near)
        )
        found = contamination([], StarField(ra[i], dec[i], 210.0, 2000.0, listed, ("TIC",)), Star(), dip(1e-3))
        name = f"TIC {int(row['ID'])}, T {row['Tmag']:.1f}, {near.size - 1} neighbours: target's share"
        yield Figure(name, found.target_share or math.nan, "", peer=f"TIC {1.0 / (1.0 + row['contratio']):.4f}")


def headers() -> Iterable[Figure]:
    """Part of the target's light in the aperture of SPOC light curves, ours against FLFRCSAP in the header.

    The wings that are added to TRICERATOPS's Gaussian were fitted to every second of these curves; the bars are for the
    others. The figures of the Gaussian alone stand beside. Shares of *neighbours* there are unknown here: no catalogue
    of these fields is in the pack, so CROWDSAP cannot be compared.
    """
    from astropy.io import fits

    differences, plain = [], []
    for path in sorted((REALDATA / "lightcurves" / "tess_2min").glob("*_lc.fits.gz")):
        with fits.open(path) as file:
            if len(file) < 3 or "PC1_1" not in file[2].header:
                continue
            first, light, sky = file[0].header, file[1].header, file[2].header
            aperture = (file[2].data & 2) > 0
        axes = (1, 2)
        cd = tuple(tuple(sky[f"CDELT{i}"] * sky[f"PC{i}_{j}"] for j in axes) for i in axes)
        grid = SkyGrid(sky["CRVAL1"], sky["CRVAL2"], (sky["CRPIX1"] - 1, sky["CRPIX2"] - 1), (cd[0], cd[1]))
        years = (light["TSTART"] + light["BJDREFI"] - 2451545.0) / 365.25
        dec = first["DEC_OBJ"] + (first.get("PMDEC") or 0.0) * years / 3.6e6
        ra = first["RA_OBJ"] + (first.get("PMRA") or 0.0) * years / 3.6e6 / math.cos(math.radians(dec))
        column, row = (np.atleast_1d(v) for v in grid.to_pixel(ra, dec))
        caught = captured_by_pixels(aperture, column, row, np.ones(1), "TESS")
        differences.append(float(caught.with_wings[0]) - light["FLFRCSAP"])
        plain.append(float(caught.part[0]) - light["FLFRCSAP"])
        used = "fitted" if len(differences) % 2 == 1 else "not fitted"
        name = f"{first['OBJECT']}, {int(aperture.sum())} pixels, {used}: part of its light in the aperture"
        yield Figure(name, float(caught.with_wings[0]), "", peer=f"FLFRCSAP {light['FLFRCSAP']:.4f}")
    held_out = np.array(differences[1::2])
    name = f"FLFRCSAP ({held_out.size} light curves, not fitted): |median difference|"
    yield at_most(name, abs(float(np.median(held_out))), "", 0.02)
    yield at_most("FLFRCSAP, not fitted: largest difference", float(np.max(np.abs(held_out))), "", 0.05)
    yield Figure("FLFRCSAP, the Gaussian alone: median difference", float(np.median(plain)), "")
    yield Figure("FLFRCSAP, the Gaussian alone: largest difference", float(np.max(np.abs(plain))), "")


def magnitudes() -> Iterable[Figure]:
    """TESS magnitudes from Gaia against the TIC's.

    The TIC used Gaia DR2: with its own numbers the relation is the same. DR3 differs at the faint end, where DR2's BP
    light was too bright and its colours too blue.
    """
    tic = _tic()
    g, bp, rp, t = (np.array([r[k] for r in tic]) for k in ("GAIAmag", "gaiabp", "gaiarp", "Tmag"))
    own = tess_magnitude(g, bp - rp) - t
    good = np.isfinite(own) & np.isfinite(bp - rp)
    yield at_most(
        f"T from DR2 as in the TIC ({int(good.sum())} stars): median", abs(float(np.median(own[good]))), "mag", 0.01
    )
    yield at_least("T from DR2: within 0.05 mag", 100.0 * float(np.mean(np.abs(own[good]) < 0.05)), "%", 90.0)
    gaia = {r["source_id"]: r for r in _gaia()}
    pairs = [(r, gaia[r["GAIA"]]) for r in tic if r["GAIA"] in gaia]
    g3 = np.array([x["phot_g_mean_mag"] for _, x in pairs])
    colour = np.array([x["bp_rp"] for _, x in pairs])
    delta = tess_magnitude(g3, colour) - np.array([r["Tmag"] for r, _ in pairs])
    for low, high in ((0, 16), (16, 18), (18, 19), (19, 21)):
        rows = (g3 >= low) & (g3 < high) & np.isfinite(delta) & np.isfinite(colour)
        name = f"T from DR3, {low} ≤ G < {high} ({int(rows.sum())})"
        median = float(np.median(delta[rows]))
        yield (
            at_most(f"{name}: |median|", abs(median), "mag", 0.05)
            if high <= 19
            else Figure(f"{name}: median", median, "mag")
        )
        yield Figure(f"{name}: scatter (MAD)", _scatter(delta[rows]), "mag")
    rows = ~np.isfinite(colour) & np.isfinite(delta)
    yield Figure(f"T from G alone ({int(rows.sum())}): median", float(np.median(delta[rows])), "mag")


def estimates() -> Iterable[Figure]:
    """Temperature, radius and mass from Gaia against the TIC's, by distance; and the sequence against TIC dwarfs."""
    gaia = {r["source_id"]: r for r in _gaia()}
    found = []
    for row in _tic():
        if not math.isfinite(row["Teff"]) or row["GAIA"] not in gaia:
            continue
        other = gaia[row["GAIA"]]
        star = FieldStar(
            other["ra"], other["dec"], 2016.0, 0.0, 0.0, row["Tmag"], "TIC",
            gmag=other["phot_g_mean_mag"], bp_rp=other["bp_rp"], ruwe=other["ruwe"],
            parallax_mas=other["parallax"], parallax_err_mas=other["parallax_error"],
        )  # fmt: skip
        estimate = estimate_from_gaia(star)
        if estimate.kind != "unknown":
            found.append((estimate, row))
    kinds = [e.kind for e, _ in found]
    yield Figure(
        "estimated: dwarfs / evolved / below", kinds.count("dwarf"), "stars", peer=f"{kinds.count('evolved')} evolved"
    )
    for low, high in ((0, 1000), (1000, 9000)):
        for what, column in (("teff_k", "Teff"), ("radius_sun", "rad"), ("mass_sun", "mass")):
            pairs = [
                (value, r[column])
                for e, r in found
                if low <= r["d"] < high and (value := getattr(e, what)) is not None and math.isfinite(r[column])
            ]
            if len(pairs) < 5:
                continue
            ratio = np.array([v.value / known - 1.0 for v, known in pairs])
            inside = np.array([abs(v.value - known) <= v.error for v, known in pairs])
            name = f"{column} at {low}–{high} pc ({len(pairs)})"
            yield Figure(f"{name}: median difference", 100.0 * float(np.median(ratio)), "%")
            yield Figure(f"{name}: scatter (MAD)", 100.0 * _scatter(ratio), "%")
            yield at_least(f"{name}: within one error", 100.0 * float(inside.mean()), "%", 60.0)
    rows = _rows(REALDATA / "cones" / "toi1798_triceratops_stars_0.csv.gz")
    dwarfs = [r for r in rows if all(math.isfinite(r[k]) for k in ("Teff", "rad", "mass"))]
    mean = dwarf_at_temperature(np.array([r["Teff"] for r in dwarfs]))
    for values, column in ((mean.radius_sun, "rad"), (mean.mass_sun, "mass")):
        ratio = values / np.array([r[column] for r in dwarfs]) - 1.0
        yield Figure(
            f"sequence at TIC Teff, field of TOI-1798 ({len(dwarfs)}): {column} median",
            100.0 * float(np.median(ratio)),
            "%",
        )
        yield Figure(f"sequence at TIC Teff: {column} scatter (MAD)", 100.0 * _scatter(ratio), "%")


def speed() -> Iterable[Figure]:
    """CPU of the whole step for six sectors with 0 and with 5,000 neighbours."""
    rng = np.random.default_rng(5)
    table = next(t for t in tables(REALDATA) if t.name == "signal nearby_eb")
    sectors = cubes(table) * 6
    target = table.field.stars[0]
    for count in (0, 5000):
        stars = (target, *(_random_star(rng, target, i) for i in range(count)))
        field = StarField(target.ra_deg, target.dec_deg, 200.0, 2016.0, stars, ("random",))

        def whole(field: StarField = field) -> object:
            return contamination_findings(contamination(sectors, field, Star(), dip(1e-3)))

        seconds = cpu_seconds({"all": whole})["all"]
        yield at_most(f"{count} neighbours, six sectors", seconds, "CPU s", 1.0)


def _random_star(rng: np.random.Generator, target: FieldStar, number: int) -> FieldStar:
    distance, angle = 200.0 * math.sqrt(rng.uniform()), rng.uniform(0, 2 * math.pi)
    ra = target.ra_deg + distance * math.sin(angle) / 3600.0 / math.cos(math.radians(target.dec_deg))
    dec = target.dec_deg + distance * math.cos(angle) / 3600.0
    return FieldStar(
        ra, dec, 2016.0, distance, math.degrees(angle), float(rng.uniform(10, 20)), "TIC", tic_id=number + 1
    )


def _scatter(values: FloatArray) -> float:
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))


def _tic() -> list[dict[str, float]]:
    return _rows(REALDATA / "cones" / "toi3505_tic_v8_2p5arcmin.csv.gz")


def _gaia() -> list[dict[str, float]]:
    return _rows(REALDATA / "cones" / "toi3505_gaia_dr3_2p5arcmin.csv.gz")


def _rows(path: Path) -> list[dict[str, float]]:
    """Rows as numbers, NaN where a cell is none; names of sources stay exact as whole numbers."""
    with gzip.open(path, "rt") as file:
        return [{k: _number(k, v) for k, v in row.items()} for row in csv.DictReader(file)]


def _number(name: str, text: str) -> float:
    if name in ("source_id", "GAIA") and text.isdigit():
        return int(text)
    try:
        return float(text)
    except ValueError:
        return math.nan
