"""What several tests of one light curve share, computed once and only when asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from science.lightcurve import BoolArray, FloatArray, IntArray
from science.limb_darkening import limb_darkening_of
from science.stars import complete
from science.vetting.evidence import Evidence
from science.vetting.light.depth_series import DepthSeries, depth_series, weighted_mean
from science.vetting.light.dip_fits import (
    DipFit,
    DipWindow,
    Model,
    fit,
    fit_half,
    fit_line,
    fit_transit,
    fit_trapezoid,
    transit,
    trapezoid,
    with_chi2_of,
)
from science.vetting.light.lone_points import without_lone_points
from science.vetting.light.model_shift import ModelShift, model_shift
from science.vetting.light.single_events import Events, single_events

#: Above this number of points near the dips the fits see averages; chi2 is still counted on all points.
_MOST_FITTED = 3000
#: Averages per duration, and groups of neighbouring cycles kept apart so that the period can still be told.
_BINS_PER_DURATION, _GROUPS = 30, 12

EARTH_RADII_PER_SUN = 109.2
SUN_DENSITY_GCC = 1.40978
AU_PER_SUN_RADIUS = 0.00465047


class Workings:
    """Quantities derived from one Evidence. Phase in days from mid-transit; masks and series of shape (n,)."""

    def __init__(self, evidence: Evidence) -> None:
        evidence = without_lone_points(evidence)
        self.evidence = evidence
        self.star = complete(evidence.star)
        self.period = evidence.dip.period_days
        self.epoch = evidence.dip.epoch_bjd
        self.duration = min(evidence.dip.duration_days, 0.5 * self.period)
        self.time = evidence.time_bjd
        self.flux = evidence.flux
        self.err = evidence.flux_err

    # --- the fold ---

    @cached_property
    def phase(self) -> FloatArray:
        """Days from the nearest mid-transit."""
        return self.evidence.phase_days

    @cached_property
    def cycle(self) -> IntArray:
        """Number of the nearest transit."""
        return self.evidence.cycle

    @cached_property
    def weight(self) -> FloatArray:
        """1 / err²."""
        return np.asarray(1.0 / np.square(self.err))

    @property
    def share(self) -> float:
        """Duration over period."""
        return self.duration / self.period

    @cached_property
    def inside(self) -> BoolArray:
        """Within half a duration of mid-transit."""
        return np.asarray(np.abs(self.phase) < 0.5 * self.duration)

    @cached_property
    def near(self) -> BoolArray:
        """Within one duration of mid-transit."""
        return np.asarray(np.abs(self.phase) < self.duration)

    @cached_property
    def around(self) -> BoolArray:
        """Within two durations of mid-transit."""
        return np.asarray(np.abs(self.phase) < 2.0 * self.duration)

    @cached_property
    def events_seen(self) -> IntArray:
        """Numbers of the transits that have data."""
        return np.unique(self.cycle[self.inside])

    @property
    def n_transits(self) -> int:
        """Transits that have data."""
        return int(self.events_seen.size)

    @cached_property
    def level(self) -> float:
        """Mean light farther than one duration from mid-transit."""
        return weighted_mean(self.flux[~self.near], self.weight[~self.near])

    @cached_property
    def depth(self) -> float:
        """Level minus the mean light inside the dips (relative flux)."""
        return self.level - weighted_mean(self.flux[self.inside], self.weight[self.inside])

    # --- noise and series ---

    @cached_property
    def series(self) -> DepthSeries:
        """Depth of a box at every point. Raises ValueError where there is no light out of transit."""
        return depth_series(
            self.time,
            self.flux,
            self.err,
            self.phase,
            self.cycle,
            self.near,
            self.period,
            self.duration,
            self.level,
        )

    def pink_error(self, n_points: int, n_events: int) -> float:
        """Error of a mean over so many points in so many events; nan where there are none."""
        if n_points == 0 or n_events == 0:
            return float("nan")
        return math.sqrt(self.series.white**2 / n_points + self.series.red**2 / n_events)

    @cached_property
    def depth_err(self) -> float:
        """Error of `depth`, white and red noise together."""
        return self.pink_error(int(np.count_nonzero(self.inside)), self.n_transits)

    @cached_property
    def mes(self) -> float:
        """Multiple event statistic: depth over its pink error. Raises ValueError where no transit has data."""
        if self.n_transits == 0:
            raise ValueError("No point lies in any dip.")
        return self.depth / self.depth_err

    @cached_property
    def shift(self) -> ModelShift:
        """The strongest dips and rises at other phases."""
        return model_shift(self.phase, self.flux, self.weight, self.series, self.inside, self.period, self.duration)

    @cached_property
    def events(self) -> Events:
        """One transit at a time."""
        return single_events(self)

    # --- fits ---

    @cached_property
    def window(self) -> DipWindow:
        """All points within two durations."""
        return self._window_of(self.around)

    @cached_property
    def fitted_window(self) -> DipWindow:
        """The same light as `window` for the fits: averaged in phase where the points are many."""
        return self._averaged(self.around)

    @cached_property
    def line(self) -> DipFit:
        """A straight line over the dip."""
        return fit_line(self.window)

    @cached_property
    def trapezoid(self) -> DipFit | None:
        """A trapezoid; None where it cannot be fitted."""
        best = fit_trapezoid(self.fitted_window, self.depth, self.level)
        return None if best is None else with_chi2_of(best, trapezoid, self.window)

    @cached_property
    def transit(self) -> DipFit | None:
        """A planet's transit; None where it cannot be fitted."""
        best = fit_transit(self.fitted_window, self.depth, self.level, limb_darkening_of(self.star))
        return None if best is None else with_chi2_of(best, transit, self.window)

    @cached_property
    def halves(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Width and error (shares of the period) of the falling and of the rising side. nan without a trapezoid."""
        nothing = (float("nan"), float("nan"))
        if self.trapezoid is None:
            return nothing, nothing
        w = self.fitted_window
        return fit_half(w.where(w.phase < 0), self.trapezoid), fit_half(w.where(w.phase > 0), self.trapezoid)

    @cached_property
    def parity(self) -> IntArray:
        """0 for the points nearest to an even transit (counted from the epoch), 1 for an odd one."""
        return np.asarray(self.cycle % 2, dtype=np.int32)

    def parity_fits(self, model: str) -> tuple[DipFit | None, DipFit | None]:
        """Depth (or radius ratio `k`) and time of the even and of the odd dips, all else as in the fit of all dips;
        `model` is "trapezoid" or "transit". None where a fit failed or there are no such dips."""
        return self._trapezoid_by_parity if model == "trapezoid" else self._transit_by_parity

    @cached_property
    def _trapezoid_by_parity(self) -> tuple[DipFit | None, DipFit | None]:
        return self._of_parity(0, trapezoid, self.trapezoid, "depth"), self._of_parity(
            1, trapezoid, self.trapezoid, "depth"
        )

    @cached_property
    def _transit_by_parity(self) -> tuple[DipFit | None, DipFit | None]:
        return self._of_parity(0, transit, self.transit, "k"), self._of_parity(1, transit, self.transit, "k")

    def _of_parity(self, which: int, model: Model, whole: DipFit | None, size: str) -> DipFit | None:
        mine = self.parity == which
        if whole is None or not np.any(self.inside & mine):
            return None
        tenth, at = 0.1 * self.period, whole.values["shift"]
        free = {"shift": (at - tenth, at + tenth), size: (0.0, 1.0)}
        return fit(model, whole.values, free, self._averaged(self.around & mine))

    def _window_of(self, rows: BoolArray) -> DipWindow:
        return DipWindow(
            self.phase[rows],
            self.cycle[rows].astype(np.float64),
            self.flux[rows],
            self.err[rows],
            self.period,
            self.duration,
        )

    def _averaged(self, rows: BoolArray) -> DipWindow:
        if np.count_nonzero(rows) <= _MOST_FITTED:
            return self._window_of(rows)
        phase, cycle, weight = self.phase[rows], self.cycle[rows], self.weight[rows]
        step = self.duration / _BINS_PER_DURATION
        phase_bin = np.floor(phase / step).astype(np.int64)
        phase_bin -= phase_bin.min()
        group = (cycle - cycle.min()) * _GROUPS // (int(np.ptp(cycle)) + 1)
        key = (phase_bin * (_GROUPS + 1) + group) * 2 + cycle % 2
        _, index = np.unique(key, return_inverse=True)
        total = np.bincount(index, weights=weight)

        def mean(values: FloatArray) -> FloatArray:
            return np.asarray(np.bincount(index, weights=weight * values) / total)

        return DipWindow(
            mean(phase),
            mean(cycle.astype(np.float64)),
            mean(self.flux[rows]),
            1.0 / np.sqrt(total),
            self.period,
            self.duration,
        )

    # --- what follows for the star and its companion; nan where the star is unknown ---

    @cached_property
    def radius_earth(self) -> float:
        """Radius of the companion from the transit fit (or the depth), Earth radii."""
        if self.star.radius_sun is None or self.depth <= 0:
            return float("nan")
        k = math.sqrt(self.depth) if self.transit is None else self.transit.values["k"]
        return EARTH_RADII_PER_SUN * k * self.star.radius_sun.value

    @cached_property
    def orbit_in_star_radii(self) -> float:
        """a / R* of a circular orbit from the star's density (Kepler's third law)."""
        density = self.star.density_gcc
        if density is None or density.value <= 0:
            return float("nan")
        # 4.2066 stellar radii for one day around the Sun's density: (G rho P² / 3 pi)^(1/3)
        return 4.2066 * float((density.value / SUN_DENSITY_GCC * self.period**2) ** (1 / 3))

    @cached_property
    def fitted_b(self) -> float:
        """Impact parameter of the best transit fit; nan without one."""
        return float("nan") if self.transit is None else self.transit.values["b"]

    def transit_at(self, phase: FloatArray, values: Mapping[str, float]) -> FloatArray:
        """The fitted transit at `phase` days, for pictures. Shape (k,)."""
        window = DipWindow(phase, np.zeros(phase.size), phase, phase, self.period, self.duration)
        return transit({**values, "stretch": 0.0}, window)
