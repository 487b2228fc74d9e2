"""What the catalogues of the real data say of dips and stars, for the vetting benchmark."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.frame import ROOT
from science.stars import Star, Value, complete

REALDATA = Path(os.environ.get("LARUN_REALDATA") or ROOT.parent / "shared" / "realdata")
LIGHT_CURVES = REALDATA / "lightcurves"
CATALOGUES = REALDATA / "catalogues"

#: Period and mid-time (days, BJD) in the observed sector where a resonance moves transits far off the catalogue's
#: linear ephemeris (TOI-216: Dawson et al. 2019; TOI-1130: Huang et al. 2020).
MOVED_TRANSITS = {
    "216.01": (34.5257, 2458331.285),
    "216.02": (17.0968, 2458325.328),
    "1130.01": (8.350381, 2458657.9046),
    "1130.02": (4.066499, 2458658.7363),
}

#: (mass, radius, temperature) of dwarfs, rounded from Pecaut & Mamajek 2013, ApJS 208, 9.
DWARFS = np.array(
    [
        (0.085, 0.114, 2500), (0.10, 0.137, 2850), (0.16, 0.196, 3030), (0.23, 0.274, 3200), (0.44, 0.446, 3550),
        (0.57, 0.588, 3850), (0.70, 0.701, 4440), (0.88, 0.813, 5270), (0.98, 0.977, 5660), (1.06, 1.10, 5930),
        (1.33, 1.473, 6550), (1.61, 1.728, 7220), (1.85, 1.785, 8080), (2.30, 2.09, 9700),
    ]
)  # fmt: skip


def dwarf(mass_sun: float, band: str = "Kepler") -> Star:
    """The dwarf of a mass, every value marked as assumed (8 % in radius and mass, 200 K)."""
    radius = float(np.interp(mass_sun, DWARFS[:, 0], DWARFS[:, 1]))
    teff = float(np.interp(mass_sun, DWARFS[:, 0], DWARFS[:, 2]))
    logg = 4.438 + float(np.log10(mass_sun / radius**2))
    return complete(
        Star(
            teff_k=Value(teff, 200.0, "assumed"),
            logg_cgs=Value(logg, 0.1, "assumed"),
            radius_sun=Value(radius, 0.08 * radius, "assumed"),
            mass_sun=Value(mass_sun, 0.08 * mass_sun, "assumed"),
            band="TESS" if band == "TESS" else "Kepler",
        )
    )


def dwarf_of_teff(teff_k: float | None, band: str = "Kepler") -> Star:
    """The dwarf of a temperature; the Sun where it is unknown."""
    if teff_k is None or not teff_k > 0:
        return dwarf(1.0, band)
    return dwarf(float(np.interp(teff_k, DWARFS[:, 2], DWARFS[:, 0])), band)


@dataclass(frozen=True, slots=True)
class Dip:
    """A catalogued dip. Without an epoch the deepest phase at this period is taken."""

    name: str
    period_days: float
    duration_days: float
    epoch_bjd: float | None = None


def toi_dips(numbers: tuple[str, ...]) -> tuple[tuple[Dip, ...], Star]:
    rows = {r["TOI"]: r for r in catalogue_rows("exofop_toi_2025.csv.gz")}
    dips = tuple(
        Dip(
            f"TOI-{n}",
            MOVED_TRANSITS.get(n, (float(rows[n]["Period (days)"]), 0.0))[0],
            float(rows[n]["Duration (hours)"]) / 24,
            MOVED_TRANSITS.get(n, (0.0, float(rows[n]["Epoch (BJD)"])))[1],
        )
        for n in numbers
    )
    row = rows[numbers[0]]
    star = Star(
        teff_k=_value(row["Stellar Eff Temp (K)"], row["Stellar Eff Temp (K) err"], 150.0),
        radius_sun=_value(row["Stellar Radius (R_Sun)"], row["Stellar Radius (R_Sun) err"], 0.05),
        mass_sun=_value(row["Stellar Mass (M_Sun)"], row["Stellar Mass (M_Sun) err"], 0.1),
        band="TESS",
    )
    return dips, _with_gravity(star)


def koi_dips(kepid: str) -> tuple[tuple[Dip, ...], Star]:
    rows = [r for r in catalogue_rows("koi_cumulative_exoarchive_20240816.csv.gz") if r["kepid"] == kepid]
    dips = tuple(
        Dip(
            r["kepler_name"] or r["kepoi_name"],
            float(r["koi_period"]),
            float(r["koi_duration"]) / 24,
            2454833.0 + float(r["koi_time0bk"]),
        )
        for r in rows
    )
    star = Star(
        teff_k=_value(rows[0]["koi_steff"], rows[0]["koi_steff_err1"], 100.0),
        logg_cgs=_value(rows[0]["koi_slogg"], rows[0]["koi_slogg_err1"], 0.1),
        radius_sun=_value(rows[0]["koi_srad"], rows[0]["koi_srad_err1"], 0.1),
        band="Kepler",
    )
    return dips, complete(star)


def k2_dips(host: str, hours: Mapping[str, float]) -> tuple[tuple[Dip, ...], Star]:
    rows = [
        r
        for r in catalogue_rows("nea_k2_planets_candidates_20251004.csv.gz")
        if r["hostname"] == host and r["default_flag"] == "1"
    ]
    dips = tuple(
        Dip(r["pl_name"], float(r["pl_orbper"]), hours[r["pl_name"][-1]] / 24)
        for r in rows
        if r["pl_name"][-1] in hours
    )
    star = Star(
        teff_k=_value(rows[0]["st_teff"] or "5550", "", 100.0),
        radius_sun=_value(rows[0]["st_rad"], rows[0]["st_raderr1"], 0.05),
        mass_sun=_value(rows[0]["st_mass"], rows[0]["st_masserr1"], 0.05),
        band="Kepler",
    )
    return dips, _with_gravity(star)


def _with_gravity(star: Star) -> Star:
    if star.radius_sun is None or star.mass_sun is None:
        return complete(star)
    logg = 4.438 + float(np.log10(star.mass_sun.value / star.radius_sun.value**2))
    return complete(replace(star, logg_cgs=Value(logg, 0.05, "from mass and radius")))


def _value(text: str, error: str, otherwise: float) -> Value | None:
    number = number_or_none(text)
    return None if number is None else Value(number, number_or_none(error) or otherwise, "catalogue")


def number_or_none(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


@cache
def catalogue_rows(name: str) -> tuple[dict[str, str], ...]:
    """All rows of one of the pack's tables."""
    with gzip.open(CATALOGUES / name, "rt", encoding="utf-8", errors="replace") as file:
        lines = [line for line in file if not line.startswith("#")]
    return tuple(csv.DictReader(lines))
