"""The star of a report as the science knows it: what was known when the light was searched."""

from __future__ import annotations

from data.report import Quantity, Report
from science.stars import Star, Value


def star_of(report: Report) -> Star:
    """Parameters with their errors and sources, in the band of the light."""
    s = report.stellar
    kepler = any(sector.mission in ("Kepler", "K2") for sector in report.sectors)
    return Star(
        name=s.name or report.target,
        tic_id=s.tic_id,
        ra_deg=s.ra_deg,
        dec_deg=s.dec_deg,
        tmag=s.tmag,
        distance_pc=s.distance_pc,
        teff_k=_value(s.teff_k),
        logg_cgs=_value(s.logg_cgs),
        radius_sun=_value(s.radius_sun),
        mass_sun=_value(s.mass_sun),
        density_gcc=_value(s.density_gcc),
        band="Kepler" if kepler else "TESS",
    )


def _value(known: Quantity | None) -> Value | None:
    return None if known is None else Value(known.value, known.error, known.source)
