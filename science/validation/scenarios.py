"""The explanations of a signal: a table, and one function that makes two-body systems of draws for any row of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy import special

from science.lightcurve import FloatArray
from science.validation import priors
from science.validation.kernel import SYSTEM_COLUMNS, chi_squares, secondary_depths
from science.validation.question import HostStar, Population, Question
from science.validation.stars import OURS, PEER, limb_darkening_at

Scenario = Literal["planet", "eb", "heb", "beb", "neb", "btp", "artifact", "variability"]
SCENARIOS: Final[tuple[Scenario, ...]] = ("planet", "eb", "heb", "beb", "neb", "btp", "artifact", "variability")

#: The veto that the published program puts in the place of a second dip (rule 3 of its conventions).
_PEER_VETO = 1.5
_GRAVITY_AXIS = 4.2083  # a in solar radii of a one-day orbit around one solar mass: (G M day^2 / 4 pi^2)^(1/3)
_LOGG_SUN = 4.43807


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to make the dip. `unresolved`: a second star in the light; `on_it`: the event is on that one."""

    code: str  # the name that Giacalone et al. (2021) gave it
    scenario: Scenario
    body: Literal["planet", "star"]
    turns: int = 1  # folds in one orbit
    unresolved: Literal["none", "bound", "background"] = "none"
    on_it: bool = False
    nearby: bool = False

    @property
    def dimensions(self) -> int:
        """Size of the body, inclination, eccentricity, argument of periastron, and the unresolved star."""
        return 4 if self.unresolved == "none" else 5


VARIANTS: Final = (
    Variant("TP", "planet", "planet"),
    Variant("EB", "eb", "star"),
    Variant("EBx2P", "eb", "star", 2),
    Variant("PTP", "planet", "planet", 1, "bound"),
    Variant("PEB", "eb", "star", 1, "bound"),
    Variant("PEBx2P", "eb", "star", 2, "bound"),
    Variant("STP", "btp", "planet", 1, "bound", True),
    Variant("SEB", "heb", "star", 1, "bound", True),
    Variant("SEBx2P", "heb", "star", 2, "bound", True),
    Variant("DTP", "planet", "planet", 1, "background"),
    Variant("DEB", "eb", "star", 1, "background"),
    Variant("DEBx2P", "eb", "star", 2, "background"),
    Variant("BTP", "btp", "planet", 1, "background", True),
    Variant("BEB", "beb", "star", 1, "background", True),
    Variant("BEBx2P", "beb", "star", 2, "background", True),
)
NEARBY_VARIANTS: Final = (
    Variant("NTP", "neb", "planet", nearby=True),
    Variant("NEB", "neb", "star", nearby=True),
    Variant("NEBx2P", "neb", "star", 2, nearby=True),
)


@dataclass(frozen=True, slots=True)
class _Light:
    """The star that is crossed, one row a draw, and the light of what else is unresolved, target = 1."""

    mass: FloatArray
    radius: FloatArray
    teff: FloatArray
    u1: FloatArray
    u2: FloatArray
    light: FloatArray
    other: FloatArray
    log_prior: FloatArray
    hosting: FloatArray  # 0 where such a star is taken not to host the event
    companion: FloatArray  # light of the unresolved star


@dataclass(frozen=True, slots=True)
class _Pair:
    """The crossed star, its body and their orbit, one row a draw; lengths in solar radii, times in days."""

    star: _Light
    mass: FloatArray
    radius: FloatArray
    light: FloatArray
    body_u: tuple[FloatArray, FloatArray]
    axis: FloatArray
    eccentricity: FloatArray
    omega: FloatArray
    drawn_omega: FloatArray  # that of the light curve; not the same one in the published program (rule 2)
    chance: FloatArray  # largest cosine of the inclination with an eclipse
    log_prior: FloatArray

    @property
    def bent(self) -> FloatArray:
        """Largest impact parameter that is drawn, over the sum of the radii (1, but for the peer's two angles)."""
        turned = 1.0 + self.eccentricity * np.sin(self.drawn_omega)
        full = self.chance * self.axis * (1.0 - self.eccentricity**2) / turned
        return np.asarray(full / (self.star.radius + self.radius))

    def log_longest(self, period_days: float) -> FloatArray:
        """ln of the duration of a central eclipse."""
        slow = np.sqrt(1.0 - self.eccentricity**2) / (1.0 + self.eccentricity * np.sin(self.drawn_omega))
        return np.asarray(np.log(period_days / math.pi * (self.star.radius + self.radius) / self.axis * slow))


def _pair(variant: Variant, x: FloatArray, star: _Light, question: Question, host: HostStar) -> _Pair:
    """Everything of a draw but the inclination."""
    peer, period = question.peer, question.curve.period_days * variant.turns
    m, u = len(x), special.ndtr(x)
    mass, radius, log_prior = _body(variant, x[:, 0], star, question, host)
    if variant.body == "planet":
        body_u, light = (np.zeros(m), np.zeros(m)), np.zeros(m)
        eccentricity = priors.planet_eccentricity(x[:, 2])
    else:
        _, teff = (PEER if peer else OURS).radius_and_teff(mass, star.radius, star.teff)
        body_u = (star.u1, star.u2) if peer else limb_darkening_at(teff, _LOGG_SUN + np.log10(mass / radius**2))
        light = _body_light(variant, mass, star, host, peer)
        eccentricity = np.minimum(priors.binary_eccentricity(u[:, 2], question.curve.period_days), 1.0 - 1e-9)
        if variant.on_it:
            log_prior = np.where(star.companion + light > 1.0, -np.inf, log_prior)
    # Dips depend on sin w alone (peer: cos w). Half a turn is drawn in its order, the side by a far digit.
    half = math.pi * u[:, 3]
    side = np.where(np.floor(u[:, 3] * 2.0**20) % 2 == 0, 1.0, -1.0)
    omega = side * half if peer else 0.5 * math.pi + side * half
    drawn = 0.5 * math.pi - omega if peer else omega
    axis = _GRAVITY_AXIS * np.cbrt((star.mass + mass) * period**2)
    reach = (star.radius + radius) / axis
    chance = np.minimum(1.0, reach * (1.0 + eccentricity * np.sin(omega)) / (1.0 - eccentricity**2))
    touching = 2.0 * star.radius / axis if peer and variant.turns == 2 else reach
    with np.errstate(divide="ignore"):
        log_prior = log_prior + np.log(chance) + np.log(star.hosting)
    log_prior = log_prior + _companion_chance(variant, star, light, question)
    log_prior = np.where(touching > 1.0 - eccentricity, -np.inf, log_prior)
    return _Pair(star, mass, radius, light, body_u, axis, eccentricity, omega, drawn, chance, log_prior)


def _body(
    variant: Variant, x0: FloatArray, star: _Light, question: Question, host: HostStar
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(mass, radius, ln of the share of the law that the variant takes) of the body for a normal number."""
    u = special.ndtr(x0)
    if variant.body == "planet":
        return np.zeros(x0.size), priors.planet_radius_sun(u, star.mass), np.zeros(x0.size)
    law_mass = np.full(x0.size, host.mass_sun) if question.peer else star.mass
    share, log_share = _pairs(variant, u, law_mass, question.peer)
    mass = priors.mass_ratio(share, law_mass, priors.CLOSE_PAIRS) * star.mass
    radius, _ = (PEER if question.peer else OURS).radius_and_teff(mass, star.radius, star.teff)
    return mass, radius, log_share


def systems_of(variant: Variant, x: FloatArray, question: Question, host: HostStar) -> tuple[FloatArray, FloatArray]:
    """(systems, ln weight) of draws `x` (m, d) of the standard normal prior; columns SYSTEM_COLUMNS.

    The weight is the chance of the orientation, times that of an unresolved star; -inf where the bodies meet. The
    cosine of the inclination is drawn where there is an eclipse, and the chance of that goes into the weight.
    """
    pair = _pair(variant, x, _crossed(variant, x, question, host), question, host)
    star = pair.star
    total = (star.light + star.other + pair.light) / host.light
    systems = np.empty((len(x), len(SYSTEM_COLUMNS)))
    ratio = pair.radius / star.radius
    columns = (
        np.full(len(x), question.curve.period_days * variant.turns),
        np.where(ratio < 1.0, 0.999, 1.0) * ratio if question.peer and variant.body == "star" else ratio,
        pair.axis / star.radius,
        pair.chance * special.ndtr(x[:, 1]),
        pair.eccentricity,
        pair.drawn_omega,
        star.u1,
        star.u2,
        star.light / total,
        *pair.body_u,
        pair.light / total,
        np.full(len(x), float(variant.turns)),
    )
    for i, column in enumerate(columns):
        systems[:, i] = column
    return systems, pair.log_prior


def _crossed(variant: Variant, x: FloatArray, question: Question, host: HostStar) -> _Light:
    m, u = len(x), special.ndtr(x)
    ones, zeros = np.ones(m), np.zeros(m)
    limb = host.limb_darkening
    if limb is None:
        gravity = _LOGG_SUN + math.log10(host.mass_sun / host.radius_sun**2)
        first, second = limb_darkening_at(np.array([host.teff_k]), np.array([gravity]))
        limb = float(first[0]), float(second[0])
    own = (host.mass_sun * ones, host.radius_sun * ones, host.teff_k * ones, limb[0] * ones, limb[1] * ones)
    if variant.unresolved == "none":
        return _Light(*own, ones, zeros, zeros, ones, zeros)
    relations = PEER if question.peer else OURS
    if variant.unresolved == "bound":
        mass = priors.mass_ratio(u[:, 4], own[0], priors.WIDE_PAIRS) * host.mass_sun
        radius, teff = relations.radius_and_teff(mass, host.radius_sun, host.teff_k)
        light = relations.light(mass) / relations.light(host.mass_sun)
        logg, hosting = _LOGG_SUN + np.log10(mass / radius**2), ones
    else:
        stars = _field(question)
        row = np.minimum((u[:, 4] * stars.tmag.size).astype(np.int64), stars.tmag.size - 1)
        mass, radius, teff, logg = stars.mass_sun[row], stars.radius_sun[row], stars.teff_k[row], stars.logg_cgs[row]
        light = 10.0 ** (0.4 * (host.tmag - stars.tmag[row]))
        hosting = np.where((logg >= 3.5) & (teff <= 10000.0), 1.0, 0.0)
    if not variant.on_it:
        return _Light(*own, ones, light, zeros, ones, light)
    u1, u2 = limb_darkening_at(np.maximum(teff, 3500.0) if question.peer else teff, logg)
    return _Light(mass, radius, teff, u1, u2, light, ones, zeros, hosting, light)


def _field(question: Question) -> Population:
    if question.population is None:
        raise ValueError("A background star needs a population.")
    return question.population


def _pairs(variant: Variant, u: FloatArray, mass: FloatArray, peer: bool) -> tuple[FloatArray, FloatArray]:
    """Shares of the law of mass ratios that the variant takes, and ln of how much of the law that is."""
    if variant.turns == 1 and not peer:
        return u, np.zeros(u.size)
    twins = np.interp(mass, _TWIN_MASS, _TWIN_SHARE)
    if variant.turns == 2:
        return 1.0 - twins * (1.0 - u), np.log(twins) * np.ones(u.size)
    return (1.0 - twins) * u, np.log1p(-twins) * np.ones(u.size)


_TWIN_MASS: Final = np.geomspace(0.1, 4.0, 400)
_TWIN_SHARE: Final = priors.twin_share(_TWIN_MASS, priors.CLOSE_PAIRS)


def _body_light(variant: Variant, mass: FloatArray, star: _Light, host: HostStar, peer: bool) -> FloatArray:
    relations = PEER if peer else OURS
    plain = relations.light(mass) / relations.light(host.mass_sun)
    if not (variant.unresolved == "background" and variant.on_it):
        return plain
    crossed = relations.light(star.mass) / relations.light(host.mass_sun)
    if not peer:
        return np.asarray(star.light * plain / crossed)
    share = plain / (1.0 + plain) * (star.light / (1.0 + star.light)) / (crossed / (1.0 + crossed))
    return np.asarray(np.where(share < 1.0, share / np.maximum(1.0 - share, 1e-9), np.inf))


def _companion_chance(variant: Variant, star: _Light, body_light: FloatArray, question: Question) -> FloatArray:
    """ln of the mean number of unresolved stars, at most one."""
    if variant.unresolved == "none":
        return np.zeros(star.mass.size)
    together = star.companion + (body_light if variant.on_it else 0.0)
    separation = question.unresolved_arcsec(np.abs(2.5 * np.log10(together)))
    target = question.target
    if variant.unresolved == "background":
        shape = 1.0 if question.peer else math.pi
        field = _field(question)
        number = field.tmag.size / field.area_deg2 / 3600.0**2 * shape * separation**2
    else:
        parallax = target.parallax_mas if target.parallax_mas > 0 else 0.1
        longest = priors.log_period_of_separation(separation * 1000.0 / parallax, target.mass_sun)
        least = priors.WIDE_LOG_PERIOD if variant.body == "planet" else priors.TERTIARY_LOG_PERIOD
        number = priors.companion_rate(target.mass_sun, least, longest, question.peer)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.clip(number, 0.0, 1.0)))


def log_weight_of(variant: Variant, question: Question, host: HostStar) -> Callable[[FloatArray], FloatArray]:
    """The function of draws (m, d) whose mean over the prior is the evidence of one variant on one star."""
    curve = question.curve
    if question.peer:
        constant = -0.5 * math.log(2.0 * math.pi) - math.log(float(curve.flux_err[0])) + math.log(host.light)
    else:
        constant = log_constant(curve.flux_err)

    def weigh(x: FloatArray) -> FloatArray:
        systems, logs = systems_of(variant, x, question, host)
        rows = np.flatnonzero(np.isfinite(logs))
        if question.peer and variant.body == "star":
            if variant.turns == 1:
                seen = systems[rows].copy()
                seen[:, 2] *= seen[:, 1]
                rows = rows[secondary_depths(seen) < _PEER_VETO * float(curve.flux_err[0])]
            systems[:, 11] = 0.0
            systems[:, 0], systems[:, 12] = systems[:, 0], 1.0
        answer = np.full(len(x), -np.inf)
        found = chi_squares(
            curve.time_days, curve.flux, curve.flux_err, curve.exposure_days, curve.parity, systems[rows]
        )
        answer[rows] = logs[rows] - 0.5 * found + constant
        if not question.peer and not curve.covers_orbit and curve.secondary_error is not None:
            # of an orbit of two turns, what lies between two dips is no eclipse at all
            expected = secondary_depths(systems[rows]) if variant.turns == 1 else 0.0
            answer[rows] -= 0.5 * np.square((curve.secondary_depth - expected) / curve.secondary_error)
        answer[rows] += host.log_likelihood
        return answer

    return weigh


def log_constant(flux_err: FloatArray) -> float:
    """ln of the likelihood of a curve that a model fits exactly: one factor a point."""
    return float(-np.log(flux_err).sum() - 0.5 * flux_err.size * math.log(2.0 * math.pi))
