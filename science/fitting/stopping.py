"""When a chain may be believed: how much of its start to leave out, and which of the three criteria fails."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from science.fitting.diagnostics import LOOK_ROWS, diagnose, every, rank_tau
from science.fitting.results import (
    LARGEST_RHAT,
    SMALLEST_ESS,
    STEPS_PER_TAU,
    Convergence,
    ParameterDiagnostics,
)
from science.lightcurve import BoolArray, FloatArray
from science.rounding import number

#: Left out at the start, in τ, after the ensembles have reached their level: of what the walkers remember of where
#: they began, e⁻³ = 5 % is left by then, and 0.1 % after the first 4 τ that are kept.
BURN_IN_TAUS = 3.0
#: τ may be longer by this share than it was at two thirds of the chain; an estimate that still grows is not believed.
TAU_GROWTH = 0.10
#: A chain of so many τ measures them well, whatever the estimate grew by.
CERTAIN_TAUS = 2.0 * STEPS_PER_TAU
#: A walker is stuck when it never comes within 10 + 3 d of the usual ln p of its ensemble: of good draws, whose ln p
#: scatters as -χ²(d) / 2, fewer than one in 10⁹ lies there.
STUCK_BELOW = 10.0
STUCK_BELOW_PER_PARAMETER = 3.0


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a chain: the verdict and how far it has come (1 = done)."""

    convergence: Convergence
    rows: int  # of the chain that was looked at
    discarded_rows: int
    fraction: float


def settled_row(log_probability: FloatArray) -> int:
    """First row from which every ensemble has reached its later level; `log_probability` (ensembles, steps, walkers).

    The level of an ensemble is the median of its second half; it is reached where the median over walkers first comes
    within its later scatter. Whether the ensembles agree in their level is R-hat's business, not that of the burn-in.
    """
    middle = np.median(log_probability, axis=2)
    half = middle.shape[1] // 2
    latest = 0
    for trace in middle:
        later = trace[half:]
        level = float(np.median(later))
        scatter = float(np.quantile(np.abs(later - level), 0.9))
        near = np.flatnonzero(np.abs(trace - level) <= scatter + 1e-12 * abs(level))
        latest = max(latest, int(near[0]) if len(near) else half)
    return latest


def burn_in_rows(samples: FloatArray, log_probability: FloatArray, repaired_row: int) -> int:
    """Rows to leave out: until the level is reached (and the last repair is over), and then 3 τ; at most half,
    but always what lies before a repair.

    No fixed share is left out on top: what matters is the memory, which is measured. τ is the longest of the second
    half of the chain, so that the way to the level does not count as memory.
    """
    rows = samples.shape[1]
    half = rows // 2
    look, stride = every(samples[:, half:], LOOK_ROWS // 2)
    taus = [rank_tau(look[..., i]) * stride for i in range(samples.shape[3])]
    longest = max((t for t in taus if math.isfinite(t)), default=0.0)
    few, step = every(log_probability, LOOK_ROWS)
    memory = math.ceil(BURN_IN_TAUS * longest)
    return int(min(max(half, repaired_row), max(settled_row(few) * step, repaired_row) + memory))


def look_at(
    samples: FloatArray,
    log_probability: FloatArray,
    acceptance: float,
    names: tuple[str, ...],
    *,
    thin_by: int = 1,
    repaired_step: int = 0,
) -> Look:
    """Judge a chain (ensembles, rows, walkers, parameters) with all that is known: a function of the chain alone, so
    that a resumed fit decides as an uninterrupted one."""
    ensembles, rows, walkers, _ = samples.shape
    discarded = burn_in_rows(samples, log_probability, -(-repaired_step // thin_by))
    kept = samples[:, discarded:]
    diagnostics = diagnose(kept, names, steps_per_row=thin_by)
    steps = kept.shape[1] * thin_by
    earlier = [p.tau_steps for p in diagnose_tau(kept[:, : kept.shape[1] * 2 // 3], names, thin_by)]
    reason = shortcoming(diagnostics, earlier, steps, kept)
    stuck = stuck_walkers(log_probability[:, max(0, rows - max(rows // 4, 50)) :], samples.shape[3])
    if not reason and np.any(stuck):
        reason = f"{int(np.sum(stuck))} of {stuck.size} walkers are stuck far below the others."
    convergence = Convergence(
        converged=not reason,
        reason=reason,
        parameters=diagnostics,
        steps=steps,
        discarded=discarded * thin_by,
        n_ensembles=ensembles,
        n_walkers=walkers,
        acceptance=acceptance,
    )
    return Look(convergence, rows, discarded, 1.0 if not reason else min(0.99, progress_of(convergence)))


def diagnose_tau(samples: FloatArray, names: tuple[str, ...], steps_per_row: int) -> tuple[ParameterDiagnostics, ...]:
    """τ alone, for the comparison with the whole chain."""
    look, stride = every(samples, LOOK_ROWS)
    nan = float("nan")
    return tuple(
        ParameterDiagnostics(name, nan, nan, nan, rank_tau(look[..., i]) * stride * steps_per_row)
        for i, name in enumerate(names)
    )


def progress_of(convergence: Convergence) -> float:
    """The slowest of the three criteria, 0 to 1. Each of the three goes with the number of steps: N / 50 τ and
    ESS / 400 as they stand, R-hat by 0.01 / (R-hat - 1)."""
    shares = []
    for p in convergence.parameters:
        tau_share = convergence.steps / (STEPS_PER_TAU * p.tau_steps)
        ess_share = min(p.ess_bulk, p.ess_tail) / SMALLEST_ESS
        rhat_share = (LARGEST_RHAT - 1.0) / max(p.rhat - 1.0, 1e-9)
        shares += [tau_share, ess_share, rhat_share]
    if not shares or not all(math.isfinite(share) for share in shares):
        return 0.0
    return min(1.0, *shares)


def shortcoming(
    diagnostics: tuple[ParameterDiagnostics, ...], earlier_taus: list[float], steps: int, kept: FloatArray
) -> str:
    """Why the posterior may not be told yet, one sentence; "" where all criteria hold for every parameter."""
    for i, p in enumerate(diagnostics):
        if not all(map(math.isfinite, (p.ess_bulk, p.ess_tail, p.tau_steps))) or math.isnan(p.rhat):
            if kept.shape[1] >= 8 and np.ptp(kept[..., i]) == 0:
                return f"The walkers never moved in {spoken(p.name)}."
            return f"The chain is too short to judge {spoken(p.name)}."
    worst = max(range(len(diagnostics)), key=lambda i: diagnostics[i].rhat)
    p = diagnostics[worst]
    if p.rhat > LARGEST_RHAT:
        apart = different_solutions(kept[..., worst])
        if apart:
            return apart.format(name=spoken(p.name), rhat=rhat_text(p.rhat))
        return (
            f"The independent ensembles do not agree yet in {spoken(p.name)}: R-hat is {rhat_text(p.rhat)}, "
            f"at most {LARGEST_RHAT} is accepted."
        )
    p = min(diagnostics, key=lambda q: min(q.ess_bulk, q.ess_tail))
    size = min(p.ess_bulk, p.ess_tail)
    if size < SMALLEST_ESS:
        return (
            f"Only {number(math.floor(size))} independent samples of {spoken(p.name)} so far; "
            f"{number(SMALLEST_ESS)} are needed."
        )
    p = max(diagnostics, key=lambda q: q.tau_steps)
    if steps <= STEPS_PER_TAU * p.tau_steps:
        return (
            f"The chain is {number(steps / p.tau_steps)} autocorrelation times long in {spoken(p.name)} "
            f"(one is {number(p.tau_steps)} steps); more than {number(STEPS_PER_TAU)} are needed."
        )
    if steps > CERTAIN_TAUS * p.tau_steps:
        return ""  # so long a chain measures τ well: what it grows by is scatter of the estimate
    for q, earlier in zip(diagnostics, earlier_taus, strict=True):
        if not q.tau_steps <= (1.0 + TAU_GROWTH) * earlier:
            return (
                f"The autocorrelation time of {spoken(q.name)} still grows: {number(earlier)} steps at two thirds of "
                f"the chain, {number(q.tau_steps)} now."
            )
    return ""


def different_solutions(draws: FloatArray) -> str:
    """A sentence with {name} and {rhat} where ensembles (ensembles, steps, walkers) rest at different places: two lie
    further apart than their own widths, and each stays where it is. "" otherwise."""
    medians = np.median(draws, axis=(1, 2))
    low, high = int(np.argmin(medians)), int(np.argmax(medians))
    widths = (np.quantile(draws, 0.84, axis=(1, 2)) - np.quantile(draws, 0.16, axis=(1, 2))) / 2.0
    half = draws.shape[1] // 2
    drift = np.abs(np.median(draws[:, :half], axis=(1, 2)) - np.median(draws[:, half:], axis=(1, 2)))
    gap = medians[high] - medians[low]
    if low == high or gap <= 2.0 * (widths[low] + widths[high]) or np.any(drift[[low, high]] > 0.25 * gap):
        return ""
    return (
        "The independent ensembles rest at different values of {name}, "
        f"{medians[low]:.4g} and {medians[high]:.4g}, and do not mix (R-hat {{rhat}}): "
        "the posterior has separate peaks, whose shares this sampler cannot tell. Nested sampling can."
    )


def stuck_walkers(log_probability: FloatArray, n_parameters: int) -> BoolArray:
    """(ensembles, walkers): who stayed far below the median of the ensemble in all of (ensembles, rows, walkers)."""
    level = np.median(log_probability, axis=(1, 2))
    below = STUCK_BELOW + STUCK_BELOW_PER_PARAMETER * n_parameters
    return np.asarray(np.max(log_probability, axis=1) < level[:, None] - below, dtype=np.bool_)


def spoken(name: str) -> str:
    """A parameter's name inside a sentence."""
    return name.replace("_", " ")


def rhat_text(value: float) -> str:
    """R-hat with three decimals near 1 so that a miss is seen, fewer above."""
    if not math.isfinite(value):
        return "infinite"
    return f"{value:.4f}" if value < 1.02 else f"{value:.2f}"
