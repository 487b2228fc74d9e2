"""Read light curves from files: one file, or several files of one star."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from data.formats.assemble import Assembled, assemble
from data.formats.errors import EmptyFile, NotALightCurve, TwoStars, UnreadableFile
from data.formats.fits_products import read_fits
from data.formats.inspection import Inspection, QualityBitSeen
from data.formats.npz_table import read_npy, read_npz
from data.formats.opening import Content, opened
from data.formats.parquet_table import read_parquet
from data.formats.table import Table
from data.formats.text_table import read_text
from data.requests import ColumnChoice, QualityMask
from science.lightcurve import LightCurve
from science.stars import Star, merge


@dataclass(frozen=True)
class ReadResult:
    """Light curves of one star in time order, what the files say about it, and what was found and decided."""

    curves: tuple[LightCurve, ...]
    star: Star
    inspection: Inspection


#: Where two pipelines measured the same sector, the first of these is kept. The full 2-min product leads.
_PREFERENCE = ("SPOC", "TESS-SPOC", "TASOC", "QLP", "eleanor", "TGLC", "Kepler", "K2", "EVEREST", "K2SFF")


def read(
    path: Path,
    name: str | None = None,
    columns: ColumnChoice = ColumnChoice(),
    quality: QualityMask = "default",
) -> ReadResult:
    """Read one file of light curves, whatever its format, recognised by its content.

    `name` is the name the user knows the file by (an upload is stored under another one). Times come back as BJD_TDB,
    flux linear and positive-going, one LightCurve for each sector, quarter or campaign. Raises a subclass of
    `errors.UnreadableFile`, whose text is one sentence for the user; OSError where the file cannot be opened at all.
    """
    shown = "".join(c for c in (name or path.name) if c.isprintable())[:120] or "file"
    try:
        result = _read(path, shown, columns, quality)
    except UnreadableFile as error:
        raise error.in_file(shown) from error.__cause__
    return ReadResult(result.curves, result.star, result.inspection)


def _read(path: Path, shown: str, columns: ColumnChoice, quality: QualityMask) -> Assembled:
    if path.is_dir():
        raise NotALightCurve("This is a folder; choose the light curves in it.")
    with opened(path) as content, _table(content, path) as table:
        return assemble(table, columns, quality, shown, content.sha256)


@contextmanager
def _table(content: Content, path: Path) -> Iterator[Table]:
    if content.kind == "fits":
        yield read_fits(content.stream, content.size)
    elif content.kind == "npz":
        yield read_npz(content.stream)
    elif content.kind == "npy":
        yield read_npy(content.stream, content.size)
    elif content.kind == "parquet":
        with read_parquet(content.stream, None if content.packed else path) as table:
            yield table
    else:
        yield read_text(content.stream)


def read_many(
    files: Iterable[Path | tuple[Path, str]],
    columns: ColumnChoice = ColumnChoice(),
    quality: QualityMask = "default",
) -> ReadResult:
    """Read several files of one star and put their curves in time order.

    The same file given twice is read once. A sector that several pipelines measured is kept once (the same light
    measured twice is not twice the evidence). Raises TwoStars where the files name different stars, and whatever
    `read` raises (`error.file_name` tells which file).
    """
    results: list[ReadResult] = []
    for item in files:
        path, name = item if isinstance(item, tuple) else (item, item.name)
        results.append(read(path, name, columns, quality))
    if not results:
        raise EmptyFile("No file was chosen; choose at least one light curve.")
    if len(results) == 1:
        return results[0]
    _refuse_two_stars(results)
    star = results[0].star
    for other in results[1:]:
        star = merge(star, other.star)
    everything = [c for r in results for c in r.curves]
    kept, notes = _each_sector_once(everything)
    ordered = sorted((replace(c, target=star.name) for c in kept), key=lambda c: float(c.time_bjd[0]))
    curves = _numbered(ordered)
    return ReadResult(curves, star, _together(results, curves, star, notes))


def _refuse_two_stars(results: list[ReadResult]) -> None:
    """Two files speak of one star if they share an identifier, or if one of them has none."""
    known = [(r.inspection.files[0], r.star.name, set(r.inspection.star_ids)) for r in results if r.inspection.star_ids]
    for file_name, star_name, ids in known[1:]:
        first_file, first_name, first_ids = known[0]
        if not ids & first_ids:
            raise TwoStars(
                f"These files belong to two stars, {first_name} ({first_file}) and {star_name} ({file_name}); "
                "choose the files of one star at a time."
            )


def _each_sector_once(curves: list[LightCurve]) -> tuple[list[LightCurve], tuple[str, ...]]:
    kept: dict[tuple[object, ...], LightCurve] = {}
    notes: list[str] = []
    for curve in sorted(curves, key=_rank):
        key: tuple[object, ...] = (curve.mission, curve.number)
        if curve.number is None:
            key = (curve.sha256, curve.label)
        if key not in kept:
            kept[key] = curve
        elif kept[key].sha256 == curve.sha256:
            notes.append(f"{curve.source} is the same file as {kept[key].source}; we used it once.")
        else:
            best = kept[key]
            notes.append(f"{curve.label} is in several files; we used {best.source} and left out {curve.source}.")
    return list(kept.values()), tuple(dict.fromkeys(notes))


def _rank(curve: LightCurve) -> tuple[int, int, float]:
    order = _PREFERENCE.index(curve.pipeline) if curve.pipeline in _PREFERENCE else len(_PREFERENCE)
    two_minutes = abs(curve.cadence_days * 720 - 1)
    return order, int(np.count_nonzero(curve.usable) == 0), float(two_minutes)


def _numbered(curves: list[LightCurve]) -> tuple[LightCurve, ...]:
    """Labels that occur more than once get a count."""
    seen: dict[str, int] = {}
    total = {c.label: sum(o.label == c.label for o in curves) for c in curves}
    out = []
    for curve in curves:
        seen[curve.label] = seen.get(curve.label, 0) + 1
        label = curve.label if total[curve.label] == 1 else f"{curve.label} ({seen[curve.label]})"
        out.append(replace(curve, label=label))
    return tuple(out)


def _together(
    results: list[ReadResult], curves: tuple[LightCurve, ...], star: Star, notes: tuple[str, ...]
) -> Inspection:
    """One inspection for several files: shared words once, counts summed over the curves that are used."""
    parts = tuple(r.inspection for r in results)
    first = parts[0]

    def shared(values: Iterable[str]) -> str:
        return "; ".join(dict.fromkeys(values))

    bits: dict[tuple[str, int], tuple[int, bool]] = {}
    for part in parts:
        for bit in part.quality_bits:
            rows, masked = bits.get((bit.name, bit.value), (0, False))
            bits[bit.name, bit.value] = rows + bit.rows, masked or bit.masked
    n_rows, n_good = sum(p.n_rows for p in parts), sum(int(np.count_nonzero(c.usable)) for c in curves)
    return first.model_copy(
        update={
            "format": shared(p.format for p in parts),
            "files": tuple(p.files[0] for p in parts),
            "columns_found": tuple(dict.fromkeys(n for p in parts for n in p.columns_found)),
            "time_system": shared(p.time_system for p in parts),
            "time_system_sure": all(p.time_system_sure for p in parts),
            "flux_unit": shared(p.flux_unit for p in parts),
            "flux_unit_sure": all(p.flux_unit_sure for p in parts),
            "n_rows": n_rows,
            "n_usable": n_good,
            "start_bjd": min(p.start_bjd for p in parts),
            "stop_bjd": max(p.stop_bjd for p in parts),
            "cadence_seconds": min(p.cadence_seconds for p in parts),
            "labels": tuple(c.label for c in curves),
            "mask_sentence": f"{n_good:,} of {n_rows:,} rows in {len(parts)} files are used.",
            "quality_bits": tuple(
                QualityBitSeen(name=n, value=v, rows=r, masked=m)
                for (n, v), (r, m) in sorted(bits.items(), key=lambda item: item[0][1])
            ),
            "star_name": star.name,
            "star_ids": tuple(dict.fromkeys(i for p in parts for i in p.star_ids)),
            "simulated": any(p.simulated for p in parts),
            "notes": tuple(dict.fromkeys((*notes, *(n for p in parts for n in p.notes)))),
            "warnings": tuple(dict.fromkeys(w for p in parts for w in p.warnings)),
            "parts": parts,
        }
    )
