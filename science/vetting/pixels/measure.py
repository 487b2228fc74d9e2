"""Everything measured in one movie: images, registration, the place of the missing light, the centroid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.lightcurve import FloatArray
from science.neighbours import StarField
from science.pixels import PixelCube
from science.prf import Prf
from science.search.results import DipMeasurement
from science.stars import Star
from science.vetting.evidence import Ephemeris
from science.vetting.pixels.centroid import CentroidShift, centroid_of_star, centroid_shift, nominal_aperture
from science.vetting.pixels.combine import View
from science.vetting.pixels.difference import DifferenceImage, difference_image
from science.vetting.pixels.events import NoEvents
from science.vetting.pixels.position import Image, fit_position, likeness
from science.vetting.pixels.results import SectorPixels
from science.vetting.pixels.scene import Scene, pixel_arcsec, scene_of, target_sky

#: A source is placed, and counted as star-like, from these on (correlation as SPOC asks; Twicken et al. 2018).
NEEDED_SNR = 3.0
NEEDED_CORRELATION = 0.7
#: Electrons a second in one pixel from which it spills: full wells of 200,000 in 2 s (TESS Instrument Handbook, section
#: 5.3) and 1.1 million in 6.5 s (Kepler Instrument Handbook, section 4.4), less a fifth.
_SPILLS_FROM = {"TESS": 8.0e4, "Kepler": 1.4e5, "K2": 1.4e5, "other": math.inf}
#: Models of the picture are no better than this share of the missing light's own highest pixel.
_PRF_ERROR = 0.02


@dataclass(frozen=True, slots=True)
class Measured:
    """One movie's part: what the page shows, what the combination needs, and the centroid's source on the sky.

    `centroid_offset` (east, north) in arcsec is the source that the centroid points to, seen from where it would lie
    if the target dimmed; with its covariance (2, 2). None where the centroid cannot say.
    """

    cube: PixelCube
    shown: SectorPixels
    view: View
    scene: Scene
    centroid: CentroidShift | None
    centroid_offset: FloatArray | None
    centroid_covariance: FloatArray | None


class NotMeasured(ValueError):
    """A movie that cannot be used; the message says why, for the user."""


def measure_movie(
    cube: PixelCube,
    dip: DipMeasurement,
    star: Star,
    field: StarField | None,
    prf: Prf | None,
    others: Sequence[Ephemeris],
) -> Measured:
    """Difference image, registration, position of the missing light and centroid of one movie.

    Raises NotMeasured where the star is off the picture or unplaced, no dip can be used, or pixels are missing.
    """
    sky = target_sky(star, field, cube.epoch_year)
    if sky is None:
        raise NotMeasured("The position of the star is not known.")
    if not (np.isfinite(cube.grid.cd).all() and abs(float(np.linalg.det(np.array(cube.grid.cd)))) > 1e-16):
        raise NotMeasured(f"The file of {cube.label} does not say where on the sky its pixels lie.")
    column, row = (float(v) for v in cube.grid.to_pixel(*sky))
    rows, columns = cube.shape
    if not (-0.5 <= column <= columns - 0.5 and -0.5 <= row <= rows - 0.5):
        raise NotMeasured(f"The star lies outside the pixel movie {cube.label}.")
    try:
        images = difference_image(cube, dip, star, others)
    except NoEvents as error:
        raise NotMeasured(str(error)) from error
    scene = scene_of(cube, images.out, images.out_err, star, field, prf)
    assert scene is not None
    target = (float(scene.column[scene.target]), float(scene.row[scene.target]))
    err = _with_prf_error(images)
    try:
        image = Image.of(images.difference, err, images.modes)
    except ValueError as error:
        raise NotMeasured(f"Too few pixels of the movie {cube.label} hold data.") from error
    fit = fit_position(image, scene.prf, target)
    view = View(image, scene.prf, target, scene.registration_err, cube.grid)
    aperture = cube.aperture if cube.aperture is not None and cube.aperture.any() else None
    mask = aperture if aperture is not None else nominal_aperture(cube.shape, *target)
    centroid = centroid_shift(cube, images.events, mask, images.pixels)
    offset, covariance = _centroid_offset(cube, scene, target, centroid, mask & images.pixels)
    placed = fit.flux > 0 and fit.signal_to_noise >= NEEDED_SNR
    alike = likeness(fit)
    shown = SectorPixels(
        label=cube.label,
        corner=cube.corner,
        out=images.out,
        difference=images.difference,
        difference_err=images.difference_err,
        aperture=mask,
        n_events=images.n_events,
        n_left_out=images.n_left_out,
        target=target,
        registration=scene.registration,
        registration_err=scene.registration_err,
        stars=_field_positions(scene, field),
        source=(fit.column, fit.row) if placed else None,
        source_err=_errors(fit.covariance) if placed else None,
        offset=cube.grid.offset_arcsec(fit.column - target[0], fit.row - target[1]) if placed else None,
        offset_err=_sky_errors(cube, fit.covariance, scene.registration_err) if placed else None,
        catalogue_offset=cube.grid.offset_arcsec(fit.column - column, fit.row - row) if placed else None,
        signal_to_noise=fit.signal_to_noise,
        correlation=alike,
        saturated=saturated(cube, images.out, target),
        quality=placed and alike > NEEDED_CORRELATION,
        centroid_shift=centroid.shift if centroid is not None else None,
        centroid_shift_err=centroid.shift_err if centroid is not None else None,
        centroid_out=centroid.out if centroid is not None else None,
        notes=_notes(cube, images, scene, aperture is None),
    )
    return Measured(cube, shown, view, scene, centroid, offset, covariance)


def saturated(cube: PixelCube, out: FloatArray, target: tuple[float, float]) -> bool:
    """True where a pixel within two of the target is so bright that its light spills into others."""
    y, x = np.mgrid[0 : out.shape[0], 0 : out.shape[1]]
    near = np.hypot(x - target[0], y - target[1]) <= 2.0
    return bool(np.nanmax(np.where(near & np.isfinite(out), out, -np.inf)) >= _SPILLS_FROM[cube.mission])


def _with_prf_error(images: DifferenceImage) -> FloatArray:
    """Errors of the difference image with the part that a PRF known to some percent adds."""
    image = images.difference
    significant = np.where(np.abs(image) > 3.0 * images.difference_err, np.abs(image), 0.0)
    peak = float(np.nanmax(np.where(images.pixels, significant, 0.0), initial=0.0))
    return np.asarray(np.hypot(images.own_err, _PRF_ERROR * peak))


def _errors(covariance: FloatArray) -> tuple[float, float]:
    return math.sqrt(max(float(covariance[0, 0]), 0.0)), math.sqrt(max(float(covariance[1, 1]), 0.0))


def _sky_errors(cube: PixelCube, covariance: FloatArray, registration: tuple[float, float]) -> tuple[float, float]:
    cd = np.array(cube.grid.cd) * 3600.0
    return _errors(cd @ (covariance + np.diag(np.square(registration))) @ cd.T)


def _field_positions(scene: Scene, field: StarField | None) -> FloatArray:
    """(column, row) of the stars in the order of the field, which may lack the target."""
    places = np.column_stack([scene.column, scene.row])
    return places[[i for i, s in enumerate(scene.stars) if s is not None]] if field is not None else np.empty((0, 2))


def _centroid_offset(
    cube: PixelCube,
    scene: Scene,
    target: tuple[float, float],
    centroid: CentroidShift | None,
    aperture: FloatArray | np.ndarray,
) -> tuple[FloatArray | None, FloatArray | None]:
    """The centroid's source against the target's own, both as the aperture sees them, in arcsec."""
    if centroid is None or not centroid.depth > NEEDED_SNR * centroid.depth_err:
        return None, None
    rows, columns = cube.shape
    own = centroid_of_star(scene.prf.image(rows, columns, *target), np.asarray(aperture))
    if own is None:
        return None, None
    source, err = centroid.source(), centroid.source_err()
    cd = np.array(cube.grid.cd) * 3600.0
    step = np.array([source[0] - own[0], source[1] - own[1]])
    # The light out of transit also holds the other stars, whose part in the centroid is known no better than the
    # registration and the PRF are.
    variance = np.square(err) + np.square(scene.registration_err)
    return np.asarray(cd @ step), np.asarray(cd @ np.diag(variance) @ cd.T)


def _notes(cube: PixelCube, images: DifferenceImage, scene: Scene, no_aperture: bool) -> tuple[str, ...]:
    notes = []
    if images.n_left_out:
        notes.append(f"{images.n_left_out} of the dips of {cube.label} were left out: too few frames, or stray light.")
    if not scene.registered:
        notes.append(f"The stars of {cube.label} could not be matched to the picture; its sky grid is used as it is.")
    if no_aperture:
        notes.append(f"{cube.label} names no aperture; the pixels within 1.6 px of the star are used.")
    size = pixel_arcsec(cube)
    step = math.hypot(*scene.registration)
    if scene.registered and step > 0.3:
        notes.append(f"The stars of {cube.label} lie {step * size:.1f}″ from where its sky grid puts them.")
    return tuple(notes)
