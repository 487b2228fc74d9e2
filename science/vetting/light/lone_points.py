"""Wild values that stand alone: a glitch outside the dips must not pass for the noise of the whole star."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from science.lightcurve import BoolArray
from science.vetting.evidence import Evidence

#: A value this many robust standard deviations from the usual light is wild.
_WILD_SIGMA = 10.0
#: Rises in and beside the dips are wild from here on.
_BRIGHT_SIGMA = 8.0
#: Beside a wild value that was left out, values beyond this on the same side go with it.
_FLANK_SIGMA = 3.0
#: Wild values closer than this (days) belong to one event.
_SAME_EVENT_DAYS = 0.1
#: An event is alone when the light at its phase in the other cycles differs by less than this share of it.
_REPEATED_SHARE = 0.15
#: It takes light from so many other cycles to say that it does not repeat.
_LEAST_CYCLES = 2
#: If more of the points than this are wild, that is how the star is.
_LARGEST_SHARE = 0.01


def lone_points(evidence: Evidence) -> BoolArray:
    """True for wild values that do not repeat with the period: dips and rises farther than two durations from the
    signal's dips, rises also within (a body in front of a star makes no light). Shape (n,)."""
    nothing = np.zeros(evidence.time_bjd.size, dtype=np.bool_)
    period, duration = evidence.dip.period_days, evidence.dip.duration_days
    if not (period > 0 and duration > 0 and np.isfinite(period) and np.isfinite(duration)):
        return nothing
    phase, cycle = evidence.phase_days, evidence.cycle
    far = np.abs(phase) > 2.0 * duration
    if np.count_nonzero(far) < 20:
        return nothing
    middle = float(np.median(evidence.flux[far]))
    departure = evidence.flux - middle
    spread = 1.4826 * float(np.median(np.abs(departure[far])))
    size = departure / np.maximum(spread, evidence.flux_err)
    wild = (far & (np.abs(size) > _WILD_SIGMA)) | (~far & (size > _BRIGHT_SIGMA))
    if spread <= 0 or not 0 < np.count_nonzero(wild) <= max(3.0, _LARGEST_SHARE * wild.size):
        return nothing
    lone = nothing.copy()
    rows = np.flatnonzero(wild)
    for event in np.split(rows, np.flatnonzero(np.diff(evidence.time_bjd[rows]) > _SAME_EVENT_DAYS) + 1):
        at = float(np.mean(phase[event]))
        apart = np.abs(np.mod(phase - at + 0.5 * period, period) - 0.5 * period)
        elsewhere = (apart < 0.5 * duration) & (np.abs(cycle - cycle[event[0]]) >= 1) & ~wild
        again = (apart < 0.5 * duration) & (np.abs(cycle - cycle[event[0]]) >= 1) & wild
        if np.unique(cycle[elsewhere]).size < _LEAST_CYCLES or np.any(again):
            continue
        usual, mine = float(np.mean(departure[elsewhere])), float(np.mean(departure[event]))
        if math.copysign(usual, usual * mine) < _REPEATED_SHARE * abs(mine):
            lone[event] = True
            # its flanks, as far as they stand out on the same side
            time = evidence.time_bjd
            flank = (time > time[event[0]] - _SAME_EVENT_DAYS) & (time < time[event[-1]] + _SAME_EVENT_DAYS)
            lone |= flank & (size * math.copysign(1.0, mine) > _FLANK_SIGMA) & (far | (size > 0))
    return lone


def without_lone_points(evidence: Evidence) -> Evidence:
    """The same evidence without its lone wild values."""
    lone = lone_points(evidence)
    if not np.any(lone):
        return evidence
    keep = ~lone
    return replace(
        evidence,
        time_bjd=evidence.time_bjd[keep],
        flux=evidence.flux[keep],
        flux_err=evidence.flux_err[keep],
        raw=evidence.raw[keep],
        exposure_days=evidence.exposure_days[keep],
        segment=evidence.segment[keep],
        sector=evidence.sector[keep],
    )
