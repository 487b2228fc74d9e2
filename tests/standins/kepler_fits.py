"""Whole-mission Kepler light curves of the data pack cut into the quarterly files that MAST would send."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Quarter → (first time stamp in BKJD, stamp in the names of its long-cadence files).
QUARTERS: dict[int, tuple[float, str]] = {
    0: (120.0, "2009131105131"),
    1: (131.0, "2009166043257"),
    2: (168.0, "2009259160929"),
    3: (260.0, "2009350155506"),
    4: (352.0, "2010078095331"),
    5: (443.0, "2010174085026"),
    6: (539.0, "2010265121752"),
    7: (629.5, "2010355172524"),
    8: (735.0, "2011073133259"),
    9: (808.0, "2011177032512"),
    10: (906.0, "2011271113734"),
    11: (1001.0, "2012004120508"),
    12: (1099.0, "2012088054726"),
    13: (1182.0, "2012179063303"),
    14: (1274.0, "2012277125453"),
    15: (1373.0, "2013011073258"),
    16: (1472.0, "2013098041711"),
    17: (1559.0, "2013131215648"),
}

#: Flux of a star of Kepler magnitude 12 in e-/s (Kepler Instrument Handbook, section 2.8).
_FLUX_AT_KP12 = 1.74e5
_CADENCE_DAYS = 29.4244 / 1440.0


@dataclass(frozen=True)
class QuarterData:
    """A quarter of one star: BKJD, relative flux, one error for all."""

    kic_id: int
    quarter: int
    time_bkjd: NDArray[np.float64]
    flux: NDArray[np.float64]
    flux_err: float
    history: str


def file_name(kic_id: int, quarter: int) -> str:
    """The name of the long-cadence light curve of a star and quarter at MAST."""
    return f"kplr{kic_id:09d}-{QUARTERS[quarter][1]}_llc.fits"


def quarter_rows(time_bkjd: NDArray[np.float64], quarter: int) -> NDArray[np.bool_]:
    """Mask of the rows of a quarter."""
    following = QUARTERS[quarter + 1][0] if quarter + 1 in QUARTERS else np.inf
    return (time_bkjd >= QUARTERS[quarter][0]) & (time_bkjd < following)


def kepler_bytes(data: QuarterData, star: dict[str, float | None]) -> bytes:
    """The FITS file. `star`: RA_OBJ, DEC_OBJ, KEPMAG, TEFF where known."""
    from astropy.io import fits

    scale = _FLUX_AT_KP12 * 10 ** (-0.4 * ((star.get("KEPMAG") or 12.0) - 12.0))
    n = data.time_bkjd.size
    flux, error = (data.flux * scale).astype(np.float32), np.full(n, data.flux_err * scale, np.float32)
    nothing32, nothing64 = np.full(n, np.nan, np.float32), np.full(n, np.nan)
    start, stop = float(data.time_bkjd[0]) - _CADENCE_DAYS / 2, float(data.time_bkjd[-1]) + _CADENCE_DAYS / 2
    cadence = np.round((data.time_bkjd - 120.5385) / _CADENCE_DAYS).astype(np.int32) + 568
    columns = [
        ("TIME", "D", data.time_bkjd, "BJD - 2454833"),
        ("TIMECORR", "E", nothing32, "d"),
        ("CADENCENO", "J", cadence, None),
        ("SAP_FLUX", "E", flux, "e-/s"),
        ("SAP_FLUX_ERR", "E", error, "e-/s"),
        ("SAP_BKG", "E", nothing32, "e-/s"),
        ("SAP_BKG_ERR", "E", nothing32, "e-/s"),
        ("PDCSAP_FLUX", "E", flux, "e-/s"),
        ("PDCSAP_FLUX_ERR", "E", error, "e-/s"),
        ("SAP_QUALITY", "J", np.zeros(n, np.int32), None),
        ("MOM_CENTR1", "D", nothing64, "pixels"),
        ("MOM_CENTR2", "D", nothing64, "pixels"),
    ]
    common = {
        "TELESCOP": "Kepler",
        "INSTRUME": "Kepler Photometer",
        "OBJECT": f"KIC {data.kic_id}",
        "KEPLERID": data.kic_id,
        "RADESYS": "ICRS",
        "RA_OBJ": star.get("RA_OBJ"),
        "DEC_OBJ": star.get("DEC_OBJ"),
        "EQUINOX": 2000.0,
    }
    primary = fits.PrimaryHDU()
    head = {
        "ORIGIN": "NASA/Ames",
        "CREATOR": "stand-in of FluxExporter2PipelineModule",
        "MISSION": "Kepler",
        "OBSMODE": "long cadence",
        "QUARTER": data.quarter,
        "KEPMAG": star.get("KEPMAG"),
        "TEFF": star.get("TEFF"),
        **common,
    }
    for key, value in head.items():
        primary.header[key] = value
    primary.header["HISTORY"] = f"Stand-in of MAST, not a file of MAST. {data.history} Scaled to e-/s."
    table = fits.BinTableHDU.from_columns(
        [fits.Column(name=name, format=kind, array=array, unit=unit) for name, kind, array, unit in columns],
        name="LIGHTCURVE",
    )
    timing = {
        **common,
        "TIMEREF": "SOLARSYSTEM",
        "TIMESYS": "TDB",
        "BJDREFI": 2454833,
        "BJDREFF": 0.0,
        "TIMEUNIT": "d",
        "TSTART": start,
        "TSTOP": stop,
        "TIMEPIXR": 0.5,
        "INT_TIME": 6.019802903270,
        "NUM_FRM": 270,
        "TIMEDEL": _CADENCE_DAYS,
    }
    for key, value in timing.items():
        table.header[key] = value
    out = io.BytesIO()
    units = fits.HDUList([primary, table])
    for unit in units:
        unit.add_checksum(when="checksum of this unit")
    units.writeto(out)
    return out.getvalue()
