"""The analytic Galaxy against counted stars: cones of Gaia and the TIC, published fields, the whole sky.

Parts: cones (every cone of the pack and a published one, within a factor 2 outside the plane), fields (Gaia DR2), sky
(bright stars of the whole sky), kinds (giants of a real field), cpu. The few free numbers of the model were set by the
fields and the whole sky, not by the cones.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.frame import Figure, at_least, at_most, cpu_seconds
from science.dwarf_sequence import TEMPERATURES_K, dwarf_at_temperature
from science.lightcurve import FloatArray
from science.tess_magnitude import tess_magnitude
from science.validation.galaxy import counts_match, density_per_deg2, field_stars, galactic_of, with_counts
from science.validation.question import Population
from tests.standins.realdata import MISSING_REASON, number, realdata_dir, table

#: The cones of TRICERATOPS: ten TESS pixels of 20.25 arcsec.
TEN_PIXELS_ARCSEC = 202.5
PLANE_DEG = 10.0
#: Where a cone has all its stars: Gaia DR2 to G = 20.3 (the TIC is made from it), less deep in the crowded plane. Stars
#: brighter than 12 are few, and what the cone was chosen for.
COMPLETE, COMPLETE_IN_PLANE = (12.0, 19.5), (12.0, 18.0)
#: Stars of 12 < T < 18 in the TIC cone around L 98-59, as printed in the documentation of SHERLOCK (franpoz/SHERLOCK,
#: docs/source/TOI-175; target and one double entry left out).
L98_59 = (124.531756, -68.313000, TEN_PIXELS_ARCSEC, (12.0, 18.0), 87)
#: All sources of Gaia DR2 within a radius: (name, l, b, radius in degrees, sources), by Arenou et al. (2018, A&A 616,
#: A17) in fig. 5 of Gaia Collaboration, Brown et al. (2018, A&A 616, A1); to G = 20.7, the catalogue's limit.
GAIA_FIELDS = (("sparse field", 260.0, -60.0, 5.0, 250092), ("dense field", 330.0, -4.0, 0.5, 456142))
GAIA_LIMIT_G = 20.7
#: Millions of stars in the sky brighter than this in Tycho-2 and UCAC4 together (hnsky.com/star_count.htm), whose
#: magnitudes (UCAC4: 579-642 nm) are taken for G.
WHOLE_SKY = ((12.0, 2.956), (13.0, 7.347), (14.0, 17.21), (15.0, 39.39), (16.0, 88.90))


@dataclass(frozen=True, slots=True)
class Cone:
    """A counted field: TESS magnitudes without the target, or only their number between the limits."""

    name: str
    ra_deg: float
    dec_deg: float
    radius_arcsec: float
    tmag: FloatArray
    counted: int | None = None
    limits: tuple[float, float] | None = None

    @property
    def area_deg2(self) -> float:
        """Area of the cone."""
        return math.pi * (self.radius_arcsec / 3600.0) ** 2

    @property
    def latitude_deg(self) -> float:
        """Galactic latitude."""
        return galactic_of(self.ra_deg, self.dec_deg).latitude_deg

    @property
    def longitude_deg(self) -> float:
        """Galactic longitude."""
        return galactic_of(self.ra_deg, self.dec_deg).longitude_deg

    @property
    def complete(self) -> tuple[float, float]:
        """Magnitudes between which every star is listed."""
        return self.limits or (COMPLETE_IN_PLANE if abs(self.latitude_deg) < PLANE_DEG else COMPLETE)

    @property
    def stars(self) -> int:
        """Stars between those."""
        if self.counted is not None:
            return self.counted
        return int(np.count_nonzero((self.tmag >= self.complete[0]) & (self.tmag < self.complete[1])))

    def expected(self) -> float:
        """Stars that the model has there."""
        counts = density_per_deg2(self.latitude_deg, self.longitude_deg, np.array(self.complete))
        return float(counts[1] - counts[0]) * self.area_deg2


def pack_cones() -> list[Cone]:
    """Every field of the pack of real data that is listed in full. FileNotFoundError where the pack is not here."""
    folder = realdata_dir() / "cones"
    if not folder.is_dir():
        raise FileNotFoundError(MISSING_REASON)
    # The second table of TOI-1798 has the same stars; the JSON beside it is an excerpt of seven rows.
    tic = [r for r in table(folder / "toi3505_tic_v8_2p5arcmin.csv.gz") if r["disposition"] not in _NO_STARS]
    gaia = list(table(folder / "toi3505_gaia_dr3_2p5arcmin.csv.gz"))
    g, colour = (np.array([_value(r[key]) for r in gaia]) for key in ("phot_g_mean_mag", "bp_rp"))
    bright = list(table(folder / "toi1798_triceratops_stars_0.csv.gz"))
    tutorial = printed_stars(realdata_dir() / "peers" / "notebook_outputs" / "triceratops__example.json.gz")
    return [
        _cone("TOI-1798, TIC", bright, TEN_PIXELS_ARCSEC),
        _cone("TOI-465, TIC", tutorial, TEN_PIXELS_ARCSEC),
        _cone("TOI-3505, TIC", tic, 150.0),
        Cone("TOI-3505, Gaia", _value(gaia[0]["ra"]), _value(gaia[0]["dec"]), 150.0, tess_magnitude(g, colour)[1:]),
    ]


_NO_STARS = {"ARTIFACT", "DUPLICATE"}


def printed_stars(path: Path) -> list[dict[str, str]]:
    """The first table of stars that a notebook printed: number, ID, Tmag, J, H, K, ra, dec and more."""
    if not path.is_file():
        return []
    with gzip.open(path, "rt") as file:
        outputs = json.load(file)["outputs"]
    text = next(o["text"] for o in outputs if "Tmag" in o["text"] and "dec" in o["text"])
    lines = text.partition("\n\n")[0].splitlines()
    head = ["row", *lines[0].replace("\\", "").split()]
    body = "\n".join(",".join(line.split()) for line in lines[1:])
    return list(csv.DictReader(io.StringIO(body), fieldnames=head))


def measure(only: str | None = None) -> Iterable[Figure]:
    """All parts, or the one named."""
    parts = {"cones": _cones, "fields": _fields, "sky": _sky, "kinds": _kinds, "cpu": _cpu}
    for name, part in parts.items():
        if only in (None, name):
            yield from part()


def _cones() -> Iterator[Figure]:
    ra, dec, radius, limits, counted = L98_59
    published = Cone("L 98-59, TIC (published)", ra, dec, radius, np.zeros(0), counted, limits)
    within = []
    for cone in [*pack_cones(), published]:
        expected = cone.expected()
        ratio = expected / cone.stars
        if abs(cone.latitude_deg) > PLANE_DEG:
            within.append(0.5 <= ratio <= 2.0)
        place = f"l {cone.longitude_deg:.0f}°, b {cone.latitude_deg:.0f}°, T {cone.complete[0]:g}–{cone.complete[1]:g}"
        scatter = ratio / math.sqrt(max(cone.stars, 1))
        yield Figure(f"{cone.name} ({place}): model / counted", ratio, f"± {scatter:.2f}", peer=f"{cone.stars} stars")
        if cone.counted is None:
            drawn = field_stars(cone.latitude_deg, cone.longitude_deg, tmag_from=10.0, most=20000)
            match = counts_match(drawn, cone.tmag, cone.area_deg2)
            yield Figure(f"{cone.name}: the model is scaled by", match.factor, "", peer=f"{match.observed_stars} stars")
            if match.factor != 1.0:
                yield _beyond(cone, with_counts(drawn, cone.tmag, cone.area_deg2))
    name = f"cones at |b| > {PLANE_DEG:g}° within a factor 2"
    yield at_least(name, float(np.mean(within)), f"of {len(within)}", 1.0)


def _beyond(cone: Cone, scaled: Population) -> Figure:
    """The scaled model one magnitude beyond the stars that it was scaled by."""
    low, high = cone.complete[1], cone.complete[1] + 1.0
    counted = int(np.count_nonzero((cone.tmag >= low) & (cone.tmag < high)))
    expected = np.count_nonzero((scaled.tmag >= low) & (scaled.tmag < high)) / scaled.area_deg2 * cone.area_deg2
    name = f"{cone.name}: scaled model / counted, T {low:g}–{high:g}"
    return Figure(name, float(expected) / max(counted, 1), "", peer=f"{counted} stars")


def _fields() -> Iterator[Figure]:
    for name, longitude, latitude, radius, sources in GAIA_FIELDS:
        area = 2.0 * math.pi * (1.0 - math.cos(math.radians(radius))) * math.degrees(1.0) ** 2
        ratio = brighter_in_g(latitude, longitude, np.array([GAIA_LIMIT_G]))[0] * area / sources
        yield Figure(f"Gaia DR2, {name} (l {longitude:.0f}°, b {latitude:.0f}°): model / counted", ratio, "")


def _sky() -> Iterator[Figure]:
    limits = np.array([limit for limit, _ in WHOLE_SKY])
    millions = np.zeros(limits.size)
    edges = np.array([0.0, 1.5, 3.0, 6.0, 10.0, 15.0, 25.0, 40.0, 60.0, 90.0])
    for low, high in itertools.pairwise(edges):
        band = math.radians(30.0) * np.diff(np.sin(np.radians([low, high])))[0] * math.degrees(1.0) ** 2
        for latitude in (0.5 * (low + high), -0.5 * (low + high)):
            for longitude in np.arange(15.0, 360.0, 30.0):
                millions += band * brighter_in_g(latitude, longitude, limits, most=4000) / 1e6
    for (limit, counted), modelled in zip(WHOLE_SKY, millions, strict=True):
        yield Figure(
            f"whole sky to {limit:g} mag: model / counted", modelled / counted, "", peer=f"{counted:g} million"
        )


def _kinds() -> Iterator[Figure]:
    """Giants among the stars of TOI-3505's field of which the TIC knows the radius, and in the model."""
    rows = [
        (number(r["Tmag"]), number(r["rad"]), number(r["ra"]), number(r["dec"]))
        for r in table(realdata_dir() / "cones" / "toi3505_tic_v8_2p5arcmin.csv.gz")
        if r["disposition"] not in _NO_STARS
    ]
    place = galactic_of(rows[0][2] or 0.0, rows[0][3] or 0.0)
    for low, high in ((12.0, 15.0), (15.0, 16.5)):
        radii = np.array([r for t, r, _, _ in rows if t is not None and low <= t < high and r is not None and r == r])
        drawn = field_stars(place.latitude_deg, place.longitude_deg, tmag_from=low, tmag_until=high)
        name = f"TOI-3505, T {low:g}–{high:g}"
        giants = f"{float(np.mean(radii > 4.0)):.2f} of {radii.size}"
        yield Figure(f"{name}: share larger than 4 suns", float(np.mean(drawn.radius_sun > 4.0)), "", peer=giants)
        middle = float(np.median(drawn.radius_sun))
        yield Figure(f"{name}: median radius", middle, "suns", peer=f"{np.median(radii):.2f}")


def _cpu() -> Iterator[Figure]:
    seconds = cpu_seconds({"draw": lambda: field_stars(-3.5, 56.0, tmag_from=10.0)})["draw"]
    yield at_most("CPU of drawing the stars of one field", seconds, "s", 0.5)


def brighter_in_g(latitude_deg: float, longitude_deg: float, limits: FloatArray, most: int = 40000) -> FloatArray:
    """Stars in a square degree brighter than limits in Gaia's G, by the colours of dwarfs without reddening."""
    faintest = float(limits.max())  # a star is fainter in G than in T, but for the hottest
    drawn = field_stars(latitude_deg, longitude_deg, tmag_from=3.0, tmag_until=faintest + 0.2, most=most)
    dwarfs = dwarf_at_temperature(np.clip(drawn.teff_k, *TEMPERATURES_K))
    g = drawn.tmag + dwarfs.m_g - tess_magnitude(dwarfs.m_g, dwarfs.bp_rp)
    return np.array([np.count_nonzero(g < limit) / drawn.area_deg2 for limit in limits])


def _cone(name: str, rows: list[dict[str, str]], radius_arcsec: float) -> Cone:
    """A cone whose first row is its target."""
    tmag = np.array([_value(r["Tmag"]) for r in rows[1:]])
    return Cone(name, _value(rows[0]["ra"]), _value(rows[0]["dec"]), radius_arcsec, tmag)


def _value(text: str) -> float:
    value = number(text)
    return math.nan if value is None else value
