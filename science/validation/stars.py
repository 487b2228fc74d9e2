"""Radius, temperature and light of dwarf stars by their mass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import InterpolatedUnivariateSpline

from science import limb_darkening
from science.dwarf_sequence import COLOURS, dwarf_at_colour
from science.lightcurve import FloatArray
from science.tess_magnitude import tess_magnitude


@dataclass(frozen=True, slots=True)
class Relations:
    """Tables over mass (Sun = 1, ascending): radius (Sun = 1), temperature (K), log10 of the light in the TESS band."""

    mass: FloatArray
    radius: FloatArray
    teff_k: FloatArray
    log_light: FloatArray

    def radius_and_teff(
        self, mass: FloatArray, largest_radius: FloatArray | float, hottest_k: FloatArray | float
    ) -> tuple[FloatArray, FloatArray]:
        """Radius and temperature; never above those of the primary, nor below 0.1 suns and 2800 K."""
        radius = np.clip(np.minimum(np.interp(mass, self.mass, self.radius), largest_radius), 0.1, None)
        teff = np.clip(np.minimum(np.interp(mass, self.mass, self.teff_k), hottest_k), 2800.0, None)
        return np.asarray(radius), np.asarray(teff)

    def light(self, mass: FloatArray | float) -> FloatArray:
        """Light in the TESS band, in a unit of its own."""
        return np.asarray(10.0 ** np.interp(mass, self.mass, self.log_light))


def _ours() -> Relations:
    """The mean dwarf sequence of Pecaut & Mamajek (2013), TESS magnitudes by Stassun et al. (2019)."""
    dwarfs = dwarf_at_colour(np.linspace(COLOURS[1], COLOURS[0], 600))
    order = np.concatenate([[True], np.diff(dwarfs.mass_sun) > 0])
    light = -0.4 * tess_magnitude(dwarfs.m_g, dwarfs.bp_rp)
    return Relations(dwarfs.mass_sun[order], dwarfs.radius_sun[order], dwarfs.teff_k[order], light[order])


def _peer() -> Relations:
    """The nodes that Giacalone et al. (2021) use: Torres et al. (2010) above 0.63 suns, TIC cool dwarfs below."""
    hot = np.array([0.26, 0.47, 0.59, 0.69, 0.87, 0.98, 1.085, 1.4, 1.65, 2.0, 2.5, 3.0, 4.4, 15.0, 40.0])
    hot_teff = np.array([3170, 3520, 3840, 4410, 5150, 5560, 5940, 6650, 7300, 8180, 9790, 11400, 15200, 30000, 42000])
    hot_radius = np.array([0.28, 0.47, 0.60, 0.72, 0.9, 1.05, 1.2, 1.55, 1.8, 2.1, 2.4, 2.6, 3.0, 6.2, 11.0])
    cool = np.array([0.1, 0.135, 0.2, 0.35, 0.48, 0.58, 0.63])
    cool_teff = np.array([2800, 3000, 3200, 3400, 3600, 3800, 4000])
    cool_radius = np.array([0.12, 0.165, 0.23, 0.36, 0.48, 0.585, 0.6])
    mass = np.unique(np.concatenate([np.linspace(0.02, 3.0, 2981), [0.63, 0.630001]]))

    def both(cool_value: FloatArray, hot_value: FloatArray) -> FloatArray:
        below, above = InterpolatedUnivariateSpline(cool, cool_value), InterpolatedUnivariateSpline(hot, hot_value)
        return np.asarray(np.where(mass <= 0.63, below(mass), above(mass)))

    nodes = np.array([0.1, 0.15, 0.23, 0.4, 0.58, 0.7, 0.9, 1.15, 1.45, 2.2, 2.8])
    light = InterpolatedUnivariateSpline(nodes, 0.5 * np.arange(11) - 3.0)(mass)
    return Relations(mass, both(cool_radius, hot_radius), both(cool_teff, hot_teff), np.asarray(light))


OURS, PEER = _ours(), _peer()


def limb_darkening_at(teff_k: FloatArray, logg_cgs: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Quadratic coefficients in the TESS band for arrays of stars: `quadratic_limb_darkening`, many at once."""
    teff, logg, table = limb_darkening.TEFF_K, limb_darkening.LOGG_CGS, limb_darkening._TABLES["TESS"]
    t, g = np.clip(teff_k, teff[0], teff[-1]), np.clip(logg_cgs, logg[0], logg[-1])
    i = np.clip(np.searchsorted(teff, t, side="right") - 1, 0, teff.size - 2)
    j = np.clip(np.searchsorted(logg, g, side="right") - 1, 0, logg.size - 2)
    p, q = ((t - teff[i]) / (teff[i + 1] - teff[i]))[..., None], ((g - logg[j]) / (logg[j + 1] - logg[j]))[..., None]
    u = (1 - p) * ((1 - q) * table[i, j] + q * table[i, j + 1]) + p * (
        (1 - q) * table[i + 1, j] + q * table[i + 1, j + 1]
    )
    return np.asarray(u[..., 0]), np.asarray(u[..., 1])
