"""Find out in what a column of brightness counts, and make it linear and positive-going."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from data.formats.table import FloatColumn

_LN10_04 = 0.4 * math.log(10.0)
_PER = {"relative": 1.0, "percent": 1e2, "ppt": 1e3, "ppm": 1e6}


@dataclass(frozen=True)
class FluxUnit:
    """A unit by its name in ColumnChoice, the words for the user, and whether the numbers vary around zero."""

    name: str
    words: str
    around_zero: bool
    sure: bool
    warnings: tuple[str, ...] = ()
    per: float = 1.0  # numbers of the file in one of `name`: 1000 for millimagnitudes


def recognise(flux: FloatColumn, label: str, chosen: str | None, fixed: str | None = None) -> FluxUnit:
    """The unit of a brightness column (finite values only, shape (n,), n > 0).

    `label` is the column's name and unit as written, `chosen` what the user says, `fixed` what the pipeline
    is known to write. The user wins.
    """
    middle = float(np.median(flux))
    name = chosen or fixed or _from_words(label)
    if name is None:
        return _from_values(flux, middle)
    if name == "magnitude":
        if re.search(r"mmag|millimag", label.lower()):
            return FluxUnit(name, "millimagnitudes", abs(middle) < 2000, True, per=1000.0)
        return FluxUnit(name, "magnitudes", abs(middle) < 2, True)
    if name == "electron_per_s":
        if chosen is None and fixed is None and 0.5 < middle < 1.5 and _spread(flux) < 0.5:
            return FluxUnit("relative", "relative brightness around 1", False, True)
        return FluxUnit(name, "electrons per second", False, True)
    full = _PER[name]
    around_zero = abs(middle) < 0.5 * full
    if name == "relative" and middle > 0.02 and middle > 3 * _spread(flux):
        around_zero = False  # beside comparison stars: any level, but far from zero
    if name != "relative" and chosen is None and fixed is None and 0.5 < middle < 1.5 and _spread(flux) < 0.5:
        warning = f"The header says {name}, but the values vary around 1, so we read them as relative brightness."
        return FluxUnit("relative", "relative brightness around 1", False, False, (warning,))
    level = "0" if around_zero else f"{middle:.2g}" if full == 1 else f"{full:,.0f}"
    words = "relative brightness" if name == "relative" else "per cent" if name == "percent" else name
    return FluxUnit(name, f"{words} around {level}", around_zero, True)


def _from_words(label: str) -> str | None:
    text = label.lower().replace("−", "-")
    if re.search(r"(?<![a-z])(t?mag(s|nitudes?)?|mmag|[a-z]?_?mag)(?![a-z])", text):
        return "magnitude"
    if "ppm" in text:
        return "ppm"
    if "ppt" in text:
        return "ppt"
    if re.search(r"percent|per cent|%|(?<![a-z])pct(?![a-z])", text):
        return "percent"
    if re.search(r"e-\s*/\s*s|electron|counts?|(?<![a-z])adu|cts|sap_flux", text) and "norm" not in text:
        return "electron_per_s"
    if re.search(r"rel|norm|unitless|dimensionless", text):
        return "relative"
    return None


def _from_values(flux: FloatColumn, middle: float) -> FluxUnit:
    """Small numbers around zero are relative, larger ones ppt, then ppm; around one is relative; else counts."""
    spread = _spread(flux)
    guess = "We took the unit of the brightness from the size of the numbers; please check it."
    if 0.5 < middle < 1.5 and spread < 0.7:
        return FluxUnit("relative", "relative brightness around 1", False, True)
    negative = float(np.mean(flux < 0))
    # Around zero about half of the values are negative; counts of a faint star in stray light are mostly positive.
    if 0.2 < negative < 0.8 or abs(middle) < 1e-12:
        name = "relative" if spread < 0.3 else "ppt" if spread < 100 else "ppm"
        words = "relative brightness" if name == "relative" else name
        return FluxUnit(name, f"{words} around 0", True, False, (guess,))
    if 4 < middle < 21 and spread < 0.1:
        return FluxUnit("magnitude", "magnitudes", False, False, (guess,))
    if middle < 0:
        return FluxUnit("relative", "relative brightness around 0", True, False, (guess,))
    return FluxUnit("electron_per_s", "counts (a linear scale)", False, True)


def _spread(flux: FloatColumn) -> float:
    low, high = np.percentile(flux, [5, 95])
    return float(high - low) / 2


def linear(flux: FloatColumn, err: FloatColumn | None, unit: FluxUnit) -> tuple[FloatColumn, FloatColumn]:
    """Brightness and error on a linear scale: relative around 1, or counts left as they are. Shape (n,) each.

    Magnitudes become 10^(-0.4 (m - median m)), their errors 0.4 ln 10 times the brightness.
    """
    errors = np.full(len(flux), np.nan) if err is None else err
    if unit.name == "electron_per_s":
        return flux, errors
    if unit.name == "magnitude":
        flux, errors = flux / unit.per, errors / unit.per
        with np.errstate(over="ignore"):
            light = np.power(10.0, -0.4 * (flux - np.nanmedian(flux)))
        return np.where(np.isfinite(light), light, np.nan), errors * light * _LN10_04
    full = _PER[unit.name]
    return (flux / full + 1.0 if unit.around_zero else flux / full), errors / full
