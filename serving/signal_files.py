"""The three sets of labelled views as they are stored, brought to one form: the same grids, units and durations."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from serving import scalars, stellar_scaling, view_grids

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.str_]

YU: Final = "tess_ffi_yu2019"
NIGRAHA: Final = "tess_spoc_nigraha"
XMATCH: Final = "tess_spoc_nigraha_s6_s48_xmatch"
SOURCES: Final = {YU: "yu2019", NIGRAHA: "nigraha", XMATCH: "xmatch"}
#: Durations of the set over first to fourth contact: the median over planets with a period-matched TOI.
DURATION_RATIO: Final = {YU: 1.07, NIGRAHA: 0.825, XMATCH: 0.825}
#: Half the windows of the stored views, in durations of the set.
_YU_LOCAL, _YU_SECONDARY, _NIGRAHA_LOCAL = 2.0, 4.0, 2.0


class UnreadableViews(ValueError):
    """A folder of views that is not of the format, with one sentence that says why."""


@dataclass(frozen=True, slots=True)
class StoredSignals:
    """Rows of one set in one form. All (n,) but the views (n, bins) and the scalars (n, 12); texts "" where unknown."""

    source: str
    star: npt.NDArray[np.int64]
    label: Texts  # as the set gives it
    given_by: Texts  # "dl3" (vetters) or "toi" in Nigraha's labelled set
    period_days: Floats
    epoch_btjd: Floats
    duration_days: Floats  # first to fourth contact
    snr: Floats
    ra_deg: Floats
    dec_deg: Floats
    disposition: Texts  # TFOPWG 2025: CP, KP, PC, APC, FP, FA
    kind: Texts  # of the false positive
    match: Texts  # "period" or "alias"
    split: Texts
    global_view: npt.NDArray[np.float32]
    local_view: npt.NDArray[np.float32]
    secondary_view: npt.NDArray[np.float32]
    scalars: npt.NDArray[np.float32]


def read_sets(folder: Path, catalogues: Path | None = None) -> list[StoredSignals]:
    """The sets that are in `folder`, in the order Yu, Nigraha, cross-match.

    `catalogues` is a folder that may hold `tess_tces_yu2019.csv.gz` (the stars of Yu et al.) and tables of positions;
    None: the folder `catalogues` beside `folder`. Without it the stars of Yu et al. have a brightness only.
    Raises UnreadableViews where there is no set, or a file lacks what the format asks for.
    """
    beside = catalogues if catalogues is not None else Path(folder).parent / "catalogues"
    found = []
    for name, read in ((YU, _yu), (NIGRAHA, _nigraha), (XMATCH, _nigraha)):
        path = Path(folder) / f"{name}.npz"
        if not path.is_file():
            continue
        try:
            rows = columns(Path(folder) / f"{name}_meta.csv.gz")
            with np.load(path, allow_pickle=False) as views:
                found.append(read(name, dict(views), rows, beside))
        except (KeyError, OSError, ValueError) as problem:
            raise UnreadableViews(f"{path.name} is not of the format of the labelled views: {problem}.") from problem
    if not found:
        raise UnreadableViews(f"{folder} holds none of {', '.join(f'{n}.npz' for n in SOURCES)}.")
    return found


def columns(path: Path) -> dict[str, list[str]]:
    """The columns of a CSV file (gzipped where its name ends in .gz), as texts. Lines with # before the header go."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", errors="replace", newline="") as file:
        reader = csv.reader(line for line in file if not line.startswith("#"))
        header = next(reader, [])
        rows = [row for row in reader if len(row) == len(header)]
    return {name: [row[k] for row in rows] for k, name in enumerate(header)}


def floats(texts: list[str]) -> Floats:
    """Numbers of a column, NaN where it is empty or no number."""

    def one(text: str) -> float:
        try:
            return float(text)
        except ValueError:
            return float("nan")

    return np.array([one(text) for text in texts], dtype=np.float64)


def _texts(rows: dict[str, list[str]], name: str, n: int) -> Texts:
    return np.array(rows.get(name) or [""] * n, dtype=str)


def _checked(star: npt.NDArray[np.int64], rows: dict[str, list[str]], name: str) -> None:
    listed = floats(rows["tic_id"])
    if star.size != listed.size or np.any(star != listed.astype(np.int64)):
        raise UnreadableViews(f"The rows of {name}.npz and {name}_meta.csv.gz are not the same stars")


def _yu(name: str, views: dict[str, npt.NDArray], rows: dict[str, list[str]], catalogues: Path) -> StoredSignals:
    star = views["tic_id"].astype(np.int64)
    _checked(star, rows, name)
    n = star.size
    period, stored = floats(rows["period_d"]), floats(rows["duration"])
    duration = np.clip(stored / DURATION_RATIO[name], 1e-4, period)
    window = view_grids.half_window_days(period, duration)
    shown = view_grids.zoomed(view_grids.scaled(views["global_view"]), period, duration)

    def cut(view: npt.NDArray, durations: float) -> npt.NDArray[np.float32]:
        full = view_grids.half_window_days(period, stored, durations)
        # their bins are already as wide as ours: nothing is averaged further
        return view_grids.scaled(view_grids.resampled(view, window / full, view_grids.LOCAL_BINS, 0.0))

    depth = floats(rows["depth_raw"]) * 1e-6
    tmag = stellar_scaling.YU_TMAG[0] * floats(rows["tmag_std"]) + stellar_scaling.YU_TMAG[1]
    radius, mass, teff = _yu_stars(views["row_id"], star, catalogues / "tess_tces_yu2019.csv.gz")
    snr = floats(rows["snr_pink"])
    return StoredSignals(
        SOURCES[name], star, _texts(rows, "label5", n), np.full(n, ""), period, floats(rows["epoch_btjd"]), duration,
        snr, floats(rows["ra"]), floats(rows["dec"]), _texts(rows, "toi_tfopwg_2025", n),
        _texts(rows, "toi_fp_kind", n), _texts(rows, "toi_match", n), _texts(rows, "split", n),
        shown, cut(views["local_view"], _YU_LOCAL), cut(views["secondary_view"], _YU_SECONDARY),
        _scalars(shown, period, duration, depth, snr, tmag, radius, mass, teff),
    )  # fmt: skip


def _yu_stars(row: npt.NDArray, star: npt.NDArray[np.int64], path: Path) -> tuple[Floats, Floats, Floats]:
    """Radius, mass and temperature from the TCE table of Yu et al., by row and star; NaN where it has none."""
    nothing = np.full(star.size, np.nan)
    if not path.is_file():
        return nothing, nothing.copy(), nothing.copy()
    table = columns(path)
    keys = zip(floats(table["row_id"]), floats(table["tic_id"]), strict=True)
    at = {key: k for k, key in enumerate(keys)}
    index = np.array([at.get((float(r), float(s)), -1) for r, s in zip(row, star, strict=True)])
    found = []
    for name in ("star_rad", "star_mass", "teff"):
        values = floats(table[name])
        found.append(np.where(index >= 0, values[index], np.nan))
    return found[0], found[1], found[2]


def _nigraha(name: str, views: dict[str, npt.NDArray], rows: dict[str, list[str]], catalogues: Path) -> StoredSignals:
    star = views["tic_id"].astype(np.int64)
    _checked(star, rows, name)
    n = star.size
    period, stored = floats(rows["Period"]), floats(rows["Duration"]) / 24
    duration = np.clip(stored / DURATION_RATIO[name], 1e-4, period)
    window = view_grids.half_window_days(period, duration)
    full = view_grids.half_window_days(period, stored, _NIGRAHA_LOCAL)
    width = view_grids.LOCAL_BIN_DURATIONS * duration / full
    # stored as 1 out of the dip and −1 at its deepest
    bright = {key: (views[key].astype(np.float64) - 1) / 2 for key in ("global_view", "local_view", "odd_even_view")}
    global_view = view_grids.scaled(bright["global_view"])
    local = view_grids.scaled(
        view_grids.resampled(bright["local_view"], np.minimum(window / full, 1.0), view_grids.LOCAL_BINS, width)
    )
    secondary = _other_window(global_view, bright["odd_even_view"][:, :81], period, duration, window, full)
    shown = view_grids.zoomed(global_view, period, duration)
    catalogue = rows["source"] if "source" in rows else [str(s) for s in floats(rows["sector"]).astype(int)]
    star_numbers = stellar_scaling.nigraha_star(
        catalogue, floats(rows["Radius"]), floats(rows["Mass"]), floats(rows["Teff"])
    )
    depth, snr, tmag = 1 - floats(rows["Depth"]), floats(rows["snr"]), floats(rows["TMag"])
    unknown = np.full(n, np.nan)
    return StoredSignals(
        SOURCES[name], star, np.asarray(views["label"]).astype(str), _texts(rows, "source", n), period,
        floats(rows["T0"]), duration, snr, unknown, unknown.copy(), _texts(rows, "toi_tfopwg_2025", n),
        _texts(rows, "toi_fp_kind", n), _texts(rows, "toi_match", n), np.full(n, ""), shown, local, secondary,
        _scalars(shown, period, duration, depth, snr, tmag, *star_numbers),
    )  # fmt: skip


def _other_window(
    global_view: npt.NDArray[np.float32], half: Floats, period: Floats, duration: Floats, window: Floats, full: Floats
) -> npt.NDArray[np.float32]:
    """The window around the deepest other dip: the stored one at phase 0.5 where the dip is there, else cut from the
    global view, whose bins are coarser."""
    duty = duration / period
    width = view_grids.LOCAL_BIN_DURATIONS * duration
    _, phase = view_grids.other_dip(global_view, duty)
    bins = global_view.shape[1]
    shift = bins // 2 - np.round((phase + 0.5) * bins - 0.5).astype(int)
    turned = np.take_along_axis(global_view, (np.arange(bins)[None, :] - shift[:, None]) % bins, axis=1)
    half_period = 0.5 * period
    coarse = view_grids.resampled(turned, window / half_period, view_grids.LOCAL_BINS, width / half_period)
    fine = view_grids.resampled(half, np.minimum(window / full, 1.0), view_grids.LOCAL_BINS, width / full)
    at_half = np.abs(np.abs(phase) - 0.5) <= np.maximum(0.5 * duty, 1.5 / bins)
    return view_grids.scaled(np.where(at_half[:, None], fine, coarse))


def _scalars(
    global_view: npt.NDArray[np.float32], period: Floats, duration: Floats, depth: Floats, snr: Floats, tmag: Floats,
    radius: Floats, mass: Floats, teff: Floats,
) -> npt.NDArray[np.float32]:  # fmt: skip
    duty = view_grids.duty_in_view(period, duration)
    return scalars.numbers(
        period_days=period, duration_days=duration, depth=depth, snr=snr, tmag=tmag,
        other_dip=view_grids.other_dip(global_view, duty)[0], scatter=view_grids.scatter(global_view, duty),
        radius_sun=radius, mass_sun=mass, teff_k=teff,
    )  # fmt: skip
