"""Kepler-11: its light as this project cleans it, and the planets and transit times of Rowe's analysis."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.frame import ROOT
from benchmarks.real_stars import LIGHT_CURVES, REALDATA
from data.formats import read_many
from data.requests import CleanChoice, SearchChoice
from jobs.cleaning import clean
from jobs.presets import search_settings
from science.fitting import orbit
from science.fitting.timing_windows import TransitShape
from science.lightcurve import DetrendedCurve, FloatArray, Segment, StitchedCurve
from science.search.remeasure import masks_of
from science.stars import Star, Value, complete

PEER = REALDATA / "peers" / "kepler11_rowe"
CACHE = ROOT / "var" / "bench" / "kepler11.npz"
#: Zero of the epochs in the peer's files.
PEER_ZERO_BJD = 2454900.0
#: Planets of the peer's files in their order there (KOI-157.01 to .06).
PLANETS = {"c": 1, "d": 2, "e": 3, "f": 4, "g": 5, "b": 6}
#: Lissauer et al. 2013, ApJ 770, 131, table 1.
STAR = complete(
    Star(
        name="Kepler-11",
        teff_k=Value(5666.0, 60.0, "Lissauer et al. 2013"),
        logg_cgs=Value(4.279, 0.02, "Lissauer et al. 2013"),
        radius_sun=Value(1.065, 0.02, "Lissauer et al. 2013"),
        mass_sun=Value(0.961, 0.025, "Lissauer et al. 2013"),
        band="Kepler",
    )
)


@dataclass(frozen=True, slots=True)
class PeerTimes:
    """Transit times of the peer: linear ephemeris (BJD), observed minus that, errors; days, shape (n,)."""

    linear_bjd: FloatArray
    late_days: FloatArray
    error_days: FloatArray


def peer_file(name: str) -> Path | None:
    """A file of the peer, packed or not, beside the light curves or in var/bench; None where it is in neither."""
    for folder in (PEER, ROOT / "var" / "bench" / "kepler11_rowe"):
        for path in (folder / name, folder / f"{name}.gz"):
            if path.exists():
                return path
    return None


def _lines(path: Path) -> list[list[str]]:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [line.split() for line in raw.decode().replace("\0", "").splitlines() if line.strip()]


def peer_shapes() -> dict[str, TransitShape]:
    """The peer's best model of the six planets, as shapes. Raises FileNotFoundError where the file is missing."""
    path = peer_file("n0.dat")
    if path is None:
        raise FileNotFoundError("peers/kepler11_rowe/n0.dat is not there")
    value = {words[0]: float(words[1]) for words in _lines(path) if len(words) > 1}
    shapes = {}
    for name, number in PLANETS.items():
        period = value[f"PE{number}"]
        shapes[name] = TransitShape(
            period_days=period,
            epoch_bjd=PEER_ZERO_BJD + value[f"EP{number}"],
            radius_ratio=value[f"RD{number}"],
            scaled_axis=float(orbit.scaled_axis_of_density(period, value["RHO"])),
            impact_parameter=value[f"BB{number}"],
            u1=value["NL1"],
            u2=value["NL2"],
        )
    return shapes


def peer_times(planet: str) -> PeerTimes | None:
    """The peer's transit times of one planet; None where its file is missing."""
    path = peer_file(f"koi0157.{PLANETS[planet]:02d}.tt")
    if path is None:
        return None
    table = np.array([[float(w) for w in words[:3]] for words in _lines(path)])
    return PeerTimes(PEER_ZERO_BJD + table[:, 0], table[:, 1], table[:, 2])


def cleaned() -> DetrendedCurve:
    """All quarters, stitched and detrended with the planets' transits masked; kept in var/bench once made."""
    if CACHE.exists():
        return _restored()
    files = sorted((LIGHT_CURVES / "kepler").glob("kplr006541920-*_llc.fits.gz"))
    if not files:
        raise FileNotFoundError("no light curves of Kepler-11")
    settings = search_settings(SearchChoice(preset="standard"), 1)
    masks = masks_of([(s.period_days, s.epoch_bjd, s.duration_days) for s in peer_shapes().values()])
    _keep(clean(read_many(files).curves, STAR, CleanChoice(), settings, masks))
    return _restored()


def _keep(curve: DetrendedCurve) -> None:
    stitched = curve.curve
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    segments = np.array([(s.start, s.stop, s.cadence_days, s.exposure_days, s.noise) for s in stitched.segments])
    np.savez(
        CACHE,
        time=stitched.time_bjd,
        raw=stitched.flux,
        err=stitched.flux_err,
        sector=stitched.sector,
        flux=curve.flux,
        trend=curve.trend,
        use=curve.use,
        segments=segments,
        names=np.array([s.label for s in stitched.segments]),
        labels=np.array(stitched.labels),
        window_days=curve.window_days,
    )


def _restored() -> DetrendedCurve:
    kept = np.load(CACHE)
    segments = tuple(
        Segment(int(start), int(stop), str(label), float(cadence), float(exposure), float(noise))
        for (start, stop, cadence, exposure, noise), label in zip(kept["segments"], kept["names"], strict=True)
    )
    n = kept["time"].size
    stitched = StitchedCurve(
        target=STAR.name,
        time_bjd=kept["time"],
        flux=kept["raw"],
        flux_err=kept["err"],
        quality=np.zeros(n, dtype=np.int32),
        sector=kept["sector"],
        filled=np.zeros(n, dtype=np.bool_),
        labels=tuple(str(x) for x in kept["labels"]),
        segments=segments,
    )
    return DetrendedCurve(stitched, kept["flux"], kept["trend"], kept["use"], float(kept["window_days"]), "biweight")
