"""What the tests of the pixels answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

from science.lightcurve import BoolArray, FloatArray
from science.vetting.results import Finding


@dataclass(frozen=True, slots=True)
class Offset:
    """Where the dips come from, seen from the star: arcsec to the east and north, with errors.

    `err_arcsec` is the error along the offset, the floor for what the pipeline's sky positions are good for included;
    `sigma` is the length of the offset over it. `n_sectors` took part.
    """

    east_arcsec: float
    north_arcsec: float
    east_err_arcsec: float
    north_err_arcsec: float
    arcsec: float
    err_arcsec: float
    sigma: float
    n_sectors: int


@dataclass(frozen=True, slots=True)
class SectorPixels:
    """One sector's, quarter's or campaign's pictures and positions.

    Images have shape (rows, columns), electrons a second; `difference` is out of transit less in transit, scaled to
    mid-transit. Positions are (column, row), 0 at the centre of the lower left pixel; errors likewise; None where the
    light was too weak to place. `saturated` marks pictures in which the star's light spills along its columns, so that
    the place of missing light says little. `stars` lists (column, row) of the field's stars in its order, moved by
    `registration` (the step from catalogue to picture found on the out-of-transit image); the target's is `target`.
    `signal_to_noise` is that of the missing light, `correlation` its likeness to the PRF (1: alike). `offset` is from
    the star as the picture shows it, `catalogue_offset` from where the catalogue puts it, both (east, north) in arcsec.
    """

    label: str
    corner: tuple[int, int]
    out: FloatArray
    difference: FloatArray
    difference_err: FloatArray
    aperture: BoolArray
    n_events: int
    n_left_out: int
    target: tuple[float, float]
    registration: tuple[float, float]
    registration_err: tuple[float, float]
    stars: FloatArray  # (k, 2)
    source: tuple[float, float] | None
    source_err: tuple[float, float] | None
    offset: tuple[float, float] | None
    offset_err: tuple[float, float] | None
    catalogue_offset: tuple[float, float] | None
    signal_to_noise: float
    correlation: float
    quality: bool
    saturated: bool
    centroid_shift: tuple[float, float] | None  # pixels, in less out of transit
    centroid_shift_err: tuple[float, float] | None
    centroid_out: tuple[float, float] | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostStar:
    """One star that may make the dips. `needed_depth` is its own dip (share of its light) that would explain them,
    `likelihood` what the pictures alone say of it, 1 for the place that explains them best."""

    name: str
    gaia_id: int | None
    tic_id: int | None
    separation_arcsec: float
    probability: float
    needed_depth: float
    needed_depth_err: float
    is_target: bool
    likelihood: float = math.nan


@dataclass(frozen=True, slots=True)
class PixelVetting:
    """Everything the pixels say about one signal.

    `combined` is the offset of the missing light from the star, over all sectors; `centroid` the same from the
    flux-weighted centroids; None where it could not be measured. `hosts` are the likeliest stars, best first, the
    target always among them; `no_star` is the probability that it is none of the catalogued ones.
    """

    sectors: tuple[SectorPixels, ...]
    combined: Offset | None
    centroid: Offset | None
    hosts: tuple[HostStar, ...]
    no_star: float
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    def finding(self, name: str) -> Finding:
        """The finding of one test. Raises KeyError for an unknown name."""
        for found in self.findings:
            if found.name == name:
                return found
        raise KeyError(name)
