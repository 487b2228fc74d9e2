"""Whether draws of independent ensembles can be believed: R-hat, effective sample size, autocorrelation time.

Sources: Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021, Bayesian Analysis 16, 667 (rank-normalised split R-hat,
bulk and tail ESS); Sokal 1996 and Foreman-Mackey et al. 2013, PASP 125, 306 (windowed autocorrelation time of an
ensemble).

Walkers of one ensemble steer each other, so a comparison between walkers says nothing: R-hat is taken between ensembles
only, each with all its walkers' draws in the order of time, cut into a first and a second half.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from science.fitting.results import ParameterDiagnostics
from science.lightcurve import FloatArray

#: Rows that one look works on. A chain that may be accepted is longer than 50 τ, so τ spans at least five of these.
LOOK_ROWS = 256
#: Rows where draws are ranked, which costs a sort: 4 ensembles of 42 walkers still give 21 000 draws. Memory shorter
#: than the distance between them reads as one distance, so that sizes come out too small rather than too large.
RANK_ROWS = 128
#: The window of the autocorrelation sum, in τ (Sokal).
WINDOW_TAUS = 5.0


def every(samples: FloatArray, rows: int) -> tuple[FloatArray, int]:
    """Every n-th step of (ensembles, steps, ...) so that at most `rows` remain, the last one kept; and n."""
    stride = max(1, -(-samples.shape[1] // rows))
    return samples[:, (samples.shape[1] - 1) % stride :: stride], stride


def halves(draws: FloatArray) -> FloatArray:
    """(ensembles, steps, walkers) as (2 ensembles, steps // 2, walkers); of an odd number the middle step is left."""
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, draws.shape[1] - half :]])


def rank_normalised(draws: FloatArray) -> FloatArray:
    """Normal scores of all draws together, same shape (eq. 14): Φ⁻¹((rank - 3/8) / (n + 1/4)), ties at their mean."""
    ranks = rankdata(draws, method="average").reshape(draws.shape)
    return np.asarray(ndtri((ranks - 0.375) / (draws.size + 0.25)), dtype=np.float64)


def basic_rhat(chains: FloatArray) -> float:
    """Between against within: sqrt(var⁺ / W) of chains (m, n) as they are. NaN where nothing varies."""
    n = chains.shape[1]
    if chains.shape[0] < 2 or n < 2:
        return float("nan")
    within = float(np.mean(np.var(chains, axis=1, ddof=1)))
    between = float(np.var(np.mean(chains, axis=1), ddof=1))
    if not within > 0:
        return float("inf") if between > 0 else float("nan")
    return float(np.sqrt((n - 1) / n + between / within))


def rhat(draws: FloatArray) -> float:
    """Rank-normalised split R-hat between ensembles, the larger of location and (folded) spread.

    `draws` (ensembles, steps, walkers) of one parameter. NaN for fewer than 4 steps or draws that never move.
    """
    split = halves(draws)
    chains = split.reshape(split.shape[0], -1)
    if split.shape[1] < 2 or not np.all(np.isfinite(chains)):
        return float("nan")
    folded = np.abs(chains - np.median(chains))
    return float(np.fmax(basic_rhat(rank_normalised(chains)), basic_rhat(rank_normalised(folded))))


def autocovariance(draws: FloatArray) -> FloatArray:
    """(ensembles, steps, walkers) -> (ensembles, steps): autocovariance at each lag, averaged over walkers.

    Deviations are from the mean of the whole ensemble, not of each walker: a walker that keeps to its own place then
    shows as a long memory instead of hiding behind its own mean. Divided by the number of steps at every lag.
    """
    steps = draws.shape[1]
    centred = draws - np.mean(draws, axis=(1, 2), keepdims=True)
    # the unit does not matter to any ratio taken of this, but squares of walkers that ran away would overflow
    unit = max(1.0, float(np.max(np.abs(centred), initial=0.0)))
    if unit > 1e100:
        centred = centred / unit
    size = 1 << (2 * steps - 1).bit_length()
    transform = np.fft.rfft(centred, n=size, axis=1)
    power = np.mean(transform.real**2 + transform.imag**2, axis=2)
    return np.asarray(np.fft.irfft(power, n=size, axis=1)[:, :steps] / steps, dtype=np.float64)


def windowed_tau(correlation: FloatArray) -> float:
    """1 + 2 Σ ρ up to the first lag that is at least 5 τ; `correlation` (steps,) begins with 1."""
    taus = 2.0 * np.cumsum(correlation) - 1.0
    beyond = np.arange(len(taus)) >= WINDOW_TAUS * taus
    return float(taus[int(np.argmax(beyond))] if np.any(beyond) else taus[-1])


def autocorrelation_time(draws: FloatArray) -> float:
    """τ in rows of `draws` (ensembles, steps, walkers): mean over ensembles of the windowed estimate; at least 1.

    NaN where an ensemble never moves or has fewer than 4 steps.
    """
    if draws.shape[1] < 4:
        return float("nan")
    covariance = autocovariance(draws)
    if not np.all(covariance[:, 0] > 0):
        return float("nan")
    return max(1.0, float(np.mean([windowed_tau(row / row[0]) for row in covariance])))


def rank_tau(draws: FloatArray) -> float:
    """τ of the rank-normalised draws (ensembles, steps, walkers), as `autocorrelation_time`.

    What is told are quantiles, which rest on ranks. A posterior with a long thin tail (the grazing companion of a weak
    dip) is judged by how fast the ranks mix, not by the few draws far out that carry all of the variance; whether the
    tail itself is known is judged by its own effective size (Vehtari et al. 2021, section 3).
    """
    if draws.shape[1] < 4 or not np.all(np.isfinite(draws)) or np.ptp(draws) == 0:
        return float("nan")
    return autocorrelation_time(rank_normalised(draws))


def effective_size(draws: FloatArray) -> float:
    """Effective number of independent draws of the mean of (ensembles, steps, walkers), Vehtari et al. eq. 10-13.

    Chains are the halves of ensembles; the autocovariance inside them is averaged over walkers, and disagreement
    between them lengthens the correlation (var⁺). The sum ends by Geyer's initial monotone sequence. NaN where nothing
    varies.
    """
    split = halves(draws)
    chains, steps, walkers = split.shape
    if steps < 4 or not np.all(np.isfinite(split)):
        return float("nan")
    n = steps * walkers
    covariance = autocovariance(split) * n / (n - 1)
    within = float(np.mean(covariance[:, 0]))
    pooled = within * (n - 1) / n
    if chains > 1:
        pooled += float(np.var(np.mean(split, axis=(1, 2)), ddof=1))
    if not pooled > 0:
        return float("nan")
    correlation = 1.0 - (within - np.mean(covariance, axis=0)) / pooled
    correlation[0] = 1.0
    pairs = correlation[: steps - steps % 2].reshape(-1, 2).sum(axis=1)
    negative = np.flatnonzero(pairs < 0)
    pairs = np.minimum.accumulate(pairs[: negative[0]] if len(negative) else pairs)
    total = chains * n
    # more than n log10 n independent draws out of n are not believed (Vehtari et al.)
    return float(total / max(2.0 * float(np.sum(pairs)) - 1.0, 1.0 / np.log10(max(total, 10))))


def bulk_ess(draws: FloatArray) -> float:
    """Effective size for the middle: of the rank-normalised draws (ensembles, steps, walkers)."""
    return effective_size(rank_normalised(draws))


def tail_ess(draws: FloatArray) -> float:
    """Effective size for the tails: the smaller one of the shares below the 5 % and the 95 % quantile."""
    low, high = np.quantile(draws, (0.05, 0.95))
    return float(
        min(
            effective_size((draws <= low).astype(np.float64)),
            effective_size((draws <= high).astype(np.float64)),
        )
    )


def diagnose(samples: FloatArray, names: Sequence[str], *, steps_per_row: int = 1) -> tuple[ParameterDiagnostics, ...]:
    """Convergence of each parameter of kept `samples` (ensembles, steps, walkers, parameters).

    Works on every n-th step of a long chain (LOOK_ROWS), so that a look costs the same whatever the length; sizes are
    never overstated by that, since a thinned chain holds no more information. `steps_per_row`: sampler steps between
    two rows, so that τ comes in steps. Parameters without a meaning yet (too short, never moved) carry NaN.
    """
    look, stride = every(samples, LOOK_ROWS)
    few, _ = every(look, RANK_ROWS)
    answers = []
    for i, name in enumerate(names):
        draws = np.ascontiguousarray(look[..., i])
        if draws.shape[1] < 8 or not np.all(np.isfinite(draws)) or np.ptp(draws) == 0:
            answers.append(ParameterDiagnostics(name, float("nan"), float("nan"), float("nan"), float("nan")))
            continue
        answers.append(
            ParameterDiagnostics(
                name=name,
                rhat=rhat(few[..., i]),
                ess_bulk=bulk_ess(few[..., i]),
                ess_tail=tail_ess(draws),
                tau_steps=rank_tau(draws) * stride * steps_per_row,
            )
        )
    return tuple(answers)
