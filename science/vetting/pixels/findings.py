"""The findings of the pixel tests, in the words of the page."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from science.lightcurve import FloatArray
from science.rounding import asymmetric_words, number, percent, significant
from science.search.results import DipMeasurement
from science.vetting.pixels.combine import floor_arcsec, limit_arcsec
from science.vetting.pixels.measure import NEEDED_CORRELATION, Measured
from science.vetting.pixels.results import HostStar, Offset
from science.vetting.results import Finding, Outcome, Picture, Series, not_run

MOST_SIGMA = 3.0
#: Missing light weaker than this, over all sectors, cannot be placed.
NEEDED_TOTAL_SNR = 4.5
SURE = 0.90
EXCLUDED = 0.05
#: A star as near to the truth as this, by the pictures alone and compared with the target, cannot be told from it.
_ALIKE = 0.1

_PERIODS = {"TESS": "sector", "Kepler": "quarter", "K2": "campaign", "other": "movie"}


_SPILLS = (
    "This star is so bright that its light spills along the columns of the camera, so the place of missing light says "
    "little."
)


def spills(measured: Sequence[Measured]) -> bool:
    """True where the star is saturated in any movie: places are then told but not held against it."""
    return any(m.shown.saturated for m in measured)


def n_events(measured: Sequence[Measured]) -> int:
    """Dips that took part."""
    return sum(m.shown.n_events for m in measured)


def cannot_place(measured: Sequence[Measured], snr: float) -> str:
    """Why missing light of this signal to noise cannot be placed; "" where it can."""
    if n_events(measured) < 2:
        return "Only one dip falls into the pixel movies. One dip may be a jolt of the camera; a second one would tell."
    if snr < NEEDED_TOTAL_SNR:
        return (
            f"The missing light is too weak in the pictures to be placed: {number(snr, 1)} times its noise, "
            f"{number(NEEDED_TOTAL_SNR, 1)} are needed. More {_PERIODS[measured[0].cube.mission]}s would help."
        )
    return ""


def on_target(
    measured: Sequence[Measured],
    offset: Offset | None,
    hosts: Sequence[HostStar],
    snr: float,
    alike: float,
    pixel_arcsec: float,
) -> Finding:
    """Difference-image offset: at most 3 sigma and at most 15 arcsec (TESS; the same share of a pixel elsewhere)."""
    reason = cannot_place(measured, snr)
    if not reason and offset is None:
        reason = "No place in the pictures loses light in the dips."
    if reason or offset is None:
        return not_run("on_target", reason)
    limit = limit_arcsec(pixel_arcsec)
    where = f"{_arcsec(offset.arcsec, offset.err_arcsec)} from this star ({number(offset.sigma, 1)} σ)"
    seen = _seen(measured)
    numbers = {
        "offset_arcsec": offset.arcsec,
        "offset_err_arcsec": offset.err_arcsec,
        "east_arcsec": offset.east_arcsec,
        "north_arcsec": offset.north_arcsec,
        "east_err_arcsec": offset.east_err_arcsec,
        "north_err_arcsec": offset.north_err_arcsec,
        "floor_arcsec": floor_arcsec(pixel_arcsec),
        "limit_arcsec": limit,
        "signal_to_noise": snr,
        "sectors": float(len(measured)),
        **_catalogue_numbers(measured),
    }
    outcome: Outcome
    if offset.sigma <= MOST_SIGMA and offset.arcsec <= limit:
        outcome = "pass"
        sentence = f"The missing light lies {where} in {seen}; up to {number(MOST_SIGMA)} σ is chance."
    elif offset.sigma <= MOST_SIGMA:
        outcome = "warn"
        sentence = (
            f"The missing light lies {where} in {seen}: further than {number(limit, 1)}″, but placed too loosely to "
            "say that it is another star."
        )
    elif alike <= NEEDED_CORRELATION:
        outcome = "warn"
        sentence = f"The missing light lies {where}, but does not look like a star, so its place says little."
    elif spills(measured):
        outcome = "warn"
        sentence = f"The missing light lies {where} in {seen}. {_SPILLS}"
    else:
        outcome = "fail"
        sentence = f"{_instead(hosts, offset)}: the missing light lies {where} in {seen}."
    return Finding(
        "on_target", outcome, sentence, offset.sigma, MOST_SIGMA, "at_most", "σ", numbers,
        fault="neighbour" if outcome == "fail" else None,
    )  # fmt: skip


def host_star(
    measured: Sequence[Measured], hosts: Sequence[HostStar], no_star: float, n_stars: int, snr: float
) -> Finding:
    """Probability of the target among all stars of the field: at least 90 % passes, under 5 % fails.

    It warns, however likely the target is beforehand, where a star that could make the dips looks the same in the
    pictures.
    """
    reason = cannot_place(measured, snr)
    if reason:
        return not_run("host_star", reason)
    target = next((h for h in hosts if h.is_target), None)
    if not hosts or target is None:
        return not_run("host_star", "No star of the catalogue lies where its light could be seen.")
    best = hosts[0]
    numbers = {
        "target_probability": target.probability,
        "best_probability": best.probability,
        "best_separation_arcsec": best.separation_arcsec,
        "best_needed_depth": best.needed_depth,
        "no_star_probability": no_star,
        "stars": float(n_stars),
    }
    mine = _chance(target.probability)
    outcome: Outcome
    twin = next((h for h in hosts if _looks_like(h, target)), None)
    if target.probability >= SURE and twin is not None:
        outcome = "warn"
        sentence = (
            f"This star explains the pictures best ({mine}), but they cannot tell it from {twin.name}, "
            f"{significant(twin.separation_arcsec, 2)}″ away, which could make the dips by losing "
            f"{_depth(twin.needed_depth)} of its light."
        )
    elif target.probability >= SURE:
        outcome = "pass"
        among = f" among {n_stars} stars" if n_stars > 1 else ""
        sentence = f"This star explains the pictures best{among}: {mine}."
    elif target.probability < EXCLUDED and not best.is_target and best.probability >= 0.5:
        outcome = "fail"
        sentence = (
            f"{best.name}, {number(best.separation_arcsec, 0)}″ away, explains the pictures better: "
            f"{_chance(best.probability)}, this star {mine}. Its own light would dip by {_depth(best.needed_depth)}."
        )
    elif target.probability < EXCLUDED and no_star < 0.5:
        outcome = "fail"
        sentence = (
            f"This star is not the one that dims ({mine}); the likeliest is {best.name}, "
            f"{number(best.separation_arcsec, 0)}″ away ({_chance(best.probability)})."
        )
    elif no_star >= 0.5:
        outcome = "warn"
        sentence = f"No star of the catalogue explains the pictures well; this star has {mine}."
    else:
        rival = next((h for h in hosts if not h.is_target), None)
        outcome = "warn"
        sentence = f"The pictures cannot tell which star dims: this star {mine}"
        if rival is not None:
            sentence += f", {rival.name}, {number(rival.separation_arcsec, 0)}″ away, {_chance(rival.probability)}"
        sentence += "."
    if outcome == "fail" and spills(measured):
        outcome, sentence = "warn", f"{sentence} {_SPILLS}"
    return Finding(
        "host_star", outcome, sentence, target.probability, SURE, "at_least", "", numbers,
        fault="neighbour" if outcome == "fail" else None,
    )  # fmt: skip


def _looks_like(star: HostStar, target: HostStar) -> bool:
    """Whether the pictures alone leave `star` open beside the target, and it has the light for the dips."""
    return not star.is_target and 0.0 < star.needed_depth <= 1.0 and star.likelihood >= _ALIKE * target.likelihood


def centroid_shift(
    measured: Sequence[Measured],
    centroid: Offset | None,
    placed: Finding,
    dip: DipMeasurement,
    pixel_arcsec: float,
) -> Finding:
    """The flux-weighted centroid's source against the star: at most 3 sigma.

    It fails together with the difference image, or where that could not be made; alone it warns, as stars at the rim
    of the aperture move a centroid that a difference image is not misled by. It says nothing, and is not run, where
    the source is placed no better than to a pixel.
    """
    if n_events(measured) < 2:
        return not_run("centroid_shift", cannot_place(measured, 0.0))
    if centroid is None:
        return not_run(
            "centroid_shift", "The dips are too shallow in the aperture for the middle of the light to tell where from."
        )
    if centroid.sigma <= MOST_SIGMA and centroid.err_arcsec > pixel_arcsec:
        return not_run(
            "centroid_shift",
            f"The middle of the light places the source only to ±{number(centroid.err_arcsec, 0)}″, more than a pixel, "
            "which tells nothing.",
        )
    shift, err = _mean_shift(measured)
    moved = f"{asymmetric_words(1000 * shift, 1000 * err, 1000 * err)} thousandths of a pixel"
    where = f"{_arcsec(centroid.arcsec, centroid.err_arcsec)} from this star ({number(centroid.sigma, 1)} σ)"
    outcome: Outcome = "pass"
    if centroid.sigma > MOST_SIGMA:
        outcome = "fail" if placed.outcome in ("fail", "not_run") and not spills(measured) else "warn"
    told = f"In the dips the middle of the light moves by {moved}, which points to a source {where}"
    end = {
        "pass": ": what this star does when it dims itself.",
        "warn": ". The difference images place it at this star, and they are less easily misled.",
        "fail": ", not to this star.",
    }
    if spills(measured):
        end["warn"] = f". {_SPILLS}"
    elif placed.outcome != "pass":
        end["warn"] = "."
    return Finding(
        "centroid_shift", outcome, told + end[outcome], centroid.sigma, MOST_SIGMA, "at_most", "σ",
        {
            "shift_px": shift,
            "shift_err_px": err,
            "offset_arcsec": centroid.arcsec,
            "offset_err_arcsec": centroid.err_arcsec,
            "east_arcsec": centroid.east_arcsec,
            "north_arcsec": centroid.north_arcsec,
        },
        _centroid_picture(measured, dip, shift),
        fault="neighbour" if outcome == "fail" else None,
    )  # fmt: skip


def difference_quality(measured: Sequence[Measured], snr: float, alike: float) -> Finding:
    """Likeness of the missing light to a star: at least 0.7. It warns, never fails: it bounds the other tests."""
    reason = cannot_place(measured, snr)
    if reason:
        return not_run("difference_quality", reason)
    good = sum(m.shown.quality for m in measured)
    outcome: Outcome = "pass" if alike > NEEDED_CORRELATION else "warn"
    words = "looks like a star" if outcome == "pass" else "does not look like one star"
    sentence = (
        f"The missing light {words}: {number(alike, 2)} alike, {number(NEEDED_CORRELATION, 1)} needed; "
        f"clear in {good} of {len(measured)} {_PERIODS[measured[0].cube.mission]}{'s' if len(measured) != 1 else ''}."
    )
    return Finding(
        "difference_quality", outcome, sentence, alike, NEEDED_CORRELATION, "at_least", "",
        {"signal_to_noise": snr, "clear_sectors": float(good)},
    )  # fmt: skip


def _instead(hosts: Sequence[HostStar], offset: Offset) -> str:
    best = hosts[0] if hosts else None
    if best is not None and not best.is_target and best.probability >= 0.5:
        return f"The dips come from {best.name}, {number(best.separation_arcsec, 0)}″ away, not from this star"
    return f"The dips come from a place {number(offset.arcsec, 1)}″ away, not from this star"


def _arcsec(value: float, err: float) -> str:
    return f"{number(value, 1)}″ ± {number(err, 1)}″"


def _chance(probability: float) -> str:
    if probability > 0.99:
        return "over 99\u202f%"
    return "under 1\u202f%" if probability < 0.01 else percent(probability, 2)


def _depth(depth: float) -> str:
    return f"{significant(100 * depth, 2)}\u202f%"


def _seen(measured: Sequence[Measured]) -> str:
    word = _PERIODS[measured[0].cube.mission]
    return f"one {word}" if len(measured) == 1 else f"{len(measured)} {word}s"


def _catalogue_numbers(measured: Sequence[Measured]) -> dict[str, float]:
    """Mean offset from the catalogue position, by inverse variance of the sectors that can be placed alone."""
    placed = [m.shown for m in measured if m.shown.catalogue_offset is not None and m.shown.offset_err is not None]
    if not placed:
        return {}
    offsets = np.array([p.catalogue_offset for p in placed], dtype=np.float64)
    weights = 1.0 / np.square(np.array([p.offset_err for p in placed], dtype=np.float64))
    east, north = (offsets * weights).sum(axis=0) / weights.sum(axis=0)
    return {"catalogue_east_arcsec": float(east), "catalogue_north_arcsec": float(north)}


def _mean_shift(measured: Sequence[Measured]) -> tuple[float, float]:
    """Length of the mean centroid shift with its error, pixels."""
    found = [m.centroid for m in measured if m.centroid is not None]
    lengths = np.array([math.hypot(*c.shift) for c in found])
    errors = np.array([_along(c.shift, c.shift_err) for c in found])
    weight = 1.0 / np.square(np.maximum(errors, 1e-9))
    return float((lengths * weight).sum() / weight.sum()), float(1.0 / math.sqrt(weight.sum()))


def _along(shift: tuple[float, float], err: tuple[float, float]) -> float:
    length = math.hypot(*shift)
    if length == 0:
        return math.hypot(*err)
    return math.hypot(shift[0] / length * err[0], shift[1] / length * err[1])


def _centroid_picture(measured: Sequence[Measured], dip: DipMeasurement, shift: float) -> Picture | None:
    """Shift along its own direction against the hours from mid-dip, binned, of the movie that tells most."""
    found = [m for m in measured if m.centroid is not None]
    if not found:
        return None
    best = min(found, key=lambda m: math.hypot(*m.centroid.shift_err) if m.centroid is not None else math.inf)
    centroid = best.centroid
    assert centroid is not None
    length = math.hypot(*centroid.shift)
    along = np.array(centroid.shift) / length if length > 0 else np.array([1.0, 0.0])
    hours, value = centroid.days * 24.0, centroid.series @ along
    reach = float(np.abs(hours).max())
    edges = np.linspace(-reach, reach, 41)
    which = np.clip(np.digitize(hours, edges) - 1, 0, 39)
    count = np.bincount(which, minlength=40)
    keep = count >= 3
    mean = np.bincount(which, weights=value, minlength=40)[keep] / count[keep]
    square = np.bincount(which, weights=np.square(value), minlength=40)[keep] / count[keep]
    err = np.sqrt(np.maximum(square - np.square(mean), 0.0) / count[keep])
    middle = 0.5 * (edges[1:] + edges[:-1])
    half = 0.5 * dip.duration_days * 24.0
    line: FloatArray = np.array([-reach, -half, -0.8 * half, 0.8 * half, half, reach])
    return Picture(
        (
            Series("dots", middle[keep], mean, err, "measured"),
            Series("line", line, np.array([0.0, 0.0, length, length, 0.0, 0.0]), None, "fitted"),
        ),
        "Hours from the middle of the dip",
        "Shift of the light, pixels",
        f"The middle of the light in {best.cube.label} around the dips; fitted shift {significant(length, 2)} px.",
    )
