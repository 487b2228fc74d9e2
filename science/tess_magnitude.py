"""Magnitudes in the bands of TESS and Kepler from those of Gaia and 2MASS.

Unreddened colours of dwarfs are assumed by all relations; the errors are the scatter that their authors give.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from science.lightcurve import FloatArray

# Gaia -> TESS: Stassun et al. (2019, AJ 158, 138), eq. 1; highest power of BP - RP first.
_GAIA_POLYNOMIAL = (-0.00522555, 0.0891337, -0.633923, 0.0324473)
#: BP - RP for which that relation was made.
GAIA_COLOURS = (-0.2, 3.5)
GAIA_ERROR_MAG = 0.006
#: T = G - 0.430 where there is no colour (same paper).
NO_COLOUR_OFFSET_MAG = -0.430
NO_COLOUR_ERROR_MAG = 0.6
#: Beyond the colours of the relation its edge holds; our estimate of what that may be wrong by.
OUTSIDE_ERROR_MAG = 0.3

# 2MASS -> TESS: Stassun et al. (2018, AJ 156, 102); x = J - Ks, highest power first.
_BLUE = (1.22163, -1.74299, 1.89115, 0.0563)
_RED = (-269.372, 668.453, -545.64, 147.811)

# Gaia -> SDSS: G - g and G - r of the Gaia DR3 documentation, table 5.9 (Riello et al. 2021, A&A 649, A3), lowest
# power first.
_G_MINUS_G_SDSS = (0.2199, -0.6365, -0.1548, 0.0064)
_G_MINUS_R_SDSS = (-0.09837, 0.08592, 0.1907, -0.1701, 0.02263)
KEPLER_COLOURS = (0.3, 3.0)
KEPLER_ERROR_MAG = 0.04  # of r, which makes up most of the Kepler magnitude
# Kp and G of G and K dwarfs differ by less than this; our choice for stars without a colour.
_KEPLER_NO_COLOUR_ERROR_MAG = 0.15


def tess_magnitude(g_mag: ArrayLike, bp_rp: ArrayLike) -> FloatArray:
    """TESS magnitude from Gaia G and BP - RP (broadcast; NaN where the colour is unknown).

    Stassun et al. (2019) eq. 1 within -0.2 < BP - RP < 3.5, beyond it the value of the edge; T = G - 0.430 without a
    colour. NaN where G is NaN.
    """
    g, colour = np.broadcast_arrays(np.asarray(g_mag, dtype=np.float64), np.asarray(bp_rp, dtype=np.float64))
    step = np.polyval(_GAIA_POLYNOMIAL, np.clip(colour, *GAIA_COLOURS))
    return np.asarray(g + np.where(np.isfinite(colour), step, NO_COLOUR_OFFSET_MAG))


def tess_magnitude_error(bp_rp: ArrayLike) -> FloatArray:
    """Scatter of `tess_magnitude`, mag: 0.006 within the colours of the relation, 0.3 beyond, 0.6 without a colour.

    The errors of G and of the colour themselves are not in it; at G > 19 those of the colour are larger.
    """
    colour = np.asarray(bp_rp, dtype=np.float64)
    inside = (colour > GAIA_COLOURS[0]) & (colour < GAIA_COLOURS[1])
    known = np.where(inside, GAIA_ERROR_MAG, OUTSIDE_ERROR_MAG)
    return np.where(np.isfinite(colour), known, NO_COLOUR_ERROR_MAG)


def tess_magnitude_from_2mass(j_mag: ArrayLike, ks_mag: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """TESS magnitude and its error from 2MASS J and Ks (broadcast), Stassun et al. (2018).

    Errors: 0.008 mag for -0.1 < J - Ks <= 0.7, 0.17 up to 1.0, 1.0 beyond (the TIC's own). NaN where J or Ks is NaN.
    """
    j, ks = np.broadcast_arrays(np.asarray(j_mag, dtype=np.float64), np.asarray(ks_mag, dtype=np.float64))
    x = j - ks
    conditions = [x < -0.1, x <= 0.7, x <= 1.0, x > 1.0]
    steps = [np.full_like(x, 0.5), np.polyval(_BLUE, x), np.polyval(_RED, x), np.full_like(x, 1.75)]
    errors = [np.full_like(x, e) for e in (1.0, 0.008, 0.17, 1.0)]
    return np.asarray(j + np.select(conditions, steps, np.nan)), np.asarray(np.select(conditions, errors, np.nan))


def kepler_magnitude(g_mag: ArrayLike, bp_rp: ArrayLike) -> FloatArray:
    """Kepler magnitude from Gaia G and BP - RP (broadcast), by way of SDSS g and r.

    Kp = 0.2 g + 0.8 r where g - r <= 0.8, else 0.1 g + 0.9 r (Brown et al. 2011, AJ 142, 112, eq. 2), g and r by the
    relations of the Gaia DR3 documentation (valid 0.3 < BP - RP < 3.0; the edges hold beyond). G itself where there is
    no colour.
    """
    g, colour = np.broadcast_arrays(np.asarray(g_mag, dtype=np.float64), np.asarray(bp_rp, dtype=np.float64))
    x = np.clip(colour, *KEPLER_COLOURS)
    sdss_g = g - np.polynomial.polynomial.polyval(x, _G_MINUS_G_SDSS)
    sdss_r = g - np.polynomial.polynomial.polyval(x, _G_MINUS_R_SDSS)
    share_of_g = np.where(sdss_g - sdss_r <= 0.8, 0.2, 0.1)
    return np.asarray(np.where(np.isfinite(colour), share_of_g * sdss_g + (1.0 - share_of_g) * sdss_r, g))


def kepler_magnitude_error(bp_rp: ArrayLike) -> FloatArray:
    """Scatter of `kepler_magnitude`, mag: 0.04 within the colours of the relation, else 0.15."""
    colour = np.asarray(bp_rp, dtype=np.float64)
    inside = (colour > KEPLER_COLOURS[0]) & (colour < KEPLER_COLOURS[1])
    return np.where(inside, KEPLER_ERROR_MAG, _KEPLER_NO_COLOUR_ERROR_MAG)
