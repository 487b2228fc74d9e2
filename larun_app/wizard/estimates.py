"""How long a search will take: a model of the work, corrected by how long this person's last runs really took.

The model fits wall-clock seconds of whole runs on two cores, for a sector of TESS up to four years of Kepler (3 300 to
213 000 points, 2 800 to 199 000 trial periods), within a factor of two: reading and cleaning grow with the points,
searching with the trial periods, a little faster than they do because longer ones have more phases to try.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from sqlmodel import Session, col, select

from data.requests import Preset
from data.tables import Run, RunStage, StoredFile
from larun_app.ui.numbers import about
from science.search.grids import period_grid

#: Seconds of any run, per 10 000 points, and per 10 000 trial periods (of three steps a width) to the power below.
_COSTS: dict[Preset, tuple[float, float, float]] = {
    "quick": (1.0, 0.22, 0.15),
    "standard": (2.7, 0.3, 0.9),
    "thorough": (7.0, 0.85, 3.0),
}
_PERIODS_POWER = 1.25
_OVERSAMPLING: dict[Preset, int] = {"quick": 2, "standard": 3, "thorough": 5}
_LAST_RUNS = 12
_SLOWEST, _FASTEST = 6.0, 0.4


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to search: measurements, and periods to try with three steps a width."""

    points: int
    n_periods: int


def size_of(points: int, span_days: float, limits: tuple[float, float]) -> Size:
    """The size of a search between two periods (days) over `span_days`, for a star like the Sun."""
    try:
        grid = period_grid(
            span_days, period_min_days=limits[0], period_max_days=limits[1], min_transits=2, oversampling=3
        )
    except ValueError:  # the limits are not settled yet; the page says what is wrong with them
        return Size(points, 0)
    return Size(points, grid.periods_days.size)


def model_seconds(preset: Preset, size: Size) -> float:
    """Seconds on the computer that the model was made on."""
    fixed, per_points, per_periods = _COSTS[preset]
    return fixed + per_points * size.points / 1e4 + per_periods * (size.n_periods / 1e4) ** _PERIODS_POWER


def expected(session: Session, owner_id: str, size: Size) -> dict[str, str]:
    """Words for each preset: "about 40 s"."""
    slowness = slowness_here(session, owner_id)
    return {preset: about(slowness * model_seconds(preset, size)) for preset in _COSTS}


def slowness_here(session: Session, owner_id: str) -> float:
    """How much longer than the model this person's last runs took (median); 1 before the first."""
    runs = session.exec(
        select(Run)
        .where(Run.owner_id == owner_id, Run.state == "done")
        .order_by(col(Run.created_at).desc())
        .limit(_LAST_RUNS)
    ).all()
    if not runs:
        return 1.0
    ids = [run.id for run in runs]
    seconds: dict[str, float] = {}
    for stage in session.exec(select(RunStage).where(col(RunStage.run_id).in_(ids))):
        seconds[stage.run_id] = seconds.get(stage.run_id, 0.0) + (stage.seconds or 0.0)
    points: dict[str, int] = {}
    periods: dict[str, int] = {}
    kept = col(StoredFile.kind).in_(("lightcurve", "periodogram-1"))
    for file in session.exec(select(StoredFile).where(col(StoredFile.run_id).in_(ids), kept)):
        if file.kind == "lightcurve":
            points[file.run_id] = file.rows
        else:
            periods[file.run_id] = int(file.meta.get("rows_searched") or 0)
    ratios = []
    for run in runs:
        preset = run.request.get("search", {}).get("preset", "standard")
        if preset not in _COSTS or run.id not in points or run.id not in periods or not seconds.get(run.id):
            continue
        n_periods = round(periods[run.id] * _OVERSAMPLING["standard"] / _OVERSAMPLING[preset])
        ratios.append(seconds[run.id] / model_seconds(preset, Size(points[run.id], n_periods)))
    if not ratios:
        return 1.0
    return min(max(median(ratios), _FASTEST), _SLOWEST)
