"""All that the pixels say about one signal: where the light goes missing, and which star it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from science.lightcurve import FloatArray
from science.neighbours import StarField
from science.pixels import PixelCube
from science.prf import Prf, images
from science.search.results import DipMeasurement
from science.stars import Star
from science.vetting.evidence import Ephemeris
from science.vetting.pixels import findings
from science.vetting.pixels.combine import combined_offset, light_at, offset_of
from science.vetting.pixels.host import host_probabilities
from science.vetting.pixels.measure import Measured, NotMeasured, measure_movie
from science.vetting.pixels.results import HostStar, Offset, PixelVetting
from science.vetting.pixels.scene import pixel_arcsec
from science.vetting.pixels.table import PIXEL_TESTS
from science.vetting.results import Finding, not_run

_LISTED_HOSTS = 20


def vet_pixels(
    cubes: Sequence[PixelCube],
    dip: DipMeasurement,
    star: Star,
    field: StarField | None,
    prf: Prf | Mapping[str, Prf] | None = None,
    others: Sequence[Ephemeris] = (),
) -> PixelVetting:
    """Difference images, centroids, combined offset and host probabilities of one signal.

    `prf` is one for all movies, or by movie label; without one, or with a Gaussian, the widths of a Gaussian are fitted
    to each picture. Dips of `others` are left
    out. Without `field` the offset is still measured, against the star's own position. Nothing is raised for poor
    data: every test then says why it was not run.
    """
    if not cubes:
        return _nothing("There is no pixel movie of this star.", ())
    known = all(math.isfinite(v) for v in (dip.period_days, dip.epoch_bjd, dip.duration_days))
    if not (known and dip.period_days > 0 and dip.duration_days > 0):
        return _nothing(
            "The dips have no period, time or length, so that no frames in and beside them can be told apart.", ()
        )
    measured: list[Measured] = []
    notes: list[str] = []
    for cube in cubes:
        chosen = prf.get(cube.label) if isinstance(prf, Mapping) else prf
        try:
            measured.append(measure_movie(cube, dip, star, field, chosen, others))
        except NotMeasured as error:
            notes.append(str(error))
    if not measured:
        return _nothing(" ".join(dict.fromkeys(notes)), tuple(notes))
    size = float(np.median([pixel_arcsec(m.cube) for m in measured]))
    views = [m.view for m in measured]
    combined = combined_offset(views, size)
    snr = light_at(views, combined) if combined is not None else 0.0
    centroid = _centroid_offset(measured, size)
    hosts, no_star, n_stars = _hosts(measured, field)
    alike = _likeness(measured)
    weak = bool(findings.cannot_place(measured, snr))
    placed = findings.on_target(measured, combined, hosts, snr, alike, size)
    which = (
        findings.host_star(measured, hosts, no_star, n_stars, snr)
        if field is not None
        else not_run("host_star", "No catalogue of the stars around this one was to be had.")
    )
    told: tuple[Finding, ...] = (
        placed,
        which,
        findings.centroid_shift(measured, centroid, placed, dip, size),
        findings.difference_quality(measured, snr, alike),
    )
    for part in measured:
        notes.extend(part.shown.notes)
    return PixelVetting(
        tuple(m.shown for m in measured), None if weak else combined, centroid, hosts, no_star, told, tuple(notes)
    )


def _nothing(reason: str, notes: tuple[str, ...]) -> PixelVetting:
    return PixelVetting((), None, None, (), math.nan, tuple(not_run(t.name, reason) for t in PIXEL_TESTS), notes)


def _likeness(measured: Sequence[Measured]) -> float:
    """Likeness to a star over all movies, weighted by their signal."""
    weight = np.array([max(m.shown.signal_to_noise, 0.0) ** 2 for m in measured])
    values = np.array([m.shown.correlation for m in measured])
    return float((weight * values).sum() / weight.sum()) if weight.sum() > 0 else 0.0


def _centroid_offset(measured: Sequence[Measured], size: float) -> Offset | None:
    """Mean over the movies by inverse covariance, widened where they differ by more than their errors."""
    found = [
        (m.centroid_offset, m.centroid_covariance)
        for m in measured
        if m.centroid_offset is not None and m.centroid_covariance is not None
    ]
    if not found:
        return None
    inverses = [np.linalg.pinv(c) for _, c in found]
    covariance = np.linalg.pinv(np.sum(inverses, axis=0))
    mean = covariance @ np.sum([i @ o for i, (o, _) in zip(inverses, found, strict=True)], axis=0)
    if len(found) > 1:
        chi2 = sum(float((o - mean) @ i @ (o - mean)) for i, (o, _) in zip(inverses, found, strict=True))
        covariance = covariance * max(1.0, chi2 / (2 * (len(found) - 1)))
    return offset_of(float(mean[0]), float(mean[1]), covariance, size, len(found))


def _hosts(measured: Sequence[Measured], field: StarField | None) -> tuple[tuple[HostStar, ...], float, int]:
    """(likeliest stars with the target, probability of none, stars weighed)."""
    if field is None:
        return (), math.nan, 0
    positions = [np.column_stack([m.scene.column, m.scene.row]) for m in measured]
    fluxes = np.array([m.scene.flux for m in measured])
    known = np.isfinite(fluxes).all(axis=1)
    if not known.any():
        return (), math.nan, 0
    flux = np.median(fluxes[known], axis=0)
    scene = measured[0].scene
    caught = np.mean([_captured(m) for m in measured], axis=0)
    weighed, no_star = host_probabilities([m.view for m in measured], positions, flux, scene.target, caught)
    hosts = []
    for place, hypothesis in enumerate(weighed):
        listed = scene.stars[hypothesis.index]
        is_target = hypothesis.index == scene.target
        if place >= _LISTED_HOSTS and not is_target:
            continue
        hosts.append(
            HostStar(
                name=listed.name if listed is not None else "this star",
                gaia_id=listed.gaia_id if listed is not None else None,
                tic_id=listed.tic_id if listed is not None else None,
                separation_arcsec=listed.separation_arcsec if listed is not None else 0.0,
                probability=hypothesis.probability,
                needed_depth=hypothesis.needed_depth,
                needed_depth_err=hypothesis.needed_depth_err,
                is_target=is_target,
                likelihood=hypothesis.likelihood,
            )
        )
    return tuple(hosts), no_star, sum(0.0 < h.needed_depth <= 1.0 for h in weighed)


def _captured(one: Measured) -> FloatArray:
    """Part of every star's light inside the aperture of one movie, shape (k,)."""
    rows, columns = one.cube.shape
    shares = images(one.scene.prf, rows, columns, one.scene.column, one.scene.row)
    return np.asarray(shares[:, one.shown.aperture].sum(axis=1))
