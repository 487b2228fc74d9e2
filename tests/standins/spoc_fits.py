"""Light curves of the data pack written as the files that MAST would send: SPOC-shaped FITS, one per sector.

The photometry is the mission's; only the wrapping is made here, and a HISTORY card in every file says so.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Electrons per second of a star of TESS magnitude 0 (TESS Instrument Handbook: Tmag = 20.44 - 2.5 log10 flux).
ZERO_POINT_MAG = 20.44
DEFAULT_TMAG = 10.0

#: Cadence number 0 of the 2-min data in BTJD, within minutes: S1 begins at cadence 70444, BTJD 1325.2949.
_CADENCE_DAYS = 2.0 / 1440.0
_CADENCE_ZERO_BTJD = 1325.2949 - 70444 * _CADENCE_DAYS


@dataclass(frozen=True)
class SectorData:
    """One sector of one star: times in BTJD, flux in e-/s or relative (then `relative`), arrays of shape (n,)."""

    tic_id: int
    sector: int
    time_btjd: NDArray[np.float64]
    flux: NDArray[np.float64]
    flux_err: NDArray[np.float64]
    quality: NDArray[np.int32]
    relative: bool
    history: str
    camera: int | None = None
    ccd: int | None = None
    release: int | None = None  # data release whose time stamps these are


def spoc_bytes(data: SectorData, star: dict[str, float | None]) -> bytes:
    """The FITS file: primary header, LIGHTCURVE table with SPOC's columns, APERTURE image.

    `star`: RA_OBJ, DEC_OBJ, TESSMAG, TEFF, LOGG, RADIUS where known. Relative flux is scaled to the star's magnitude;
    errors that the source lacks are the point-to-point scatter.
    """
    from astropy.io import fits

    flux, error = data.flux.astype(float), data.flux_err.astype(float)
    history = data.history
    if not np.any(np.isfinite(error) & (error > 0)) or (data.relative and np.nanmedian(error) > 0.5):
        scatter = 1.4826 * float(np.nanmedian(np.abs(np.diff(flux)))) / np.sqrt(2)
        error = np.where(np.isfinite(flux), scatter, np.nan)
        history += " The errors are the point-to-point scatter."
    if data.relative:
        tmag = star.get("TESSMAG") or DEFAULT_TMAG
        scale = 10 ** (0.4 * (ZERO_POINT_MAG - tmag))
        flux, error = flux * scale, error * scale
        history += f" Relative flux was scaled to TESS magnitude {tmag:.2f}."
    n = flux.size
    nothing32, nothing64 = np.full(n, np.nan, np.float32), np.full(n, np.nan)
    finite = data.time_btjd[np.isfinite(data.time_btjd)]
    start, stop = float(finite.min()) - _CADENCE_DAYS / 2, float(finite.max()) + _CADENCE_DAYS / 2
    cadence = np.round((np.nan_to_num(data.time_btjd, nan=start) - _CADENCE_ZERO_BTJD) / _CADENCE_DAYS)
    columns = [
        ("TIME", "D", data.time_btjd, "BJD - 2457000, days"),
        ("TIMECORR", "E", nothing32, "d"),
        ("CADENCENO", "J", cadence.astype(np.int32), None),
        ("SAP_FLUX", "E", flux.astype(np.float32), "e-/s"),
        ("SAP_FLUX_ERR", "E", error.astype(np.float32), "e-/s"),
        ("SAP_BKG", "E", nothing32, "e-/s"),
        ("SAP_BKG_ERR", "E", nothing32, "e-/s"),
        ("PDCSAP_FLUX", "E", flux.astype(np.float32), "e-/s"),
        ("PDCSAP_FLUX_ERR", "E", error.astype(np.float32), "e-/s"),
        ("QUALITY", "J", data.quality.astype(np.int32), None),
        *(
            (f"{kind}_CENTR{axis}{end}", "E" if end else "D", nothing32 if end else nothing64, "pixel")
            for kind in ("PSF", "MOM")
            for axis in (1, 2)
            for end in ("", "_ERR")
        ),
        ("POS_CORR1", "E", nothing32, "pixels"),
        ("POS_CORR2", "E", nothing32, "pixels"),
    ]
    primary = fits.PrimaryHDU()
    common = {
        "TELESCOP": "TESS",
        "INSTRUME": "TESS Photometer",
        "OBJECT": f"TIC {data.tic_id}",
        "TICID": data.tic_id,
        "RADESYS": "ICRS",
        "RA_OBJ": star.get("RA_OBJ"),
        "DEC_OBJ": star.get("DEC_OBJ"),
        "EQUINOX": 2000.0,
    }
    head = {
        "SIMDATA": False,
        "ORIGIN": "NASA/Ames",
        "CREATOR": "stand-in of LightCurveExporterPipelineModule",
        "TSTART": start,
        "TSTOP": stop,
        "PROCVER": "repacked",
        "FILEVER": "1.0",
        "TIMVERSN": "OGIP/93-003",
        "DATA_REL": data.release,
        **common,
        "SECTOR": data.sector,
        "CAMERA": data.camera,
        "CCD": data.ccd,
        "TESSMAG": star.get("TESSMAG"),
        "TEFF": star.get("TEFF"),
        "LOGG": star.get("LOGG"),
        "RADIUS": star.get("RADIUS"),
    }
    for key, value in head.items():
        primary.header[key] = value
    primary.header["HISTORY"] = f"Stand-in of MAST, not a file of MAST. {history}"
    table = fits.BinTableHDU.from_columns(
        [fits.Column(name=name, format=kind, array=array, unit=unit) for name, kind, array, unit in columns],
        name="LIGHTCURVE",
    )
    timing = {
        **common,
        "EXPOSURE": n * _CADENCE_DAYS * 0.792,
        "TIMEREF": "SOLARSYSTEM",
        "TASSIGN": "SPACECRAFT",
        "TIMESYS": "TDB",
        "BJDREFI": 2457000,
        "BJDREFF": 0.0,
        "TIMEUNIT": "d",
        "TELAPSE": stop - start,
        "TSTART": start,
        "TSTOP": stop,
        "DEADC": 0.792,
        "TIMEPIXR": 0.5,
        "INT_TIME": 1.98,
        "READTIME": 0.02,
        "FRAMETIM": 2.0,
        "NUM_FRM": 60,
        "TIMEDEL": _CADENCE_DAYS,
        "CRMITEN": True,
    }
    for key, value in timing.items():
        table.header[key] = value
    aperture = fits.ImageHDU(np.full((11, 11), 65, np.int32), name="APERTURE")
    out = io.BytesIO()
    units = fits.HDUList([primary, table, aperture])
    for unit in units:
        unit.add_checksum(when="checksum of this unit")  # without the time of day: equal bytes each time
    units.writeto(out)
    return out.getvalue()


def cut_into_sectors(time_btjd: NDArray[np.float64], starts: dict[int, float]) -> dict[int, NDArray[np.bool_]]:
    """Masks of the rows of each sector, for a light curve of several. `starts`: first time of each sector (BTJD)."""
    order = sorted(starts, key=lambda sector: starts[sector])
    place = np.searchsorted([starts[sector] for sector in order], time_btjd, side="right") - 1
    return {sector: place == i for i, sector in enumerate(order) if np.any(place == i)}
