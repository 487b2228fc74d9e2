"""The model over the data: what the posterior predicts for the light around mid-transit."""

from __future__ import annotations

import numpy as np

from science.fitting.parameters import Layout
from science.fitting.results import Band
from science.fitting.transit import transit_flux_many
from science.lightcurve import FloatArray

#: Places across the fold, and draws that the band is made of.
N_PHASES = 201
N_DRAWS = 300


def predictive_band(
    layout: Layout, values: FloatArray, planet: int, half_width_days: float, exposure_days: float
) -> Band:
    """Median and 68 % band of the model of one planet over the fold, from draws `values` (n, d).

    The model is blurred by `exposure_days` as the data are, and diluted; level 1 beside the transit. Epochs and periods
    of the draws are taken off, so that the band is that of the shape: how well the time is known is told elsewhere.
    """
    chosen = values[np.linspace(0, len(values) - 1, min(N_DRAWS, len(values))).astype(np.int64)]
    planets = layout.planets(chosen)[:, [planet], :].copy()
    planets[:, :, 1] = 0.0
    time = np.linspace(-half_width_days, half_width_days, N_PHASES)
    model = transit_flux_many(time, np.full(N_PHASES, exposure_days), planets, layout.limb(chosen))
    model = 1.0 + (1.0 - layout.dilutions(chosen))[:, None] * (model - 1.0)
    low, middle, high = np.quantile(model, (0.16, 0.5, 0.84), axis=0)
    return Band(hours=24.0 * time, median=middle, lo68=low, hi68=high)
