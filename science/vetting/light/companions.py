"""How common bodies of a size are close to a star: what the shape of a grazing dip cannot tell by itself.

A body that only grazes its star leaves a dip that fits a large planet and a star alike. What is left to weigh is how
often stars have either. Four stretches of radius, each with the share of stars that have such a body within about a
hundred days, spread evenly over the radius ratios of the stretch:

- below 2.5 Earth radii: half of all stars (Fressin et al. 2013, ApJ 766, 81; Dressing & Charbonneau 2015, ApJ 807, 45);
- 2.5 to 4: 10 % of stars like the Sun (Fressin et al. 2013), 3 % of M dwarfs (Dressing & Charbonneau 2015);
- from there to the largest planets: 3 % of stars like the Sun (Fressin et al. 2013), 0.5 % of M dwarfs (giants
  0.2 %: Bryant, Bayliss & Van Eylen 2023, MNRAS 521, 3663);
- stars: 3 % (Raghavan et al. 2010, ApJS 190, 1; M dwarfs: Clark, Blake & Knapp 2012, ApJ 744, 119).

The shares are rough, and only their ratio counts; an outcome that hangs on a factor of two is a look.
"""

from __future__ import annotations

import numpy as np

from science.lightcurve import FloatArray
from science.vetting.light.workings import EARTH_RADII_PER_SUN

LARGEST_PLANET_EARTH_RADII = 22.0
#: No planet is known more than half as large as its main-sequence star (the largest share: TOI-6894 b, 0.38; Bryant et
#: al. 2025): around the least stars there was never matter enough for one, and an object of Jupiter's size there is a
#: brown dwarf or another star.
LARGEST_SHARE_OF_STAR = 0.5
#: Below this radius (Suns) the host is a white dwarf, and a planet may be larger than it.
_LEAST_DWARF = 0.08
#: Upper ends of the two stretches of smaller planets, Earth radii.
_SMALL_UP_TO, _MIDDLE_UP_TO = 2.5, 4.0
_SMALL, _STARS = 0.5, 0.03
_M_DWARF_RADIUS = 0.6
#: Share with a planet between the two, and with a larger one: stars like the Sun, M dwarfs.
_MIDDLE, _LARGE = (0.10, 0.03), (0.03, 0.005)


def stellar_ratio(star_radius_sun: float) -> float:
    """Radius ratio above which a body is no planet: 22 Earth radii, or half the star where that is less."""
    limit = LARGEST_PLANET_EARTH_RADII / (EARTH_RADII_PER_SUN * star_radius_sun)
    return limit if star_radius_sun < _LEAST_DWARF else min(limit, LARGEST_SHARE_OF_STAR)


def how_common(ratio: FloatArray, star_radius_sun: float) -> FloatArray:
    """Companions of a star per unit of radius ratio at each `ratio`, shape (k,); only comparisons mean something."""
    if star_radius_sun < _LEAST_DWARF:
        return np.ones_like(ratio)
    m_dwarf = int(star_radius_sun < _M_DWARF_RADIUS)
    per_earth_radius = 1.0 / (EARTH_RADII_PER_SUN * star_radius_sun)
    stars_from = stellar_ratio(star_radius_sun)
    large_from = min(_MIDDLE_UP_TO * per_earth_radius, 0.9 * stars_from)
    middle_from = min(_SMALL_UP_TO * per_earth_radius, 0.8 * large_from)
    density = np.where(
        ratio > stars_from, _STARS / max(1.0 - stars_from, 0.1), _LARGE[m_dwarf] / (stars_from - large_from)
    )
    density = np.where(ratio < large_from, _MIDDLE[m_dwarf] / (large_from - middle_from), density)
    return np.asarray(np.where(ratio < middle_from, _SMALL / middle_from, density))
