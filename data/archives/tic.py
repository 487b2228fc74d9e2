"""Rows of the TESS Input Catalog: which one a place means, and what it says of the star. Pure."""

from __future__ import annotations

import math
from typing import Any

from science.stars import Star, Value

Row = dict[str, Any]

#: Mean density of the Sun in g/cm3 from the nominal solar mass and radius (IAU 2015 B3); the TIC's unit of `rho`.
SUN_DENSITY_GCC = 1.4098

#: Stars this much further than the nearest still count as the same place; the brightest of them is meant.
SAME_PLACE_ARCSEC = 3.0


def choose_tic_row(rows: list[Row], ra_deg: float, dec_deg: float) -> Row | None:
    """The TIC row meant by a place: of those about as near as the nearest, the brightest. Artefacts never."""
    near: list[tuple[float, Row]] = []
    for row in rows:
        if str(row.get("disposition") or "").upper() in ("ARTIFACT", "DUPLICATE", "SPLIT"):
            continue
        if row.get("ra") is None or row.get("dec") is None or row.get("ID") is None:
            continue
        near.append((separation_arcsec(ra_deg, dec_deg, float(row["ra"]), float(row["dec"])), row))
    if not near:
        return None
    limit = min(distance for distance, _ in near) + SAME_PLACE_ARCSEC
    group = [row for distance, row in near if distance <= limit]
    return min(group, key=lambda row: row["Tmag"] if row.get("Tmag") is not None else 99.0)


def star_from_tic(row: Row, name: str, band: str = "TESS") -> Star:
    """A TIC row as a Star: solar units, K, cgs; source "TIC". `rho` of the TIC is in solar units."""

    def value(column: str, scale: float = 1.0) -> Value | None:
        number, error = row.get(column), row.get(f"e_{column}")
        if number is None or not math.isfinite(float(number)) or float(number) <= 0:
            return None
        good = error is not None and math.isfinite(float(error)) and float(error) > 0
        return Value(float(number) * scale, float(error) * scale if good and error is not None else None, "TIC")

    def plain(column: str) -> float | None:
        number = row.get(column)
        return float(number) if number is not None and math.isfinite(float(number)) else None

    return Star(
        name=name,
        tic_id=int(row["ID"]),
        ra_deg=float(row["ra"]),
        dec_deg=float(row["dec"]),
        tmag=plain("Tmag"),
        distance_pc=plain("d"),
        teff_k=value("Teff"),
        logg_cgs=value("logg"),
        radius_sun=value("rad"),
        mass_sun=value("mass"),
        density_gcc=value("rho", SUN_DENSITY_GCC),
        band="Kepler" if band == "Kepler" else "TESS",
    )


def separation_arcsec(ra1_deg: float, dec1_deg: float, ra2_deg: float, dec2_deg: float) -> float:
    """Angle between two places in arcsec (haversine)."""
    ra1, dec1, ra2, dec2 = (math.radians(x) for x in (ra1_deg, dec1_deg, ra2_deg, dec2_deg))
    half = math.sin((dec2 - dec1) / 2) ** 2 + math.cos(dec1) * math.cos(dec2) * math.sin((ra2 - ra1) / 2) ** 2
    return math.degrees(2 * math.asin(min(1.0, math.sqrt(half)))) * 3600
