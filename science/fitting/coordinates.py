"""From the sampler's coordinates to the model's input and the prior, in one compiled pass.

The same as `Layout.values`, `Layout.planets`, `Layout.limb`, `Layout.ln_jacobian` and `Priors.log_density`, which say
it one step at a time and judge this in the tests. A sampler asks for some dozen vectors at a time, a hundred thousand
times: there, every array operation of its own would cost more than the transit model.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from science.fitting.grazing import ln_ratio_and_slope
from science.fitting.orbit import GRAVITY_CGS
from science.lightcurve import FloatArray, IntArray

_DAY_SECONDS = 86400.0
_LN_DENSITY = math.log(3.0 * math.pi / (GRAVITY_CGS * _DAY_SECONDS**2))


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def lay_out(
    theta: FloatArray,
    columns: IntArray,
    held_periods: FloatArray,
    shared: IntArray,
    lower: FloatArray,
    upper: FloatArray,
    limb_prior: FloatArray,
    density_prior: FloatArray,
    dilution_prior: FloatArray,
    largest_eccentricity: float,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Told values (m, d), planets (m, p, 7), limb darkening (m, 2), dilution (m,) and ln prior (m,) of `theta` (m, d).

    `columns` (p, 7) as in the layout; `held_periods` (p,) days, NaN where sampled; `shared` the columns of q1, q2 and
    the dilution (-1: held); `limb_prior` (u1, u2, width); `density_prior` mean and width of ln g/cm3 (NaN: none);
    `dilution_prior` mean and width. ln prior holds the Jacobian of the coordinates; it is -inf outside, and the other
    numbers of that row are then without meaning.
    """
    m, d = theta.shape
    n_planets = columns.shape[0]
    values = theta.copy()
    planets = np.zeros((m, n_planets, 7))
    limb = np.zeros((m, 2))
    dilution = np.empty(m)
    prior = np.zeros(m)
    t1, t2, limb_width = limb_prior[0], limb_prior[1], limb_prior[2]
    for row in range(m):
        value = 0.0
        for j in range(n_planets):
            logit = min(max(theta[row, columns[j, 3]], -40.0), 40.0)
            share, other = 1.0 / (1.0 + math.exp(-logit)), 1.0 / (1.0 + math.exp(logit))
            # ln s (1 - s) without a logarithm of zero
            value -= abs(theta[row, columns[j, 3]]) + 2.0 * math.log1p(math.exp(-abs(logit)))
            rest = other * (1.0 + share)  # 1 - share², without cancelling near the limb
            chord = math.sqrt(rest)
            light = 1.0 - t1 - t2 + (t1 + 2.0 * t2) * 0.25 * math.pi * chord - t2 * 2.0 / 3.0 * rest
            ln_k, slope = ln_ratio_and_slope(theta[row, columns[j, 2]] - 0.5 * math.log(max(light, 0.05)), other)
            value -= math.log(slope)
            k = math.exp(ln_k)
            b = (1.0 + k) * share
            length = (1.0 + k) * (1.0 + k) * rest
            unlimited = (1.0 + k) * other / (2.0 * k)
            reach = min(unlimited, 1.0)
            half = reach * (0.63 - 0.13 * reach * reach)
            width = (1.0 - half / unlimited) * (1.0 + k - 2.0 * k * half + b) / (1.0 + k + b)
            ln_t = theta[row, columns[j, 4]] - 0.5 * math.log(width)
            values[row, columns[j, 2]], values[row, columns[j, 3]], values[row, columns[j, 4]] = ln_k, b, ln_t
            period = theta[row, columns[j, 0]] if columns[j, 0] >= 0 else held_periods[j]
            duration = math.exp(ln_t)
            e, omega = 0.0, 0.5 * math.pi
            if columns[j, 5] >= 0:
                cosine, sine = theta[row, columns[j, 5]], theta[row, columns[j, 6]]
                e = cosine * cosine + sine * sine
                omega = math.atan2(sine, cosine)
                if e < 1.0:
                    duration *= (1.0 + e * math.sin(omega)) / math.sqrt(1.0 - e * e)
            possible = period > 0.0 and 0.0 < duration < 0.5 * period and b < 1.0 + k and e < largest_eccentricity
            axis = np.nan
            if possible:
                sine_t = math.sin(math.pi * duration / period)
                axis = math.sqrt(b * b + length / (sine_t * sine_t))
                possible = axis * (1.0 - e) > 1.0 + k
            if not possible:
                value = -np.inf
            elif not math.isnan(density_prior[0]):
                ln_density = _LN_DENSITY + 3.0 * math.log(axis) - 2.0 * math.log(period)
                value -= 0.5 * ((ln_density - density_prior[0]) / density_prior[1]) ** 2
            planets[row, j, 0], planets[row, j, 1] = period, theta[row, columns[j, 1]]
            planets[row, j, 2], planets[row, j, 3], planets[row, j, 4] = k, axis, b
            planets[row, j, 5], planets[row, j, 6] = e, omega
        for i in range(d):
            if not lower[i] < values[row, i] < upper[i]:
                value = -np.inf
        root = math.sqrt(max(theta[row, shared[0]], 0.0))
        u1, u2 = 2.0 * root * theta[row, shared[1]], root * (1.0 - 2.0 * theta[row, shared[1]])
        value -= 0.5 * (((u1 - t1) / limb_width) ** 2 + ((u2 - t2) / limb_width) ** 2)
        limb[row, 0], limb[row, 1] = u1, u2
        dilution[row] = dilution_prior[0]
        if shared[2] >= 0:
            dilution[row] = theta[row, shared[2]]
            value -= 0.5 * ((dilution[row] - dilution_prior[0]) / dilution_prior[1]) ** 2
        prior[row] = value
    return values, planets, limb, dilution, prior
