"""From what a client sends to the row of numbers the classifier takes."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from science.stars import Star, Value
from serving import scalars, view_grids
from serving.api import MOST_ROWS, EphemerisAsked, SignalAsked, StarAsked
from serving.classifier import NUMBERS, WIDTHS
from serving.views import UnusableSignal, views_of

Table = npt.NDArray[np.float32]
#: Views whose median and deepest point are as near as this to 0 and −1 are taken as they are.
_AS_AGREED = 1e-3
_SCALARS_AT = NUMBERS - WIDTHS["scalars"]


class Refused(Exception):
    """A request that cannot be answered: the HTTP status and one sentence that says why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def table_of(signals: Sequence[SignalAsked]) -> Table:
    """(n, NUMBERS). Raises Refused (422), naming the signal, where one cannot be used."""
    table = np.empty((len(signals), NUMBERS), dtype=np.float32)
    for k, signal in enumerate(signals):
        try:
            table[k] = _row(signal)
        except UnusableSignal as error:
            where = f"Signal {k + 1}: " if len(signals) > 1 else ""
            raise Refused(422, f"{where}{error}") from error
    return table


def table_from_npy(body: bytes) -> Table:
    """(n, NUMBERS) from a float32 .npy whose scalars are in the units of SCALARS. Raises Refused (400, 413, 422)."""
    try:
        read = np.lib.format.read_array(io.BytesIO(body), allow_pickle=False)
    except (ValueError, OSError, EOFError, TypeError, KeyError, MemoryError, SyntaxError) as error:
        raise Refused(400, "The body is not an .npy file of numbers.") from error
    if read.dtype != np.float32 or read.ndim != 2 or read.shape[1] != NUMBERS:
        shape = " × ".join(str(n) for n in read.shape)
        raise Refused(422, f"The array must be float32, n × {NUMBERS}; this one is {read.dtype.name}, {shape}.")
    if read.shape[0] == 0:
        raise Refused(422, "The array has no rows.")
    if read.shape[0] > MOST_ROWS:
        raise Refused(413, f"At most {MOST_ROWS} rows are taken at once; these are {read.shape[0]}.")
    table = np.array(read, dtype=np.float32)
    try:
        start = 0
        for name, width in list(WIDTHS.items())[:3]:
            view = table[:, start : start + width]
            absent = np.isnan(view).all(axis=1) if name == "secondary" else np.zeros(view.shape[0], dtype=bool)
            table[~absent, start : start + width] = _checked(view[~absent], name, np.flatnonzero(~absent))
            start += width
    except UnusableSignal as error:
        raise Refused(422, str(error)) from error
    numbers = table[:, _SCALARS_AT:]
    if np.isinf(numbers).any():
        raise Refused(422, "Scalars must be finite, or NaN where unknown.")
    table[:, _SCALARS_AT:] = scalars.standardised(dict(zip(scalars.SCALARS, numbers.T, strict=True)))
    return table


def physical_scalars(table: Table) -> list[dict[str, float]]:
    """Of each row of (n, NUMBERS), its scalars by name in the units of SCALES, NaN where unknown."""
    centre, width = (np.array([scale[k] for scale in scalars.SCALES.values()]) for k in (0, 1))
    values = table[:, _SCALARS_AT:] * width + centre
    return [dict(zip(scalars.SCALARS, map(float, row), strict=True)) for row in values]


def _row(signal: SignalAsked) -> Table:
    if signal.light_curve is not None and signal.ephemeris is not None:
        light, ephemeris = signal.light_curve, signal.ephemeris
        time, flux = np.array(light.time, dtype=float), np.array(light.flux, dtype=float)
        given = signal.scalars
        depth, snr, tmag = given.get("log_depth"), given.get("log_snr"), given.get("tmag")
        made = views_of(
            time,
            flux,
            ephemeris.period_days,
            ephemeris.epoch,
            ephemeris.duration_hours / 24,
            depth=None if depth is None else 10.0 ** min(depth - 6, 1),
            snr=None if snr is None else 10.0 ** min(snr, 8),
            tmag=tmag,
            star=_star(signal.star),
        )
        parts = [made.global_view, made.local_view, made.secondary_view]
        numbers = made.scalars
    else:
        assert signal.views is not None  # checked at the border
        views = signal.views
        parts = [
            _checked(np.array([view]), name)[0] for name, view in (("global", views.global_), ("local", views.local))
        ]
        if views.secondary is None:
            parts.append(np.full(view_grids.LOCAL_BINS, np.nan, dtype=np.float32))
        else:
            parts.append(_checked(np.array([views.secondary]), "secondary")[0])
        numbers = _numbers(parts[0], signal.ephemeris, signal.star)
    own = scalars.standardised({name: [np.nan if v is None else v] for name, v in signal.scalars.items()})[0]
    for name in signal.scalars:  # null too: what a client calls unknown is unknown
        column = scalars.SCALARS.index(name)
        numbers[column] = own[column]
    return np.concatenate([*parts, numbers]).astype(np.float32)


def _checked(views: npt.NDArray[np.floating], name: str, rows: npt.NDArray[np.integer] | None = None) -> Table:
    """Views (n, bins) with median 0 and deepest point −1; a flat secondary view is NaN, as an absent one.

    Raises UnusableSignal for NaN and for other views without a dip.
    """
    found = views.astype(np.float32)
    if not np.isfinite(found).all():
        bad = int(np.flatnonzero(~np.isfinite(found).all(axis=1))[0])
        where = "" if rows is None else f"Row {int(rows[bad]) + 1}: "
        raise UnusableSignal(f"{where}The {name} view must be finite numbers.")
    if found.shape[0] == 0:
        return found
    other = (np.abs(np.median(found, axis=1)) > _AS_AGREED) | (np.abs(found.min(axis=1) + 1) > _AS_AGREED)
    if other.any():
        found[other] = view_grids.scaled(views[other])
        flat = ~np.isfinite(found).all(axis=1)
        if flat.any() and name != "secondary":  # flat light there means that there is no other dip
            bad = int(np.flatnonzero(flat)[0])
            where = "" if rows is None else f"Row {int(rows[bad]) + 1}: "
            raise UnusableSignal(f"{where}The {name} view has no dip.")
    return found


def _numbers(view: Table, ephemeris: EphemerisAsked | None, star: StarAsked | None) -> Table:
    """Scalars of a signal that came as views: what ephemeris and star tell. Views have lost the depth."""
    if ephemeris is None:
        if star is None or star.tmag is None:
            return np.full(len(scalars.SCALARS), np.nan, dtype=np.float32)
        return np.asarray(scalars.standardised({"tmag": [star.tmag]})[0])
    period, duration = ephemeris.period_days, ephemeris.duration_hours / 24
    if not 0 < duration < period:
        raise UnusableSignal("The duration must be positive and shorter than the period.")
    duty = view_grids.duty_in_view([period], [duration])
    known = star or StarAsked()
    table: Table = scalars.numbers(
        period_days=period,
        duration_days=duration,
        depth=np.nan,
        snr=np.nan,
        tmag=_or_nan(known.tmag),
        other_dip=view_grids.other_dip(view[None], duty)[0],
        scatter=view_grids.scatter(view[None], duty),
        radius_sun=_or_nan(known.radius_sun),
        mass_sun=_or_nan(known.mass_sun),
        teff_k=_or_nan(known.teff_k),
    )
    return np.asarray(table[0])


def _star(asked: StarAsked | None) -> Star | None:
    if asked is None:
        return None
    return Star(
        tmag=asked.tmag,
        radius_sun=_value(asked.radius_sun),
        mass_sun=_value(asked.mass_sun),
        teff_k=_value(asked.teff_k),
    )


def _value(number: float | None) -> Value | None:
    return None if number is None else Value(number, None, "request")


def _or_nan(number: float | None) -> float:
    return np.nan if number is None else number
