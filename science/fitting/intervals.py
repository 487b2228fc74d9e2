"""A posterior in a few numbers: intervals, the most probable value, and limits where only a limit can be told."""

from __future__ import annotations

import math

import numpy as np

from science import rounding
from science.fitting.results import Interval
from science.lightcurve import FloatArray

#: Limits of a parameter's physical range; None or infinite where there is none.
Limits = tuple[float | None, float | None]

#: A posterior touches a limit when its density there is more than this share of the highest. exp(-1.96²/2): a Gaussian
#: has it at the edge of its 95 % interval, so that the limit itself is then among the values that 95 % hold.
TOUCHING_SHARE = math.exp(-0.5 * 1.96**2)
#: Draws of a chain are correlated: more than this many are not believed when the density is smoothed.
MOST_INDEPENDENT = 2000
_GRID = 1024


def interval(draws: FloatArray, limits: Limits | None = None) -> Interval:
    """Median, equal-tailed 68 % (16 to 84) and 95 % (2.5 to 97.5), mode, shortest 68 and 95 %, one-sided 95 % limits.

    `draws` shape (n,), those that are not finite left out; `limits` the physical range (b: 0 and 1 + k, e: 0 and 1), in
    the unit of the draws. Where the posterior touches the lower limit (density there above `TOUCHING_SHARE` of the
    highest) only an upper limit can be told, `upper95`, and the other way round; where it touches both, the data say
    nothing and both are set. The shortest interval is one piece: of two modes it may hold the gap. Returns nan
    everywhere for no finite draw.
    """
    x = np.sort(np.asarray(draws, dtype=np.float64).ravel())
    x = x[np.isfinite(x)]
    low, high = _finite(limits)
    if x.size == 0:
        nan = float("nan")
        return Interval(nan, nan, nan, nan, nan, nan, (nan, nan), (nan, nan))
    lo95, lo68, median, hi68, hi95 = (float(v) for v in np.quantile(x, (0.025, 0.16, 0.5, 0.84, 0.975)))
    at, density = smoothed_density(x, (low, high))
    peak = int(np.argmax(density))
    touches_low = low is not None and density[0] > TOUCHING_SHARE * density[peak]
    touches_high = high is not None and density[-1] > TOUCHING_SHARE * density[peak]
    return Interval(
        median=median,
        lo68=lo68,
        hi68=hi68,
        lo95=lo95,
        hi95=hi95,
        mode=float(at[peak]),
        hdi68=shortest(x, 0.68),
        hdi95=shortest(x, 0.95),
        upper95=float(np.quantile(x, 0.95)) if touches_low else None,
        lower95=float(np.quantile(x, 0.05)) if touches_high else None,
    )


def shortest(ordered: FloatArray, share: float) -> tuple[float, float]:
    """The shortest single interval that holds `share` of the draws, which are ascending, shape (n,)."""
    inside = min(math.ceil(share * ordered.size), ordered.size)
    widths = ordered[inside - 1 :] - ordered[: ordered.size - inside + 1]
    first = int(np.argmin(widths))
    return float(ordered[first]), float(ordered[first + inside - 1])


def smoothed_density(ordered: FloatArray, limits: Limits | None = None) -> tuple[FloatArray, FloatArray]:
    """Probability density of ascending draws on an even grid: positions and densities, shape (1024,).

    A Gaussian kernel of Silverman's width (1986, eq. 3.31) on a fine histogram. The scale is the smallest of the
    standard deviation and those of the shortest half and quarter, so that the narrower of two modes is not washed out.
    Mass that the kernel would carry past a physical limit is folded back, else the density at the limit would be half
    of what it is. The grid ends at a limit where draws come within four widths of it.
    """
    low, high = _finite(limits)
    x = ordered
    spread = float(x[-1] - x[0])
    if not spread > 0:
        step = max(abs(float(x[0])), 1.0) * 1e-9
        at = x[0] + step * (np.arange(_GRID) - _GRID // 2)
        return at, np.exp(-0.5 * np.square((np.arange(_GRID) - _GRID // 2) / 3.0))
    half, quarter = shortest(x, 0.5), shortest(x, 0.25)
    scales = (float(np.std(x)), (half[1] - half[0]) / 1.349, (quarter[1] - quarter[0]) / 0.637)
    scale = min(s for s in scales if s > 0)
    width = 0.9 * scale * min(x.size, MOST_INDEPENDENT) ** -0.2
    # A long tail must not make the grid coarser than the kernel: it is laid over the shortest 99 %.
    first, last = shortest(x, 0.99)
    width = max(width, 1.5 * (last - first) / _GRID)
    start, stop = first - 4 * width, last + 4 * width
    start = low if low is not None and start < low else start
    stop = high if high is not None and stop > high else stop
    edges = np.linspace(start, stop, _GRID + 1)
    counts = np.histogram(x, edges)[0].astype(np.float64)
    step = edges[1] - edges[0]
    reach = min(math.ceil(4 * width / step), _GRID)
    kernel = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) * step / width))
    blurred = np.convolve(counts, kernel / kernel.sum())
    inner = blurred[reach : reach + _GRID].copy()
    inner[:reach] += blurred[:reach][::-1]
    inner[_GRID - reach :] += blurred[reach + _GRID :][::-1]
    return 0.5 * (edges[:-1] + edges[1:]), inner / (x.size * step)


def _finite(limits: Limits | None) -> tuple[float | None, float | None]:
    low, high = limits or (None, None)
    return (
        low if low is not None and math.isfinite(low) else None,
        high if high is not None and math.isfinite(high) else None,
    )


def interval_words(found: Interval) -> str:
    """The interval as a page tells it: median with its 68 % errors, a 95 % limit, or that the data do not say.

    "2.29 +0.17 −0.13", "< 0.32 (95 %)", "not constrained (0.05 to 0.95)".
    """
    if found.upper95 is not None and found.lower95 is not None:
        low, high = _ends(found)
        return f"not constrained ({rounding.group(low)} to {rounding.group(high)})"
    if found.upper95 is not None:
        return f"{rounding.limit(found.upper95, 'upper')} (95{rounding.THIN}%)"
    if found.lower95 is not None:
        return f"{rounding.limit(found.lower95, 'lower')} (95{rounding.THIN}%)"
    return rounding.asymmetric_words(found.median, *_errors(found))


def interval_latex(found: Interval) -> str:
    """The same for a paper; where the data do not say, the range."""
    if found.upper95 is not None and found.lower95 is not None:
        low, high = _ends(found)
        return f"${low}$--${high}$"
    if found.upper95 is not None:
        return rounding.limit_latex(found.upper95, "upper")
    if found.lower95 is not None:
        return rounding.limit_latex(found.lower95, "lower")
    return rounding.asymmetric_latex(found.median, *_errors(found))


def interval_csv(found: Interval) -> dict[str, str]:
    """The same digits for a file: columns value, minus, plus (68 %), lower_95, upper_95. Limits are empty where the
    posterior is two-sided; value and errors are there in every case."""
    value, minus, plus = rounding.asymmetric_csv(found.median, *_errors(found))
    return {
        "value": value,
        "minus": minus,
        "plus": plus,
        "lower_95": "" if found.lower95 is None else rounding.limit_csv(found.lower95, "lower"),
        "upper_95": "" if found.upper95 is None else rounding.limit_csv(found.upper95, "upper"),
    }


def _errors(found: Interval) -> tuple[float, float]:
    return found.median - found.lo68, found.hi68 - found.median


def _ends(found: Interval) -> tuple[str, str]:
    return rounding.limit_csv(found.lo95, "lower"), rounding.limit_csv(found.hi95, "upper")
