"""The frames of a pixel file: read in pieces, added up to longer exposures where wanted, background taken away."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from data.formats import fits_file, limits
from data.formats.errors import DamagedFile, NoTimes, TooLarge, TruncatedFile
from data.formats.fits_file import Column, Unit, text
from science.lightcurve import BoolArray, FloatArray, IntArray

_KINDS = {"E": ">f4", "D": ">f8", "I": ">i2", "J": ">i4"}
_PIECE_BYTES = 8 << 20
#: Share of the pixels (the faintest) from which the background of a cut-out is taken, and the fewest of them.
_FAINT_SHARE = 0.25
_FAINT_LEAST = 4


@dataclass
class Frames:
    """Frames in time order. `time` in the file's own system, shape (n,); images of shape (n, rows, columns)."""

    time: FloatArray
    flux: FloatArray
    flux_err: FloatArray
    quality: IntArray
    good: BoolArray
    pos_corr: FloatArray | None
    added: int  # frames of the file in each of these
    untimed: int  # frames without a time, left out


def image_shape(table: Unit, column: int, aperture_shape: tuple[int, int] | None) -> tuple[int, int]:
    """(rows, columns) of the images in a column (`column` counts from 1). Raises DamagedFile or TooLarge."""
    field = table.columns[column - 1]
    said = re.fullmatch(r"\(\s*(\d{1,6})\s*,\s*(\d{1,6})\s*\)", text(table.header, f"TDIM{column}"))
    shape = (int(said[2]), int(said[1])) if said else aperture_shape
    if shape is None or shape[0] * shape[1] != field.count or field.letter not in _KINDS:
        words = text(table.header, f"TDIM{column}") or "not given"
        raise DamagedFile(
            f"This pixel file is damaged: the shape of its images ({words}) does not fit their {field.count:,} pixels."
        )
    if max(shape) > limits.MAX_PIXEL_EDGE:
        raise TooLarge(
            f"The images of this file have {shape[1]} by {shape[0]} pixels and the limit is {limits.MAX_PIXEL_EDGE}; "
            "choose a smaller cut-out."
        )
    return shape


def read_frames(
    stream: IO[bytes], table: Unit, column: int, shape: tuple[int, int], mask_value: int, bin_seconds: float | None
) -> Frames:
    """All frames that have a time. Frames much shorter than `bin_seconds` are added up to about that length.

    `mask_value`: bits of QUALITY that make a frame bad. Where frames are added up, only good ones count unless there
    is none. Raises NoTimes, TooLarge, TruncatedFile.
    """
    time = _scalars(stream, table, "TIME")
    if time is None or not np.isfinite(time).any():
        raise NoTimes("None of the images of this pixel file has a time; download it again.")
    quality = _bits(_scalars(stream, table, "QUALITY"), time.size)
    timed = np.isfinite(time)
    good = (quality & mask_value) == 0
    step_seconds = _step_seconds(time[timed])
    factor = max(1, round(bin_seconds / step_seconds)) if bin_seconds and step_seconds > 0 else 1
    place, n = _places(time, timed, factor * step_seconds / 86400.0 if factor > 1 else 0.0)
    if n * shape[0] * shape[1] > limits.MAX_PIXEL_VALUES:
        raise TooLarge(
            f"This pixel file holds {n:,} images of {shape[0] * shape[1]:,} pixels, which is more than we take; "
            "choose longer steps in time or a smaller cut-out."
        )
    any_good = np.zeros(n, dtype=np.bool_)
    any_good[place[timed & good]] = True
    counts = timed & (good | ~any_good[place])
    place = np.where(counts, place, -1)

    used = np.flatnonzero(counts)
    weight = np.bincount(place[used], minlength=n).astype(np.float64)
    bits = np.zeros(n, dtype=np.int32)
    np.bitwise_or.at(bits, place[used], quality[used])
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):  # what damage makes of them becomes NaN
        flux, variance = _images(stream, table, column, shape, place, n)
    return Frames(
        time=np.bincount(place[used], weights=time[used], minlength=n) / weight,
        flux=flux,
        flux_err=np.sqrt(variance),
        quality=bits,
        good=np.asarray((bits & mask_value) == 0, dtype=np.bool_),
        pos_corr=_pos_corr(stream, table, place, used, n),
        added=factor,
        untimed=int(time.size - np.count_nonzero(timed)),
    )


def _scalars(stream: IO[bytes], table: Unit, name: str) -> FloatArray | None:
    known = next((n for n in table.names if n.upper() == name), None)
    return fits_file.numbers(stream, table, known) if known else None


def _bits(values: FloatArray | None, n: int) -> IntArray:
    if values is None:
        return np.zeros(n, dtype=np.int32)
    whole = np.isfinite(values) & (values >= 0) & (values < 2**31)
    return np.where(whole, values, 0.0).astype(np.int64).astype(np.int32)


def _step_seconds(time: FloatArray) -> float:
    steps = np.diff(np.sort(time))
    steps = steps[steps > 0]
    return float(np.median(steps)) * 86400.0 if steps.size else 0.0


def _places(time: FloatArray, timed: BoolArray, bin_days: float) -> tuple[NDArray[np.int64], int]:
    """For each row the number of the frame that it goes into, in time order (0 for rows without time), and how many."""
    key = np.floor((time[timed] - time[timed].min()) / bin_days + 1e-6) if bin_days > 0 else time[timed]
    distinct, inverse = np.unique(key, return_inverse=True)
    place = np.zeros(time.size, dtype=np.int64)
    place[timed] = inverse
    return place, int(distinct.size)


def _images(
    stream: IO[bytes], table: Unit, column: int, shape: tuple[int, int], place: NDArray[np.int64], n: int
) -> tuple[FloatArray, FloatArray]:
    """Mean flux and its variance in each frame, NaN where no pixel counts, read in pieces of bounded size."""
    field = table.columns[column - 1]
    errors = next((c for c in table.columns if c.name.upper() == "FLUX_ERR" and c.count == field.count), None)
    errors = errors if errors is not None and errors.letter in _KINDS else None
    flux, variance = np.full((n, *shape), np.nan), np.full((n, *shape), np.nan)
    single = np.count_nonzero(place >= 0) == n  # each frame is one row: nothing is added up
    counted = None if single else np.zeros((n, *shape), np.int32)
    counted_err = None if single else np.zeros((n, *shape), np.int32)
    step = max(1, _PIECE_BYTES // table.row_bytes)
    for start in range(0, table.rows, step):
        rows = min(step, table.rows - start)
        stream.seek(table.data_start + start * table.row_bytes)
        block = stream.read(rows * table.row_bytes)
        if len(block) < rows * table.row_bytes:
            raise TruncatedFile("This FITS file ends in the middle of its table; download or copy it again.")
        into = place[start : start + rows]
        wanted = np.flatnonzero(into >= 0)
        if wanted.size == 0:
            continue
        _put(_piece(block, table, field, shape, rows, wanted), into[wanted], flux, counted)
        if errors is not None:
            sigma = _piece(block, table, errors, shape, rows, wanted)
            sigma[sigma <= 0] = np.nan
            _put(sigma**2, into[wanted], variance, counted_err)
    if counted is not None and counted_err is not None:
        flux = np.where(counted > 0, flux / counted, np.nan)
        variance = np.where(counted_err > 0, variance / counted_err.astype(np.float64) ** 2, np.nan)
    flux[~np.isfinite(flux)] = np.nan
    variance[~np.isfinite(variance)] = np.nan
    return flux, variance


def _piece(
    block: bytes, table: Unit, field: Column, shape: tuple[int, int], rows: int, wanted: NDArray[np.int64]
) -> FloatArray:
    kind = np.dtype(_KINDS[field.letter])
    strides = (table.row_bytes, shape[1] * kind.itemsize, kind.itemsize)
    view = np.ndarray((rows, *shape), kind, block, offset=field.offset, strides=strides)
    if wanted.size < rows:
        view = view[wanted]
    values = view.astype(np.float64)
    if field.null is not None and kind.kind == "i":
        values[view == field.null] = np.nan
    if field.scale != 1.0 or field.zero != 0.0:
        values = values * field.scale + field.zero
    return values


def _put(values: FloatArray, into: NDArray[np.int64], total: FloatArray, counted: IntArray | None) -> None:
    """Put images into their frames, or add them up there and count them: runs of rows of one frame first."""
    if counted is None:
        total[into] = values
        return
    finite = np.isfinite(values)
    starts = np.flatnonzero(np.diff(into, prepend=-1) != 0)
    sums = np.add.reduceat(np.where(finite, values, 0.0), starts, axis=0)
    total[into[starts]] = np.where(counted[into[starts]] == 0, 0.0, total[into[starts]])
    np.add.at(total, into[starts], sums)
    np.add.at(counted, into[starts], np.add.reduceat(finite.astype(np.int32), starts, axis=0))


def _pos_corr(
    stream: IO[bytes], table: Unit, place: NDArray[np.int64], used: NDArray[np.int64], n: int
) -> FloatArray | None:
    """Pointing (column, row) of each frame; None where the file has none (cut-outs hold zeros)."""
    columns = [_scalars(stream, table, f"POS_CORR{axis}") for axis in (1, 2)]
    out = np.full((n, 2), np.nan)
    for axis, values in enumerate(columns):
        if values is None or not np.any(np.nan_to_num(values) != 0.0):
            return None
        known = used[np.isfinite(values[used])]
        total = np.bincount(place[known], weights=values[known], minlength=n)
        number = np.bincount(place[known], minlength=n)
        out[number > 0, axis] = total[number > 0] / number[number > 0]
    return out


def without_background(flux: FloatArray, usable: BoolArray) -> tuple[FloatArray, FloatArray, int]:
    """(flux less the background of each frame, background of shape (n,), how many pixels it was taken from).

    The background is one number a frame: the median level of the faintest quarter of the pixels, plus the median of
    their change against that level, so that a star's own light at the edge counts alike in every frame. It may be
    negative, as over-corrected images are. Zero where fewer than four pixels have data.
    """
    usual = _median_image(flux[usable] if usable.any() else flux)
    finite = np.isfinite(usual)
    n_faint = max(_FAINT_LEAST, int(_FAINT_SHARE * np.count_nonzero(finite)))
    if np.count_nonzero(finite) < _FAINT_LEAST:
        return flux, np.zeros(flux.shape[0]), 0
    limit = np.sort(usual[finite])[n_faint - 1]
    faint = finite & (usual <= limit)
    pixels = flux[:, faint]
    change = pixels - usual[faint]
    known = np.isfinite(change).any(axis=1)
    level = np.full(flux.shape[0], np.nan)
    level[known] = np.nanmedian(change[known], axis=1) + float(np.median(usual[faint]))
    return flux - level[:, None, None], level, int(np.count_nonzero(faint))


def _median_image(flux: FloatArray) -> FloatArray:
    """Median over the frames, NaN for pixels that never have data, shape (rows, columns)."""
    ever = np.isfinite(flux).any(axis=0)
    out = np.full(flux.shape[1:], np.nan)
    out[ever] = np.nanmedian(flux[:, ever], axis=0)
    return out
