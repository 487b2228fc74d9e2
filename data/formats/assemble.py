"""Turn a table with known columns into light curves, one for each sector, and say what was decided."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from data.formats import columns, flux_unit, limits, observing_periods, time_system
from data.formats.errors import (
    AllMasked,
    ConstantFlux,
    EmptyFile,
    NoTimes,
    OnlyDuplicates,
    OnlyNaN,
    TooFewPoints,
    TwoStars,
    listed,
)
from data.formats.inspection import ColumnsChosen, Inspection, QualityBitSeen
from data.formats.star_header import name_from_file_name, star_named
from data.formats.table import FloatColumn, Meaning, Table
from data.formats.text_table import warnings_of
from data.requests import ColumnChoice, QualityMask
from science import quality as quality_bits
from science.lightcurve import BoolArray, IntArray, LightCurve, Mission
from science.stars import Star

#: Bit for rows that a pipeline marks in a second column of its own (TGLC_flags, K2SFF's MOVING); no mission uses it.
OWN_FLAG = 1 << 29
_OWN_FLAG_NAME = "marked by the pipeline"
_IDENTITY = re.compile(r"(tic|ticid|tic_id|kic|kepid|kic_id|epic|epic_id)", re.IGNORECASE)


@dataclass(frozen=True)
class Assembled:
    """What one file gave."""

    curves: tuple[LightCurve, ...]
    star: Star
    inspection: Inspection


@dataclass
class _Rows:
    """Columns of equal length while they are being cleaned; `flux` in the file's unit until it is made linear."""

    time: FloatColumn
    flux: FloatColumn
    err: FloatColumn | None
    quality: IntArray

    def keep(self, index: BoolArray | IntArray) -> None:
        self.time, self.flux, self.quality = self.time[index], self.flux[index], self.quality[index]
        if self.err is not None:
            self.err = self.err[index]


def assemble(table: Table, choice: ColumnChoice, mask: QualityMask, file_name: str, sha256: str) -> Assembled:
    """Light curves of one file. Raises a subclass of UnreadableFile with a sentence for the user."""
    if table.n_rows == 0:
        raise EmptyFile("This file has no rows; choose another one.")
    meaning = columns.choose(table, choice)
    _refuse_two_stars(table)
    notes, warnings = [*table.notes], list[str]()
    rows = _load(table, meaning)
    n_rows = len(rows.time)
    _drop_rows_without_time(rows, meaning, notes)
    said = columns.label(table, meaning.time)
    system = time_system.recognise(rows.time, said, choice.time_system, table.time_zero_bjd, table.named)
    warnings.extend(system.warnings)
    rows.time = rows.time + (system.offset_days + table.time_shift_seconds / 86400.0)
    if table.time_shift_seconds:
        notes.append(
            f"The time stamps of this early TESS data release are known to be late; we moved them by "
            f"{table.time_shift_seconds:+.3f} s."
        )
    _sort(rows, notes)
    unit = _make_linear(rows, table, meaning, choice, notes)
    warnings.extend(unit.warnings)

    star = _star(table, file_name)
    mission = table.mission or _mission(rows.time, star)
    bits = quality_bits.table_for(mission, table.pipeline, table.number)
    good = _good(rows.quality, bits, mask)
    usable = np.asarray(good & np.isfinite(rows.flux), dtype=np.bool_)
    _check_light(rows.flux, usable, meaning.flux)
    curves = _curves(rows, usable, table, mission, star, file_name, sha256, meaning.flux)
    warnings.extend(warnings_of(table))
    curves = tuple(replace(c, notes=tuple(notes + warnings)) for c in curves)
    step_days = float(np.median([c.cadence_days for c in curves]))
    inspection = Inspection(
        format=table.format,
        files=(file_name,),
        columns_found=table.names,
        columns=ColumnsChosen(time=meaning.time, flux=meaning.flux, flux_err=meaning.flux_err, quality=meaning.quality),
        time_system=system.words,
        time_system_sure=system.sure,
        flux_unit=unit.words,
        flux_unit_sure=unit.sure,
        n_rows=n_rows,
        n_usable=int(np.count_nonzero(usable)),
        start_bjd=float(rows.time[0]),
        stop_bjd=float(rows.time[-1]),
        cadence_seconds=round(step_days * 86400.0, 3),
        labels=tuple(c.label for c in curves),
        mask=mask,
        mask_sentence=_mask_sentence(rows.quality, bits, mask, good, meaning),
        quality_bits=_bits_seen(rows.quality, bits, mask),
        star_name=star.name,
        star_ids=table.ids or ((star.name,) if star.name else ()),
        simulated=any("simulated" in n for n in table.notes) or "simulated" in file_name.lower(),
        notes=tuple(notes),
        warnings=tuple(warnings),
    )
    return Assembled(curves, star, inspection)


def _load(table: Table, meaning: Meaning) -> _Rows:
    flux = table.load(meaning.flux) + meaning.flux_plus
    time = table.load(meaning.time)
    err = table.load(meaning.flux_err) if meaning.flux_err else None
    if err is None and meaning.constant_err is not None and meaning.constant_err > 0:
        err = np.full(len(flux), meaning.constant_err)
    if err is not None:
        # An error of zero or below is the mark of a missing one in several pipelines.
        err = np.where(np.isfinite(err) & (err > 0), err, np.nan)
    flux = np.where(np.isfinite(flux), flux, np.nan)
    quality = np.zeros(len(flux), dtype=np.int32)
    if meaning.quality:
        quality |= _as_bits(table.load(meaning.quality))
    if meaning.bad_where_set:
        own = table.load(meaning.bad_where_set)
        quality |= np.where(np.nan_to_num(own) != 0, OWN_FLAG, 0).astype(np.int32)
    return _Rows(time, flux, err, quality)


def _as_bits(values: FloatColumn) -> IntArray:
    """Quality as int32. A missing value means "not known to be good", so the row gets our own flag."""
    whole = np.isfinite(values) & (values >= 0) & (values < 2**31) & (np.floor(values) == values)
    return np.where(whole, np.where(whole, values, 0.0).astype(np.int64), OWN_FLAG).astype(np.int32)


def _drop_rows_without_time(rows: _Rows, meaning: Meaning, notes: list[str]) -> None:
    timed = np.isfinite(rows.time)
    missing = int(len(timed) - np.count_nonzero(timed))
    if missing == len(timed):
        raise NoTimes(f"The time column “{listed([meaning.time])}” holds no numbers; choose another column.")
    if missing:
        rows.keep(timed)
        notes.append(f"{missing:,} rows have no time and were left out.")


def _sort(rows: _Rows, notes: list[str]) -> None:
    steps = np.diff(rows.time)
    if np.any(steps < 0):
        rows.keep(np.argsort(rows.time, kind="stable").astype(np.int32))
        notes.append("The times were not in order; we sorted them.")
        steps = np.diff(rows.time)
    twice = np.concatenate(([False], steps == 0))
    if np.any(twice):
        if np.count_nonzero(twice) == len(twice) - 1 and len(twice) > 1:
            raise OnlyDuplicates("Every row of this file has the same time; choose the right time column.")
        rows.keep(np.asarray(~twice, dtype=np.bool_))
        notes.append(f"{np.count_nonzero(twice):,} rows repeat a time; we kept the first of each.")


def _make_linear(
    rows: _Rows, table: Table, meaning: Meaning, choice: ColumnChoice, notes: list[str]
) -> flux_unit.FluxUnit:
    """Replace flux and error by linear ones. Raises OnlyNaN."""
    finite = rows.flux[np.isfinite(rows.flux)]
    if len(finite) == 0:
        raise OnlyNaN(f"The column “{listed([meaning.flux])}” holds no numbers; choose another brightness column.")
    said = " ".join((meaning.flux, table.units.get(meaning.flux, "")))
    unit = flux_unit.recognise(finite, said, choice.flux_unit, meaning.flux_unit)
    rows.flux, errors = flux_unit.linear(rows.flux, rows.err, unit)
    rows.err = np.where(np.isfinite(errors), errors, np.nan)
    if not np.isfinite(rows.flux).any():
        raise OnlyNaN(f"Read as {unit.words}, no value of “{listed([meaning.flux])}” is possible; choose another unit.")
    finite_err = rows.err[np.isfinite(rows.err)]
    low, high = np.nanpercentile(rows.flux, [16, 84])
    if len(finite_err) and float(np.median(finite_err)) > 15 * (high - low):
        rows.err = np.full(len(rows.err), np.nan)
        notes.append("The errors in the file are far larger than the scatter, so we measure the scatter instead.")
    return unit


def _star(table: Table, file_name: str) -> Star:
    if table.star.name:
        return table.star
    name = name_from_file_name(file_name)
    if not name:
        return table.star
    named = star_named(name)
    return replace(table.star, name=name, tic_id=named.tic_id, band=named.band)


def _refuse_two_stars(table: Table) -> None:
    for name in table.names if table.named else ():
        if _IDENTITY.fullmatch(name.strip()):
            values = np.unique(table.load(name))
            values = values[np.isfinite(values)]
            if len(values) > 1:
                stars = listed([f"{v:.0f}" for v in values])
                raise TwoStars(
                    f"This table holds more than one star ({stars} in the column {name}); upload one file a star."
                )


def _mission(times_bjd: FloatColumn, star: Star) -> Mission:
    """The mission by sampling and dates; a star with a mission's catalogue number needs only the dates."""
    found = time_system.mission_of(times_bjd)
    if found == "TESS" or (found is None and star.tic_id is not None and times_bjd[0] > 2458320):
        return "TESS"
    return "Kepler" if found == "Kepler" else "K2" if found == "K2" else "other"


def _good(quality: IntArray, bits: quality_bits.QualityTable, mask: QualityMask) -> BoolArray:
    good = quality_bits.is_good(quality & ~OWN_FLAG, bits, mask)
    if mask != "none":
        good &= (quality & OWN_FLAG) == 0
    return good


def _bits_seen(quality: IntArray, bits: quality_bits.QualityTable, mask: QualityMask) -> tuple[QualityBitSeen, ...]:
    masked = bits.mask_value(mask)
    seen = []
    for name, value, rows in quality_bits.count_bits(quality, bits):
        own = value == OWN_FLAG
        left_out = mask != "none" if own else bool(value & masked)
        seen.append(QualityBitSeen(name=_OWN_FLAG_NAME if own else name, value=value, rows=rows, masked=left_out))
    return tuple(seen)


def _mask_sentence(
    quality: IntArray, bits: quality_bits.QualityTable, mask: QualityMask, good: BoolArray, meaning: Meaning
) -> str:
    if meaning.quality is None and meaning.bad_where_set is None:
        return "The file has no quality column, so every row with a number is used."
    n_out = int(len(good) - np.count_nonzero(good))
    if n_out == 0:
        return "The quality mask leaves out no rows."
    out = quality[~good]
    reasons = [f"{b.name} ({b.rows:,})" for b in _bits_seen(out, bits, mask) if b.masked]
    return f"The quality mask “{mask}” leaves out {n_out:,} of {len(good):,} rows: {', '.join(reasons)}."


def _check_light(flux: FloatColumn, usable: BoolArray, name: str) -> None:
    """Refuse what cannot be searched. Raises OnlyNaN, AllMasked, ConstantFlux or TooFewPoints."""
    left = flux[usable]
    if len(left) == 0:
        raise AllMasked(
            "The quality mask leaves out every row that has a brightness; choose the mask “none” to use them anyway."
        )
    if len(left) < limits.MIN_POINTS:
        raise TooFewPoints(
            f"Only {len(left)} usable measurements are in this file and at least {limits.MIN_POINTS} are needed."
        )
    if np.all(left == left[0]):
        raise ConstantFlux(
            f"Every value of “{listed([name])}” is the same ({left[0]:.6g}); choose another brightness column."
        )


def _curves(
    rows: _Rows,
    usable: BoolArray,
    table: Table,
    mission: Mission,
    star: Star,
    file_name: str,
    sha256: str,
    flux_column: str,
) -> tuple[LightCurve, ...]:
    parts = observing_periods.split(rows.time, mission, table.number)
    assert rows.err is not None
    curves = []
    for part in parts:
        span = slice(part.start, part.stop)
        time = rows.time[span]
        if not usable[span].any():
            continue
        step = time_system.median_step_minutes(time) / 1440.0
        step = step if np.isfinite(step) else 1.0 / 720.0
        curves.append(
            LightCurve(
                target=star.name,
                label=part.label if len(parts) > 1 or part.number is not None else _short(file_name),
                time_bjd=time,
                flux=rows.flux[span],
                flux_err=rows.err[span],
                quality=rows.quality[span],
                usable=usable[span],
                cadence_days=step,
                exposure_days=table.exposure_days or step,
                mission=mission,
                number=part.number,
                pipeline=table.pipeline,
                flux_column=flux_column,
                camera=table.camera,
                ccd=table.ccd,
                crowding=table.crowding,
                source=file_name,
                sha256=sha256,
            )
        )
    return tuple(curves)


def _short(file_name: str) -> str:
    """A file's name as a label: no folder, no ending, not too long."""
    stem = re.sub(r"(\.(csv|txt|dat|tsv|npz|npy|fits?|parquet|gz))+$", "", file_name, flags=re.IGNORECASE)
    return stem[:40] or "part 1"
