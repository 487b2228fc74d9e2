"""Which pixel files the stand-in has: the few real ones of the pack, and drawn ones for its other stars."""

from __future__ import annotations

import dataclasses
import gzip
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .holdings import File, Observation
from .pixel_fits import Movie, Neighbour, movie_of, pixel_bytes
from .realdata import primary_header
from .sectors import file_name
from .spoc_fits import ZERO_POINT_MAG

if TYPE_CHECKING:
    from .holdings import Holdings

#: Edges of the drawn images, (rows, columns), and how far neighbours may lie to be drawn, degrees.
SHAPES = {"TESS": (11, 11), "Kepler": (7, 7), "K2": (9, 9)}
_REACH_DEG = {"TESS": 0.05, "Kepler": 0.008, "K2": 0.01}
#: About what such files have: MAST's list is not exact either.
_SIZES = {"TESS": 19_200_000, "Kepler": 1_000_000, "K2": 1_500_000}


@dataclass(frozen=True)
class RealPixels:
    """A file of the pack: its star's number in the mission's catalogue, sector or campaign, and its name at MAST."""

    source: str
    mission: str
    number: int
    period: int
    uri: str
    description: str


_KEPLER = "mast:KEPLER/url/missions/kepler/target_pixel_files"
_K2 = "mast:K2/url/missions/k2/target_pixel_files"
REAL = (
    RealPixels(
        "kplr006804648-q10-first1000_tpf.fits.gz", "Kepler", 6804648, 10,
        f"{_KEPLER}/0068/006804648/kplr006804648-2011271113734_lpd-targ.fits.gz",
        "Target Pixel Long Cadence (TPL) - Q10",
    ),
    RealPixels(
        "kplr008462852_q_first100_tpf.fits.gz", "Kepler", 8462852, 8,
        f"{_KEPLER}/0084/008462852/kplr008462852-2011073133259_lpd-targ.fits.gz",
        "Target Pixel Long Cadence (TPL) - Q8",
    ),
    RealPixels(
        "ktwo211983544-c18_lpd-targ.fits.gz", "K2", 211983544, 18,
        f"{_K2}/c18/211900000/83000/ktwo211983544-c18_lpd-targ.fits.gz",
        "Target Pixel Long Cadence (KTL) - C18",
    ),
    RealPixels(
        "tess25155310-s01-first-cadences.fits.gz", "TESS", 25155310, 1,
        f"mast:TESS/product/{file_name(25155310, 1).replace('_lc', '_tp')}",
        "Target pixel files",
    ),
)  # fmt: skip


def add_pixels(holdings: Holdings) -> None:
    """Give every observation its target pixel files."""
    for obs in list(holdings.observations):
        obs.files += _drawn(holdings, obs)
    for real in REAL:
        path = holdings.folder / "pixels" / real.source
        if not path.is_file():
            continue
        head = primary_header(path)
        ra_deg, dec_deg = float(head["RA_OBJ"]), float(head["DEC_OBJ"])
        if real.mission == "TESS":
            holdings.learn_tess(real.number, head)
            holdings.file_into(holdings.tess(real.number, real.period, head), path, real.uri, real.description, "TP")
            continue
        if real.mission == "Kepler":
            obs = holdings.kepler(real.number, ra_deg, dec_deg)
        else:
            obs = _k2_observation(real, ra_deg, dec_deg)
            holdings.observations.append(obs)
            holdings.catalogue.add_name(f"EPIC {real.number}", f"EPIC {real.number}", ra_deg, dec_deg)
        # packed, as MAST has them
        obs.files.append(File(real.uri, real.description, "TPL", lambda p=path: p.stat().st_size, path.read_bytes))


def _k2_observation(real: RealPixels, ra_deg: float, dec_deg: float) -> Observation:
    start = 56800.0 + 85 * real.period
    target = f"ktwo{real.number:09d}"
    return Observation(
        f"{target}-c{real.period:02d}_lc", target, "K2", "K2", "K2", real.period, 1800.0, ra_deg, dec_deg, start,
        start + 51.0, kind="cube",
    )  # fmt: skip


def _drawn(holdings: Holdings, obs: Observation) -> list[File]:
    """A drawn pixel file for each light curve of the mission's own pipeline."""
    files = []
    for curve in obs.files:
        if obs.author == "SPOC" and curve.name.endswith("_lc.fits"):
            uri = curve.uri.replace("_lc.fits", "_tp.fits")
            words, group = "Target pixel files", "TP"
        elif obs.author == "Kepler" and curve.name.endswith("_llc.fits"):
            star = curve.name[4:13]
            uri = f"{_KEPLER}/{star[:4]}/{star}/{curve.name.replace('_llc.fits', '_lpd-targ.fits.gz')}"
            words, group = curve.description.replace("Lightcurve", "Target Pixel").replace("(CLC)", "(TPL)"), "TPL"
        elif obs.author == "K2" and curve.name.endswith("_llc.fits"):
            star = curve.name[4:13]
            name = curve.name.replace("_llc.fits", "_lpd-targ.fits.gz")
            uri = f"{_K2}/c{obs.number}/{star[:4]}00000/{star[4:6]}000/{name}"
            words, group = curve.description.replace("Lightcurve", "Target Pixel").replace("(KLC)", "(KTL)"), "TPL"
        else:
            continue
        files.append(File(uri, words, group, lambda p=obs.project: _SIZES[p], _drawer(holdings, obs, curve, uri)))
    return files


def _drawer(holdings: Holdings, obs: Observation, curve: File, uri: str) -> Callable[[], bytes]:
    def content() -> bytes:
        movie = movie_for(holdings, obs, curve)
        listed = movie.ra_deg, movie.dec_deg
        moved, neighbours = sky_of(holdings, movie, obs.target_name)
        drawn = pixel_bytes(moved, neighbours, "target pixels", shape=SHAPES[movie.mission], listed=listed)
        return gzip.compress(drawn, 1, mtime=0) if uri.endswith(".gz") else drawn

    return content


def movie_for(holdings: Holdings, obs: Observation, curve: File) -> Movie:
    """The light curve of a file of an observation."""
    row = holdings.catalogue.tic.get(int(obs.target_name)) if obs.target_name.isdecimal() else None
    return movie_of(curve.content(), (row or {}).get("Tmag"))


def sky_of(holdings: Holdings, movie: Movie, target_name: str) -> tuple[Movie, list[Neighbour]]:
    """The movie at the star's place of its epoch, and the catalogue's other stars near it at theirs."""
    zero = movie.timing.get("BJDREFI", 2457000)
    known = movie.time[movie.time == movie.time]
    years = (zero + float(known[0]) - 2451545.0) / 365.25
    reach = _REACH_DEG[movie.mission]
    own = holdings.catalogue.tic.get(int(target_name)) if target_name.isdecimal() else None
    neighbours = []
    for row in holdings.catalogue.tic.values():
        if row is own or row.get("ra") is None or row.get("Tmag") is None or abs(row["dec"] - movie.dec_deg) > reach:
            continue
        across = (row["ra"] - movie.ra_deg) * math.cos(math.radians(movie.dec_deg))
        if 1e-4 < math.hypot(across, row["dec"] - movie.dec_deg) <= reach:
            light = 10 ** (0.4 * (ZERO_POINT_MAG - row["Tmag"]))
            neighbours.append(Neighbour(*_place(row["ra"], row["dec"], row, years), light))
    ra_deg, dec_deg = _place(movie.ra_deg, movie.dec_deg, own or {}, years)
    return dataclasses.replace(movie, ra_deg=ra_deg, dec_deg=dec_deg), neighbours


def _place(ra_deg: float, dec_deg: float, row: dict[str, float], years: float) -> tuple[float, float]:
    """A place of J2000 moved by the row's proper motion (mas a year)."""
    east, north = (float(row.get(key) or 0.0) * years / 3.6e6 for key in ("pmRA", "pmDEC"))
    return ra_deg + east / math.cos(math.radians(dec_deg)), dec_deg + north
