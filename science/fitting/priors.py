"""What is held for likely before the light is looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.fitting.orbit import density_of
from science.fitting.parameters import Layout
from science.fitting.results import FitSettings, Guess
from science.lightcurve import FloatArray, IntArray
from science.stars import Star

SMALLEST_RATIO, LARGEST_RATIO = 1e-4, 0.7
LARGEST_ECCENTRICITY = 0.95
#: Where an eccentric orbit is asked for and nothing is known of the star: ln g/cm3 from giants to the last M dwarfs.
WIDE_DENSITY = (math.log(1.0), 2.5)
#: A density without an error is given this share.
ASSUMED_DENSITY_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Priors:
    """ln of the prior density of told values, up to a constant (that of ln k, b, ln T14 is completed by the Jacobian of
    the sampler's coordinates, see `Layout`).

    A box in every parameter; in it: period and epoch uniform; ln k uniform; b uniform from 0 to 1 + k, which is what
    orbits in random directions give; ln T14 uniform; Gaussians of width `limb_width` on u1 and u2 around theory, cut to
    the physical triangle (the map from q1, q2 has Jacobian 1 in size, Kipping 2013); e uniform and omega uniform
    (uniform over the disc of the two sqrt(e) parameters is just that); the dilution a Gaussian. With a density of the
    star (ln g/cm3: mean, width), the prior on ln T14 is a Gaussian in the true density that the transit implies, times
    d ln(density) / d ln(T14) = -3 up to terms of (R★/a)². Planets fitted together each meet the star's density, not
    one drawn value of it: every planet's own posterior is that of a fit with the star, and none narrower.
    """

    layout: Layout
    lower: FloatArray  # (d,)
    upper: FloatArray
    limb_theory: tuple[float, float]
    limb_width: float
    ln_density: tuple[float, float] | None
    dilution_err: float

    def log_density(self, values: FloatArray, planets: FloatArray, limb: FloatArray) -> FloatArray:
        """Shape (m,); -inf outside. `planets` (m, p, 7) and `limb` (m, 2) as the layout makes them of `values`."""
        inside = np.all((values > self.lower) & (values < self.upper), axis=1)
        axis, k, b, e = planets[:, :, 3], planets[:, :, 2], planets[:, :, 4], planets[:, :, 5]
        with np.errstate(invalid="ignore", divide="ignore"):
            # The planet stays out of the star, also where an eccentric orbit comes nearest.
            possible = (b < 1.0 + k) & (e < LARGEST_ECCENTRICITY) & (axis * (1.0 - e) > 1.0 + k)
            inside &= np.all(possible, axis=1)
            value = -0.5 * np.square(self.pulls(values, planets, limb)).sum(axis=1)
        return np.where(inside, value, -np.inf)

    def pulls(self, values: FloatArray, planets: FloatArray, limb: FloatArray) -> FloatArray:
        """Distances from the middles of the Gaussian priors in their widths, shape (m, number of Gaussians)."""
        columns = [(limb - np.array(self.limb_theory)) / self.limb_width]
        if self.ln_density is not None:
            mean, width = self.ln_density
            with np.errstate(invalid="ignore", divide="ignore"):
                columns.append((np.log(density_of(planets[:, :, 0], planets[:, :, 3])) - mean) / width)
        column = self.layout.at("dilution")
        if column >= 0:
            columns.append((values[:, [column]] - self.layout.dilution) / self.dilution_err)
        return np.asarray(np.concatenate(columns, axis=1))

    def compiled(self) -> tuple[FloatArray | IntArray | float, ...]:
        """The arguments of `coordinates.lay_out` after the vectors themselves."""
        layout = self.layout
        held = np.array([math.nan if p is None else p for p in layout.held_periods], dtype=np.float64)
        shared = np.array([layout.at("q1"), layout.at("q2"), layout.at("dilution")], dtype=np.int32)
        density = self.ln_density or (math.nan, math.nan)
        return (
            np.array(layout.columns, dtype=np.int32),
            held,
            shared,
            self.lower,
            self.upper,
            np.array([*self.limb_theory, self.limb_width]),
            np.array(density),
            np.array([layout.dilution, max(self.dilution_err, 1e-12)]),
            LARGEST_ECCENTRICITY,
        )

    def from_cube(self, cube: FloatArray) -> FloatArray:
        """Uniform numbers (m, d) stretched over the box of told values, b over 0 to 1 + k: what nested sampling draws
        from. The Gaussians above are part of the likelihood there."""
        values = self.lower + cube * (self.upper - self.lower)
        for places in self.layout.columns:
            values[:, places[3]] = cube[:, places[3]] * (1.0 + np.exp(values[:, places[2]]))
        return np.asarray(values)


def priors_of(
    layout: Layout, guesses: Sequence[Guess], star: Star, settings: FitSettings, half_cycles: Sequence[float]
) -> Priors:
    """Boxes around the guesses, wide enough never to be felt by a transit that is there.

    The epoch within a duration of the guess; the period so that the outermost transit moves by no more than a duration
    (`half_cycles`: cycles from the reference transit to the farthest one, each planet); the duration within a factor
    of five, below half of the period.
    """
    lower, upper = np.empty(len(layout.names)), np.empty(len(layout.names))
    for j, guess in enumerate(guesses):
        period, epoch, ln_k, impact, ln_t, cosine, sine = layout.columns[j]
        reach = min(guess.duration_days, 0.25 * guess.period_days)
        middle = guess.epoch_bjd - layout.reference_bjd
        lower[epoch], upper[epoch] = middle - reach, middle + reach
        if period >= 0:
            slack = min(reach / max(half_cycles[j], 0.5), 0.1 * guess.period_days)
            lower[period], upper[period] = guess.period_days - slack, guess.period_days + slack
        lower[ln_k], upper[ln_k] = math.log(SMALLEST_RATIO), math.log(LARGEST_RATIO)
        lower[impact], upper[impact] = 0.0, 1.0 + LARGEST_RATIO
        lower[ln_t] = math.log(guess.duration_days / 5.0)
        upper[ln_t] = math.log(min(5.0 * guess.duration_days, 0.499 * guess.period_days))
        if cosine >= 0:
            edge = math.sqrt(LARGEST_ECCENTRICITY)
            lower[[cosine, sine]], upper[[cosine, sine]] = -edge, edge
    for name in ("q1", "q2"):
        lower[layout.at(name)], upper[layout.at(name)] = 0.0, 1.0
    if layout.at("dilution") >= 0:
        lower[layout.at("dilution")], upper[layout.at("dilution")] = 0.0, 0.95
    if settings.gaussian_process:
        longest = max(g.duration_days for g in guesses)
        lower[layout.at("ln_gp_amplitude")], upper[layout.at("ln_gp_amplitude")] = math.log(1e-7), math.log(0.1)
        # Faster than this is white noise, slower is level and slope.
        lower[layout.at("ln_gp_timescale")] = math.log(longest / 10.0)
        upper[layout.at("ln_gp_timescale")] = math.log(longest * 10.0)
    return Priors(
        layout=layout,
        lower=lower,
        upper=upper,
        limb_theory=layout.limb_theory,
        limb_width=max(settings.limb_darkening_width, 1e-3),
        ln_density=density_prior(star, settings),
        dilution_err=settings.dilution_err,
    )


def density_prior(star: Star, settings: FitSettings) -> tuple[float, float] | None:
    """Mean and width of ln density (g/cm3) where the star's density is used; None where the transit's stays free.

    An eccentric orbit needs it, since the light gives only density and eccentricity together: a star without one gets a
    Gaussian wide enough for every star that is not a giant.
    """
    if not (settings.use_stellar_density or settings.eccentric):
        return None
    density = star.density_gcc
    if density is None or not density.value > 0:
        return WIDE_DENSITY if settings.eccentric else None
    share = ASSUMED_DENSITY_SHARE if not density.error else density.error / density.value
    return math.log(density.value), max(share, 0.01)
