"""Read light curves from files: one file, or several files of one star."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from data.formats import fits_file, limits
from data.formats.assemble import Assembled, assemble
from data.formats.errors import EmptyFile, NotALightCurve, TooManyRows, TwoStars, UnreadableFile, listed
from data.formats.fits_products import read_fits
from data.formats.inspection import Inspection, QualityBitSeen
from data.formats.npz_table import read_npy, read_npz
from data.formats.opening import Content, opened
from data.formats.parquet_table import read_parquet
from data.formats.pixel_light import is_pixel_table, read_pixel_light
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


#: Positions of one star in the catalogues of Kepler and TESS differ by its motion in a decade, not by more.
_SAME_STAR_ARCSEC = 30.0


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
        yield _fits_table(content)
    elif content.kind == "npz":
        yield read_npz(content.stream)
    elif content.kind == "npy":
        yield read_npy(content.stream, content.size)
    elif content.kind == "parquet":
        with read_parquet(content.stream, None if content.packed else path) as table:
            yield table
    else:
        yield read_text(content.stream)


def _fits_table(content: Content) -> Table:
    if any(is_pixel_table(unit) for unit in fits_file.walk(content.stream, content.size)):
        return read_pixel_light(content.stream, content.size)
    return read_fits(content.stream, content.size)


def read_many(
    files: Iterable[Path | tuple[Path, str]],
    columns: ColumnChoice = ColumnChoice(),
    quality: QualityMask = "default",
) -> ReadResult:
    """Read several files of one star and put their curves in time order.

    The same file given twice is used once; where several products cover one sector all are given, and stitching
    chooses. Raises TwoStars where the files name different stars, and whatever `read` raises (`error.file_name`
    tells which file).
    """
    results: list[ReadResult] = []
    for item in files:
        path, name = item if isinstance(item, tuple) else (item, item.name)
        results.append(read(path, name, columns, quality))
        if sum(r.inspection.n_rows for r in results) > limits.MAX_ROWS:
            raise TooManyRows(
                f"These files have more than {limits.MAX_ROWS:,} rows together, which is the limit; choose fewer."
            )
    if not results:
        raise EmptyFile("No file was chosen; choose at least one light curve.")
    if len(results) == 1:
        return results[0]
    _refuse_two_stars(results)
    used, notes = _each_file_once(results)
    star = used[0].star
    for other in used[1:]:
        star = merge(star, other.star)
    everything = [replace(c, target=star.name) for r in used for c in r.curves]
    ordered = sorted(everything, key=lambda c: float(c.time_bjd[0]))
    curves = _numbered(ordered)
    return ReadResult(curves, star, _together(results, used, curves, star, notes))


def _refuse_two_stars(results: list[ReadResult]) -> None:
    """Refuse files whose catalogue numbers differ, or, between catalogues, whose positions lie apart."""
    for index, one in enumerate(results):
        for other in results[:index]:
            if _differ(one, other):
                raise TwoStars(
                    f"These files belong to two stars, {_said(other)} and {_said(one)}; "
                    "choose the files of one star at a time."
                )


def _said(result: ReadResult) -> str:
    return f"{listed([result.star.name or 'no name'])} ({result.inspection.files[0]})"


def _differ(one: ReadResult, other: ReadResult) -> bool:
    mine, theirs = _numbers(one.inspection.star_ids), _numbers(other.inspection.star_ids)
    shared = mine.keys() & theirs.keys()
    if shared:
        return all(mine[catalogue] != theirs[catalogue] for catalogue in shared)
    a, b = one.star, other.star
    if a.ra_deg is None or a.dec_deg is None or b.ra_deg is None or b.dec_deg is None:
        return False
    across = (a.ra_deg - b.ra_deg + 180) % 360 - 180
    return math.hypot(across * math.cos(math.radians(a.dec_deg)), a.dec_deg - b.dec_deg) * 3600 > _SAME_STAR_ARCSEC


def _numbers(ids: Iterable[str]) -> dict[str, str]:
    """Catalogue -> identifier; names without a number count as a catalogue of their own."""
    return {"name" if not i[-1:].isdecimal() else i.rsplit(" ", 1)[0]: i for i in ids}


def _each_file_once(results: list[ReadResult]) -> tuple[list[ReadResult], tuple[str, ...]]:
    kept: dict[str, ReadResult] = {}
    notes: list[str] = []
    for result in results:
        first = result.curves[0]
        if (same := kept.get(first.sha256)) is not None:
            notes.append(f"{first.source} is the same file as {same.curves[0].source}; we used it once.")
        else:
            kept[first.sha256] = result
    return list(kept.values()), tuple(notes)


def _numbered(curves: list[LightCurve]) -> tuple[LightCurve, ...]:
    """Parts without a sector are counted anew over all files ("part 1", "part 2" …); other labels stay."""
    out, count = [], 0
    for curve in curves:
        if curve.label.startswith("part ") and curve.number is None:
            count += 1
            curve = replace(curve, label=f"part {count}")
        out.append(curve)
    return tuple(out)


def _together(
    results: list[ReadResult],
    used: list[ReadResult],
    curves: tuple[LightCurve, ...],
    star: Star,
    notes: tuple[str, ...],
) -> Inspection:
    """One inspection for several files: shared words once, counts over the files that are used.

    `files` and `parts` have an entry for every file given, in the order given.
    """

    parts = tuple(r.inspection for r in used)

    def shared(values: Iterable[str]) -> str:
        return "; ".join(dict.fromkeys(values))

    bits: dict[tuple[str, int], tuple[int, bool]] = {}
    for part in parts:
        for bit in part.quality_bits:
            rows, masked = bits.get((bit.name, bit.value), (0, False))
            bits[bit.name, bit.value] = rows + bit.rows, masked or bit.masked
    n_rows, n_good = sum(p.n_rows for p in parts), sum(int(np.count_nonzero(c.usable)) for c in curves)
    return parts[0].model_copy(
        update={
            "format": shared(p.format for p in parts),
            "files": tuple(r.inspection.files[0] for r in results),
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
            "parts": tuple(r.inspection for r in results),
        }
    )
