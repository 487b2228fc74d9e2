"""Signals of the labelled sets whose star is also here as a light curve of the same sector, and the views of both."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.formats import UnreadableFile
from science.detrending import DetrendSettings, detrend
from science.lightcurve import StitchedCurve
from science.stitching import NothingUsable
from serving.signal_files import StoredSignals, read_sets
from serving.variability_curves import read_curve
from serving.views import UnusableSignal, Views, views_of

BTJD = 2457000.0
FULL_FRAME_DAYS = 1800 / 86400
_CALLED_PLANET = ("PC", "CP", "KP", "Planet", "Candidate")
_FOLDERS = ("tess_2min/", "tess_2min_lightkurve_export/", "tess_2min_ucd/", "multisector/", "tess_ffi/")


@dataclass(frozen=True, slots=True)
class Pair:
    """One signal twice: `stored` rows of the set and `made` from the light curve."""

    name: str
    source: str
    snr: float
    stored: Views
    made: Views
    points: int
    is_planet: bool  # called one, at the period of a TOI


def pairs(folder: Path) -> Iterator[Pair]:
    """All pairs: same star, and the epoch of the set falls into the light curve. Rows given twice count once."""
    sets = read_sets(folder / "views")
    with open(folder / "lightcurves" / "INDEX.csv", encoding="utf-8") as file:
        listed = list(csv.DictReader(file))
    for row in listed:
        found = re.fullmatch(r"TIC\s*(\d+)", row["star"])
        path = folder / row["file"]
        part = row["file"].partition("/")[2]
        if not found or not part.startswith(_FOLDERS) or "_dvt" in part:
            continue
        rows = [(s, int(k)) for s in sets for k in _different(s, int(found[1]))]
        if not rows:
            continue
        try:
            curve = read_curve(path)
        except (UnreadableFile, NothingUsable, FileNotFoundError):
            continue
        for stored, k in rows:
            epoch = stored.epoch_btjd[k] + BTJD
            if not curve.time_bjd[0] - 0.5 < epoch < curve.time_bjd[-1] + 0.5:
                continue
            made = _views(curve, stored, k)
            if made is not None:
                name = f"{_short(part)}_{stored.source}_{stored.period_days[k]:.3f}d"
                columns = ("global_view", "local_view", "secondary_view", "scalars")
                kept = Views(*(getattr(stored, column)[k] for column in columns))
                planet = str(stored.match[k]) == "period" and str(stored.label[k]) in _CALLED_PLANET
                yield Pair(name, stored.source, float(stored.snr[k]), kept, *made, planet)


def _short(part: str) -> str:
    """A name for a file that tells star, sector and pipeline apart."""
    folder, _, file = part.partition("/")
    pipeline = next((p for p in ("eleanor", "qlp", "tasoc", "tess-spoc", "tglc", "alerts") if p in file), "")
    if folder == "tess_ffi" or pipeline:
        sector = re.search(r"s00\d\d|-s\d\d", file)
        return f"{folder}_{pipeline}{sector[0] if sector else ''}".replace("--", "-")
    digits = re.search(r"s(00\d\d)-0*(\d+)-", file)
    return f"{folder}_s{digits[1]}_{digits[2]}" if digits else f"{folder}_{file.partition('.')[0]}"


def _different(stored: StoredSignals, star: int) -> list[int]:
    rows = np.flatnonzero(stored.star == star)
    _, first = np.unique(np.round(stored.period_days[rows], 4), return_index=True)
    return [int(k) for k in rows[np.sort(first)]]


def _views(curve: StitchedCurve, stored: StoredSignals, k: int) -> tuple[Views, int] | None:
    """The views as an analysis makes them; for the full-frame set from light averaged to 30 minutes."""
    period, duration = float(stored.period_days[k]), float(stored.duration_days[k])
    epoch = float(stored.epoch_btjd[k]) + BTJD
    masks = ((period, epoch, 1.1 * duration),) if duration < 0.2 * period else ()
    try:
        flat = detrend(curve, DetrendSettings(masks=masks))
    except (NothingUsable, ValueError):
        return None
    t, f = flat.curve.time_bjd[flat.use], flat.flux[flat.use]
    # the sector of the set only: the set saw one sector at a time
    near = np.abs(t - epoch) < 30
    gaps = np.flatnonzero(np.diff(t) > 8.0)
    part = np.searchsorted(gaps, np.searchsorted(t, epoch) - 1, side="left")
    bounds = np.concatenate([[0], gaps + 1, [t.size]])
    rows = slice(int(bounds[part]), int(bounds[part + 1]))
    t, f = t[rows][near[rows]], f[rows][near[rows]]
    if stored.source == "yu2019" and t.size > 1 and np.median(np.diff(t)) < 0.5 * FULL_FRAME_DAYS:
        t, f = averaged(t, f, FULL_FRAME_DAYS)
    try:
        return views_of(t, f, period, epoch, duration), int(t.size)
    except UnusableSignal:
        return None


def averaged(time: np.ndarray, flux: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Means of consecutive stretches of `step` days; stretches less than half full are left out."""
    number = np.floor((time - time[0]) / step).astype(int)
    count = np.bincount(number)
    good = count > 0.5 * count.max()
    t = np.bincount(number, weights=time)[good] / count[good]
    return t, np.bincount(number, weights=flux)[good] / count[good]


def agreement(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Correlation and RMS difference of two views; NaN where either is absent."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan"), float("nan")
    return float(np.corrcoef(a, b)[0, 1]), float(np.sqrt(np.mean((a - b) ** 2)))
