"""Do the dips keep time with the spacecraft?"""

from __future__ import annotations

import numpy as np
from scipy.stats import binom

from science.vetting.light.workings import Workings
from science.vetting.results import Finding, not_run

#: A dip this much wider still counts as touched by a momentum dump: the star needs minutes to settle on its pixels.
_SETTLING_DAYS = 0.05
#: Coincidences rarer than this by chance, in more than half of the dips, are worth a look.
_SUSPICIOUS_CHANCE = 0.01


def camera_rhythm(w: Workings) -> Finding:
    """How many dips coincide with momentum dumps, against how many would by chance (a binomial law).

    Reaction wheels that are spun down push the spacecraft; a star moves on its pixels, and its light may step. A
    signal made of such steps keeps their rhythm. Never a failure: a planet's year may happen to match.
    """
    name, e = "camera_rhythm", w.evidence
    if e.spacecraft_bjd is None:
        return not_run(name, "The files flag no spacecraft events, so their times are not known.")
    dumps, mids, half = e.spacecraft_bjd, e.dip.transit_times_bjd, 0.5 * e.dip.duration_days + _SETTLING_DAYS
    if dumps.size == 0:
        return Finding(name, "pass", "No momentum dump is flagged while this star was watched.", 0.0, None)
    touched = np.array([bool(np.any(np.abs(dumps - mid) < half)) for mid in mids], dtype=bool)
    covered = _covered_share(e.time_bjd, dumps, half)
    n, of = int(touched.sum()), len(mids)
    chance = float(binom.sf(n - 1, of, covered)) if n else 1.0
    allowed = int(binom.ppf(1.0 - _SUSPICIOUS_CHANCE, of, covered))
    suspicious = n > 0.5 * of and of >= 2 and chance < _SUSPICIOUS_CHANCE
    words = f"{n} of {of} dips fall on a momentum dump of the spacecraft; by chance about {covered * of:.1f} would."
    return Finding(
        name,
        "warn" if suspicious else "pass",
        words,
        float(n),
        float(max(allowed, of // 2)),
        numbers={"dips_on_dumps": float(n), "expected_by_chance": covered * of, "chance": chance},
        windows_bjd=np.array([[mid - half, mid + half] for mid in mids[touched]]).reshape(-1, 2),
    )


def _covered_share(time: np.ndarray, dumps: np.ndarray, half: float) -> float:
    """Share of the observed time that lies within `half` days of a dump."""
    place = np.searchsorted(dumps, time)
    before = np.abs(time - dumps[np.clip(place - 1, 0, dumps.size - 1)])
    after = np.abs(time - dumps[np.clip(place, 0, dumps.size - 1)])
    return float(np.mean(np.minimum(before, after) < half))
