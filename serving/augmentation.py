"""Signals changed in ways that do not change what they are, drawn anew for every batch of a training.

Views seen backwards in time, a bin or two late, with more noise, with a window a little wider or narrower, with bins
missing (bridged as in `serving.views`), and without some of the scalars. Views upside down, which are no dip of
anything, become no signal. Everything follows from the generator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from serving import scalars, view_grids
from serving.classes import CLASSES

Table = dict[str, npt.NDArray[np.float32]]

VIEWS: Final = ("global_view", "local_view", "secondary_view")
NO_SIGNAL: Final = CLASSES.index("no_signal")
_REFLECTED, _NOISY, _LATE, _STRETCHED, _HOLED = 0.5, 0.4, 0.5, 0.5, 0.2
_MOST_NOISE, _MOST_STRETCH, _MOST_MISSING = 0.12, 0.12, 0.15
#: Share of the rows that lose all that needs the star, all scalars, and a single scalar.
_NO_STAR, _NO_SCALARS, _NO_SCALAR = 0.25, 0.08, 0.05
_OF_THE_STAR = [scalars.SCALARS.index(name) for name in scalars.OF_THE_STAR]


def augmented(views: Mapping[str, npt.NDArray[np.float32]], rng: np.random.Generator) -> Table:
    """A changed copy of `global_view` (n, 201), `local_view`, `secondary_view` (n, 61) and `scalars` (n, 12)."""
    table = {name: np.array(views[name], dtype=np.float32) for name in (*VIEWS, "scalars")}
    n = table["scalars"].shape[0]
    backwards = rng.random(n) < _REFLECTED
    noise = np.where(rng.random(n) < _NOISY, rng.uniform(0, _MOST_NOISE, n), 0.0)
    late = np.where(rng.random(n) < _LATE, rng.integers(-1, 2, n), 0)
    stretch = np.where(rng.random(n) < _STRETCHED, rng.uniform(-_MOST_STRETCH, _MOST_STRETCH, n), 0.0)
    for name in VIEWS:
        view = table[name]
        view[backwards] = view[backwards, ::-1]
        view = _rolled(view, late) if name == "global_view" else _stretched(_shifted(view, late), 1 + stretch)
        # the global view has longer bins, so less noise
        share = 0.5 if name == "global_view" else 1.0
        view = view + (share * noise)[:, None] * rng.standard_normal(view.shape)
        holed = rng.random(n) < _HOLED
        table[name] = rescaled(_bridged(view, holed, rng)).astype(np.float32)
    table["scalars"] = without_some_scalars(table["scalars"], rng)
    return table


def without_some_scalars(
    table: npt.NDArray[np.float32], rng: np.random.Generator, *, no_star: float = _NO_STAR
) -> npt.NDArray[np.float32]:
    """A copy of scalars (n, 12) in which some rows know nothing of the star, some nothing at all, and single numbers
    are missing: what others send us is never complete."""
    changed = np.array(table, dtype=np.float32)
    n, columns = changed.shape
    changed[rng.random((n, columns)) < _NO_SCALAR] = np.nan
    changed[np.ix_(rng.random(n) < no_star, _OF_THE_STAR)] = np.nan
    changed[rng.random(n) < _NO_SCALARS] = np.nan
    return changed


def inverted(views: Mapping[str, npt.NDArray[np.float32]]) -> Table:
    """The same rows upside down, scaled anew: bumps in place of dips. Their label is NO_SIGNAL."""
    table = {name: rescaled(-np.asarray(views[name], dtype=np.float64)).astype(np.float32) for name in VIEWS}
    return table | {"scalars": np.array(views["scalars"], dtype=np.float32)}


def rescaled(view: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Median 0, deepest point −1 (`view_grids.scaled`); rows without a dip, and absent ones, stay as they are."""
    values = np.asarray(view, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        new = view_grids.scaled(values)
    return np.where(np.isfinite(new), new, values)


def _rolled(view: npt.NDArray, late: npt.NDArray) -> npt.NDArray:
    bins = view.shape[1]
    return np.asarray(np.take_along_axis(view, (np.arange(bins)[None, :] - late[:, None]) % bins, axis=1))


def _shifted(view: npt.NDArray, late: npt.NDArray) -> npt.NDArray:
    bins = view.shape[1]
    place = np.clip(np.arange(bins)[None, :] - late[:, None], 0, bins - 1)
    return np.asarray(np.take_along_axis(view, place, axis=1))


def _stretched(view: npt.NDArray, factor: npt.NDArray) -> npt.NDArray:
    """Windows `factor` times as wide about the same middle, (n,); straight lines between bins."""
    bins = view.shape[1]
    middle = (bins - 1) / 2
    place = np.clip(middle + factor[:, None] * (np.arange(bins) - middle), 0, bins - 1)
    low = np.minimum(place.astype(int), bins - 2)
    part = place - low
    at_low = np.take_along_axis(view, low, axis=1)
    return np.asarray(at_low + part * (np.take_along_axis(view, low + 1, axis=1) - at_low))


def _bridged(view: npt.NDArray, holed: npt.NDArray[np.bool_], rng: np.random.Generator) -> npt.NDArray:
    """One run of bins outside the middle third missing in rows where `holed`, bridged by a straight line."""
    bins = view.shape[1]
    result = np.array(view, dtype=np.float64)
    for row in np.flatnonzero(holed):
        size = int(rng.integers(2, max(3, int(_MOST_MISSING * bins))))
        start = int(rng.integers(1, bins - size - 1))
        if start < 2 * bins // 3 and start + size > bins // 3:
            continue
        left, right = result[row, start - 1], result[row, start + size]
        result[row, start : start + size] = np.linspace(left, right, size + 2)[1:-1]
    return result
