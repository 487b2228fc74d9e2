"""Whether a star's own changes could make the dips that were found, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from science.rounding import THIN, number, percent, significant, with_error
from science.search.harmonics import relation
from science.variables.classes import BINARIES, NOT_DECIDED, WAVES, WORDS, Classification
from science.variables.flare_list import Flare
from science.variables.rotation import RotationPeriod
from science.vetting.results import Fault, Finding, Outcome, not_run

NAME = "star_variability"
#: A class is strong from this chance on.
STRONG = 0.7
#: A wave at the dips' period counts as making them from this share of their depth on.
WAVE_SHARE = 0.5
#: Periods are alike within this share, and simple ratios go up to this number.
SAME_PERIOD = 0.02
HIGHEST_RATIO = 3


@dataclass(frozen=True, slots=True)
class Dip:
    """One signal: ephemeris in days, depth of its dips, and the wave at its period outside them (relative flux)."""

    period_days: float
    epoch_bjd: float
    duration_days: float
    depth: float
    wave: float
    wave_sigma: float


def finding_of(
    label: str, probabilities: Mapping[str, float], rhythm_days: float | None, dip: Dip | None, sentence: str
) -> Finding:
    """Pass, warn or fail for one signal; without one it says only what the star is.

    Fails where the class is strong and the dips are its shape: an eclipsing pair whose light outside the dips follows
    their period, or a wave of at least half of their depth at their period in a star known to wave. Warns where the
    dips' period is a simple fraction or multiple of the star's rhythm, where the star looks like a pair, or where such
    a wave is there without a strong class. A rhythm of the camera or of noise is no rhythm of the star: its ratio to
    the dips' period says nothing.
    """
    chance = probabilities.get(label, 0.0)
    numbers = {f"chance_{name}": float(value) for name, value in probabilities.items()}
    if rhythm_days is not None:
        numbers["rhythm_days"] = rhythm_days
    if dip is None:
        return Finding(NAME, "pass", f"{sentence} No dips were given to compare it with.", numbers=numbers)
    share = dip.wave / dip.depth if dip.depth > 0 else float("inf") if dip.wave > 0 else 0.0
    is_real = dip.wave > 5.0 * dip.wave_sigma > 0
    numbers |= {"wave_ppm": 1e6 * dip.wave, "depth_ppm": 1e6 * dip.depth}
    finding = Finding(
        NAME,
        "pass",
        f"{sentence} Its own changes do not keep the time of the dips.",
        value=min(share, 1e3) if is_real else 0.0,
        threshold=WAVE_SHARE,
        unit="of the depth",
        numbers=numbers,
    )
    wave = (
        f"Outside the dips the light rises and falls at their period by {_ppm(1e6 * dip.wave)} to either side, against "
        f"a depth of {_ppm(1e6 * max(dip.depth, 0.0))}."
    )
    strong = chance >= STRONG
    if label in BINARIES and sum(probabilities.get(name, 0.0) for name in BINARIES) >= STRONG:
        if is_real and share >= 0.1:
            return _with(finding, "fail", f"{sentence} {wave}", "eclipsing_binary")
        return _with(finding, "warn", f"{sentence} The dips may be eclipses.", None)
    if is_real and share >= WAVE_SHARE:
        if strong and label in WAVES:
            return _with(finding, "fail", f"{sentence} {wave} The dips are part of that wave.", "variability")
        return _with(finding, "warn", f"{sentence} {wave}", None)
    ratio = None
    if rhythm_days and label not in ("constant", "systematics"):
        ratio = relation(dip.period_days, rhythm_days, SAME_PERIOD, HIGHEST_RATIO)
    if ratio is not None and 1 in (ratio.numerator, ratio.denominator):
        words = ratio.describe("the star's rhythm")
        return _with(finding, "warn", f"{sentence} The period of the dips is {words}.", None)
    return finding


def _with(finding: Finding, outcome: Outcome, reason: str, fault: Fault | None) -> Finding:
    return replace(finding, outcome=outcome, reason=reason, fault=fault)


def not_run_because(reason: str) -> Finding:
    """The finding where the star could not be described."""
    return not_run(NAME, reason)


def sentence_of(
    answer: Classification,
    rotation: RotationPeriod | None,
    wave_days: float | None,
    amplitude_ppm: float,
    flares: Sequence[Flare],
    days: float,
) -> str:
    """The star in some sentences, with the numbers; `wave_days` is the strongest wave of a pulsator."""
    likeliest = answer.likeliest
    chance = percent(answer.probabilities[likeliest])
    if answer.label == NOT_DECIDED:
        parts = [f"What kind of variable this star is could not be decided; most likely {WORDS[likeliest]} ({chance})."]
    else:
        parts = [f"This is most likely {WORDS[answer.label]} ({chance})."]
    if wave_days is not None:
        parts.append(
            f"Its strongest wave takes {significant(wave_days, 4)}{THIN}d; nine tenths of the light lie within "
            f"{_ppm(amplitude_ppm)} to either side."
        )
    elif rotation is not None:
        value, error = with_error(rotation.period_days, rotation.error_days)
        spread = f"{value} ± {error}" if error else value
        what = "What little changes in it" if answer.label == "constant" else "Its brightness"
        parts.append(f"{what} repeats every {spread}{THIN}d, by {_ppm(amplitude_ppm)} to either side.")
    elif np.isfinite(amplitude_ppm):
        parts.append(f"Its brightness stays within {_ppm(amplitude_ppm)} to either side for 90{THIN}% of the time.")
    if flares:
        highest = max(flare.amplitude for flare in flares)
        word = "flare" if len(flares) == 1 else "flares"
        parts.append(f"It shows {number(len(flares))} {word} in {significant(days, 3)} days, up to {percent(highest)}.")
    return " ".join(parts)


def _ppm(value: float) -> str:
    return percent(value * 1e-6) if value >= 1000 else f"{number(value)}{THIN}ppm"
