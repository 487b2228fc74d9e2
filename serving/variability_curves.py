"""The labelled real light curves of the pack, cleaned as a run cleans them and cut into stretches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.formats import UnreadableFile, read_many
from science.lightcurve import FloatArray, IntArray, StitchedCurve
from science.stitching import NothingUsable, stitch
from science.variables.describe import measured_light
from science.variables.features import stretches
from serving import variability_labels as labels


@dataclass(frozen=True, slots=True)
class LabelledLight:
    """One stretch of one star: what it is, who says so, and the light (shapes (n,))."""

    star: str
    label: str
    source: str  # catalogue, literature, hybrid, vetted, eye, roll, simulated
    time: FloatArray
    flux: FloatArray
    flux_err: FloatArray
    segment: IntArray


def read_curve(path: Path) -> StitchedCurve:
    """A file of the pack, stitched."""
    return stitch(read_many([path]).curves)


def real_light(folder: Path, seed: int = 1) -> Iterator[LabelledLight]:
    """All labelled stretches in the folder of light curves, in a fixed order; unreadable files are left out."""
    chance = np.random.default_rng(seed)
    for file, morphology in labels.KEPLER_BINARIES.items():
        label = "eb_detached" if morphology <= labels.DETACHED_UP_TO else "eb_contact"
        yield from _parts(folder / "kepler_eb" / f"{file}.npz", file, label, "catalogue", 6, chance)
    for path in sorted((folder / "kepler_variable").glob("*.npz")):
        source = "hybrid" if path.stem in labels.HYBRID_PULSATORS else "literature"
        yield from _parts(path, path.stem, "dsct_bcep", source, 6, chance)
    ucd = folder / "tess_2min_ucd"
    for label, source, names in (
        ("flares", "vetted", labels.VETTED_FLARES),
        ("rotation", "eye", labels.EYE_ROTATION),
        ("constant", "eye", labels.EYE_CONSTANT),
        ("systematics", "eye", labels.EYE_SYSTEMATICS),
    ):
        for name in names:
            yield from _parts(ucd / f"{name}.npz", name.split("_")[0], label, source, 1, chance)
    for label, names in (
        ("rotation", labels.EYE_ROTATION_K2_C4),
        ("systematics", labels.EYE_SYSTEMATICS_K2_C4),
    ):
        for name in names:
            path = folder / "k2_c4_dave" / f"epic{name}_c04.npz"
            yield from _parts(path, f"epic{name}", label, "eye", 2, chance)
    for label, source, patterns in (
        ("rotation", "eye", [f"k2/ktwo{name}*" for name in labels.EYE_ROTATION_K2]),
        ("eb_detached", "catalogue", labels.VSX_DETACHED),
        ("eb_contact", "catalogue", labels.K2_CONTACT),
    ):
        for pattern in patterns:
            for path in sorted(folder.glob(pattern)):
                yield from _parts(path, path.stem.split(".")[0], label, source, 2, chance)
    yield from _rolling(folder)


def _rolling(folder: Path) -> Iterator[LabelledLight]:
    """Light of K2 before the roll of the telescope was taken out: systematics where it doubles the scatter."""
    for path in sorted((folder / "k2_c4_dave").glob("*.npz")):
        with np.load(path, allow_pickle=False) as columns:
            time = columns["time_bkjd"] + 2454833.0
            raw, corrected = columns["flux"], columns["flux_corr"]
        good = np.isfinite(time) & np.isfinite(raw) & np.isfinite(corrected)
        flux = raw[good] / np.median(raw[good])
        quiet = float(np.std(np.diff(corrected[good] / np.median(corrected[good]))))
        if float(np.median(np.abs(np.diff(flux)))) < 2.0 * 0.954 * quiet:
            continue
        t = np.asarray(time[good], dtype=np.float64)
        for part in stretches(t)[:1]:
            zero = np.zeros(t[part].size, dtype=np.int32)
            star = path.stem.split("_")[0]
            yield LabelledLight(star, "systematics", "roll", t[part], flux[part], np.full(t[part].size, quiet), zero)


def _parts(
    path: Path, star: str, label: str, source: str, most: int, chance: np.random.Generator
) -> Iterator[LabelledLight]:
    try:
        curve = read_curve(path)
    except (UnreadableFile, NothingUsable, FileNotFoundError):
        return
    time, flux, err, segment = measured_light(curve)
    parts = [part for part in stretches(time) if time[part].size > 300 and np.ptp(time[part]) > 12.0]
    if len(parts) > most:
        parts = [parts[i] for i in sorted(chance.choice(len(parts), most, replace=False))]
    for part in parts:
        yield LabelledLight(star, label, source, time[part], flux[part], err[part], segment[part])
