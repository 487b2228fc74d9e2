"""How well a model fits the light, with levels, slopes and noise levels integrated out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from science.fitting.coordinates import lay_out
from science.fitting.parameters import Layout
from science.fitting.priors import Priors
from science.fitting.transit import transit_flux_many
from science.fitting.windows import Prepared, event_coordinate
from science.lightcurve import FloatArray, IntArray

#: Width of the Gaussian prior on an event's slope, in white errors of the event's mean level: so generous that an event
#: with light on both sides does not feel it, and one with light on one side only has no wild line.
SLOPE_PRIOR = 30.0


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def marginal_chi2(
    model: FloatArray,
    dilution: FloatArray,
    flux: FloatArray,
    weight: FloatArray,
    x: FloatArray,
    starts: IntArray,
    block: IntArray,
    slope_precision: FloatArray,
    n_blocks: int,
) -> FloatArray:
    """Weighted squares of `flux` - model, less what the best level and slope of each event explain: (m, blocks).

    `model` (m, n) undiluted; `weight` (n,) = 1 / error²; `x` (n,) what the slope multiplies; `starts` (events + 1,) the
    rows where events begin; `block` (events,) each event's block; `slope_precision` (events,) of the slopes' prior.
    """
    m = model.shape[0]
    answer = np.zeros((m, n_blocks))
    for event in range(starts.size - 1):
        start, stop = starts[event], starts[event + 1]
        s0, s1, s2 = 0.0, 0.0, slope_precision[event]
        for i in range(start, stop):
            s0 += weight[i]
            s1 += weight[i] * x[i]
            s2 += weight[i] * x[i] * x[i]
        determinant = s0 * s2 - s1 * s1
        for row in range(m):
            keep = 1.0 - dilution[row]
            squares, y0, y1 = 0.0, 0.0, 0.0
            for i in range(start, stop):
                r = flux[i] - 1.0 - keep * (model[row, i] - 1.0)
                wr = weight[i] * r
                squares += wr * r
                y0 += wr
                y1 += wr * x[i]
            explained = (s2 * y0 * y0 - 2.0 * s1 * y0 * y1 + s0 * y1 * y1) / determinant
            answer[row, block[event]] += squares - explained
    return answer


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def correlated_chi2(
    model: FloatArray,
    dilution: FloatArray,
    amplitude: FloatArray,
    timescale: FloatArray,
    time: FloatArray,
    flux: FloatArray,
    variance: FloatArray,
    x: FloatArray,
    starts: IntArray,
    block: IntArray,
    slope_precision: FloatArray,
    n_blocks: int,
) -> tuple[FloatArray, FloatArray]:
    """The same with correlated noise, (m, blocks), and ln of the determinants of its covariance, (m,).

    The noise of an event is white (`variance`) plus a Gaussian process of covariance
    amplitude² (1 + s) exp(-s), s = sqrt(3) |dt| / timescale (Matérn-3/2). It is a Markov process of two states, so that
    a Kalman filter whitens the light in one pass (Hartikainen & Särkkä 2010, IEEE MLSP, eqs. 8-12); residuals, level
    and slope go through the same filter, and the line is then fitted to the whitened ones.
    """
    m = model.shape[0]
    answer = np.zeros((m, n_blocks))
    logs = np.zeros(m)
    for row in range(m):
        keep = 1.0 - dilution[row]
        rate = math.sqrt(3.0) / timescale[row]
        power = amplitude[row] * amplitude[row]
        for event in range(starts.size - 1):
            s0, s1, s2 = 0.0, 0.0, slope_precision[event]
            squares, y0, y1 = 0.0, 0.0, 0.0
            # State: value and derivative of the process, for the three series; their shared covariance.
            v0, v1, v2, d0, d1, d2 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            pvv, pvd, pdd = power, 0.0, power * rate * rate
            before = time[starts[event]]
            for i in range(starts[event], starts[event + 1]):
                step = time[i] - before
                before = time[i]
                if step > 0.0:
                    fade = math.exp(-rate * step)
                    a, b = fade * (1.0 + rate * step), fade * step
                    c, d = -fade * rate * rate * step, fade * (1.0 - rate * step)
                    # Stationary covariance plus the faded difference to it.
                    qvv, qdd = pvv - power, pdd - power * rate * rate
                    pvv = power + a * a * qvv + 2.0 * a * b * pvd + b * b * qdd
                    cross = a * c * qvv + (a * d + b * c) * pvd + b * d * qdd
                    pdd = power * rate * rate + c * c * qvv + 2.0 * c * d * pvd + d * d * qdd
                    pvd = cross
                    v0, d0 = a * v0 + b * d0, c * v0 + d * d0
                    v1, d1 = a * v1 + b * d1, c * v1 + d * d1
                    v2, d2 = a * v2 + b * d2, c * v2 + d * d2
                total = pvv + variance[i]
                e0 = flux[i] - 1.0 - keep * (model[row, i] - 1.0) - v0
                e1 = 1.0 - v1
                e2 = x[i] - v2
                logs[row] += math.log(total)
                squares += e0 * e0 / total
                y0 += e1 * e0 / total
                y1 += e2 * e0 / total
                s0 += e1 * e1 / total
                s1 += e1 * e2 / total
                s2 += e2 * e2 / total
                gain_v, gain_d = pvv / total, pvd / total
                v0, d0 = v0 + gain_v * e0, d0 + gain_d * e0
                v1, d1 = v1 + gain_v * e1, d1 + gain_d * e1
                v2, d2 = v2 + gain_v * e2, d2 + gain_d * e2
                pdd -= gain_d * pvd
                pvd -= gain_v * pvd
                pvv -= gain_v * pvv
            determinant = s0 * s2 - s1 * s1
            logs[row] += math.log(determinant)
            explained = (s2 * y0 * y0 - 2.0 * s1 * y0 * y1 + s0 * y1 * y1) / determinant
            answer[row, block[event]] += squares - explained
    return answer, logs


@dataclass(frozen=True, slots=True)
class Posterior:
    """ln posterior of the sampler's coordinates: `posterior(theta)` with `theta` (m, d) gives (m,); -inf outside.

    Each event has a level (flat prior) and a slope (wide Gaussian); they enter the model linearly, so that their
    integral is exact and costs two sums (Luger, Foreman-Mackey & Hogg 2017, RNAAS 1, 7). Each block's noise level is
    the given errors times an unknown scale with Jeffreys' prior; the integral over it turns chi2 into
    -(freedom / 2) ln chi2 (Student's law). So a fit of six sectors samples as many parameters as one of a single one.
    `red_factor` >= 1 is how much more the noise scatters over a transit's length than white noise would (residuals):
    the exponent is divided by its square, which is what errors longer by that factor do.
    """

    layout: Layout
    priors: Priors
    red_factor: float
    time: FloatArray  # relative to the layout's reference
    exposure: FloatArray
    flux: FloatArray
    weight: FloatArray
    x: FloatArray
    starts: IntArray  # (events + 1,)
    event_block: IntArray  # (events,)
    slope_precision: FloatArray
    scatter: FloatArray  # (blocks,)
    freedom: FloatArray
    compiled: tuple[FloatArray | IntArray | float, ...]

    def __call__(self, theta: FloatArray) -> FloatArray:
        theta = np.ascontiguousarray(np.atleast_2d(theta), dtype=np.float64)
        values, planets, limb, dilution, answer = lay_out(theta, *self.compiled)
        inside = np.flatnonzero(np.isfinite(answer))
        if inside.size == 0:
            return np.asarray(answer)
        if inside.size < len(theta):
            values, planets, limb, dilution = values[inside], planets[inside], limb[inside], dilution[inside]
        model = transit_flux_many(self.time, self.exposure, planets, limb)
        answer[inside] += self._of_light(values, dilution, model)
        return np.asarray(answer)

    def of_values(self, values: FloatArray) -> FloatArray:
        """ln of the posterior density of told values (m, d), b and k with a prior of 1 / (1 + k) left out; (m,)."""
        planets, limb = self.layout.planets(values), self.layout.limb(values)
        answer = self.priors.log_density(values, planets, limb)
        inside = np.flatnonzero(np.isfinite(answer))
        if inside.size:
            model = transit_flux_many(self.time, self.exposure, planets[inside], limb[inside])
            answer[inside] += self._of_light(values[inside], self.layout.dilutions(values[inside]), model)
        return answer

    def _of_light(self, values: FloatArray, dilution: FloatArray, model: FloatArray) -> FloatArray:
        chi2, logs = self._chi2(values, dilution, model)
        # Relative to the freedom, so that numbers stay small: about 0 at the best model.
        likelihood = -0.5 * (np.log(chi2 / self.freedom) @ self.freedom) - 0.5 * logs
        return np.asarray(likelihood / self.red_factor**2)

    def chi2(self, values: FloatArray) -> FloatArray:
        """Squares in each block with what averaging took out, shape (m, blocks); over `freedom` it is the noise² over
        the given errors²."""
        return self._chi2(values, self.layout.dilutions(values), self.model(values))[0]

    def model(self, values: FloatArray) -> FloatArray:
        """Relative flux of the star alone, without level, slope and dilution, shape (m, n)."""
        return transit_flux_many(self.time, self.exposure, self.layout.planets(values), self.layout.limb(values))

    def white_chi2(self, dilution: FloatArray, model: FloatArray) -> FloatArray:
        """`chi2` of undiluted models (m, n) with no noise but white, shape (m, blocks)."""
        chi2 = marginal_chi2(
            model,
            dilution,
            self.flux,
            self.weight,
            self.x,
            self.starts,
            self.event_block,
            self.slope_precision,
            self.scatter.size,
        )
        return np.asarray(chi2 + self.scatter)

    def _chi2(self, values: FloatArray, dilution: FloatArray, model: FloatArray) -> tuple[FloatArray, FloatArray]:
        column = self.layout.at("ln_gp_amplitude")
        if column < 0:
            return self.white_chi2(dilution, model), np.zeros(values.shape[0])
        chi2, logs = correlated_chi2(
            model,
            dilution,
            np.exp(values[:, column]),
            np.exp(values[:, self.layout.at("ln_gp_timescale")]),
            self.time,
            self.flux,
            1.0 / self.weight,
            self.x,
            self.starts,
            self.event_block,
            self.slope_precision,
            self.scatter.size,
        )
        return chi2 + self.scatter, logs


def posterior_of(layout: Layout, priors: Priors, prepared: Prepared, red_factor: float = 1.0) -> Posterior:
    """The posterior of a selection of light. Raises ValueError where an event spans several blocks."""
    data = prepared.data
    starts = np.concatenate(([0], np.flatnonzero(np.diff(data.event)) + 1, [data.event.size])).astype(np.int32)
    blocks = data.block[starts[:-1]]
    if np.any(blocks[np.repeat(np.arange(blocks.size), np.diff(starts))] != data.block):
        raise ValueError("The points of one event must share one noise level.")
    weight = 1.0 / np.square(data.flux_err)
    totals = np.add.reduceat(weight, starts[:-1])
    return Posterior(
        layout=layout,
        priors=priors,
        red_factor=red_factor,
        time=np.ascontiguousarray(data.time_bjd - layout.reference_bjd),
        exposure=np.ascontiguousarray(data.exposure_days),
        flux=np.ascontiguousarray(data.flux),
        weight=weight,
        x=event_coordinate(data),
        starts=starts,
        event_block=blocks.astype(np.int32),
        slope_precision=totals / SLOPE_PRIOR**2,
        scatter=prepared.scatter,
        freedom=prepared.freedom,
        compiled=priors.compiled(),
    )
