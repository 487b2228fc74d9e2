"""Least-squares fits of a line, a trapezoid and a planet's transit to the light around the dips.

Levenberg-Marquardt in parameters that cannot leave their bounds (the sine transform of MINUIT; James & Roos 1975,
Comput. Phys. Commun. 10, 343). Errors are scaled so that the best fit has a reduced chi2 of one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.optimize import leastsq

from science.lightcurve import BoolArray, FloatArray
from science.search.occultation import blocked_light

_TABLE_SIZE = 241


@dataclass(frozen=True, slots=True)
class DipWindow:
    """Points within two durations of a dip. Shapes (n,).

    `phase` days from the expected mid-transit, `cycle` the transit's number (a mean where points were averaged),
    `flux`, `err`. `duration` and `period` are those expected, days.
    """

    phase: FloatArray
    cycle: FloatArray
    flux: FloatArray
    err: FloatArray
    period: float
    duration: float

    def where(self, rows: BoolArray) -> DipWindow:
        """Only these rows."""
        return DipWindow(
            self.phase[rows], self.cycle[rows], self.flux[rows], self.err[rows], self.period, self.duration
        )


@dataclass(frozen=True, slots=True)
class DipFit:
    """A fit: best values and errors by name (nan where it could not be told); chi2 over `n` points."""

    values: Mapping[str, float]
    errors: Mapping[str, float]
    chi2: float
    n: int
    n_free: int

    @property
    def reduced_chi2(self) -> float:
        """chi2 per degree of freedom."""
        return self.chi2 / max(1, self.n - self.n_free)

    @property
    def aic(self) -> float:
        """Akaike's criterion n ln(chi2 / n) + 2 k, up to a constant that is the same for all models of the data."""
        return self.n * math.log(max(self.chi2, 1e-300) / self.n) + 2 * self.n_free


#: Flux of a model: parameters by name and a window in, flux (n,) out.
Model = Callable[[Mapping[str, float], DipWindow], FloatArray]
Bounds = Mapping[str, tuple[float, float]]


def local_phase(values: Mapping[str, float], window: DipWindow) -> FloatArray:
    """Share of the period from the fitted mid-transit; `shift` and `stretch` are days of epoch and of period."""
    period = window.period + values.get("stretch", 0.0)
    return (window.phase - values.get("shift", 0.0) - window.cycle * values.get("stretch", 0.0)) / period


def trapezoid(values: Mapping[str, float], window: DipWindow) -> FloatArray:
    """`level` - `depth` inside, straight sides. `width` is the share of the period from first to last contact and
    `slope` the share of the width that each side takes (0 … 0.5)."""
    phase = np.abs(local_phase(values, window))
    width, slope = values["width"], values["slope"]
    side = max(width * slope, 1e-9)
    return np.asarray(values["level"] - values["depth"] * np.clip((0.5 * width - phase) / side, 0.0, 1.0))


def transit(values: Mapping[str, float], window: DipWindow) -> FloatArray:
    """A dark disc of radius ratio `k` crossing at impact parameter `b` on a circular orbit of `a` stellar radii,
    quadratic limb darkening `u1`, `u2`. Evaluated from a table over the separation."""
    phase = local_phase(values, window)
    b, k, a = values["b"], values["k"], max(values["a"], values["b"] + 0.01)
    angle = 2.0 * np.pi * phase
    separation = a * np.sqrt(np.square(np.sin(angle)) + np.square(b / a * np.cos(angle)))
    reach = 1.0 + k
    table = hidden_along(_GRID, b, k, values["u1"], values["u2"])
    # equal steps in sqrt(z² - b²): along the path, dense where the light changes
    path = np.sqrt(np.maximum(np.square(separation) - b * b, 0.0))
    chord = math.sqrt(max(reach**2 - b * b, 1e-12))
    return np.asarray(values["level"] - np.interp(path / chord, _GRID, table, right=0.0))


_GRID = np.linspace(0.0, 1.0, _TABLE_SIZE)


@njit(cache=True)  # type: ignore[untyped-decorator]
def hidden_along(path: FloatArray, b: float, k: float, u1: float, u2: float) -> FloatArray:
    """Share of the light hidden at `path` (0 at mid-transit, 1 at last contact, in half chords). Shape (n,)."""
    chord2 = max((1.0 + k) ** 2 - b * b, 1e-12)
    out = np.empty(path.size)
    for i in range(path.size):
        out[i] = blocked_light(math.sqrt(b * b + chord2 * path[i] * path[i]), k, u1, u2)
    return out


def fit_line(window: DipWindow) -> DipFit:
    """Level and slope over the phase; closed form."""
    w = 1.0 / np.square(window.err)
    design = np.stack((np.ones(window.phase.size), window.phase))
    normal = (design * w) @ design.T
    level, slope = np.linalg.solve(normal, (design * w) @ window.flux)
    chi2 = float(w @ np.square(window.flux - level - slope * window.phase))
    nothing = {"level": float("nan"), "slope": float("nan")}
    return DipFit({"level": float(level), "slope": float(slope)}, nothing, chi2, window.phase.size, 2)


def fit(model: Model, start: Mapping[str, float], free: Bounds, window: DipWindow) -> DipFit | None:
    """Fit the `free` parameters of `model` within their bounds, the others held at `start`. None where it fails."""
    names = tuple(free)
    if window.phase.size <= len(names):
        return None
    low = np.array([free[name][0] for name in names])
    high = np.array([free[name][1] for name in names])
    begin = np.clip(np.array([start[name] for name in names]), low + 1e-9 * (high - low), high - 1e-9 * (high - low))

    def outside(inner: FloatArray) -> FloatArray:
        return np.asarray(low + 0.5 * (high - low) * (1.0 + np.sin(inner)), dtype=np.float64)

    def named(inner: FloatArray) -> dict[str, float]:
        return {**start, **dict(zip(names, outside(inner).tolist(), strict=True))}

    def residual(inner: FloatArray) -> FloatArray:
        return (window.flux - model(named(inner), window)) / window.err

    # the step of the numerical derivative: small, yet far above the grain of the table
    inner = np.arcsin(2.0 * (begin - low) / (high - low) - 1.0)
    solution, _, _, _, flag = leastsq(
        residual, inner, epsfcn=1e-11, full_output=True, xtol=1e-7, ftol=1e-8, maxfev=120 * (len(names) + 1)
    )
    if flag not in (1, 2, 3, 4):
        return None
    values = named(solution)
    chi2 = float(np.sum(np.square(residual(solution))))
    errors = _errors(model, values, free, window, chi2)
    return DipFit(values, errors, chi2, window.phase.size, len(names))


def _errors(
    model: Model, values: Mapping[str, float], free: Bounds, window: DipWindow, chi2: float
) -> dict[str, float]:
    """One-sigma errors of the free parameters from the curvature at the best fit, scaled to a reduced chi2 of one.

    A parameter that lies on a bound, or that the light does not feel, is held and gets nan; the others keep theirs.
    """
    errors = dict.fromkeys(free, float("nan"))
    columns, names = [], []
    for name, (low, high) in free.items():
        span = high - low
        if min(values[name] - low, high - values[name]) < 1e-5 * min(span, 1.0):
            continue
        room = 0.5 * min(values[name] - low, high - values[name])
        slope = np.zeros(window.phase.size)
        # the sides of a box move no point in a small step: then a larger one
        for share in (1e-3, 1e-2, 5e-2):
            step = min(share * max(abs(values[name]), 1e-3 * span), room)
            up = model({**values, name: values[name] + step}, window)
            down = model({**values, name: values[name] - step}, window)
            slope = (up - down) / (2.0 * step * window.err)
            if np.any(slope != 0):
                break
        if np.any(slope != 0):
            columns.append(slope)
            names.append(name)
    if not columns:
        return errors
    design = np.array(columns)
    norm = np.sqrt(np.sum(np.square(design), axis=1))
    curvature = (design / norm[:, None]) @ (design / norm[:, None]).T
    try:
        covariance = np.linalg.inv(curvature)
    except np.linalg.LinAlgError:
        return errors
    scale = chi2 / max(1, window.phase.size - len(free))
    sigma = np.sqrt(np.maximum(np.diag(covariance), 0.0) * scale) / norm
    errors.update(zip(names, sigma.tolist(), strict=True))
    return errors


def with_chi2_of(result: DipFit, model: Model, window: DipWindow) -> DipFit:
    """The same fit, its chi2 counted on the points of another `window` (all points rather than averages)."""
    chi2 = float(np.sum(np.square((window.flux - model(result.values, window)) / window.err)))
    return DipFit(result.values, result.errors, chi2, window.phase.size, result.n_free)


def fit_trapezoid(window: DipWindow, depth: float, level: float) -> DipFit | None:
    """Epoch, period, depth, width, slope and level; the slope first on a grid, then free with the rest."""
    if depth <= 0:
        return None
    width = window.duration / window.period
    free = {**_timing(window), "depth": (0.0, 1.0), "width": (0.0, 1.0), "level": _around(level)}
    best: DipFit | None = None
    for slope in (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4):
        begin = {"shift": 0.0, "stretch": 0.0, "depth": depth, "width": width, "slope": slope, "level": level}
        trial = fit(trapezoid, begin, free, window)
        if trial is not None and (best is None or trial.chi2 < best.chi2):
            best = trial
    if best is None:
        return None
    return fit(trapezoid, best.values, {**free, "slope": (0.0, 0.5)}, window)


def fit_transit(window: DipWindow, depth: float, level: float, law: tuple[float, float]) -> DipFit | None:
    """Epoch, period, radius ratio, scaled orbit, impact parameter (0 … 1) and level; b first on a grid, then free."""
    if depth <= 0:
        return None
    ratio = min(math.sqrt(depth), 0.9)
    sine2 = math.sin(math.pi * min(window.duration / window.period, 0.49)) ** 2
    free = {**_timing(window), "k": (0.0, 1.0), "a": (0.0, 2000.0), "level": _around(level)}
    best: DipFit | None = None
    for b in (0.1, 0.3, 0.5, 0.7, 0.9):
        a = math.sqrt(((1 + ratio) ** 2 - b * b * (1 - sine2)) / sine2)
        begin = {"shift": 0.0, "stretch": 0.0, "k": ratio, "a": a, "b": b, "level": level, "u1": law[0], "u2": law[1]}
        trial = fit(transit, begin, {**free, "a": (0.0, 20.0 * a)}, window)
        if trial is not None and (best is None or trial.chi2 < best.chi2):
            best = trial
    if best is None:
        return None
    last = {**free, "a": (0.0, 20.0 * best.values["a"] + 1.0), "b": (0.0, 1.0)}
    return fit(transit, best.values, last, window) or best


def fit_half(window: DipWindow, whole: DipFit) -> tuple[float, float]:
    """Width (share of the period) and its error of one side of the dip: depth and times held, the rest free."""
    level = whole.values["level"]
    free = {"width": (0.0, 1.0), "slope": (0.0, 0.5), "level": _around(level)}
    half = fit(trapezoid, whole.values, free, window)
    return (float("nan"), float("nan")) if half is None else (half.values["width"], half.errors["width"])


def _timing(window: DipWindow) -> dict[str, tuple[float, float]]:
    tenth = 0.1 * window.period
    free = {"shift": (-tenth, tenth)}
    if np.ptp(window.cycle) >= 1.0:
        # the period may not move the outermost dips out of the window, else nothing is left to fit
        reach = max(1.0, float(np.max(np.abs(window.cycle))))
        stretch = min(tenth, 2.0 * window.duration / reach)
        free["stretch"] = (-stretch, stretch)
    return free


def _around(level: float) -> tuple[float, float]:
    return level - 0.5 * max(abs(level), 1e-3), level + 0.5 * max(abs(level), 1e-3)
