"""The combination of the ensemble with a vetting number that exists for real labelled signals: the centroid.

`tess_tce_centroid_distances.csv.gz` of the data pack gives, for stars and sectors of another pipeline, how far from the
star the light is lost (arcsec). It is a selection: most of its stars are planets, so only rows that have it are fitted
and judged, and a missing one counts nothing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from serving import combination
from serving.combination import ENSEMBLE, Combination
from serving.measures import Judged
from serving.scalars import SCALARS, SCALES
from serving.signal_files import columns, floats

Floats = npt.NDArray[np.float64]

TABLE: Final = "tess_tce_centroid_distances.csv.gz"
CENTROID: Final = "centroid_offset_arcsec"
COLUMNS: Final = (ENSEMBLE, "log_depth", "log_companion_radius", "tmag", CENTROID)
_FARTHEST_ARCSEC: Final = 60.0


def centroid_offsets(catalogues: Path, star: npt.NDArray[np.int64]) -> Floats:
    """Median over sectors of the distance (arcsec) between star and lost light, (n,); NaN where it is not known."""
    path = catalogues / TABLE
    if not path.is_file():
        return np.full(star.size, np.nan)
    read = columns(path)
    of_star: dict[int, list[float]] = {}
    for tic, distance in zip(floats(read["TIC ID"]), floats(read["Centroid Distance (arcsec)"]), strict=True):
        if np.isfinite(tic) and np.isfinite(distance):
            of_star.setdefault(int(tic), []).append(min(float(distance), _FARTHEST_ARCSEC))
    return np.array([np.median(of_star[int(s)]) if int(s) in of_star else np.nan for s in star], dtype=float)


def table_of(planet: Floats, scalars: npt.NDArray[np.float32], offset: Floats) -> Floats:
    """(n, COLUMNS) from the ensemble's planet probability, standardised scalars and offsets."""
    found = [combination.log_odds(planet)]
    for name in COLUMNS[1:-1]:
        centre, width, _ = SCALES[name]
        found.append(centre + width * scalars[:, SCALARS.index(name)].astype(float))
    return np.stack([*found, offset], axis=1)


def trained(rows: Judged, table: Floats) -> tuple[Combination | None, Floats]:
    """The combination fitted on all planets with a TOI and all TFOP false positives that have an offset, and (n,) what
    combinations fitted without the fold of a row say of it; NaN where there is no offset. None where only one kind is
    there."""
    task = rows.real & (rows.toi_matched | rows.tfop_false_positive) & np.isfinite(table[:, -1])
    answer = np.full(rows.star.size, np.nan)
    for k in np.unique(rows.fold):
        some = task & (rows.fold != k)
        asked = np.isfinite(table[:, -1]) & (rows.fold == k)
        made = _fitted(table[some], rows.toi_matched[some])
        if made is not None and asked.any():
            answer[asked] = made.planet(table[asked])
    return _fitted(table[task], rows.toi_matched[task]), answer


def _fitted(table: Floats, is_planet: npt.NDArray[np.bool_]) -> Combination | None:
    if np.unique(is_planet).size < 2:
        return None
    made = combination.fit(COLUMNS, table, is_planet)
    # a star that nobody measured is neither more nor less a planet's
    return replace(made, missing=(0.0,) * len(COLUMNS))
