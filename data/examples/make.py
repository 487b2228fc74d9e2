"""Make the bundled examples again: `python -m data.examples.make` (needs pip and its package index, about a minute).

The light curves are NASA's, taken from source distributions of Python packages that carry them as examples. Each
is checked against the checksum below, cut to the columns we use, and packed; nothing else is changed, and the genuine
headers stay. The binary is simulated (`simulate.py`) on the times of a real sector. The result is the same, byte for
byte, each time.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.examples.catalogue import FOLDER
from data.examples.simulate import Binary, observed
from science.lightcurve import FloatArray

KEEP = (
    "TIME", "CADENCENO", "SAP_FLUX", "SAP_FLUX_ERR", "PDCSAP_FLUX", "PDCSAP_FLUX_ERR", "QUALITY",
    "MOM_CENTR1", "MOM_CENTR2", "POS_CORR1", "POS_CORR2",
)  # fmt: skip
MAX_TOTAL_BYTES = 4_000_000
_THUMBNAIL_POINTS = 280


@dataclass(frozen=True)
class Source:
    """A file inside a source distribution, and its checksum."""

    package: str
    version: str
    member: str
    sha256: str


SOURCES = {
    "wasp-4": Source(
        "pytransit",
        "2.10.1",
        "notebooks/tess_examples/data/tess2018234235059-s0002-0000000402026209-0121-s_lc.fits",
        "d9f1fa88f015206b9718526ccc12d3447fcdbe11c3fff803d0f84dc5d7c3b500",
    ),
    "flaring-dwarf": Source(
        "altaipony",
        "2.1.2",
        "altaipony/examples/tess2018206045859-s0001-0000000358108509-0120-s_lc.fits",
        "8f026f87bfaf4e79496e124dd6a9a36b5ff06ed597c0b3bff5387fa240681695",
    ),
    "toi-247": Source(
        "eleanor",
        "2.0.5",
        "notebooks/hlsp_tess-data-alerts_tess_phot_00160148385-s02_tess_v1_lc.fits",
        "0fbd76d0da6ee794cff451b3e942cb08450e2e633da09aa033fb11e7f66863e6",
    ),
    "toi-216": Source(
        "eleanor",
        "2.0.5",
        "notebooks/hlsp_tess-data-alerts_tess_phot_00055652896-s01_tess_v1_lc.fits",
        "5405a7f644ed9b57bf8c21477e5af148a1e3b08b3fc4cc4f288326f5ed9d274a",
    ),
}
_TOI = "NASA/ExoFOP TESS Objects of Interest, 2025"
_TOI_216 = "Dawson et al. 2019, AJ 158, 65; the planets pull at each other, so transits come hours early or late"
_TIC = "TIC v8, as listed with the TOI"
_BINARY = Binary()
_BINARY_FILE = "simulated-eclipsing-binary_s0002_lc.fits.gz"


def _value(value: float, error: float | None, source: str) -> dict[str, object]:
    return {"value": value, "error": error, "source": source}


#: What the cards say, and what is known of the stars.
ENTRIES: tuple[dict[str, Any], ...] = (
    {
        "id": "wasp-4",
        "target": "TIC 402026209",
        "title": "WASP-4: a clear planet",
        "teaser": "Deep, flat-bottomed dips every 1.34 days, the same depth each time.",
        "observed": "TESS sector 2",
        "simulated": False,
        "star": {
            "name": "WASP-4", "tic_id": 402026209, "ra_deg": 353.562915, "dec_deg": -42.061779, "tmag": 11.8295,
            "distance_pc": 267.206,
            "teff_k": _value(5436.0, None, _TIC), "logg_cgs": _value(4.46024, None, _TIC),
            "radius_sun": _value(0.894974, 0.0555528, _TIC), "mass_sun": _value(0.97, 0.122722, _TIC),
        },
        "known": [{"name": "WASP-4 b", "period_days": 1.33823135800679, "epoch_bjd": 2458355.184421,
                   "depth_ppm": 27137.0, "reference": _TOI}],
    },
    {
        "id": "toi-247",
        "target": "TIC 160148385",
        "title": "TOI-247: a puffy giant",
        "teaser": "WASP-96 b, one of the first planets whose air the Webb telescope tasted: seven dips in 27 days.",
        "observed": "TESS sector 2",
        "simulated": False,
        "star": {
            "name": "WASP-96", "tic_id": 160148385, "ra_deg": 1.04657, "dec_deg": -47.360635, "tmag": 11.9116,
            "distance_pc": 352.464,
            "teff_k": _value(5540.0, None, _TIC), "logg_cgs": _value(4.42136, None, _TIC),
            "radius_sun": _value(1.11655, 0.0589196, _TIC), "mass_sun": _value(0.98, 0.116436, _TIC),
        },
        "known": [{"name": "WASP-96 b", "period_days": 3.42525631340766, "epoch_bjd": 2458354.319774,
                   "depth_ppm": 14223.2, "reference": _TOI}],
    },
    {
        "id": "toi-216",
        "target": "TIC 55652896",
        "title": "TOI-216: two planets, few dips",
        "teaser": "Two giants that pull at each other; in one month each is seen once or twice.",
        "observed": "TESS sector 1",
        "simulated": False,
        "star": {
            "name": "TOI-216", "tic_id": 55652896, "ra_deg": 73.980013, "dec_deg": -63.26033, "tmag": 11.5748,
            "distance_pc": 177.945,
            "teff_k": _value(5025.77, 125.0, _TIC), "logg_cgs": _value(4.66348, 0.2, _TIC),
            "radius_sun": _value(0.801736, 0.0521859, _TIC), "mass_sun": _value(0.84, 0.100203, _TIC),
        },
        "known": [
            {"name": "TOI-216 c", "period_days": 34.55, "epoch_bjd": 2458331.285, "depth_ppm": 17388.0,
             "reference": _TOI_216},
            {"name": "TOI-216 b", "period_days": 17.10, "epoch_bjd": 2458342.43, "depth_ppm": 5300.0,
             "reference": _TOI_216},
        ],
    },
    {
        "id": "flaring-dwarf",
        "target": "TIC 358108509",
        "title": "A flaring dwarf: nothing convincing",
        "teaser": "A small red star with outbursts. Learn what an honest “no” looks like.",
        "observed": "TESS sector 1",
        "simulated": False,
        "star": {
            "name": "TIC 358108509", "tic_id": 358108509, "tmag": 14.331,
            "teff_k": _value(2824.0, None, "FITS header"), "logg_cgs": _value(5.19952, None, "FITS header"),
            "radius_sun": _value(0.129, None, "FITS header"),
        },
        "known": [],
    },
    {
        "id": "simulated-binary",
        "target": "Simulated binary",
        "title": "Two stars eclipsing (simulated)",
        "teaser": "Dips far too deep for a planet, and a second, shallower one between them: see which tests tell.",
        "observed": "simulated on the times of TESS sector 2",
        "simulated": True,
        "star": {
            "name": "Simulated binary",
            "teff_k": _value(6150.0, None, "simulated"), "radius_sun": _value(_BINARY.radius_1, None, "simulated"),
            "mass_sun": _value(_BINARY.mass_1, None, "simulated"),
        },
        "known": [{"name": "eclipses", "period_days": _BINARY.period_days,
                   "epoch_bjd": 2457000.0 + _BINARY.epoch_btjd, "depth_ppm": 140000.0,
                   "reference": "simulated truth (data/examples/simulate.py)"}],
    },
)  # fmt: skip


def main() -> None:
    """Write the light curves and index.json beside this file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--packages", type=Path, help="folder with source distributions already downloaded")
    given = parser.parse_args().packages
    with tempfile.TemporaryDirectory() as temporary:
        folder = given or _download(Path(temporary))
        originals = {key: _original(folder, source) for key, source in SOURCES.items()}
    files = {key: _pack(FOLDER / f"{Path(SOURCES[key].member).name}.gz", _cut(data)) for key, data in originals.items()}
    files["simulated-binary"] = _pack(FOLDER / _BINARY_FILE, _simulated(originals["wasp-4"]))
    index = [entry | _derived(entry, files[entry["id"]]) for entry in ENTRIES]
    text = json.dumps({"examples": index}, indent=1, ensure_ascii=False)
    (FOLDER / "index.json").write_text(text + "\n", encoding="utf-8")
    total = sum(f.stat().st_size for f in files.values())
    if total > MAX_TOTAL_BYTES:
        raise SystemExit(f"The examples have {total:,} bytes, more than the {MAX_TOTAL_BYTES:,} allowed.")
    print(f"{len(files)} light curves, {total:,} bytes")


def _download(folder: Path) -> Path:
    for package, version in sorted({(s.package, s.version) for s in SOURCES.values()}):
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
             "--dest", str(folder), f"{package}=={version}"],
            check=True,
        )  # fmt: skip
    return folder


def _original(folder: Path, source: Source) -> bytes:
    with tarfile.open(folder / f"{source.package}-{source.version}.tar.gz") as archive:
        member = archive.extractfile(f"{source.package}-{source.version}/{source.member}")
        if member is None:
            raise SystemExit(f"{source.package} {source.version} has no file {source.member}.")
        data = member.read()
    if hashlib.sha256(data).hexdigest() != source.sha256:
        raise SystemExit(f"{source.member} is not the file that it was.")
    return data


def _cut(original: bytes) -> bytes:
    """The file with the columns of `KEEP` alone. Headers stay; the table's says what was taken out."""
    from astropy.io import fits

    with fits.open(io.BytesIO(original)) as units:
        table = units["LIGHTCURVE"]
        columns = [table.columns[name] for name in KEEP]
        cut = fits.BinTableHDU.from_columns(columns, name="LIGHTCURVE")
        _copy_cards(table.header, cut.header)
        cut.header["HISTORY"] = "Columns not listed here were taken out to make the file small."
        primary = fits.PrimaryHDU(header=units[0].header)
        return _bytes([primary, cut, fits.ImageHDU(units["APERTURE"].data, units["APERTURE"].header)])


def _copy_cards(source: Any, target: Any) -> None:
    """Keywords that describe the observation, not the columns (whose numbers have changed)."""
    for card in source.cards:
        word = card.keyword.rstrip("0123456789")
        columns = word.startswith("T") and word in {"TTYPE", "TFORM", "TUNIT", "TDISP", "TNULL", "TDIM"}
        # Axis descriptions of pixel columns begin with the column's number.
        if columns or card.keyword[:1].isdigit() or word in ("", "COMMENT", "CHECKSUM", "DATASUM"):
            continue
        if card.keyword not in target and not word.startswith(("WCSN", "WCAX")):
            target[card.keyword] = (card.value, card.comment)


def _simulated(template: bytes) -> bytes:
    """The binary on the times and quality flags of a real file, with a header that says what it is."""
    from astropy.io import fits

    with fits.open(io.BytesIO(template)) as units:
        table = units["LIGHTCURVE"].data
        time = np.asarray(table["TIME"], dtype=np.float64)
        quality = np.asarray(table["QUALITY"], dtype=np.int32)
        cadence = np.asarray(table["CADENCENO"], dtype=np.int32)
    flux, error = observed(_BINARY, time)
    # The pipeline of the real file gives no corrected light for the rows it flags.
    corrected = np.where(quality & 0b10101111, np.nan, flux)
    cut = fits.BinTableHDU.from_columns(
        [
            fits.Column("TIME", "D", unit="BJD - 2457000, days", array=time),
            fits.Column("CADENCENO", "J", array=cadence),
            fits.Column("SAP_FLUX", "E", unit="e-/s", array=flux),
            fits.Column("SAP_FLUX_ERR", "E", unit="e-/s", array=error),
            fits.Column("PDCSAP_FLUX", "E", unit="e-/s", array=corrected),
            fits.Column("PDCSAP_FLUX_ERR", "E", unit="e-/s", array=error),
            fits.Column("QUALITY", "J", array=quality),
        ],
        name="LIGHTCURVE",
    )
    for key, value in (("BJDREFI", 2457000), ("BJDREFF", 0.0), ("TIMEUNIT", "d"), ("TIMESYS", "TDB"),
                       ("TIMEDEL", 120 / 86400), ("NUM_FRM", 60), ("FRAMETIM", 2.0)):  # fmt: skip
        cut.header[key] = value
    primary = fits.PrimaryHDU()
    for key, value, comment in (
        ("ORIGIN", "LARUN.SPACE", "not an archive product"),
        ("SIMDATA", True, "file is based on simulated data"),
        ("TELESCOP", "TESS", "telescope that is simulated"),
        ("OBJECT", "Simulated binary", "no such star"),
        ("SECTOR", 2, "sector whose times are used"),
        ("TEFF", 6150.0, "[K] invented"),
        ("RADIUS", _BINARY.radius_1, "[solar radii] invented"),
        ("MASS", _BINARY.mass_1, "[solar mass] invented"),
        ("TESSMAG", 10.8, "[mag] invented"),
    ):
        primary.header[key] = (value, comment)
    primary.header["COMMENT"] = "SIMULATED: not an observation. Made by data/examples/simulate.py."
    return _bytes([primary, cut])


def _bytes(units: list[Any]) -> bytes:
    from astropy.io import fits

    out = io.BytesIO()
    file = fits.HDUList(units)
    file.update_extend()
    for unit in file:
        unit.add_checksum(when="checksum of the data unit")
    file.writeto(out)
    return out.getvalue()


def _pack(path: Path, data: bytes) -> Path:
    path.write_bytes(gzip.compress(data, compresslevel=9, mtime=0))
    return path


def _derived(entry: dict[str, Any], path: Path) -> dict[str, Any]:
    source = SOURCES.get(entry["id"])
    origin = "Simulated by data/examples/simulate.py; not an observation."
    if source is not None:
        name = Path(source.member).name
        origin = (
            f"NASA TESS mission, archive product {name} (public domain), from the source distribution of "
            f"{source.package} {source.version}; columns not needed were taken out."
        )
    return {"file": path.name, "origin": origin, "thumbnail": _thumbnail(entry, path)}


def _thumbnail(entry: dict[str, Any], path: Path) -> dict[str, Any]:
    """A fold at the known period, or the light curve where there is none or too few dips."""
    from data.formats import read

    curve = read(path).curves[0]
    time, flux = curve.time_bjd[curve.usable], curve.flux[curve.usable]
    flux = flux / np.median(flux)
    known = entry["known"][0] if entry["known"] else None
    if known is None or known["period_days"] > 13:
        step = (time[-1] - time[0]) / _THUMBNAIL_POINTS
        x, y = _binned(time - time[0], flux, 0.0, time[-1] - time[0], step)
        return {"kind": "curve", "x": x, "y_ppm": y}
    period = known["period_days"]
    phase = (time - known["epoch_bjd"]) / period
    phase -= np.floor(phase + 0.5)
    if entry["simulated"]:
        x, y = _binned(np.mod(phase + 0.25, 1.0) - 0.25, flux, -0.25, 0.75, 1 / _THUMBNAIL_POINTS)
        return {"kind": "phase", "x": x, "y_ppm": y}
    hours = phase * period * 24
    level = _level(time, flux, np.abs(hours) > 2.5)
    x, y = _binned(hours, flux / level, -5.0, 5.0, 10 / 150)
    return {"kind": "fold", "x": x, "y_ppm": y}


def _level(time: FloatArray, flux: FloatArray, quiet: FloatArray) -> FloatArray:
    """The light outside transits, as straight lines between medians of half-days."""
    middles, levels = [], []
    for day in np.arange(time[0], time[-1] + 0.5, 0.5):
        near = quiet & (np.abs(time - day) < 0.5)
        if np.count_nonzero(near) > 50:
            middles.append(float(day))
            levels.append(float(np.median(flux[near])))
    return np.asarray(np.interp(time, middles, levels), dtype=np.float64)


def _binned(x: FloatArray, y: FloatArray, low: float, high: float, step: float) -> tuple[list[float], list[float]]:
    edges = np.arange(low, high + step / 2, step)
    index = np.digitize(x, edges) - 1
    out_x, out_y = [], []
    for i in range(len(edges) - 1):
        inside = y[index == i]
        if len(inside) >= 3:
            out_x.append(round(float((edges[i] + edges[i + 1]) / 2), 4))
            out_y.append(round((float(np.median(inside)) - 1) * 1e6, 1))
    return out_x, out_y


if __name__ == "__main__":
    main()
