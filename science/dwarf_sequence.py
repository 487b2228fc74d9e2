"""The mean sequence of dwarf stars: temperature, brightness, size and mass along one colour.

Values of Pecaut & Mamajek (2013, ApJS 208, 9) as kept up by E. Mamajek ("A Modern Mean Dwarf Stellar Color and
Effective Temperature Sequence", version 2024.05.15), B9V to M8.5V, solar composition, no reddening.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from science.lightcurve import FloatArray

# BP - RP, Teff K, M_G, M_bol, radius, mass (solar), from B9V to M8.5V: one row a spectral type.
# fmt: off
_ROWS = np.array((
    (-0.120, 10700, 0.515, 0.08, 2.490, 2.750), (-0.087, 10400, 0.615, 0.24, 2.450, 2.680),
    (-0.037, 9700, 1.000, 0.78, 2.193, 2.330), (0.005, 9300, 1.160, 1.02, 2.136, 2.170),
    (0.068, 8840, 1.345, 1.28, 2.117, 2.060), (0.110, 8600, 1.690, 1.66, 1.861, 1.920),
    (0.166, 8250, 1.920, 1.92, 1.794, 1.880), (0.194, 8100, 1.980, 2.01, 1.785, 1.860),
    (0.222, 7910, 2.090, 2.13, 1.775, 1.830), (0.263, 7760, 2.190, 2.24, 1.750, 1.760),
    (0.320, 7590, 2.270, 2.34, 1.747, 1.670), (0.327, 7400, 2.370, 2.45, 1.747, 1.630),
    (0.377, 7220, 2.510, 2.58, 1.728, 1.600), (0.434, 7020, 2.690, 2.77, 1.679, 1.500),
    (0.490, 6820, 2.890, 2.97, 1.622, 1.430), (0.518, 6750, 2.990, 3.07, 1.578, 1.410),
    (0.546, 6670, 3.100, 3.19, 1.533, 1.380), (0.587, 6550, 3.260, 3.35, 1.473, 1.320),
    (0.640, 6350, 3.560, 3.66, 1.359, 1.250), (0.670, 6280, 3.660, 3.77, 1.324, 1.210),
    (0.694, 6180, 3.900, 4.01, 1.221, 1.160), (0.719, 6050, 4.105, 4.20, 1.167, 1.120),
    (0.767, 5990, 4.195, 4.29, 1.142, 1.090), (0.784, 5930, 4.325, 4.42, 1.100, 1.070),
    (0.803, 5860, 4.462, 4.55, 1.060, 1.040), (0.823, 5770, 4.635, 4.72, 1.012, 1.000),
    (0.832, 5720, 4.703, 4.78, 1.002, 0.990), (0.841, 5680, 4.757, 4.83, 0.991, 0.985),
    (0.850, 5660, 4.801, 4.88, 0.977, 0.980), (0.869, 5600, 4.914, 4.99, 0.949, 0.965),
    (0.880, 5550, 5.006, 5.08, 0.927, 0.945), (0.900, 5480, 5.098, 5.16, 0.914, 0.930),
    (0.950, 5380, 5.340, 5.39, 0.853, 0.890), (0.983, 5290, 5.553, 5.59, 0.813, 0.860),
    (1.010, 5170, 5.650, 5.72, 0.797, 0.850), (1.100, 5100, 5.830, 5.81, 0.783, 0.820),
    (1.190, 4870, 6.220, 6.17, 0.755, 0.760), (1.340, 4600, 6.590, 6.46, 0.710, 0.720),
    (1.430, 4440, 6.850, 6.65, 0.701, 0.700), (1.530, 4300, 7.150, 6.89, 0.669, 0.670),
    (1.700, 4090, 7.570, 7.23, 0.630, 0.640), (1.730, 3990, 7.800, 7.40, 0.615, 0.610),
    (1.790, 3930, 7.900, 7.49, 0.608, 0.600), (1.840, 3850, 8.100, 7.65, 0.588, 0.585),
    (1.970, 3770, 8.450, 7.91, 0.544, 0.560), (2.090, 3660, 8.820, 8.22, 0.501, 0.510),
    (2.130, 3620, 9.000, 8.35, 0.482, 0.485), (2.230, 3560, 9.290, 8.59, 0.446, 0.450),
    (2.390, 3470, 9.670, 8.82, 0.421, 0.420), (2.500, 3430, 10.050, 9.21, 0.361, 0.360),
    (2.780, 3270, 10.820, 9.82, 0.300, 0.290), (2.940, 3210, 11.210, 10.10, 0.274, 0.240),
    (3.160, 3110, 12.040, 10.74, 0.217, 0.180), (3.350, 3060, 12.450, 11.04, 0.196, 0.155),
    (3.710, 2930, 13.350, 11.72, 0.156, 0.122), (4.160, 2810, 14.260, 12.19, 0.137, 0.105),
    (4.500, 2740, 14.400, 12.48, 0.126, 0.096), (4.650, 2680, 14.720, 12.71, 0.120, 0.090),
    (4.720, 2630, 15.200, 12.84, 0.116, 0.088), (4.860, 2570, 15.200, 12.95, 0.114, 0.086),
    (5.100, 2420, 15.900, 13.42, 0.104, 0.080),
), dtype=np.float64)
# fmt: on
_COLOUR, _TEFF, _M_G, _M_BOL, _RADIUS, _MASS = _ROWS.T

#: BP - RP and temperatures (K) that the sequence spans.
COLOURS = (float(_COLOUR[0]), float(_COLOUR[-1]))
TEMPERATURES_K = (float(_TEFF[-1]), float(_TEFF[0]))

#: Scatter of single dwarfs about the sequence: relative in temperature, radius and mass, in mag for M_G. The first is
#: of age and composition; the others grow near the turn-off, where stars of one colour differ in age.
TEFF_SCATTER = 0.02
M_G_SCATTER_MAG = 0.35
RADIUS_SCATTER = 0.10
MASS_SCATTER = 0.08


@dataclass(frozen=True, slots=True)
class Dwarf:
    """Places on the sequence; arrays of one shape. NaN where the star is off the table."""

    bp_rp: FloatArray
    teff_k: FloatArray
    m_g: FloatArray
    radius_sun: FloatArray
    mass_sun: FloatArray
    bolometric_correction_g: FloatArray  # M_bol - M_G


def dwarf_at_colour(bp_rp: ArrayLike) -> Dwarf:
    """The mean dwarf of unreddened Gaia colours BP - RP, linear between the rows; NaN outside -0.12 to 5.10."""
    return _along(_COLOUR, np.asarray(bp_rp, dtype=np.float64))


def dwarf_at_temperature(teff_k: ArrayLike) -> Dwarf:
    """The mean dwarf of effective temperatures (K), linear between the rows; NaN outside 2,420 to 10,700 K."""
    return _along(-_TEFF, -np.asarray(teff_k, dtype=np.float64))


def dwarf_at_absolute_magnitude(m_g: ArrayLike) -> Dwarf:
    """The mean dwarf of absolute Gaia magnitudes M_G, linear between the rows; NaN outside 0.515 to 15.9.

    For red dwarfs this is the better scale: they have not evolved, and composition shifts their colour more.
    """
    return _along(_M_G, np.asarray(m_g, dtype=np.float64))


def _along(scale: FloatArray, at: FloatArray) -> Dwarf:
    def column(values: FloatArray) -> FloatArray:
        return np.asarray(np.interp(at, scale, values, left=np.nan, right=np.nan))

    return Dwarf(
        bp_rp=column(_COLOUR),
        teff_k=column(_TEFF),
        m_g=column(_M_G),
        radius_sun=column(_RADIUS),
        mass_sun=column(_MASS),
        bolometric_correction_g=column(_M_BOL - _M_G),
    )
