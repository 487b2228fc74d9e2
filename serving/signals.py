"""The table of labelled signals from which the classifier learns: the same columns for every source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from serving import signal_groups, signal_labels
from serving.classes import CLASSES, JUNK
from serving.scalars import SCALARS
from serving.signal_files import Floats, StoredSignals, Texts, UnreadableViews, columns, floats, read_sets

__all__ = ["SCALARS", "Signals", "UnreadableViews", "folds", "joined", "read_signals", "rows_of"]


@dataclass(frozen=True, slots=True)
class Signals:
    """Labelled signals; n rows.

    Views float32: median 0, deepest point −1; `secondary_view` NaN in rows where there is none. `scalars` (n, 12) are
    standardised (`serving.scalars`), NaN where unknown. `label` is an index of CLASSES or JUNK. `weight` is the trust
    in the label times 1 / sqrt(rows of the same signal); rows of weight 0 are for judging only. `all_pc` is True where
    anybody called the row a planet that follow-up has not refuted; `toi_matched` where a TOI (CP, KP, PC, APC) has its
    period; `certain` where the class itself, not only "no planet", is known. `group` joins rows of one star and of one
    ephemeris in neighbouring stars.
    """

    star: npt.NDArray[np.int64]
    period_days: Floats
    snr: Floats
    global_view: npt.NDArray[np.float32]
    local_view: npt.NDArray[np.float32]
    secondary_view: npt.NDArray[np.float32]
    scalars: npt.NDArray[np.float32]
    label: npt.NDArray[np.int8]
    source: Texts
    weight: npt.NDArray[np.float32]
    toi_matched: npt.NDArray[np.bool_]
    tfop_false_positive: npt.NDArray[np.bool_]
    yu_split: Texts
    group: npt.NDArray[np.int64]
    all_pc: npt.NDArray[np.bool_]
    certain: npt.NDArray[np.bool_]
    rule: Texts

    def __len__(self) -> int:
        return int(self.star.size)


def read_signals(folder: Path, *, tois: Path | None = None, catalogues: Path | None = None) -> Signals:
    """The labelled signals of a folder in the format of the data pack's `views`; any of its three sets may be missing.

    `tois`: an ExoFOP TOI table (CSV) whose dispositions replace those stored with the views. `catalogues`: see
    `signal_files.read_sets`. Rows whose labels contradict each other, and rows without a dip, are left out.
    Raises UnreadableViews for a folder without any set, or with a file that is not of the format.
    """
    beside = catalogues if catalogues is not None else Path(folder).parent / "catalogues"
    stored = read_sets(Path(folder), beside)
    toi_stars = _toi_stars(beside / "exofop_toi_2025.csv.gz", stored)
    parts = []
    for part in stored:
        now, kind, match, hosts = part.disposition, part.kind, part.match, toi_stars
        if tois is not None:
            try:
                now, kind, match, hosts = signal_labels.rematched(Path(tois), part.star, part.period_days)
            except (KeyError, OSError) as problem:
                raise UnreadableViews(f"{tois} is not an ExoFOP table of TOIs: {problem}.") from problem
        try:
            labels = signal_labels.labels_by_signal(
                part.label, now, kind, match, part.source == "xmatch", signal_labels.hosts(part.star, hosts)
            )
        except ValueError as problem:
            raise UnreadableViews(f"The set {part.source} has {problem}.") from problem
        parts.append((part, labels))
    return _assembled(parts, _positions(beside))


def folds(signals: Signals, n: int = 10, seed: int = 0) -> npt.NDArray[np.int8]:
    """Fold of each row, (rows,): no group is divided, and each fold gets its share of the planets and of the rows.

    Groups are dealt out in an order drawn from `seed`, the big ones first, each to the fold that is furthest below
    its share. Raises ValueError for fewer than two folds or fewer groups than folds.
    """
    names, of_row = np.unique(signals.group, return_inverse=True)
    if n < 2 or names.size < n:
        raise ValueError(f"{names.size} groups cannot be dealt out to {n} folds.")
    real = signals.source != "injected"
    kinds = np.stack(
        [
            real,
            ~real,
            signals.toi_matched,
            signals.tfop_false_positive,
            *((signals.label == k) & real for k in (*range(len(CLASSES)), JUNK)),
        ],
        axis=1,
    ).astype(float)
    counts = np.zeros((names.size, kinds.shape[1]))
    np.add.at(counts, of_row, kinds)
    share = counts.sum(axis=0) / n
    chance = np.random.default_rng(seed).random(names.size)
    burden = (counts / np.maximum(share, 1)).max(axis=1)
    order = np.lexsort((chance, -np.round(np.where(burden > 0.02, burden, 0), 3)))
    filled = np.zeros((n, kinds.shape[1]))
    fold = np.zeros(names.size, dtype=np.int8)
    scale = 1 / np.maximum(share, 1)
    for group in order:
        own = counts[group]
        have = own > 0
        # how full each fold is in the kinds this group has, the rarest counting most
        fullness = (filled[:, have] * scale[have] ** 2).sum(axis=1) / (scale[have] ** 1).sum()
        best = int(np.lexsort((filled[:, 0], fullness))[0])
        fold[group] = best
        filled[best] += own
    return fold[of_row]


def rows_of(signals: Signals, rows: npt.ArrayLike) -> Signals:
    """Some rows, by index or mask."""
    index = np.asarray(rows)
    return Signals(**{f.name: getattr(signals, f.name)[index] for f in fields(Signals)})


def joined(parts: Sequence[Signals]) -> Signals:
    """Several tables one below the other. Groups stay apart between tables, unless they share a star."""
    columns_ = {f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Signals)}
    offset, group = 0, []
    for part in parts:
        group.append(part.group + offset)
        offset += int(part.group.max(initial=-1)) + 1
    columns_["group"] = _merged(np.concatenate(group), columns_["star"])
    return Signals(**columns_)


def _merged(group: npt.NDArray[np.int64], star: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Groups that share a star become one, until nothing changes."""
    while True:
        before = group
        for keys in (star, group):
            _, of_row = np.unique(keys, return_inverse=True)
            least = np.full(of_row.max(initial=-1) + 1, np.iinfo(np.int64).max)
            np.minimum.at(least, of_row, group)
            group = least[of_row]
        if np.array_equal(before, group):
            return group


def _assembled(
    parts: list[tuple[StoredSignals, signal_labels.SignalLabels]], positions: dict[int, tuple[float, float]]
) -> Signals:
    def column(name: str) -> npt.NDArray:
        return np.concatenate([getattr(p, name) for p, _ in parts])

    def labelled(name: str) -> npt.NDArray:
        return np.concatenate([getattr(labels, name) for _, labels in parts])

    views = {name: column(name) for name in ("global_view", "local_view", "secondary_view")}
    views["secondary_view"][~np.isfinite(views["secondary_view"]).all(axis=1)] = np.nan
    shown = np.isfinite(views["global_view"]).all(axis=1) & np.isfinite(views["local_view"]).all(axis=1)
    period = column("period_days")
    keep = (labelled("label") != signal_labels.DROPPED) & shown & (period > 0)
    star = column("star")[keep]
    ra, dec = column("ra_deg")[keep], column("dec_deg")[keep]
    for row in np.flatnonzero(~np.isfinite(ra)):
        ra[row], dec[row] = positions.get(int(star[row]), (np.nan, np.nan))
    often = signal_groups.repeats(star, period[keep])
    split = np.concatenate([np.where(p.source == "yu2019", p.split, "") for p, _ in parts])[keep]
    return Signals(
        star=star,
        period_days=period[keep],
        snr=column("snr")[keep],
        **{name: view[keep] for name, view in views.items()},
        scalars=column("scalars")[keep],
        label=labelled("label")[keep],
        source=np.concatenate([np.full(p.star.size, p.source) for p, _ in parts])[keep],
        weight=(labelled("weight")[keep] / np.sqrt(often)).astype(np.float32),
        toi_matched=labelled("toi_matched")[keep],
        tfop_false_positive=labelled("tfop_false_positive")[keep],
        yu_split=split,
        group=signal_groups.groups(star, period[keep], column("epoch_btjd")[keep], ra, dec),
        all_pc=labelled("all_pc")[keep],
        certain=labelled("certain")[keep],
        rule=labelled("rule")[keep],
    )


def _toi_stars(path: Path, stored: list[StoredSignals]) -> npt.NDArray[np.int64]:
    """Stars that host a TOI: of the table where it is there, and of the rows themselves."""
    own = [p.star[p.match != ""] for p in stored]
    if path.is_file():
        numbers = floats(columns(path)["TIC ID"])
        own.append(numbers[np.isfinite(numbers)].astype(np.int64))
    return np.unique(np.concatenate(own))


#: Tables of the pack with positions: star, right ascension, declination.
_POSITION_TABLES = (
    ("exofop_toi_2025.csv.gz", "TIC ID", "RA", "Dec"),
    ("tess_tces_yu2019.csv.gz", "tic_id", "RA", "DEC"),
    ("tess_tces_labels_votes_2020.csv.gz", "tic_id", "RA", "DEC"),
    ("tess_pht_vsx_eb.csv.gz", "tic_id", "GAIA_RAJ2000", "GAIA_DEJ2000"),
)


def _positions(folder: Path) -> dict[int, tuple[float, float]]:
    """Right ascension and declination (deg) by star, from the tables that are there."""
    found: dict[int, tuple[float, float]] = {}
    for name, star, ra, dec in _POSITION_TABLES:
        path = folder / name
        if not path.is_file():
            continue
        table = columns(path)
        names = {key.lower(): key for key in table}
        ra_texts, dec_texts = table[names[ra.lower()]], table[names[dec.lower()]]
        for number, a, d in zip(floats(table[star]), ra_texts, dec_texts, strict=True):
            place = _degrees(a, 15.0 if ":" in a else 1.0), _degrees(d, 1.0)
            if np.isfinite(number) and np.isfinite(place).all():
                found.setdefault(int(number), place)
    return found


def _degrees(text: str, unit: float) -> float:
    """Degrees from decimal degrees, or from `hh:mm:ss` with `unit` 15; NaN where it is neither."""
    try:
        if ":" not in text:
            return float(text)
        first, minutes, seconds = text.split(":")
        size = abs(float(first)) + float(minutes) / 60 + float(seconds) / 3600
        return unit * (-size if text.strip().startswith("-") else size)
    except ValueError:
        return float("nan")
