"""Guess which columns of a table are time, brightness, error and quality, from the names people give them."""

from __future__ import annotations

import re

import numpy as np

from data.formats import limits, time_system
from data.formats.errors import (
    FoldedCurve,
    NoFlux,
    NotALightCurve,
    NoTimes,
    UnreadableFile,
    WrongColumns,
    listed,
)
from data.formats.table import FloatColumn, Meaning, Table
from data.requests import ColumnChoice

#: Best first. Names are compared in lower case, with everything but letters and digits made a single space.
_TIMES = (
    r"bjd tdb",
    r"btjd|tbjd|bkjd|bjd|bmjd",
    r"time (btjd|tbjd|bkjd|bjd|bmjd)",
    r"(btjd|tbjd|bkjd|bjd|bmjd)\b.*",
    r"hjd\b.*",
    r"time",
    r"time\b.*",
    r"jd\b.*|mjd\b.*",
    r"t|t d|times",
    r"date\b.*",
    r".*\b(btjd|bkjd|bjd|hjd|jd|mjd)\b.*",
    r"24\d{5}( \d+)?( .*)?",
    r"obs ?time|barytime|tmid|.*\btime",
)
_FLUXES = (
    r"pdcsap flux",
    r"kspsap flux",
    r"det flux",
    r"cal aper flux",
    r"flux corr|corr flux|fcor|flux cor|corrected flux",
    r"flux detrended|detrended flux|flux det",
    r"cal psf flux",
    r"norm(alized|alised)? flux|rel(ative)? flux|flux norm.*",
    r"pdcsap",
    r"flux",
    r"sap flux",
    r"flux\b.*",
    r"(value|brightness|intensity|counts?|cts)\b.*",
    r"mag|magnitude|t ?mag|.*\bmag(nitude)?\b.*",
    r".*\bflux\b.*",
    r"f|y|lc|lc init",
)
_ERRORS = (
    r"(.*\b)?(e|errs?|errors?|unc|uncertainty|sigma|std|stddev|yerr|merr|ferr|dflux|dmag|eflux|emag|fluxerr|magerr)"
    r"(\b.*)?"
)
_QUALITY = (r"quality|sap quality|qual|quality flags?|flags?|tess flags|bitmask",)
_NOT_FLUX = re.compile(
    r"\b(bkg|background|centr?\d*|centroid|pos|corr\d|xpos|ypos|x|y\d|radius|airmass|fwhm|exposure|exptime|model|trend|"
    r"mom|psf centr\d|mask|quality|flag|phase|id|cadenceno|cadence|count no|sky)\b"
)
_PHASES = re.compile(r"\b(phase|fold|folded|x fold|hours from|time from|orbital phase)\b")
_VELOCITIES = re.compile(r"\b(rv|radial velocity|vrad|km s|m s|bis|ccf)\b")


def simplified(name: str) -> str:
    """A column name as it is compared: "Flux (ppt)" -> "flux ppt"."""
    return re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()


def choose(table: Table, wanted: ColumnChoice) -> Meaning:
    """Columns for time, brightness, error and quality: the user's choice, else the product's, else by name.

    Raises WrongColumns where a chosen column is missing, NoTimes or NoFlux where none can be found.
    """
    for role, name in (("time", wanted.time), ("flux", wanted.flux), ("error", wanted.flux_err)):
        if name is not None and name not in table.names:
            raise WrongColumns(
                f"You chose “{listed([name])}” as the {role} column, but this file has {listed(table.names)}."
            )
    known = table.meaning
    _refuse_velocities(table)
    time = wanted.time or (known.time if known else _time(table))
    flux = wanted.flux or (known.flux if known else _flux(table, time))
    if flux == time:
        raise WrongColumns(f"“{listed([flux])}” cannot be both the time and the brightness; choose another column.")
    err = wanted.flux_err
    if err is None:
        err = known.flux_err if known and flux == known.flux else _error(table, time, flux)
    if known is None:
        filled = next((n for n in table.names if table.named and simplified(n) == "filled"), None)
        return Meaning(time, flux, err, _quality(table, (time, flux, err)), bad_where_set=filled)
    same = flux == known.flux
    return Meaning(
        time, flux, err, known.quality,
        known.flux_unit if same else None,
        known.flux_plus if same else 0.0,
        known.constant_err if same else None,
        known.bad_where_set,
    )  # fmt: skip


def label(table: Table, name: str) -> str:
    """All that the file says about one column: its name, its unit, and the comment lines that mention it."""
    parts = [name, table.units.get(name, "")]
    return " ".join(p for p in parts if p)


def _find(names: list[str], patterns: tuple[str, ...]) -> str | None:
    plain = {name: simplified(name) for name in names}
    for pattern in patterns:
        for name in names:
            if re.fullmatch(pattern, plain[name]):
                return name
    return None


def _time(table: Table) -> str:
    if not table.named:
        return _time_by_values(table)
    candidates = [n for n in table.names if not re.search(r"corr\b|\berr|exp|quality|flag", simplified(n))]
    phase = [n for n in candidates if _PHASES.search(simplified(n))]
    found = _find([n for n in candidates if n not in phase], _TIMES)
    if found is not None:
        return found
    if phase:
        raise FoldedCurve(
            f"This light curve is already folded (its column is called “{listed(phase[:1])}”); "
            "choose the light curve before it was folded."
        )
    for name in table.names[:2]:
        if _holds_dates(table.load(name)):
            return name
    raise NoTimes(
        "This file has no times. We looked for a column named time, BJD or BTJD and found "
        f"{listed(table.names)}; rename the column or choose it yourself."
    )


def _time_by_values(table: Table) -> str:
    """Without a header: the first of the leading columns that rises from row to row."""
    for name in table.names[:3]:
        values = table.load(name)
        values = values[np.isfinite(values)]
        if len(values) < 2:
            continue
        steps = np.diff(values)
        # A column of a constant, of counts or of noise does not rise; a few swapped rows do not matter.
        if np.mean(steps > 0) > 0.9 and values[-1] > values[0] and not _is_row_number(values):
            return name
    first = table.names[0]
    if len(table.names) > 1 and not _is_row_number(table.load(first)):
        return first
    raise NoTimes(
        f"This file has no column of times: none of its {len(table.names)} columns rises from row to row; "
        "add a header such as “BTJD, flux, error”."
    )


def _holds_dates(values: FloatColumn) -> bool:
    """A column without a telling name is taken for times where it rises and holds dates that we know."""
    values = values[np.isfinite(values)]
    if len(values) < limits.MIN_POINTS or not np.all(np.diff(values) > 0) or values[0] < 100:
        return False
    try:
        time_system.recognise(values, "", None, named=False)
    except UnreadableFile:
        return False
    return True


def _is_row_number(values: FloatColumn) -> bool:
    return bool(
        len(values) > 2 and values[0] in (0.0, 1.0) and np.array_equal(np.diff(values), np.ones(len(values) - 1))
    )


def _flux(table: Table, time: str) -> str:
    names = [n for n in table.names if n != time]
    if not table.named:
        if names:
            # With the brightness first and the time second, what is left is the brightness.
            return names[0]
    else:
        errors = {n for n in names if re.fullmatch(_ERRORS, simplified(n))}
        candidates = [n for n in names if n not in errors and not _NOT_FLUX.search(simplified(n))]
        if found := _find(candidates, _FLUXES):
            return found
        if len(candidates) == 1 and len(names) == 1:
            return candidates[0]
    raise NoFlux(
        "This file has no brightness. We looked for a column named flux, PDCSAP_FLUX or mag and found "
        f"{listed(table.names)}; rename the column or choose it yourself."
    )


def _error(table: Table, time: str, flux: str) -> str | None:
    rest = [n for n in table.names if n not in (time, flux)]
    if not table.named:
        return _error_by_values(table, rest, flux)
    plain = simplified(flux)
    for candidate in rest:
        name = simplified(candidate)
        if name in (f"{plain} err", f"{plain} error", f"e {plain}", f"{plain}err", f"err {plain}", f"sigma {plain}"):
            return candidate
    errors = [n for n in rest if re.fullmatch(_ERRORS, simplified(n)) and not _NOT_FLUX.search(simplified(n))]
    kind = "mag" if "mag" in plain else "flux"
    return next((n for n in errors if kind in simplified(n)), errors[0] if errors else None)


def _error_by_values(table: Table, rest: list[str], flux: str) -> str | None:
    """A third column without a name is the error where it is positive and small beside the brightness."""
    for name in rest[:1]:
        err, light = table.load(name), table.load(flux)
        err, light = err[np.isfinite(err)], light[np.isfinite(light)]
        if len(err) and len(light) and (err >= 0).all() and np.median(err) > 0:
            scale = max(abs(float(np.median(light))), float(np.ptp(light)))
            if float(np.median(err)) < 0.3 * scale:
                return name
    return None


def _quality(table: Table, taken: tuple[str | None, ...]) -> str | None:
    return _find([n for n in table.names if n not in taken], _QUALITY) if table.named else None


def _refuse_velocities(table: Table) -> None:
    names = " ".join(simplified(n) for n in table.names) if table.named else ""
    if _VELOCITIES.search(names) and "flux" not in names and "mag" not in names:
        raise NotALightCurve(
            "This looks like radial velocities, not brightness; choose a light curve (time, flux and perhaps an error)."
        )
