"""The share of every star in the aperture's light, the undiluted dip, and the eclipse each neighbour would need."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from science.lightcurve import FloatArray, Mission
from science.neighbours import FieldStar, StarField
from science.pixels import PIXEL_ARCSEC, PixelCube
from science.prf import Prf
from science.search.results import DipMeasurement
from science.stars import Star, Value
from science.vetting.contamination.apertures import (
    Captured,
    captured_by_circle,
    captured_by_pixels,
    nominal_aperture,
    nominal_pixels,
)
from science.vetting.contamination.dilution import (
    Correction,
    CrowdingOfSector,
    SectorLight,
    correction_of,
    dilution_of,
    mean,
    usable_share,
)
from science.vetting.contamination.members import CATALOGUE_ERROR_MAG, listed_stars, magnitudes, pixel_positions

SUN_IN_EARTH_RADII = 109.076  # IAU 2015 nominal values

#: What a star could have to do with the dip: "target"; "could" up to half of its light, which two equal stars can do;
#: "could, nearly whole" up to all of it; "not excluded" where errors or the outskirts of its image allow it; "cannot".
#: "unknown" where the dip has no depth.
Verdict = Literal["target", "could", "could, nearly whole", "not excluded", "cannot", "unknown"]


@dataclass(frozen=True, slots=True)
class StarShare:
    """One star in the aperture. `share` is its part of the aperture's light (all stars sum to 1), `captured` the part
    of its own light that falls in (wings included), both averaged over sectors. `needed_depth` is the eclipse on it
    alone (relative) that would make the dip; above 1 there is none. inf where it leaves no light."""

    star: FieldStar
    share: float
    captured: float
    needed_depth: float
    needed_depth_err: float
    verdict: Verdict

    @property
    def can_do_it(self) -> bool:
        """True for a neighbour that could make the dip by losing at most all of its light."""
        return self.verdict in ("could", "could, nearly whole")


@dataclass(frozen=True, slots=True)
class Contamination:
    """Whose light is in the aperture, and what that does to the dip.

    `stars` holds the target first, then the neighbours by share; empty where `reason` says why. `target_share` is ours,
    or the pipeline's where there are no `stars`. Depths relative; `depth` is on the target alone. `radius_earth` is
    None where the star's radius is not known.
    """

    stars: tuple[StarShare, ...]
    sectors: tuple[SectorLight, ...]
    target_share: float | None
    target_share_err: float | None
    captured: float | None  # part of the target's whole light in the aperture, wings included
    crowding: float | None  # CROWDSAP, mean of the sectors
    flux_fraction: float | None  # FLFRCSAP
    catalogue_share: float | None  # 1 / (1 + contratio) of the TIC
    correction: Correction
    observed_depth: float
    depth: float
    depth_err: float
    radius_ratio: float
    radius_ratio_err: float
    radius_earth: Value | None
    n_without_magnitude: int = 0
    reason: str = ""
    notes: tuple[str, ...] = ()

    @property
    def neighbours(self) -> tuple[StarShare, ...]:
        """All stars but the target, the strongest first."""
        return tuple(s for s in self.stars if s.verdict != "target")


def contamination(
    cubes: Sequence[PixelCube],
    field: StarField | None,
    star: Star,
    dip: DipMeasurement,
    crowding: Sequence[CrowdingOfSector] = (),
    prf: Prf | None = None,
) -> Contamination:
    """Share of every star of `field` in the apertures of `cubes`, and the dip on the target alone.

    Light by TESS magnitude (Kepler's for Kepler and K2), spread by `prf` or the Gaussian of the mission (TRICERATOPS's
    for TESS), in the file's own aperture; where a movie names none, or there is none, in a usual aperture for the
    star's magnitude (`notes` say so). `crowding` tells for each sector of the light curve what its file says and
    whether its flux is corrected already: those sectors are left alone, the others divided by the target's share. The
    eclipse needed on a neighbour is counted from the dip as the aperture saw it, with the pipeline's correction undone.
    """
    mission: Mission = cubes[0].mission if cubes else ("Kepler" if star.band == "Kepler" else "TESS")
    reason = "No star catalogue was available for the field."
    notes: list[str] = []
    parts: list[tuple[SectorLight, Captured]] = []
    listed: list[FieldStar] = []
    if field is not None:
        listed, reason = listed_stars(field, star)
    mags, mag_errs = magnitudes(listed, mission)
    known = np.isfinite(mags)
    n_dark = int(np.count_nonzero(~known))
    if listed and not known[0]:
        reason = "The catalogues give no magnitude for this star, so its light cannot be compared with its neighbours'."
        listed = []
    light = np.zeros(0)
    if listed:
        listed = [s for s, k in zip(listed, known, strict=True) if k]
        mags, mag_errs = mags[known], mag_errs[known]
        light = 10.0 ** (-0.4 * (mags - mags[0]))
        parts = _in_apertures(cubes, listed, light, float(mags[0]), mission, crowding, prf, notes)
        reason = ""
    if not parts:
        return _by_pipeline(star, dip, crowding, cubes, reason, notes)
    shares = np.array([light * c.part / float((light * c.part).sum()) for _, c in parts])
    captured = np.array([c.with_wings for _, c in parts])
    outskirts = np.array([light * c.outskirts / float((light * c.part).sum()) for _, c in parts])
    sectors = tuple(
        replace(s, share=float(own[0]), captured=float(c.with_wings[0]))
        for (s, c), own in zip(parts, shares, strict=True)
    )
    relative = np.hypot(0.4 * math.log(10.0) * mag_errs, np.mean([c.relative_err for _, c in parts], axis=0))
    share_err = _target_share_error(shares.mean(axis=0), relative)
    if field is not None and not field.complete:
        notes.append("The list of stars was cut at a limit, so the neighbours' light is a lower limit.")
    removed = np.array([s.removed for s in sectors])[:, None]
    stars = _needed(listed, shares, captured, shares / removed, outskirts / removed, relative, dip)
    return _with_dip(
        Contamination(
            stars=stars,
            sectors=sectors,
            target_share=stars[0].share,
            target_share_err=share_err,
            captured=stars[0].captured,
            crowding=mean([usable_share(s.crowding) for s in sectors]),
            flux_fraction=mean([usable_share(s.flux_fraction) for s in sectors]),
            catalogue_share=_catalogue_share(listed[0]),
            correction=correction_of(sectors),
            observed_depth=dip.depth,
            depth=dip.depth,
            depth_err=dip.depth_err,
            radius_ratio=dip.radius_ratio,
            radius_ratio_err=math.nan,
            radius_earth=None,
            n_without_magnitude=n_dark,
            notes=tuple(notes),
        ),
        star,
        dip,
    )


def _in_apertures(
    cubes: Sequence[PixelCube],
    stars: list[FieldStar],
    light: FloatArray,
    magnitude: float,
    mission: Mission,
    crowding: Sequence[CrowdingOfSector],
    prf: Prf | None,
    notes: list[str],
) -> list[tuple[SectorLight, Captured]]:
    parts = []
    by_label = {c.label: c for c in crowding}
    common = {c.corrected for c in crowding}
    rest = next(iter(common)) if len(common) == 1 else None
    for cube in cubes:
        columns, rows = pixel_positions(cube, stars)
        aperture, kind = cube.aperture, "pipeline"
        if aperture is None or not aperture.any():
            aperture, kind = nominal_aperture(cube, float(columns[0]), float(rows[0]), magnitude), "nominal"
        caught = captured_by_pixels(aperture, columns, rows, light, cube.mission, prf)
        if not caught.part[0] > 0.01:
            notes.append(f"{cube.label}: the star does not lie in the aperture of this movie, which was left out.")
            continue
        told = by_label.get(cube.label) or CrowdingOfSector(cube.label, corrected=rest)
        own = kind == "pipeline"
        sector = SectorLight(
            cube.label,
            "pipeline" if own else "nominal",
            int(np.count_nonzero(aperture)),
            None,
            None,
            told.crowding if told.crowding is not None else (cube.crowding if own else None),
            told.flux_fraction if told.flux_fraction is not None else (cube.flux_fraction if own else None),
            told.corrected,
        )
        parts.append((sector, caught))
    if parts:
        if any(s.aperture == "nominal" for s, _ in parts):
            notes.append("Where a movie names no aperture we took the pixels nearest to the star, as many as usual.")
        return parts
    n_pixels = nominal_pixels(magnitude, mission)
    separation = np.array([0.0, *(s.separation_arcsec for s in stars[1:])]) / PIXEL_ARCSEC[mission]
    caught = captured_by_circle(separation, n_pixels, mission)
    notes.append(f"Without a pixel movie we took a round aperture of {n_pixels} pixels, usual for a star this bright.")
    told_of = list(crowding) or [CrowdingOfSector("")]
    return [
        (SectorLight(c.label, "nominal", n_pixels, None, None, c.crowding, c.flux_fraction, c.corrected), caught)
        for c in told_of
    ]


def _needed(
    stars: list[FieldStar],
    shares: FloatArray,
    captured: FloatArray,
    reaching: FloatArray,
    outskirts: FloatArray,
    relative: FloatArray,
    dip: DipMeasurement,
) -> tuple[StarShare, ...]:
    """`reaching` (sectors, k): what an eclipse of a whole star would show in the light curve as it is."""
    share, caught, reach = shares.mean(axis=0), captured.mean(axis=0), reaching.mean(axis=0)
    measured = math.isfinite(dip.depth) and dip.depth > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(reach > 0, dip.depth / reach, np.inf)
        at_most = np.where(
            reach > 0, dip.depth / (reach * np.exp(np.minimum(relative, 3.0)) + outskirts.mean(axis=0)), np.inf
        )
        errs = needed * np.hypot(dip.depth_err / dip.depth if measured else math.nan, relative)
    order = [0, *(1 + np.argsort(-share[1:], kind="stable"))]
    found = []
    for i in order:
        verdict: Verdict = "cannot"
        if i == 0:
            verdict = "target"
        elif not measured:
            verdict = "unknown"
        elif needed[i] > 1.0:
            verdict = "not excluded" if at_most[i] <= 1.0 else "cannot"
        else:
            verdict = "could" if needed[i] <= 0.5 else "could, nearly whole"
        depth = (float(needed[i]), float(errs[i])) if measured else (math.nan, math.nan)
        found.append(StarShare(stars[i], float(share[i]), float(caught[i]), *depth, verdict))
    return tuple(found)


def _target_share_error(share: FloatArray, relative: FloatArray) -> float:
    """Error of f = F_t / ΣF: each star moves it by its own error, f φ_s σ_s; the target itself by f (1 - f) σ_t."""
    f = float(share[0])
    moved = f * share * relative
    # The PRF's width takes light of the target as of all stars, so the target's own part counts by its magnitude only.
    moved[0] = f * (1.0 - f) * CATALOGUE_ERROR_MAG
    return float(np.sqrt(np.square(moved).sum()))


def _catalogue_share(target: FieldStar) -> float | None:
    ratio = target.contratio
    return None if ratio is None or not math.isfinite(ratio) or ratio < 0 else 1.0 / (1.0 + ratio)


def _by_pipeline(
    star: Star,
    dip: DipMeasurement,
    crowding: Sequence[CrowdingOfSector],
    cubes: Sequence[PixelCube],
    reason: str,
    notes: list[str],
) -> Contamination:
    """All that can be said without a list of stars: the shares that the files give."""
    told = list(crowding) or [CrowdingOfSector(c.label, c.crowding, c.flux_fraction) for c in cubes]
    sectors = tuple(
        SectorLight(c.label, "unknown", 0, None, None, c.crowding, c.flux_fraction, c.corrected) for c in told
    )
    share = mean([usable_share(s.crowding) for s in sectors])
    plain = Contamination(
        stars=(),
        sectors=sectors,
        target_share=share,
        target_share_err=None if share is None else 0.1 * (1.0 - share),
        captured=None,
        crowding=share,
        flux_fraction=mean([usable_share(s.flux_fraction) for s in sectors]),
        catalogue_share=None,
        correction=correction_of(sectors),
        observed_depth=dip.depth,
        depth=dip.depth,
        depth_err=dip.depth_err,
        radius_ratio=dip.radius_ratio,
        radius_ratio_err=math.nan,
        radius_earth=None,
        reason=reason,
        notes=tuple(notes),
    )
    return _with_dip(plain, star, dip)


def _with_dip(found: Contamination, star: Star, dip: DipMeasurement) -> Contamination:
    """Add the depth on the target alone, and its size: depth / f, k sqrt(1 / f) with f of the uncorrected sectors."""
    f = dilution_of(found.sectors)
    diluted = [s for s in found.sectors if s.corrected is False]
    share = found.target_share or 1.0
    # Where the file and we see different shares, half of that is what we do not know.
    apart = 0.5 * abs(share - found.crowding) if found.crowding is not None else 0.0
    part = len(diluted) / len(found.sectors) if found.sectors else 0.0
    error = part * math.hypot(found.target_share_err or 0.0, apart) / share
    relative = math.hypot(dip.depth_err / dip.depth, error) if dip.depth > 0 else math.nan
    ratio = dip.radius_ratio / math.sqrt(f)
    ratio_err = 0.5 * ratio * relative
    radius = None
    if star.radius_sun is not None and math.isfinite(ratio) and ratio > 0:
        value = star.radius_sun.value * ratio * SUN_IN_EARTH_RADII
        spread = math.hypot((star.radius_sun.error or 0.0) / star.radius_sun.value, 0.5 * relative)
        radius = Value(value, value * spread if math.isfinite(spread) else None, star.radius_sun.source)
    return replace(
        found,
        depth=dip.depth / f,
        depth_err=abs(dip.depth / f) * relative if math.isfinite(relative) else dip.depth_err / f,
        radius_ratio=ratio,
        radius_ratio_err=ratio_err,
        radius_earth=radius,
    )
