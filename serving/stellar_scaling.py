"""How the authors of the labelled sets standardised the numbers of the stars, and how that is undone.

Nigraha stores (x − median) / standard deviation, taken over each of its catalogues: two in the labelled set, one per
sector in the other. The constants follow from stars that are also in the ExoFOP TOI table: a straight line through
two of them that most others (20 to 100 %) also lie on to 0.1 % of the spread. Yu et al. store (Tmag − c) / s; all
13,456 values of their own TCE table agree with the line below to 1e-6 mag.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

#: Tmag = slope · stored + constant.
YU_TMAG: Final = (1.81176717, 19.10998382)

#: Catalogue or sector: slope and constant of the radius, the mass (solar units) and the temperature (K).
NIGRAHA: Final[dict[str, tuple[float, float, float, float, float, float]]] = {
    "dl3": (0.82844, 1.4273, 0.51218, 1.189, 2862.4, 6134.0),
    "toi": (0.62232, 1.0315, 0.40778, 1.01, 2511.6, 5688.0),
    "6": (5.9764, 1.0118, 0.5035, 1.01, 2377.5, 5673.0),
    "14": (0.693, 0.95625, 0.4662, 1.0, 2181.4, 5656.0),
    "15": (0.83988, 1.1137, 0.52038, 1.07, 2254.9, 5912.0),
    "16": (0.87012, 1.1487, 0.55558, 1.08, 2567.6, 5950.5),
    "17": (0.67728, 0.9539, 0.47281, 1.0, 2307.7, 5661.0),
    "18": (0.69606, 0.9619, 0.48826, 1.008, 2235.6, 5689.0),
    "19": (0.68132, 0.90812, 0.47632, 0.98, 2111.2, 5590.0),
    "20": (0.63167, 0.9696, 0.42286, 1.01, 2629.2, 5711.7),
    "21": (0.61559, 0.9643, 0.40564, 1.001, 2619.3, 5676.0),
    "22": (0.62898, 0.9674, 0.40541, 1.001, 2657.0, 5675.0),
    "23": (0.60828, 0.9573, 0.40147, 0.996, 2626.9, 5647.0),
    "24": (0.6166, 0.93048, 0.43738, 0.981, 2201.5, 5584.7),
    "25": (0.625, 0.96653, 0.42831, 1.006, 2380.0, 5688.0),
    "26": (0.62851, 0.98545, 0.42448, 1.014, 2328.1, 5722.0),
    "27": (0.77469, 1.14, 0.41335, 1.04, 4573.2, 5845.0),
    "28": (0.86184, 1.2185, 0.50299, 1.06, 3102.3, 5887.0),
    "29": (0.82941, 1.1403, 0.50824, 1.03, 3176.2, 5799.5),
    "30": (0.68619, 1.0161, 0.37571, 1.01, 2876.6, 5697.0),
    "31": (0.81354, 1.177, 0.4969, 1.06, 2687.1, 5871.0),
    "32": (0.82001, 1.4918, 0.53769, 1.15, 2909.3, 6137.4),
    "33": (0.77748, 1.6466, 0.53867, 1.521, 2066.6, 6967.7),
    "34": (0.77727, 1.6457, 0.55418, 1.501, 2351.3, 6922.0),
    "35": (0.83074, 1.6442, 0.61542, 1.43, 2288.8, 6733.3),
    "36": (0.82443, 1.6134, 0.60045, 1.41, 2473.1, 6692.0),
    "48": (0.84547, 1.1201, 0.49818, 1.051, 2136.2, 5853.0),
}


def nigraha_star(
    catalogue: npt.ArrayLike, radius: npt.ArrayLike, mass: npt.ArrayLike, teff: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Radius and mass (solar units) and temperature (K) from the stored numbers, each (n,); NaN where the constants
    are not known or the value was filled in by the authors (exactly 0, the median)."""
    names = np.asarray(catalogue).astype(str)
    lines = np.array([NIGRAHA.get(name, (np.nan,) * 6) for name in names]).reshape(-1, 6)
    found = []
    for column, stored in enumerate((radius, mass, teff)):
        values = np.asarray(stored, dtype=float)
        line = lines[:, 2 * column] * values + lines[:, 2 * column + 1]
        found.append(np.where((values != 0) & (line > 0), line, np.nan))
    return found[0], found[1], found[2]
