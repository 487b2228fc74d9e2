"""What a repeating dip is, judged from its own light curve: a transit-like dip, or a star, a binary, the instrument.

Every test adds a sentence. A test that speaks for another kind than "dip" ends the judgement; tests that only weaken
a dip are collected. Thresholds are fixed numbers with their reason beside them, the same for every star.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from science.folding import phase_days
from science.lightcurve import BoolArray, FloatArray
from science.search.folded_profile import FoldedProfile, folded_profile
from science.search.harmonics import relation
from science.search.pulsation import find_pulsation
from science.search.refit import in_transit
from science.search.results import DipMeasurement, SignalKind
from science.search.single_event import SINGLE_EVENT_SHARE, lone_event
from science.stars import Star

JUPITER_RADIUS_SUN = 0.10276
#: The largest known transiting planets have about 2.1 Jupiter radii; beyond 2.5 it is a star.
LARGEST_PLANET_JUPITERS = 2.5
#: Where the star's size is unknown: a planet this large in units of its star needs a red dwarf.
LARGEST_RATIO_UNKNOWN_STAR = 0.27
ODD_EVEN_SIGMA = 5.0
ODD_EVEN_SHARE = 0.05  # smaller relative differences come from spots and detrending in very deep transits
SECONDARY_SIGMA = 5.0
SECONDARY_SHARE = 0.10  # hot planets reach 10 % (KELT-9 b) in red light at most
SECONDARY_ANYWHERE_SIGMA = 7.0
CONTACT_BINARY_DEPTH = 0.08  # spots seldom darken a star by more than this
WAVE_OVER_DEPTH = 0.5  # with a related period: a wave this high before detrending leaves dips behind
STEADY_LEAST_DAYS = 60.0
STEADY_SHARE = 0.08
SINE_SHARE = 0.72  # a box of a fifth of the period already leaves only 0.4 to a sine wave
ELLIPSOIDAL_SHARE = 0.25
ELLIPSOIDAL_LEAST = 1.5e-3  # planets deform their stars by at most some 0.02 %
PULSATION_KEEPS = 0.6  # a transit keeps its depth when the pulsation is taken out
EDGE_SHARE = 0.6
FLARE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """The curve a signal was found in, without the other signals. Arrays (n,): usable rows, sorted by time.

    `raw` is the curve before the slow drifts were divided out. `edges` are the times where segments begin and end,
    `brightenings` those of flares and single bright values that were taken out.
    """

    time: FloatArray
    flux: FloatArray
    err: FloatArray
    raw: FloatArray
    edges: FloatArray
    brightenings: FloatArray
    star: Star
    cadence_days: float
    variability_period_days: float | None = None
    variability_amplitude: float = 0.0


@dataclass(frozen=True, slots=True)
class Screening:
    """The judgement: `kind`, sentences against (`doubts`) and for or about it (`remarks`), a relation in words.

    `doubled_period` is True where odd and even dips differ, so that twice the period is the likely orbit.
    `lone_event_bjd` is the time of the one event that makes up the whole signal, where there is one.
    """

    kind: SignalKind
    doubts: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    relation: str = ""
    doubled_period: bool = False
    lone_event_bjd: float | None = None

    @property
    def passed(self) -> bool:
        """A dip without a doubt."""
        return self.kind == "dip" and not self.doubts


def screen(found: DipMeasurement, evidence: Evidence) -> Screening:
    """Judge one measured signal. See the module for the tests and their thresholds."""
    profile = folded_profile(
        evidence.time, evidence.flux, evidence.err, found.period_days, found.epoch_bjd, found.duration_days
    )
    lone = _lone_point(found, evidence) or _lone_event(found)
    if lone is not None:
        return lone
    for test in (_too_large, _pulsation, _wave, _binary):
        judgement = test(found, evidence, profile)
        if judgement is None:
            continue
        also = _binary(found, evidence, profile) if test is _too_large and judgement.kind == "binary" else None
        if also is not None:  # the size alone decides, a second eclipse says it more plainly
            return replace(judgement, doubts=judgement.doubts + also.doubts, doubled_period=also.doubled_period)
        return judgement
    doubts: list[str] = []
    remarks: list[str] = []
    systematic = _instrument(found, evidence, doubts)
    _uniqueness(found, profile, doubts)
    _unlike_pair(found, doubts)
    related = _rhythm(found, evidence)
    if related:
        remarks.append(f"The period is {related}; the shape is that of a dip, not of a wave.")
    if found.secondary_depth > SECONDARY_SIGMA * found.secondary_depth_err:
        remarks.append(
            f"A shallow second dip half an orbit later ({found.secondary_depth * 1e6:.0f} ppm) may be the planet's own "
            "light disappearing."
        )
    return Screening("systematic" if systematic else "dip", tuple(doubts), tuple(remarks), related)


def radius_jupiters(found: DipMeasurement, star: Star) -> float | None:
    """Radius of the dark body in Jupiter radii, None where the star's radius is unknown."""
    if star.radius_sun is None or not star.radius_sun.value > 0:
        return None
    return found.radius_ratio * star.radius_sun.value / JUPITER_RADIUS_SUN


def _too_large(found: DipMeasurement, evidence: Evidence, profile: FoldedProfile) -> Screening | None:
    """A body the size of a star, or minima that only look like one because there are many of them a period."""
    if found.depth > 1.0:
        return Screening(
            "systematic", ("A dip of more than 100 % is impossible: the background light was not removed rightly.",)
        )
    if found.depth > 0.01 and profile.tertiary > 0.7 * profile.primary:
        return Screening("pulsation", ("Several minima of nearly equal depth fall into each period.",))
    size = radius_jupiters(found, evidence.star)
    if size is not None:
        if size <= LARGEST_PLANET_JUPITERS:
            return None
        return Screening(
            "binary",
            (f"The dark body would have {size:.1f} times Jupiter's radius: that is a star, not a planet.",),
        )
    if found.radius_ratio <= LARGEST_RATIO_UNKNOWN_STAR:
        return None
    if found.impact_parameter <= 0.65 and found.radius_ratio * _dwarf_radius(found) < (
        LARGEST_PLANET_JUPITERS * JUPITER_RADIUS_SUN
    ):
        return None
    return Screening(
        "binary",
        (
            f"The dip is {found.depth * 100:.1f} % deep: only around a small red dwarf could a planet do that. "
            "Give the star's radius if it is known.",
        ),
    )


def _dwarf_radius(found: DipMeasurement) -> float:
    """Radius in Suns of the main-sequence star whose density fits a crossing this short (at most 1).

    a/R* = P sqrt((1+k)^2 - b^2) / (pi T14) gives the mean density (Seager & Mallen-Ornelas 2003, ApJ 585, 1038); mass
    grows about as radius on the lower main sequence, so that the radius falls as the root of the density.
    """
    chord = math.sqrt((1.0 + found.radius_ratio) ** 2 - found.impact_parameter**2)
    axis = found.period_days * chord / (math.pi * found.duration_days)
    density = (axis / 215.03) ** 3 * (365.25 / found.period_days) ** 2
    return min(1.0, density**-0.5) if density > 0 else 1.0


def _binary(found: DipMeasurement, evidence: Evidence, profile: FoldedProfile) -> Screening | None:
    """Two eclipses of different depth an orbit, or stars pulled out of shape."""
    difference = abs(found.odd_depth - found.even_depth)
    if (
        found.odd_even_sigma >= ODD_EVEN_SIGMA
        and found.n_transits >= 4
        and difference > ODD_EVEN_SHARE * max(found.odd_depth, found.even_depth)
    ):
        return Screening(
            "binary",
            (
                f"Odd and even dips differ by {found.odd_even_sigma:.1f} sigma ({found.odd_depth * 1e6:.0f} and "
                f"{found.even_depth * 1e6:.0f} ppm): two stars that eclipse each other every "
                f"{2 * found.period_days:.4f} d.",
            ),
            doubled_period=True,
        )
    secondary_sigma = found.secondary_depth / found.secondary_depth_err if found.secondary_depth_err > 0 else 0.0
    if secondary_sigma >= SECONDARY_SIGMA and found.secondary_depth > SECONDARY_SHARE * found.depth:
        return Screening(
            "binary",
            (
                f"A second dip of {found.secondary_depth * 1e6:.0f} ppm half an orbit later ({secondary_sigma:.1f} "
                "sigma) is too deep for a planet: two stars eclipse each other.",
            ),
        )
    elsewhere = profile.secondary / profile.red_factor
    if (
        elsewhere >= SECONDARY_ANYWHERE_SIGMA
        and profile.secondary_depth > SECONDARY_SHARE * found.depth
        and profile.secondary > 2.0 * max(profile.tertiary, profile.positive)
        and found.n_transits >= 3
    ):
        return Screening(
            "binary",
            (
                f"A second dip of {profile.secondary_depth * 1e6:.0f} ppm at phase {profile.secondary_phase:.2f} "
                f"({elsewhere:.1f} sigma) returns with the same period: two stars on an eccentric orbit.",
            ),
        )
    return _ellipsoidal(found, evidence)


def _ellipsoidal(found: DipMeasurement, evidence: Evidence) -> Screening | None:
    """Two brightenings an orbit, darkest in the dips: stars that pull each other out of shape."""
    phase = phase_days(evidence.time, found.period_days, found.epoch_bjd)
    out = np.abs(phase) > 0.7 * found.duration_days
    out &= np.abs(np.abs(phase) - found.period_days / 2) > 0.7 * found.duration_days
    if np.count_nonzero(out) < 100 or found.period_days > 10.0 or found.n_transits < 3:
        return None
    angle = 2.0 * math.pi * phase[out] / found.period_days
    columns = [np.ones_like(angle), np.cos(2 * angle), np.sin(2 * angle), np.cos(angle), np.sin(angle)]
    design = np.stack(columns, axis=1)
    solution, *_ = np.linalg.lstsq(design, evidence.raw[out], rcond=None)
    scatter = float(np.std(evidence.raw[out] - design @ solution))
    # Neighbouring points share their noise; count one independent point an hour.
    hours = max(8.0, np.count_nonzero(out) * evidence.cadence_days * 24.0)
    sigma = scatter * math.sqrt(2.0 / min(hours, float(np.count_nonzero(out))))
    darkest_in_dip = -float(solution[1])
    if (
        darkest_in_dip > ELLIPSOIDAL_LEAST
        and darkest_in_dip > ELLIPSOIDAL_SHARE * found.depth
        and darkest_in_dip > 5.0 * sigma
        and darkest_in_dip > 2.0 * abs(float(solution[2]))
    ):
        return Screening(
            "binary",
            (
                f"Between the dips the brightness swells twice an orbit by {darkest_in_dip * 1e6:.0f} ppm, as with two "
                "stars that pull each other out of shape.",
            ),
        )
    return None


def _pulsation(found: DipMeasurement, evidence: Evidence, profile: FoldedProfile) -> Screening | None:
    del profile
    out = ~in_transit(evidence.time, found.period_days, found.epoch_bjd, found.duration_days, widths=1.3)
    waves = find_pulsation(evidence.time, evidence.flux, evidence.err, out, least_amplitude=0.1 * found.depth)
    if waves.strongest < 0.1 * found.depth:
        return None
    before = mean_depth(evidence.flux, evidence, found)
    after = mean_depth(evidence.flux - waves.model, evidence, found)
    if after >= PULSATION_KEEPS * before:
        return None
    return Screening(
        "pulsation",
        (
            f"The star pulsates every {24.0 / float(waves.frequencies_per_day[0]):.2f} h by "
            f"{waves.strongest * 1e6:.0f} ppm; with the pulsation taken out, {max(0.0, after / before) * 100:.0f} % of "
            "the dip is left.",
        ),
    )


def _wave(found: DipMeasurement, evidence: Evidence, profile: FoldedProfile) -> Screening | None:
    """A wave in the fold, or what is left of one that detrending took out."""
    related = _rhythm(found, evidence)
    height = _wave_height(found, evidence)
    remainder = bool(related) and height > WAVE_OVER_DEPTH * found.depth
    if profile.sine_share < SINE_SHARE and not remainder:
        return None
    doubts: list[str] = []
    if profile.sine_share >= SINE_SHARE:
        doubts.append(f"A smooth wave describes the fold {profile.sine_share:.2f} times as well as a dip does.")
    if related:
        doubts.append(f"The period is {related}.")
    if remainder:
        doubts.append(
            f"Before detrending, the star itself rises and falls by {height * 1e6:.0f} ppm in step with this period, "
            "more than the dip is deep."
        )
    if max(found.depth, 2.0 * height) > CONTACT_BINARY_DEPTH:
        doubts.append("So large a wave comes from two stars that touch or nearly touch.")
        return Screening("binary", tuple(doubts), (), related)
    turns = _steady_turns(found, evidence)
    if turns:
        doubts.append(f"The wave kept its height and its beat over {turns} turns; spots would have changed: two stars.")
        return Screening("binary", tuple(doubts), (), related)
    kind: SignalKind = "pulsation" if found.period_days < 0.25 else "rotation"
    return Screening(kind, tuple(doubts), (), related)


def _wave_height(found: DipMeasurement, evidence: Evidence) -> float:
    """Semi-amplitude of the larger wave of P or P/2 in the curve before detrending, outside the dips."""
    out = ~in_transit(evidence.time, found.period_days, found.epoch_bjd, found.duration_days, widths=1.3)
    if np.count_nonzero(out) < 20:
        return 0.0
    angle = 2.0 * math.pi * (evidence.time[out] - found.epoch_bjd) / found.period_days
    columns = [np.ones_like(angle), np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)]
    solution, *_ = np.linalg.lstsq(np.stack(columns, axis=1), evidence.raw[out], rcond=None)
    return max(math.hypot(solution[1], solution[2]), math.hypot(solution[3], solution[4]))


def _steady_turns(found: DipMeasurement, evidence: Evidence) -> int:
    """Number of turns over which the wave of P or P/2 stayed the same, 0 where it drifted or the data are too short.

    The wave is fitted in stretches of 12 turns; steady means that its complex amplitudes agree within some per cent.
    """
    span = float(evidence.time[-1] - evidence.time[0])
    stretch = 12.0 * found.period_days
    if span < max(STEADY_LEAST_DAYS, 5.0 * stretch):
        return 0
    number = np.floor((evidence.time - evidence.time[0]) / stretch).astype(np.int64)
    count = int(number[-1]) + 1
    filled = np.bincount(number, minlength=count)
    for multiple in (2, 1):
        angle = 2.0 * math.pi * multiple * (evidence.time - found.epoch_bjd) / found.period_days
        cosine = np.bincount(number, weights=np.cos(angle) * (evidence.raw - 1.0), minlength=count)
        sine = np.bincount(number, weights=np.sin(angle) * (evidence.raw - 1.0), minlength=count)
        good = filled > 0.7 * np.median(filled)
        wave = 2.0 * (cosine + 1j * sine)[good] / filled[good]
        if wave.size < 5:
            continue
        steady = float(np.median(np.abs(wave - np.mean(wave)))) < STEADY_SHARE * abs(complex(np.mean(wave)))
        if steady and abs(complex(np.mean(wave))) > 0.1 * found.depth:
            return int(span / found.period_days)
    return 0


def _rhythm(found: DipMeasurement, evidence: Evidence) -> str:
    """Relation to the star's strongest rhythm in words, "" where there is none."""
    rhythm = evidence.variability_period_days
    if rhythm is None or not rhythm > 0:
        return ""
    span = float(evidence.time[-1] - evidence.time[0])
    tolerance = float(np.clip(0.5 * rhythm / span, 0.005, 0.03))
    match = relation(found.period_days, rhythm, tolerance, highest=4)
    return "" if match is None else match.describe("the period of the star's own variation")


def _instrument(found: DipMeasurement, evidence: Evidence, doubts: list[str]) -> bool:
    """Dips that lie where the data begin or end, or beside flares that were cut out."""
    information = np.square(found.transit_depths / found.transit_depth_errs)
    total = float(information.sum())
    if total <= 0:
        return False
    reach = 0.5 * found.duration_days + 2.0 * evidence.cadence_days
    distance = _nearest(found.transit_times_bjd, evidence.edges)
    at_edge = float(information[distance < reach].sum()) / total
    systematic = False
    if at_edge > EDGE_SHARE:
        doubts.append(
            f"{at_edge * 100:.0f} % of the signal lies at the edges of gaps, where the data are least stable."
        )
        systematic = True
    if evidence.brightenings.size:
        beside = _nearest(found.transit_times_bjd, evidence.brightenings) < 0.75 * found.duration_days
        # Only where flares are rarer than the dips is sitting next to one remarkable.
        span = float(evidence.time[-1] - evidence.time[0])
        chance = min(1.0, 1.5 * found.duration_days * _clusters(evidence.brightenings, 0.1) / max(span, 1e-9))
        share = float(information[beside].sum()) / total
        if share > max(FLARE_SHARE, 2.0 * chance) and found.n_transits * chance < 0.5 * np.count_nonzero(beside):
            doubts.append(f"{share * 100:.0f} % of the signal lies beside flares that were cut out.")
            systematic = True
    return systematic


def _uniqueness(found: DipMeasurement, profile: FoldedProfile, doubts: list[str]) -> None:
    """The dip must stand out of every other dip and bump in its own fold."""
    chance = profile.look_elsewhere_sigma
    if profile.primary / profile.red_factor < chance:
        doubts.append(
            f"Folded at this period, the dip stands out by {profile.primary / profile.red_factor:.1f} sigma; somewhere "
            f"in the fold chance alone reaches {chance:.1f}."
        )
    margin = profile.red_factor * chance
    if found.n_transits >= 3 and profile.primary - profile.tertiary < margin:
        doubts.append("Other dips in the same fold are nearly as deep.")
    if profile.primary - profile.positive < margin:
        doubts.append("Bumps in the same fold are nearly as high as the dip is deep.")


def _lone_point(found: DipMeasurement, evidence: Evidence) -> Screening | None:
    """A single wild value that carries most of the signal, as bad long-cadence data have."""
    inside = in_transit(evidence.time, found.period_days, found.epoch_bjd, found.duration_days, widths=1.3)
    strength = np.square(np.minimum(evidence.flux[inside] - 1.0, 0.0) / evidence.err[inside])
    total = float(strength.sum())
    if strength.size == 0 or total <= 0:
        return None
    strongest = int(np.argmax(strength))
    if strength[strongest] < SINGLE_EVENT_SHARE * total:
        return None
    return Screening(
        "none",
        ("A single measurement carries most of the signal.",),
        lone_event_bjd=float(evidence.time[inside][strongest]),
    )


def _lone_event(found: DipMeasurement) -> Screening | None:
    """A single event that makes up the signal."""
    if found.n_transits == 0:
        return Screening("none", ("No dip is covered well enough by data.",))
    lone = lone_event(found.transit_depths, found.transit_depth_errs)
    if lone is None:
        return None
    index, sentence = lone
    return Screening("none", (sentence,), lone_event_bjd=float(found.transit_times_bjd[index]))


def _unlike_pair(found: DipMeasurement, doubts: list[str]) -> None:
    """Two dips of very different depth are hardly one body."""
    if found.n_transits == 2 and min(found.transit_depths) < 0.5 * max(found.transit_depths):
        doubts.append("The two dips differ by more than a factor of two in depth: perhaps two bodies, once each.")


def mean_depth(flux: FloatArray, evidence: Evidence, found: DipMeasurement) -> float:
    """Mean depth in the middle of the dips against their surroundings (relative flux)."""
    phase = np.abs(phase_days(evidence.time, found.period_days, found.epoch_bjd))
    inside: BoolArray = phase < 0.35 * found.duration_days
    around: BoolArray = (phase > 0.6 * found.duration_days) & (phase < 1.5 * found.duration_days)
    if not np.any(inside) or not np.any(around):
        return 0.0
    weight = 1.0 / np.square(evidence.err)
    return float(np.average(flux[around], weights=weight[around]) - np.average(flux[inside], weights=weight[inside]))


def _nearest(times: FloatArray, others: FloatArray) -> FloatArray:
    """Distance of each time to the nearest of `others` (sorted), inf where there are none. Shape of `times`."""
    if others.size == 0:
        return np.full(times.shape, np.inf)
    after = np.clip(np.searchsorted(others, times), 0, others.size - 1)
    before = np.clip(after - 1, 0, others.size - 1)
    return np.minimum(np.abs(times - others[after]), np.abs(times - others[before]))


def _clusters(times: FloatArray, gap: float) -> int:
    """How many groups `times` (sorted) form when neighbours within `gap` days belong together."""
    return 0 if times.size == 0 else 1 + int(np.count_nonzero(np.diff(times) > gap))
