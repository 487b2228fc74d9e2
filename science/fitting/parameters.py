"""What is sampled, in which order, and what the model makes of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.fitting.grazing import cover_slope, grazing_ln_ratio, half_ln_cover, ln_width
from science.fitting.orbit import scaled_axis_of_duration
from science.fitting.results import FitSettings, Guess
from science.lightcurve import FloatArray
from science.limb_darkening import limb_darkening_of
from science.stars import Star

#: Letters of planets fitted together.
LETTERS = "bcdefghijklm"
#: Sampled for each planet. `epoch_bjd` is sampled in days after the reference time, and told as a date.
_OF_PLANET = ("period_days", "epoch_bjd", "ln_radius_ratio", "impact_parameter", "ln_duration")
_OF_ORBIT = ("sqrt_e_cos_omega", "sqrt_e_sin_omega")


@dataclass(frozen=True, slots=True)
class Layout:
    """Names and places of the parameters, as they are told and as the sampler sees them; both have shape (m, d).

    `values` are what is told and what priors are stated in. The length of the transit (ln T14) is among them instead of
    a/R★ or the density, because the light fixes it while it leaves density and impact parameter hand in hand (Gilbert,
    MacDougall & Petigura 2022, AJ 163, 258). T14 is that of a circular orbit for e = 0; with an eccentric one it is T14
    at the speed of mid-transit (Winn 2010, eq. 16). Periods in `held_periods` are not sampled (None: sampled).
    `reference_bjd` is subtracted from all times, since a date leaves only 40 microseconds to float64.

    `theta` are the sampler's coordinates in the same columns. Light measures the depth and the width at half depth;
    radius ratio and length follow from them with the impact parameter, along a bent ridge on which walkers get lost. So
    three columns of each planet are straightened: the impact parameter becomes logit s, s = b / (1 + k), without walls;
    ln k becomes half the logarithm of the depth at mid-transit, ln k + h(s) + c(s, k) / 2, h half the logarithm of the
    mean limb darkening along the chord, c that of the share of the planet's disc which is on the star; ln T14 becomes
    that of the width at half depth, ln T14 + g(s, k). So |d(values) / d(theta)| = (1 + k) s (1 - s) / (1 + c' / 2) for
    each planet, c' the derivative of c with ln k. Autocorrelation times fall to about a third; without c, companions
    that graze would be a thin tail of ever larger ones that walkers seldom find.
    """

    names: tuple[str, ...]
    n_planets: int
    reference_bjd: float
    held_periods: tuple[float | None, ...]
    eccentric: bool
    dilution: float
    columns: tuple[tuple[int, ...], ...]  # for each planet: where its parameters stand, -1 for a held period
    limb_theory: tuple[float, float] = (0.35, 0.22)

    def suffix(self, planet: int) -> str:
        """ "" for one planet, ":b", ":c" … for several."""
        return f":{LETTERS[planet]}" if self.n_planets > 1 else ""

    def at(self, name: str, planet: int | None = None) -> int:
        """Column of a parameter; -1 where it is not sampled."""
        full = name if planet is None else name + self.suffix(planet)
        return self.names.index(full) if full in self.names else -1

    def values(self, theta: FloatArray) -> FloatArray:
        """What is told, from the sampler's coordinates. Shape (m, d)."""
        values = np.array(theta, dtype=np.float64)
        for places in self.columns:
            ln_k, impact, ln_t = places[2:5]
            share, rest = _expit(theta[:, impact]), _expit(-theta[:, impact])
            rest = rest * (1.0 + share)  # 1 - s², without cancelling near the limb
            values[:, ln_k] = grazing_ln_ratio(theta[:, ln_k] - self._ln_depth(rest), _expit(-theta[:, impact]))
            k = np.exp(values[:, ln_k])
            values[:, impact] = (1.0 + k) * share
            values[:, ln_t] = theta[:, ln_t] - ln_width(k, _expit(-theta[:, impact]))
        return values

    def theta(self, values: FloatArray) -> FloatArray:
        """The sampler's coordinates of told values. Shape (m, d)."""
        theta = np.array(values, dtype=np.float64)
        for places in self.columns:
            ln_k, impact, ln_t = places[2:5]
            k = np.exp(values[:, ln_k])
            share = np.clip(values[:, impact] / (1.0 + k), 1e-4, 1.0 - 1e-4)
            theta[:, impact] = np.log(share / (1.0 - share))
            theta[:, ln_k] = values[:, ln_k] + self._ln_depth(1.0 - np.square(share)) + half_ln_cover(k, 1.0 - share)
            theta[:, ln_t] = values[:, ln_t] + ln_width(k, 1.0 - share)
        return theta

    def ln_jacobian(self, theta: FloatArray) -> FloatArray:
        """ln |d(values) / d(theta)| - ln(1 + k), shape (m,): what a prior of 1 / (1 + k) in b becomes."""
        answer = np.zeros(theta.shape[0])
        for places in self.columns:
            # ln s (1 - s) of a logit, without ever taking the logarithm of zero
            answer -= np.logaddexp(0.0, theta[:, places[3]]) + np.logaddexp(0.0, -theta[:, places[3]])
            free = _expit(-theta[:, places[3]])
            ln_depth = self._ln_depth(free * (2.0 - free))
            k = np.exp(grazing_ln_ratio(theta[:, places[2]] - ln_depth, free))
            answer -= np.log(cover_slope(k, free))
        return answer

    def _ln_depth(self, rest: FloatArray) -> FloatArray:
        """h: half of ln of the intensity averaged along the chord, `rest` = 1 - s², for the star's theory."""
        u1, u2 = self.limb_theory
        half_chord = np.sqrt(rest)
        light = 1.0 - u1 - u2 + (u1 + 2.0 * u2) * 0.25 * math.pi * half_chord - u2 * 2.0 / 3.0 * np.square(half_chord)
        return np.asarray(0.5 * np.log(np.maximum(light, 0.05)))

    def planets(self, values: FloatArray) -> FloatArray:
        """Rows for the transit model, shape (m, p, 7), epochs relative to the reference. a/R★ NaN where impossible."""
        m = values.shape[0]
        rows = np.zeros((m, self.n_planets, 7))
        for j, (period, epoch, ln_k, impact, ln_t, cosine, sine) in enumerate(self.columns):
            held = self.held_periods[j]
            p = values[:, period] if held is None else np.full(m, held)
            k, b = np.exp(values[:, ln_k]), values[:, impact]
            duration = np.exp(values[:, ln_t])
            e, omega = np.zeros(m), np.full(m, 0.5 * math.pi)
            if cosine >= 0:
                e = np.square(values[:, cosine]) + np.square(values[:, sine])
                omega = np.arctan2(values[:, sine], values[:, cosine])
                with np.errstate(invalid="ignore", divide="ignore"):
                    duration = duration * (1.0 + e * np.sin(omega)) / np.sqrt(1.0 - np.square(e))
            rows[:, j, 0], rows[:, j, 1], rows[:, j, 2] = p, values[:, epoch], k
            rows[:, j, 3] = scaled_axis_of_duration(p, duration, k, b)
            rows[:, j, 4], rows[:, j, 5], rows[:, j, 6] = b, e, omega
        return rows

    def limb(self, values: FloatArray) -> FloatArray:
        """(u1, u2) from (q1, q2), shape (m, 2) (Kipping 2013, MNRAS 435, 2152, eqs. 15 and 16)."""
        root = np.sqrt(np.maximum(values[:, self.at("q1")], 0.0))
        q2 = values[:, self.at("q2")]
        return np.column_stack((2.0 * root * q2, root * (1.0 - 2.0 * q2)))

    def dilutions(self, values: FloatArray) -> FloatArray:
        """Share of foreign light, shape (m,)."""
        column = self.at("dilution")
        return values[:, column].copy() if column >= 0 else np.full(values.shape[0], self.dilution)


def _expit(x: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -40.0, 40.0))))


def layout_of(
    guesses: Sequence[Guess],
    star: Star,
    settings: FitSettings,
    reference_bjd: float,
    held_periods: Sequence[float | None],
) -> Layout:
    """The parameters of a fit: each planet's, then limb darkening, dilution and noise where they are sampled."""
    names: list[str] = []
    columns: list[tuple[int, ...]] = []
    for j, held in enumerate(held_periods):
        suffix = f":{LETTERS[j]}" if len(guesses) > 1 else ""
        wanted = (*_OF_PLANET, *_OF_ORBIT)
        places = []
        for name in wanted:
            skipped = (name == "period_days" and held is not None) or (name in _OF_ORBIT and not settings.eccentric)
            places.append(-1 if skipped else len(names))
            if not skipped:
                names.append(name + suffix)
        columns.append(tuple(places))
    names += ["q1", "q2"]
    if settings.dilution_err > 0:
        names.append("dilution")
    if settings.gaussian_process:
        names += ["ln_gp_amplitude", "ln_gp_timescale"]
    return Layout(
        names=tuple(names),
        n_planets=len(guesses),
        reference_bjd=reference_bjd,
        held_periods=tuple(held_periods),
        eccentric=settings.eccentric,
        dilution=settings.dilution,
        columns=tuple(columns),
        limb_theory=limb_darkening_of(star),
    )


def kipping_of(u1: float, u2: float) -> tuple[float, float]:
    """(q1, q2) of quadratic coefficients, moved inside the physical triangle where they lie outside."""
    total = min(max(u1 + u2, 1e-3), 0.999)
    return total**2, min(max(0.5 * u1 / total, 1e-3), 0.999)


#: Units of the sampled parameters, as they are told.
UNITS = {"period_days": "d", "epoch_bjd": "BJD_TDB", "ln_duration": "ln d", "ln_gp_timescale": "ln d"}
