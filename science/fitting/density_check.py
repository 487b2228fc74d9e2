"""Does the star that the transit crosses have the density of the star that we look at?"""

from __future__ import annotations

import math

import numpy as np

from science import rounding
from science.fitting.propagation import star_density_draws
from science.lightcurve import FloatArray
from science.stars import Star, Value
from science.vetting.results import Finding, not_run

NAME = "density"
#: Densities further apart than this many errors differ: chance alone does it in 1 of 22 stars, so it is a warning only.
WARN_SIGMA = 2.0
#: … and beyond this, 1 in 370, chance is no explanation any more.
FAIL_SIGMA = 3.0
#: An orbit as eccentric as this explains a difference away. Of planets with periods up to a year 6 in 100 are more
#: eccentric (21 in 100 more than 0.3; Kipping 2013, MNRAS 434, L51: Beta(0.697, 3.27)), so that needing less is at most
#: a warning.
PLAUSIBLE_ECCENTRICITY = 0.5


def density_check(transit_gcc: FloatArray, star: Star, rng: np.random.Generator, *, eccentric: bool = False) -> Finding:
    """Compare draws of the density that the transit gives, g/cm3, shape (n,), with the star's own.

    The ratio of both is judged in logarithm, draw against draw. On a circular orbit around one star alone it is 1; an
    eccentric orbit changes it by [(1 + e sin w) / sqrt(1 - e²)]³ at most [(1 + e) / (1 - e)]^(3/2) (Dawson & Johnson
    2012, ApJ 756, 122), light of another star lowers it by about B^(-3/4), B the light over the star's own share
    (Kipping 2014, MNRAS 440, 2164, photo-blend effect for small planets). Passes below 2 sigma. Fails where it is
    beyond 3 sigma and the orbit would have to be more eccentric than 0.5 even at the near end of the 95 % interval;
    else warns. `eccentric` says that the orbit's eccentricity was sampled along, so that it explains nothing more.
    Not run where the star's density, or its error, is unknown or assumed.
    """
    draws = np.asarray(transit_gcc, dtype=np.float64).ravel()
    draws = draws[np.isfinite(draws) & (draws > 0)]
    problem = _unusable(star)
    if problem:
        return not_run(NAME, problem)
    if draws.size < 100:
        return not_run(NAME, "The fit gives no density: too few draws describe a transit.")
    own = star_density_draws(star, draws.size, rng)
    assert own is not None, "checked above"
    ratio = np.log(draws) - np.log(own)
    sigma = _distance(ratio)
    low, middle, high = (float(v) for v in np.quantile(ratio, (0.025, 0.5, 0.975)))
    nearest = low if middle > 0 else high
    least = eccentricity_for(math.exp(nearest)) if nearest * middle > 0 else 0.0
    likely = eccentricity_for(math.exp(middle))
    blend = 1.0 - math.exp(middle * 4.0 / 3.0) if middle < 0 else 0.0
    explained = not eccentric and least <= PLAUSIBLE_ECCENTRICITY
    if sigma < WARN_SIGMA:
        outcome = "pass"
    elif sigma < FAIL_SIGMA or explained:
        outcome = "warn"
    else:
        outcome = "fail"
    said = _told(draws, own, sigma)
    numbers = {
        "density_transit_gcc": float(np.median(draws)),
        "density_star_gcc": float(np.median(own)),
        "ratio": math.exp(middle),
        "sigma": sigma,
        "eccentricity_least": least,
        "eccentricity_likely": likely,
        "other_light_share": blend,
    }
    return Finding(
        name=NAME,
        outcome=outcome,  # type: ignore[arg-type]
        reason=said if outcome == "pass" else f"{said} {_explanation(numbers, eccentric)}",
        value=sigma,
        threshold=FAIL_SIGMA if outcome == "fail" else WARN_SIGMA,
        unit="σ",
        numbers=numbers,
        fault="neighbour" if outcome == "fail" else None,
    )


def eccentricity_for(ratio: float) -> float:
    """The smallest eccentricity that makes the transit's density `ratio` times the star's (transit at the near or far
    end of the orbit): e with [(1 + e) / (1 - e)]^(3/2) = ratio, or its inverse."""
    stretch = float(np.cbrt(max(ratio, 1.0 / ratio) ** 2))
    return (stretch - 1.0) / (stretch + 1.0)


def _distance(ratio: FloatArray) -> float:
    """How many errors the logarithm of the ratio lies from 0, in the tail that reaches towards 0."""
    from scipy.special import ndtri

    beyond = int(min(np.count_nonzero(ratio > 0), np.count_nonzero(ratio < 0)))
    if beyond >= 20:
        return max(0.0, -float(ndtri(beyond / ratio.size)))
    # Too few draws reach the other side to be counted: the width on that side is carried on as a Gaussian.
    low, middle, high = (float(v) for v in np.quantile(ratio, (0.025, 0.5, 0.975)))
    side = (middle - low if middle > 0 else high - middle) / 1.96
    return abs(middle) / side if side > 0 else math.inf


def _unusable(star: Star) -> str:
    if star.mass_sun is not None and star.radius_sun is not None:
        values = [star.mass_sun, star.radius_sun]
    elif star.density_gcc is not None:
        values = [star.density_gcc]
    else:
        return "The star's mass and radius are unknown, so there is no density to compare with."
    if any(v.source == "assumed" for v in values):
        return "The star's mass or radius is assumed, not measured, so there is no density to compare with."
    if not all(_has_error(v) for v in values):
        return "The star's mass or radius has no known error, so a difference in density could not be judged."
    return ""


def _has_error(value: Value) -> bool:
    return value.error is not None and math.isfinite(value.error) and value.error > 0


def _told(draws: FloatArray, own: FloatArray, sigma: float) -> str:
    def words(values: FloatArray) -> str:
        low, middle, high = (float(v) for v in np.quantile(values, (0.16, 0.5, 0.84)))
        return rounding.asymmetric_words(middle, middle - low, high - middle)

    verb = "agree" if sigma < WARN_SIGMA else "differ"
    return (
        f"The transit gives its star a density of {words(draws)} g/cm³, the star's mass and radius give {words(own)}: "
        f"they {verb}, {sigma:.1f} σ apart."
    )


def _explanation(numbers: dict[str, float], eccentric: bool) -> str:
    denser = numbers["ratio"] > 1
    parts = []
    if eccentric:
        parts.append("An eccentric orbit was allowed for and does not explain it.")
    else:
        end = "nearest to" if denser else "farthest from"
        parts.append(
            f"An orbit with an eccentricity of at least {max(numbers['eccentricity_least'], 0.01):.2f} "
            f"(likely {numbers['eccentricity_likely']:.2f}), with the planet {end} the star in transit, would explain "
            "it."
        )
    if denser:
        parts.append("So would a smaller, denser star in the same picture as the one that is crossed.")
    else:
        parts.append(
            f"So would other stars that give {rounding.percent(numbers['other_light_share'])} of the light, or a star "
            "that is larger than thought."
        )
    return " ".join(parts)
