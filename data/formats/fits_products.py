"""Know the light-curve files of the archives by their headers and columns, and say which column is the light curve.

Order of preference: the brightness with instrumental trends removed but stellar variability kept where a pipeline
offers both (PDCSAP, TASOC's and eleanor's corrected flux), else the pipeline's only corrected one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import IO

import numpy as np

from data.formats import fits_file
from data.formats.errors import EmptyFile, NotALightCurve
from data.formats.fits_file import Header, Unit, integer, number, text
from data.formats.star_header import identifiers, star_from_header
from data.formats.table import FloatColumn, Meaning, Table
from science.folding import tess_time_correction_seconds
from science.lightcurve import Mission

_DAY_SECONDS = 86400.0
#: Column -> the one to use (with its error) where it is empty.
_SPARE = {"PDCSAP_FLUX": ("SAP_FLUX", "SAP_FLUX_ERR"), "CAL_APER_FLUX": ("cal_psf_flux", "")}


def read_fits(stream: IO[bytes], size: int) -> Table:
    """The light curve of a FITS file. Raises a subclass of UnreadableFile."""
    units = fits_file.walk(stream, size)
    primary = units[0].header
    tables = [u for u in units if u.columns]
    _refuse_other_products(units, tables)
    for recognise in (_dv, _tglc, _tasoc, _eleanor, _qlp, _k2sff, _everest, _spoc, _kepler, _own_export, _lightkurve):
        if found := recognise(primary, tables):
            unit, table_format, pipeline, meaning = found
            break
    else:
        unit = max(tables, key=lambda u: (bool(_like_a_curve(u)), u.rows))
        table_format, pipeline, meaning = "FITS table", "", None
    if not unit.names:
        raise NotALightCurve(
            "This FITS file holds no plain columns of numbers (its table may be packed); save it as an ordinary table."
        )
    if unit.rows == 0:
        raise EmptyFile("The table of this FITS file has no rows; choose another file, or download it again.")
    return _table(stream, primary, unit, table_format, pipeline, meaning)


def _refuse_other_products(units: list[Unit], tables: list[Unit]) -> None:
    if not tables:
        pictures = any(integer(u.header, "NAXIS", 0) for u in units)
        what = "holds images and no table" if pictures else "holds no binary table"
        raise NotALightCurve(f"This FITS file {what}; choose a light curve file (its name often ends in _lc.fits).")


def _scalar(unit: Unit, name: str) -> str | None:
    return next((n for n in unit.names if n.upper() == name.upper()), None)


def _like_a_curve(unit: Unit) -> bool:
    return any("TIME" in n.upper() or n.upper() in ("T", "BJD", "JD") for n in unit.names) and len(unit.names) > 1


Found = tuple[Unit, str, str, Meaning]


def _meaning(
    unit: Unit,
    fluxes: Sequence[tuple[str, str | None]],
    quality: Sequence[str],
    time: str = "TIME",
    flux_unit: str | None = None,
) -> Meaning | None:
    """The first of `fluxes` that the table has and that holds numbers, with its error and a quality column."""
    found_time = _scalar(unit, time)
    if found_time is None:
        return None
    for flux, err in fluxes:
        if name := _scalar(unit, flux):
            found_quality = next((q for q in (_scalar(unit, n) for n in quality) if q), None)
            return Meaning(found_time, name, _scalar(unit, err) if err else None, found_quality, flux_unit)
    return None


def _first(tables: list[Unit], build: Callable[[Unit], Meaning | None]) -> tuple[Unit, Meaning] | None:
    for unit in tables:
        if meaning := build(unit):
            return unit, meaning
    return None


def _dv(primary: Header, tables: list[Unit]) -> Found | None:
    if not any(_scalar(u, "LC_INIT") for u in tables):
        return None
    words = "SPOC data validation time series (DVT)"
    wanted = [("PDCSAP_FLUX", "PDCSAP_FLUX_ERR")]
    if hit := _first(tables, lambda u: _meaning(u, wanted, ["QUALITY"], flux_unit="electron_per_s")):
        return hit[0], words, "SPOC", hit[1]
    hit = _first(tables, lambda u: _meaning(u, [("LC_INIT", "LC_INIT_ERR")], ["QUALITY"], flux_unit="relative"))
    if hit is None:
        return None
    unit, m = hit
    return unit, words, "SPOC", Meaning(m.time, m.flux, m.flux_err, m.quality, "relative", flux_plus=1.0)


def _tglc(primary: Header, tables: list[Unit]) -> Found | None:
    if "TGLC" not in text(primary, "ORIGIN") and not any(_scalar(u, "cal_aper_flux") for u in tables):
        return None
    wanted: list[tuple[str, str | None]] = [("cal_aper_flux", None), ("cal_psf_flux", None)]
    hit = _first(tables, lambda u: _meaning(u, wanted, ["TESS_flags"], flux_unit="relative"))
    if hit is None:
        return None
    unit, m = hit
    error = number(unit.header, "CAPE_ERR" if m.flux == "cal_aper_flux" else "CPSF_ERR")
    own = _scalar(unit, "TGLC_flags")
    meaning = Meaning(m.time, m.flux, None, m.quality, "relative", constant_err=error, bad_where_set=own)
    return unit, "TGLC full-frame light curve", "TGLC", meaning


def _tasoc(primary: Header, tables: list[Unit]) -> Found | None:
    if "TASOC" not in text(primary, "ORIGIN"):
        return None
    corrected = [("FLUX_CORR", "FLUX_CORR_ERR")]
    hit = _first(tables, lambda u: _meaning(u, corrected, ["QUALITY"], flux_unit="ppm"))
    raw = [("FLUX_RAW", "FLUX_RAW_ERR")]
    hit = hit or _first(tables, lambda u: _meaning(u, raw, ["QUALITY"], flux_unit="electron_per_s"))
    return hit and (hit[0], "TASOC light curve", "TASOC", hit[1])


def _eleanor(primary: Header, tables: list[Unit]) -> Found | None:
    if "eleanor" not in text(primary, "GITHUB") and not any(_scalar(u, "PCA_FLUX") for u in tables):
        return None
    wanted = [("CORR_FLUX", "FLUX_ERR"), ("PCA_FLUX", "FLUX_ERR"), ("RAW_FLUX", "FLUX_ERR")]
    hit = _first(tables, lambda u: _meaning(u, wanted, ["QUALITY"], flux_unit="electron_per_s"))
    return hit and (hit[0], "eleanor full-frame light curve", "eleanor", hit[1])


def _qlp(primary: Header, tables: list[Unit]) -> Found | None:
    if "QLP" not in text(primary, "ORIGIN") and not any(_scalar(u, "KSPSAP_FLUX") for u in tables):
        return None
    wanted = [("KSPSAP_FLUX", "KSPSAP_FLUX_ERR"), ("DET_FLUX", "DET_FLUX_ERR"), ("SAP_FLUX", None)]
    hit = _first(tables, lambda u: _meaning(u, wanted, ["QUALITY"], flux_unit="relative"))
    return hit and (hit[0], "QLP full-frame light curve", "QLP", hit[1])


def _k2sff(primary: Header, tables: list[Unit]) -> Found | None:
    best = [u for u in tables if u.name.upper() == "BESTAPER"]
    hit = _first(best, lambda u: _meaning(u, [("FCOR", None), ("FRAW", None)], [], time="T", flux_unit="relative"))
    if hit is None:
        return None
    unit, m = hit
    meaning = Meaning(m.time, m.flux, None, None, "relative", bad_where_set=_scalar(unit, "MOVING"))
    return unit, "K2SFF light curve", "K2SFF", meaning


def _everest(primary: Header, tables: list[Unit]) -> Found | None:
    wanted = [("FCOR", "FRAW_ERR"), ("FLUX", "FRAW_ERR")]
    tables = [u for u in tables if _scalar(u, "FRAW_ERR") and _scalar(u, "CADN")]
    hit = _first(tables, lambda u: _meaning(u, wanted, ["QUALITY"], flux_unit="electron_per_s"))
    return hit and (hit[0], "EVEREST light curve", "EVEREST", hit[1])


def _spoc(primary: Header, tables: list[Unit]) -> Found | None:
    if text(primary, "TELESCOP") != "TESS":
        return None
    wanted = [("PDCSAP_FLUX", "PDCSAP_FLUX_ERR"), ("SAP_FLUX", "SAP_FLUX_ERR")]
    hit = _first(tables, lambda u: _meaning(u, wanted, ["QUALITY"], flux_unit="electron_per_s"))
    if hit is None:
        return None
    full_frame = (number(hit[0].header, "TIMEDEL") or 0.0) > 150 / _DAY_SECONDS
    fast = 0 < (number(hit[0].header, "TIMEDEL") or 0.0) < 60 / _DAY_SECONDS
    if simulated_note(primary):
        return hit[0], "simulated light curve in the form of a TESS file", "", hit[1]
    words = "TESS-SPOC full-frame light curve" if full_frame else "TESS SPOC light curve"
    return hit[0], words + (" (20 s)" if fast else ""), "TESS-SPOC" if full_frame else "SPOC", hit[1]


def _kepler(primary: Header, tables: list[Unit]) -> Found | None:
    if text(primary, "TELESCOP") != "Kepler":
        return None
    wanted = [("PDCSAP_FLUX", "PDCSAP_FLUX_ERR"), ("SAP_FLUX", "SAP_FLUX_ERR")]
    hit = _first(tables, lambda u: _meaning(u, wanted, ["SAP_QUALITY", "QUALITY"], flux_unit="electron_per_s"))
    if hit is None:
        return None
    mission = "K2" if text(primary, "MISSION") == "K2" else "Kepler"
    cadence = text(primary, "OBSMODE") or "long cadence"
    return hit[0], f"{mission} light curve, {cadence}", mission, hit[1]


def _own_export(primary: Header, tables: list[Unit]) -> Found | None:
    if text(primary, "CREATOR") != "LARUN.SPACE":
        return None
    wanted = [("FLUX", "FLUX_ERR")]
    hit = _first(tables, lambda u: _meaning(u, wanted, ["QUALITY"], flux_unit="relative"))
    if hit is None:
        return None
    unit, m = hit
    filled = _scalar(unit, "FILLED")
    meaning = Meaning(m.time, m.flux, m.flux_err, m.quality, m.flux_unit, bad_where_set=filled)
    return unit, "light curve exported by LARUN.SPACE", "", meaning


def _lightkurve(primary: Header, tables: list[Unit]) -> Found | None:
    if "lightkurve" not in text(primary, "CREATOR"):
        return None
    hit = _first(tables, lambda u: _meaning(u, [("FLUX", "FLUX_ERR")], ["QUALITY", "SAP_QUALITY"]))
    return hit and (hit[0], "light curve saved by lightkurve", text(primary, "AUTHOR"), hit[1])


def _table(
    stream: IO[bytes], primary: Header, unit: Unit, table_format: str, pipeline: str, meaning: Meaning | None
) -> Table:
    mission = mission_of(primary, unit.header)
    sector = positive(integer(primary, "SECTOR"))
    cycle = {"TESS": sector, "Kepler": integer(primary, "QUARTER"), "K2": integer(primary, "CAMPAIGN")}
    camera, ccd = positive(integer(primary, "CAMERA")), positive(integer(primary, "CCD"))
    shift = 0.0
    # The other pipelines correct the clock themselves, or cannot be told from their headers.
    if mission == "TESS" and pipeline in ("SPOC", "TESS-SPOC"):
        release = integer(primary, "DATA_REL")
        version = text(primary, "PROCVER")
        full_frame = pipeline == "TESS-SPOC"
        shift = tess_time_correction_seconds(sector, release, version, full_frame, camera, ccd)
    names = unit.names

    def load(name: str) -> FloatColumn:
        return fits_file.numbers(stream, unit, name)

    known = meaning and _with_light(meaning, load, unit)
    warnings: tuple[str, ...] = ()
    if known and meaning and known.flux != meaning.flux:
        warnings = (f"{meaning.flux} is empty in this file, so we used {known.flux}, which is less corrected.",)
    return Table(
        format=table_format,
        names=names,
        n_rows=unit.rows,
        load=partial(fits_file.numbers, stream, unit),
        units={c.name: c.unit for c in unit.columns if c.unit},
        meaning=known,
        star=star_from_header(primary),
        ids=identifiers(primary),
        mission=mission,
        pipeline=pipeline,
        number=cycle.get(mission or ""),
        camera=camera,
        ccd=ccd,
        crowding=share(number(unit.header, "CROWDSAP")),
        exposure_days=exposure_days(unit.header),
        time_zero_bjd=time_zero_bjd(unit.header),
        time_shift_seconds=shift,
        notes=simulated_note(primary),
        warnings=warnings,
    )


def _with_light(meaning: Meaning, load: Callable[[str], FloatColumn], unit: Unit) -> Meaning:
    """Fall back to the pipeline's other column where the first is empty, as it is for some stars."""
    other, err = _SPARE.get(meaning.flux.upper(), ("", ""))
    spare = _scalar(unit, other)
    if spare is None or np.isfinite(load(meaning.flux)).any():
        return meaning
    constant = number(unit.header, "CPSF_ERR") if meaning.constant_err is not None else None
    return replace(meaning, flux=spare, flux_err=_scalar(unit, err), constant_err=constant)


def simulated_note(primary: Header) -> tuple[str, ...]:
    """A note where the header says that the data are simulated."""
    if primary.get("SIMDATA") is True or primary.get("SIMULATE") is True:
        return ("These are simulated data, not an observation.",)
    return ()


def mission_of(primary: Header, header: Header) -> Mission | None:
    """The mission by a file's first header and its table's."""
    telescope = text(primary, "TELESCOP") or text(header, "TELESCOP")
    if telescope == "TESS":
        return "TESS"
    if telescope.lower() == "kepler":
        k2 = text(primary, "MISSION") == "K2" or integer(primary, "CAMPAIGN") is not None
        return "K2" if k2 else "Kepler"
    return None


def exposure_days(header: Header) -> float | None:
    """Time in which one point's light was collected: frames added up, with the read-outs between them."""
    frames, frame_seconds = number(header, "NUM_FRM"), number(header, "FRAMETIM")
    if frames and frame_seconds and 0 < frames * frame_seconds < _DAY_SECONDS:
        return frames * frame_seconds / _DAY_SECONDS
    seconds = number(header, "XPTIME")
    return seconds / _DAY_SECONDS if seconds and 0 < seconds < _DAY_SECONDS else None


def time_zero_bjd(header: Header) -> float | None:
    """The BJD from which a table counts its times; None where it does not say."""
    whole, part = number(header, "BJDREFI"), number(header, "BJDREFF") or number(header, "BJDREFR") or 0.0
    return None if whole is None else whole + part


def positive(value: int | None) -> int | None:
    """`value`, None unless it is above 0."""
    return value if value is not None and value > 0 else None


def share(value: float | None) -> float | None:
    """`value`, None unless it is above 0 and at most 1."""
    return value if value is not None and 0 < value <= 1 else None
