"""The light of a star added up from its pixels."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from science.lightcurve import BoolArray, FloatArray
from science.pixels import PixelCube

#: Pixels this many robust standard deviations above the typical one belong to the star, where no aperture is given.
_ABOVE = 3.0


def aperture_light(cube: PixelCube) -> tuple[FloatArray, FloatArray, BoolArray]:
    """(flux, error, aperture): the sum over the pipeline's aperture for each frame, shape (n,), electrons a second.

    Where the file names no aperture: the patch of bright pixels nearest the middle (brighter than the median by three
    robust standard deviations of the mean image). Pixels without data add nothing; frames without any are NaN. Nothing
    is corrected for neighbours. Raises ValueError where no pixel is bright enough.
    """
    aperture = cube.aperture if cube.aperture is not None and cube.aperture.any() else _bright_patch(cube)
    inside, errors = cube.flux[:, aperture], cube.flux_err[:, aperture]
    empty = ~np.isfinite(inside).any(axis=1)
    flux = np.nansum(inside, axis=1)
    flux[empty] = np.nan
    err = np.sqrt(np.nansum(np.square(errors), axis=1))
    err[empty | (err <= 0)] = np.nan
    return flux, err, aperture


def _bright_patch(cube: PixelCube) -> BoolArray:
    frames = cube.flux[cube.usable] if cube.usable.any() else cube.flux
    with np.errstate(all="ignore"):
        picture = np.nanmedian(frames, axis=0)
    level = float(np.nanmedian(picture))
    scatter = 1.4826 * float(np.nanmedian(np.abs(picture - level)))
    bright = np.nan_to_num(picture, nan=-np.inf) > level + _ABOVE * scatter
    patches, count = ndimage.label(bright)
    if count == 0:
        raise ValueError("No pixel is brighter than the others, so there is no star to measure.")
    rows, columns = picture.shape
    row, column = np.nonzero(bright)
    nearest = int(np.argmin(np.hypot(row - (rows - 1) / 2, column - (columns - 1) / 2)))
    return np.asarray(patches == patches[row[nearest], column[nearest]], dtype=np.bool_)
