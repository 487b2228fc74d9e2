"""Is there a dip at all: strength, transits that count, and whether a planet's shape beats a straight line."""

from __future__ import annotations

import math

import numpy as np

from science.vetting.light.pictures import HOURS, PPM, event_windows, folded, level_line, model_line, thinned
from science.vetting.light.verdict import judged, one, outcome_of, ppm
from science.vetting.light.workings import Workings
from science.vetting.results import Finding, Picture, Series

LEAST_MES = 6.2
LEAST_TRANSITS = 3
#: A transit that the model misses by less than this share of its depth is a good transit all the same: in very precise
#: light a spot crossed or a slow drift is enough for a bad chi2.
_SMALL_MISFIT = 0.15
_BEST_AIC = {True: -60.0, False: -30.0}  # up to ten transits, and more
#: A planet of nine sigma may miss the limits above. What gains this much in chi2 (six and five sigma) is a look.
_CLEAR_GAIN = {True: 36.0, False: 25.0}
#: Between this and 6.2 the clean dips of a real planet may lie, when the test drops a third of them: a look.
CLEARLY_TOO_WEAK_MES = 5.0


def signal_strength(w: Workings) -> Finding:
    """Multiple event statistic: depth of all dips over its pink error, at least 6.2 (Kunimoto et al. 2025)."""
    mes = w.mes
    fails = mes < LEAST_MES
    if fails:
        tail = f"at least {one(LEAST_MES)} is needed to stand out from this star's noise"
    else:
        tail = f"{one(LEAST_MES)} is needed"
    return judged(
        "signal_strength",
        outcome_of(fails, mes < 7.1),
        f"The dips together are {one(mes)} times as deep as their noise ({ppm(w.depth, w.depth_err)}); {tail}.",
        mes,
        LEAST_MES,
        "at_least",
        "σ",
        "noise",
        {
            "mes": mes,
            "depth_ppm": 1e6 * w.depth,
            "depth_err_ppm": 1e6 * w.depth_err,
            "white_noise_ppm": 1e6 * w.series.white,
            "red_noise_ppm": 1e6 * w.series.red,
            "n_transits": float(w.n_transits),
        },
        fails,
        Picture((folded(w), *model_line(w)), HOURS, PPM, "All dips laid on top of each other."),
    )


def valid_transits(w: Workings) -> Finding:
    """Transits left once those in gaps, upside down, badly fitted or beside an equal event are dropped: at least 3,
    and together still a MES of 6.2."""
    e = w.events
    published = e.kept_mes < LEAST_MES or e.kept < LEAST_TRANSITS
    misfit = np.sqrt(np.maximum(e.reduced_chi2 - 1.0, 0.0) * np.mean(np.square(w.err[w.around]))) / max(w.depth, 1e-12)
    spared = e.bad & (e.reduced_chi2 > 5.0) & (misfit < _SMALL_MISFIT) & (e.observed > 0.75) & (e.snr > 0)
    kept = e.kept + int(np.count_nonzero(spared))
    mes = math.hypot(max(e.kept_mes, 0.0), float(np.sqrt(np.sum(np.square(e.snr[spared])))))
    few = w.n_transits < LEAST_TRANSITS
    dropped = e.number.size - kept
    reason = f"{kept} of {e.number.size} dips are complete and clean, and together {one(mes)} times their noise"
    if few:
        dips = "one dip" if w.n_transits == 1 else "two dips"
        reason = f"Only {dips} with data: too few to trust the repetition, so more light is needed"
        if mes < LEAST_MES:
            reason += f"; what is clean of it is {one(mes)} times its noise ({one(LEAST_MES)} is needed)"
    elif kept < LEAST_TRANSITS or mes < LEAST_MES:
        reason += f"; {LEAST_TRANSITS} dips and {one(LEAST_MES)} are needed"
    # Too few dips is no fault of the signal; where data gaps alone took them away, neither.
    gapped = int(np.count_nonzero(e.observed <= 0.75))
    only_gaps = published and kept + gapped >= LEAST_TRANSITS and kept < LEAST_TRANSITS and mes >= LEAST_MES
    fails = published and not few and not only_gaps and (kept < LEAST_TRANSITS or mes < CLEARLY_TOO_WEAK_MES)
    return judged(
        "valid_transits",
        outcome_of(fails, few or published),
        reason + ".",
        float(kept),
        float(LEAST_TRANSITS),
        "at_least",
        "dips",
        "noise",
        {
            "kept_transits": float(e.kept),
            "kept_mes": e.kept_mes,
            "spared_transits": float(np.count_nonzero(spared)),
            "dropped_transits": float(dropped),
            "in_gaps": float(gapped),
            "worst_reduced_chi2": float(np.nanmax(e.reduced_chi2)) if np.any(np.isfinite(e.reduced_chi2)) else math.nan,
        },
        published,
        depth_picture(w, "Depth of each dip; those dropped are marked."),
        event_windows(w, e.number[e.bad & ~spared]),
    )


def transit_model(w: Workings) -> Finding:
    """A planet's transit must fit better than a straight line: Akaike difference below -60 (-30 beyond ten transits)
    and a smaller reduced chi2."""
    few = w.n_transits <= 10
    limit = _BEST_AIC[few]
    fit = w.transit
    gain, excess = math.nan, 0.0
    if fit is None:
        published, fails, near = True, True, False
        reason = "No planet's transit could be fitted to these dips."
    else:
        gain = fit.aic - w.line.aic
        # Over few points the logarithm in AIC tells less than the light does: then chi2 itself may speak.
        excess = (w.line.chi2 - fit.chi2) / max(1.0, fit.reduced_chi2) - 2.0 * (fit.n_free - w.line.n_free)
        published = fit.reduced_chi2 > w.line.reduced_chi2 or gain > limit
        fails = published and (fit.reduced_chi2 > w.line.reduced_chi2 or excess < _CLEAR_GAIN[few])
        near = published or gain > 1.3 * limit
        better = f"fits better than a straight line by {one(-gain, 0)} points (Akaike), {one(-limit, 0)} are needed"
        reason = f"A planet's transit {better}"
        if published and not fails:
            reason += f"; over so few measurements chi2 is the better judge, and that gains {one(excess, 0)}"
        reason += "."
    return judged(
        "transit_model",
        outcome_of(fails, near),
        reason,
        gain if math.isfinite(gain) else 0.0,
        limit,
        "at_most",
        "AIC",
        "noise",
        {
            "aic_difference": gain,
            "chi2_gain": excess,
            "transit_reduced_chi2": math.nan if fit is None else fit.reduced_chi2,
            "line_reduced_chi2": w.line.reduced_chi2,
            "n_transits": float(w.n_transits),
        },
        published,
        Picture((folded(w), *model_line(w)), HOURS, PPM, "The dips with the best planet."),
    )


def depth_picture(w: Workings, summary: str) -> Picture:
    """Depth of each dip with its error and the mean, at most 60 dips."""
    e = w.events
    rows = thinned(np.arange(e.number.size, dtype=np.float64)).astype(np.int64)
    x = e.number[rows].astype(np.float64)
    bad = rows[e.bad[rows]]
    series = [Series("dots", x, 1e6 * e.depth[rows], 1e6 * e.err[rows], "depth of each dip")]
    if bad.size:
        series.append(Series("mark", e.number[bad].astype(np.float64), 1e6 * e.depth[bad], None, "dropped"))
    series.append(level_line(x, 1e6 * w.depth, "mean depth"))
    return Picture(tuple(series), "number of the dip", "depth (ppm)", summary)
