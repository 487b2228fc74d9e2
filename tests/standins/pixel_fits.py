"""Pixel files for the stars of the stand-in: simulated images around a real light curve.

No full target pixel file of TESS is in the data pack, so the images are drawn here: the target with the light of its
real light curve, the neighbours that the stand-in's catalogue has, a PRF with wings, a wandering pointing, noise. A
HISTORY card in each file says so. Equal input gives equal bytes.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .spoc_fits import ZERO_POINT_MAG

Kind = Literal["target pixels", "cut-out"]
FloatArray = NDArray[np.float64]

_PIXEL_DEG = {"TESS": 20.6 / 3600, "Kepler": 3.98 / 3600, "K2": 3.98 / 3600}
#: Width of the core in pixels, and the share of light in wings of three times that width.
_CORE_PX = {"TESS": (0.78, 0.70), "Kepler": (0.62, 0.58), "K2": (0.62, 0.58)}
_WING_SHARE = 0.08
_READ_NOISE = {"TESS": 1.5, "Kepler": 0.6, "K2": 0.6}  # e-/s in one exposure of the long cadence, about
_JITTER_PX = {"TESS": 0.01, "Kepler": 0.005, "K2": 0.2}
_FLUX_COLUMNS = ("PDCSAP_FLUX", "CORR_FLUX", "FLUX_CORR", "KSPSAP_FLUX", "FCOR", "CAL_APER_FLUX", "CAL_PSF_FLUX")
_BACKGROUND = 110.0  # e-/s and pixel, of TESS's full-frame images


@dataclass(frozen=True)
class Movie:
    """A light curve to draw: times as in its file, total light of the star in e-/s, and the file's headers."""

    time: FloatArray
    light: FloatArray
    quality: NDArray[np.int32]
    mission: str
    number: int
    ra_deg: float
    dec_deg: float
    primary: dict[str, Any]
    timing: dict[str, Any]
    exposure_seconds: float


@dataclass(frozen=True)
class Neighbour:
    """Another star: place (degrees) and light (e-/s)."""

    ra_deg: float
    dec_deg: float
    light: float


def movie_of(content: bytes, tmag: float | None = None) -> Movie:
    """The light curve in a FITS file of MAST: SPOC, Kepler, K2, and full-frame products with relative flux."""
    from astropy.io import fits

    with fits.open(io.BytesIO(content)) as units:
        head, unit = units[0].header, units[1]
        names = {name.upper(): name for name in unit.columns.names}
        flux_name = next(n for n in _FLUX_COLUMNS if n in names)
        time = np.asarray(unit.data[names.get("TIME", names.get("T", ""))], dtype=float)
        light = np.asarray(unit.data[names[flux_name]], dtype=float)
        quality_name = next((n for n in ("QUALITY", "SAP_QUALITY", "TESS_FLAGS") if n in names), None)
        quality = (
            np.asarray(unit.data[names[quality_name]], np.int32) if quality_name else np.zeros(time.size, np.int32)
        )
        mission = "TESS" if head.get("TELESCOP") == "TESS" else "K2" if head.get("MISSION") == "K2" else "Kepler"
        wanted = ("OBJECT", "TICID", "KEPLERID", "MISSION", "OBSMODE", "SECTOR", "QUARTER", "CAMPAIGN", "CAMERA", "CCD")
        wanted += ("DATA_REL", "PROCVER", "PMRA", "PMDEC", "TESSMAG", "KEPMAG", "TEFF", "LOGG", "RADIUS")
        primary = {key: head[key] for key in wanted if key in head and not isinstance(head[key], fits.card.Undefined)}
        keys = ("BJDREFI", "BJDREFF", "TIMEUNIT", "INT_TIME", "NUM_FRM", "FRAMETIM", "TIMEDEL", "TIMEPIXR")
        timing = {key: unit.header[key] for key in keys if key in unit.header}
        number = int(head["SECTOR" if mission == "TESS" else "CAMPAIGN" if mission == "K2" else "QUARTER"])
        place = float(head["RA_OBJ"]), float(head["DEC_OBJ"])
    usual = float(np.nanmedian(light))
    if usual < 10 or flux_name == "FLUX_CORR":  # relative, or ppm around zero
        relative = 1 + light / 1e6 if flux_name == "FLUX_CORR" else light / usual
        light = relative * 10 ** (0.4 * (ZERO_POINT_MAG - (tmag or 10.0)))
        usual = float(np.nanmedian(light))
    light = np.where(np.isfinite(light), light, usual)
    step = float(np.nanmedian(np.diff(time))) * 86400.0
    return Movie(time, light, quality, mission, number, *place, primary, timing, step)


def binned(movie: Movie, seconds: float) -> Movie:
    """The movie in longer steps, as the full-frame images have them; frames of few points are left out."""
    known = np.isfinite(movie.time) & (movie.quality == 0)
    group = np.floor(movie.time[known] * 86400.0 / seconds).astype(int)
    _, inverse, counts = np.unique(group, return_inverse=True, return_counts=True)
    full = counts >= max(1, int(0.5 * seconds / movie.exposure_seconds))
    time = (np.bincount(inverse, movie.time[known]) / counts)[full]
    light = (np.bincount(inverse, movie.light[known]) / counts)[full]
    timing = {"BJDREFI": 2457000, "BJDREFF": 0.0, "TIMEUNIT": "d", "TIMEDEL": seconds / 86400.0}
    timing |= {"FRAMETIM": 2.0, "NUM_FRM": round(seconds / 2.0), "INT_TIME": 1.98}
    quality = np.zeros(time.size, np.int32)
    place = movie.ra_deg, movie.dec_deg
    return Movie(time, light, quality, movie.mission, movie.number, *place, movie.primary, timing, seconds)


def pixel_bytes(
    movie: Movie,
    neighbours: list[Neighbour],
    kind: Kind,
    *,
    shape: tuple[int, int] = (11, 11),
    centre: tuple[float, float] | None = None,
    camera_ccd: tuple[int, int] | None = None,
    listed: tuple[float, float] | None = None,
) -> bytes:
    """The FITS file: primary header, table of images, APERTURE.

    The star lies at the movie's place, which is that of its epoch; `listed` is the catalogue's place for the header.
    `centre`: place in the middle of the images (default: the star).
    """
    from astropy.io import fits

    place = (round(movie.ra_deg * 1e5), round((movie.dec_deg + 90) * 1e5))
    rng = np.random.default_rng([movie.number, *place, int(kind == "cut-out")])
    rows, columns = shape
    grid = _Grid(movie, shape, centre or (movie.ra_deg, movie.dec_deg), rng)
    n = movie.time.size
    x, y = grid.pixel(movie.ra_deg, movie.dec_deg)
    pointing = _wander(rng, n, _JITTER_PX[movie.mission])
    image = prf_image(shape, x, y, movie.mission)
    still = np.zeros(shape)
    for star in neighbours:
        still += star.light * prf_image(shape, *grid.pixel(star.ra_deg, star.dec_deg), movie.mission)
    usual = float(np.median(movie.light))
    steady = usual * image + still
    slope = [np.gradient(steady, axis=axis) for axis in (1, 0)]
    flux = movie.light[:, None, None] * image + still
    flux -= pointing[:, :1, None] * slope[0] + pointing[:, 1:, None] * slope[1]
    background = np.zeros(n)
    if kind == "cut-out":  # with the glow of the Earth and the Moon, twice a sector
        phase = (movie.time - np.nanmin(movie.time)) / 13.7
        background = _BACKGROUND * (1 + 2 * np.exp(-0.5 * ((phase % 1 - 0.5) / 0.06) ** 2)) + 0.2 * rng.standard_normal(
            n
        )
    noise = np.sqrt(
        np.abs(steady) / movie.exposure_seconds + (_READ_NOISE[movie.mission] ** 2) * 120 / movie.exposure_seconds
    )
    flux = flux + background[:, None, None] + noise * rng.standard_normal(flux.shape)
    flux[~np.isfinite(movie.time)] = np.nan
    errors = np.broadcast_to(noise, flux.shape)

    pixels = rows * columns
    dims = f"({columns},{rows})"
    nothing = np.zeros(n, np.float32)
    moved = np.zeros((n, 2)) if kind == "cut-out" else pointing
    fields = [
        fits.Column("TIME", "D", f"BJD - {movie.timing.get('BJDREFI', 2457000)}, days", array=movie.time),
        fits.Column("TIMECORR", "E", "d", array=nothing),
        fits.Column("CADENCENO", "J", array=np.arange(n, dtype=np.int32)),
        fits.Column("FLUX", f"{pixels}E", "e-/s", dim=dims, array=flux.astype(np.float32)),
        fits.Column("FLUX_ERR", f"{pixels}E", "e-/s", dim=dims, array=errors.astype(np.float32)),
        fits.Column("QUALITY", "J", array=movie.quality),
        fits.Column("POS_CORR1", "E", "pixel", array=moved[:, 0].astype(np.float32)),
        fits.Column("POS_CORR2", "E", "pixel", array=moved[:, 1].astype(np.float32)),
    ]
    if kind == "cut-out":
        image_name = f"tess2018206192942-s{movie.number:04d}-1-1-0120-s_ffi"
        fields.append(fits.Column("FFI_FILE", "38A", array=np.full(n, image_name)))
    table = fits.BinTableHDU.from_columns(fields, name="PIXELS" if movie.mission == "TESS" else "TARGETTABLES")
    for key, value in (movie.timing | grid.column_cards(4) | grid.column_cards(5)).items():
        table.header[key] = value
    mask = np.ones(shape, np.int32)
    if kind == "target pixels":
        mask[image > 0.35 * image.max()] |= 2
        own = usual * image[mask & 2 > 0].sum()
        table.header["BACKAPP"] = True
        table.header["CROWDSAP"] = own / (own + still[mask & 2 > 0].sum())
        table.header["FLFRCSAP"] = float(image[mask & 2 > 0].sum())
    primary = fits.PrimaryHDU()
    here = (movie.ra_deg, movie.dec_deg)
    shown = (listed or here) if kind == "target pixels" else (centre or here)
    head = {"TELESCOP": "TESS" if movie.mission == "TESS" else "Kepler", "ORIGIN": "NASA/Ames", **movie.primary}
    head |= {"CREATOR": "stand-in of TargetPixelExporterPipelineModule"}
    if kind == "cut-out":
        head = {"TELESCOP": "TESS", "ORIGIN": "STScI/MAST", "CREATOR": "astrocut", "SECTOR": movie.number, "OBJECT": ""}
        head |= {key: movie.primary[key] for key in ("DATA_REL",) if key in movie.primary}
        head |= dict(zip(("CAMERA", "CCD"), camera_ccd or (1, 1), strict=True))
    head |= {"RA_OBJ": shown[0], "DEC_OBJ": shown[1]}
    for key, value in head.items():
        primary.header[key] = value
    primary.header["HISTORY"] = (
        f"Stand-in of MAST, not a file of MAST. Simulated images around the star's real light curve, with "
        f"{len(neighbours)} neighbours."
    )
    aperture = fits.ImageHDU(mask, name="APERTURE")
    for key, value in grid.image_cards().items():
        aperture.header[key] = value
    out = io.BytesIO()
    units = fits.HDUList([primary, table, aperture])
    for unit in units:
        unit.add_checksum(when="checksum of this unit")
    units.writeto(out)
    return out.getvalue()


def prf_image(shape: tuple[int, int], x: float, y: float, mission: str) -> FloatArray:
    """Share of a star's light in each pixel: an oval core and round wings, integrated over 7 x 7 points a pixel."""
    fine = (np.arange(7) - 3) / 7.0
    xs = (np.arange(shape[1])[:, None] + fine).ravel() - x
    ys = (np.arange(shape[0])[:, None] + fine).ravel() - y
    a, b = _CORE_PX[mission]
    wing = 3 * a
    core = np.exp(-0.5 * (ys[:, None] / b) ** 2) * np.exp(-0.5 * (xs[None, :] / a) ** 2) / (2 * math.pi * a * b)
    halo = np.exp(-0.5 * (ys[:, None] / wing) ** 2) * np.exp(-0.5 * (xs[None, :] / wing) ** 2) / (2 * math.pi * wing**2)
    both = (1 - _WING_SHARE) * core + _WING_SHARE * halo
    return np.asarray(both.reshape(shape[0], 7, shape[1], 7).mean(axis=(1, 3)))


class _Grid:
    """The roll and the sub-pixel place of a sector, as FITS keywords."""

    def __init__(self, movie: Movie, shape: tuple[int, int], centre: tuple[float, float], rng: Any) -> None:
        scale, roll = _PIXEL_DEG[movie.mission], math.radians((37.0 * movie.number + 11.0) % 360.0)
        self.cd = np.array([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]]) * scale
        self.crval = centre
        middle = ((shape[1] + 1) / 2, (shape[0] + 1) / 2)
        self.crpix = tuple(float(m + shift) for m, shift in zip(middle, rng.uniform(-0.45, 0.45, 2), strict=True))
        self.corner = tuple(int(v) for v in rng.integers(100, 1900, 2))

    def pixel(self, ra_deg: float, dec_deg: float) -> tuple[float, float]:
        """(column, row) from 0."""
        from astropy.wcs import WCS

        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
        wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cd = self.crval, self.crpix, self.cd
        x, y = wcs.wcs_world2pix([[ra_deg, dec_deg]], 0)[0]
        return float(x), float(y)

    def column_cards(self, n: int) -> dict[str, Any]:
        """Keywords of column `n` of the table, as the missions write them."""
        scale = math.hypot(*self.cd[0])
        pc = self.cd / np.array([[-scale], [scale]])
        cards: dict[str, Any] = {f"WCAX{n}": 2, f"1CTYP{n}": "RA---TAN", f"2CTYP{n}": "DEC--TAN"}
        cards |= {f"{i + 1}CRPX{n}": self.crpix[i] for i in (0, 1)} | {f"{i + 1}CRVL{n}": self.crval[i] for i in (0, 1)}
        cards |= {f"1CUNI{n}": "deg", f"2CUNI{n}": "deg", f"1CDLT{n}": -scale, f"2CDLT{n}": scale}
        cards |= {f"{i + 1}{j + 1}PC{n}": float(pc[i, j]) for i in (0, 1) for j in (0, 1)}
        cards |= {f"WCSN{n}P": "PHYSICAL", f"1CRV{n}P": self.corner[0], f"2CRV{n}P": self.corner[1]}
        return cards | {f"1CRP{n}P": 1, f"2CRP{n}P": 1, f"1CDL{n}P": 1.0, f"2CDL{n}P": 1.0}

    def image_cards(self) -> dict[str, Any]:
        """Keywords of an image."""
        cards: dict[str, Any] = {"WCSAXES": 2, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}
        cards |= {f"CRPIX{i + 1}": self.crpix[i] for i in (0, 1)} | {f"CRVAL{i + 1}": self.crval[i] for i in (0, 1)}
        return cards | {f"CD{i + 1}_{j + 1}": float(self.cd[i, j]) for i in (0, 1) for j in (0, 1)}


def _wander(rng: Any, n: int, size_px: float) -> FloatArray:
    """A slow walk of the pointing, (column, row) in pixels, shape (n, 2)."""
    steps = rng.standard_normal((max(4, n // 200), 2)) * size_px
    knots = np.linspace(0, n - 1, steps.shape[0])
    return np.column_stack([np.interp(np.arange(n), knots, steps[:, axis]) for axis in (0, 1)])
