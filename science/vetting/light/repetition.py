"""Do the dips repeat as a planet's do: the same depth each time, none alone in charge, not only beside gaps?"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtrc

from science.vetting.light.pictures import event_windows
from science.vetting.light.strength import depth_picture
from science.vetting.light.verdict import judged, one, outcome_of, ppm
from science.vetting.light.workings import Workings
from science.vetting.results import Finding, not_run

LARGEST_MEAN_TO_MEDIAN = 1.5
LARGEST_SINGLE_SHARE = 0.8
LEAST_CONSISTENCY = 7.8
#: Between this and the published limit a real planet of ten sigma may lie: a look.
CLEARLY_INCONSISTENT = 6.5
LARGEST_GAP_SHARE = 0.5
#: Depths that scatter so much or more by chance less often than this are not the same dip.
_LEAST_CHANCE = 0.01
#: The noise of single dips is itself known to a quarter only (pink noise from a few stretches): what scatters by no
#: more than that is no other dip, however many dips tell so.
_NOISE_KNOWN_TO = 1.25


def steady_depth(w: Workings) -> Finding:
    """DMM: mean over median depth of the single transits, at most 1.5."""
    e = w.events
    if e.number.size < 2:
        return not_run("steady_depth", "Only one dip has data; a second is needed to compare depths.")
    mean, median = float(np.mean(e.depth)), float(np.median(e.depth))
    value = mean / median if median != 0 else math.inf
    fails = value > LARGEST_MEAN_TO_MEDIAN
    # With two dips the mean is the median: the test says nothing then.
    return judged(
        "steady_depth",
        outcome_of(fails, value > 1.3 or value < 0),
        f"Mean depth {ppm(mean)}, median {ppm(median)}: a ratio of {one(value, 2)} (at most {LARGEST_MEAN_TO_MEDIAN}).",
        value,
        LARGEST_MEAN_TO_MEDIAN,
        "at_most",
        "",
        "noise",
        {"dmm": value, "mean_depth_ppm": 1e6 * mean, "median_depth_ppm": 1e6 * median},
        fails,
        depth_picture(w, "Depth of each dip."),
        event_windows(w, e.number[[int(np.argmax(e.depth))]]) if fails else None,
    )


def single_event(w: Workings) -> Finding:
    """The strongest single transit over all together, at most 0.8, where there are up to ten."""
    e = w.events
    if e.number.size < 2:
        return not_run("single_event", "Only one dip has data; a second is needed to see whether one decides alone.")
    value = float(np.max(e.snr)) / w.mes
    counts = w.n_transits <= 10
    published = counts and value > LARGEST_SINGLE_SHARE
    # Where red noise is nil n equal dips share 1 / sqrt(n); two with unequal data can exceed 0.8 by right.
    fair = float(np.max(e.expected_snr)) / w.mes
    fails = published and value > 1.1 * fair
    top = int(np.argmax(e.snr))
    reason = (
        f"The strongest dip is {one(float(e.snr[top]))} times its noise, all {e.number.size} together {one(w.mes)}: "
        f"a share of {one(value, 2)} (at most {LARGEST_SINGLE_SHARE})"
    )
    if published and not fails:
        reason += "; it holds most of the light that was measured, so this is expected"
    elif not counts:
        reason += "; with more than ten dips it does not count"
    return judged(
        "single_event",
        outcome_of(fails, published or (counts and value > 0.75)),
        reason + ".",
        value,
        LARGEST_SINGLE_SHARE,
        "at_most",
        "",
        "noise",
        {"max_ses": float(e.snr[top]), "mes": w.mes, "expected_share": fair, "n_transits": float(w.n_transits)},
        published,
        depth_picture(w, "Depth of each dip."),
        event_windows(w, e.number[[top]], 2.0),
    )


def consistent_events(w: Workings) -> Finding:
    """CHI: MES over the square root of the reduced chi2 of the single strengths, at least 7.8 (Seader et al. 2013, ApJS
    206, 25)."""
    e = w.events
    if e.number.size < 2:
        return not_run("consistent_events", "Only one dip has data; a second is needed to compare their strengths.")
    if w.depth <= 0:
        return not_run("consistent_events", "The light does not dip on average, so there is nothing to compare.")
    chi2 = float(np.sum(np.square(e.snr - e.expected_snr) / e.expected_snr))
    reduced = chi2 / (e.number.size - 1)
    value = w.mes / math.sqrt(reduced) if reduced > 0 else math.inf
    published = value < LEAST_CONSISTENCY
    # In a weak signal CHI is low by itself, and its weakness is judged elsewhere: the depths themselves must differ.
    depths_chi2 = float(np.sum(np.square((e.depth - w.depth) / e.err)))
    scatter = math.sqrt(depths_chi2 / (e.number.size - 1))
    chance = float(chdtrc(e.number.size - 1, depths_chi2 / _NOISE_KNOWN_TO**2))
    by_chance = chance >= _LEAST_CHANCE
    fails = value < CLEARLY_INCONSISTENT and not by_chance
    reason = (
        f"The strengths of the {e.number.size} dips scatter {one(scatter, 2)} times as much as their noise allows "
        f"(consistency {one(min(value, 1e4))}, at least {LEAST_CONSISTENCY})"
    )
    if published and not fails:
        reason += "; that is no more than chance, the signal is only weak" if by_chance else "; a near miss"
    elif scatter > 3.0 and not fails:
        reason += "; so much scatter asks for a look"
    return judged(
        "consistent_events",
        outcome_of(fails, published or scatter > 3.0),
        reason + ".",
        min(value, 1e4),
        LEAST_CONSISTENCY,
        "at_least",
        "",
        "noise",
        {"chi": value, "depth_scatter_over_error": scatter, "chance_of_scatter": chance},
        published,
        depth_picture(w, "Depth of each dip."),
        event_windows(w, e.number[np.abs(e.depth - w.depth) > 3 * e.err]),
    )


def near_gaps(w: Workings) -> Finding:
    """Share of the transits with a gap in the data within two durations; less than 0.5."""
    e = w.events
    beside = int(np.count_nonzero(e.beside_gap))
    value = beside / e.number.size
    published = value >= LARGEST_GAP_SHARE
    # One or two dips can lie beside a gap by chance; half of three or more hardly.
    fails = published and e.number.size >= 3 and not _clear_ones_suffice(w)
    reason = f"{beside} of {e.number.size} dips lie beside a gap in the data (fewer than half is needed)"
    if published and not fails:
        reason += (
            "; the others show the dip by themselves" if e.number.size >= 3 else "; with so few dips that can be chance"
        )
    return judged(
        "near_gaps",
        outcome_of(fails, published),
        reason + ".",
        value,
        LARGEST_GAP_SHARE,
        "at_most",
        "of the dips",
        "systematic",
        {"beside_gap": float(beside), "n_transits": float(e.number.size)},
        published,
        depth_picture(w, "Depth of each dip."),
        event_windows(w, e.number[e.beside_gap], 4.0),
    )


def _clear_ones_suffice(w: Workings) -> bool:
    """Whether the transits away from gaps are a detection by themselves, as deep as those beside gaps."""
    e = w.events
    clear = ~e.beside_gap
    if np.count_nonzero(clear) < 2:
        return False
    err = 1.0 / math.sqrt(float(np.sum(1.0 / np.square(e.err[clear]))))
    depth = float(np.average(e.depth[clear], weights=1.0 / np.square(e.err[clear])))
    return depth / err > 7.1
