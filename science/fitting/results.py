"""What a fit is asked and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from science.lightcurve import FloatArray, IntArray

Sampler = Literal["emcee", "dynesty"]
#: "windowed": every point near a transit; "binned": points of one transit (or of neighbouring ones, folded) averaged.
DataMode = Literal["auto", "windowed", "binned"]

#: The posterior is accepted only where all three hold for every parameter (Vehtari et al. 2021, Bayesian Analysis 16,
#: 667; Foreman-Mackey et al. 2013, PASP 125, 306).
LARGEST_RHAT = 1.01
SMALLEST_ESS = 400.0
STEPS_PER_TAU = 50.0


@dataclass(frozen=True, slots=True)
class Guess:
    """Where the fit of one planet starts: what the search or the user measured. Depth relative, times in days."""

    period_days: float
    epoch_bjd: float
    duration_days: float  # first to fourth contact
    radius_ratio: float
    impact_parameter: float = 0.3


@dataclass(frozen=True, slots=True)
class FitSettings:
    """The question. `budget_seconds` is wall time; a fit that has not converged by then says so."""

    sampler: Sampler = "emcee"
    data_mode: DataMode = "auto"
    n_ensembles: int = 4
    n_walkers: int = 0  # in each ensemble; 0 = from the number of parameters
    budget_seconds: float = 120.0
    max_steps: int = 40_000
    block_steps: int = 250  # between two looks at convergence, and two stored checkpoints
    seed: int = 1
    eccentric: bool = False
    use_stellar_density: bool = False  # else the transit's density stays free, and is compared with the star's
    gaussian_process: bool = False
    limb_darkening_width: float = 0.1  # of the Gaussian priors on u1 and u2 around theory
    dilution: float = 0.0  # share of the light that is not the star's, still in the curve
    dilution_err: float = 0.0
    threads: int = 2


@dataclass(frozen=True, slots=True)
class FitData:
    """The light that a fit uses: points near the transits. Arrays of shape (n,), sorted by time unless folded.

    `block` numbers the stretches that share one noise level (a sector's segment), `event` the transits (or groups of
    folded neighbours) that share one baseline; `exposure_days` is the width over which the model is averaged (exposure,
    or bin).
    """

    time_bjd: FloatArray
    flux: FloatArray
    flux_err: FloatArray
    exposure_days: FloatArray
    block: IntArray
    event: IntArray
    n_raw: int  # points before averaging
    mode: Literal["windowed", "binned"]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """Draws of independent ensembles, in order. `samples` has shape (ensembles, steps, walkers, parameters)."""

    names: tuple[str, ...]
    samples: FloatArray
    log_probability: FloatArray  # (ensembles, steps, walkers)
    discarded: int = 0  # rows at the start that are not part of the posterior
    thin_by: int = 1  # sampler steps from one stored row to the next; more than 1 where a long chain was thinned

    @property
    def kept(self) -> FloatArray:
        """Samples after the burn-in, shape (ensembles, steps, walkers, parameters)."""
        return self.samples[:, self.discarded :]

    @property
    def flat(self) -> FloatArray:
        """All kept samples in one table, shape (n, parameters)."""
        return self.kept.reshape(-1, len(self.names))


@dataclass(frozen=True, slots=True)
class ParameterDiagnostics:
    """Convergence of one parameter. `tau` in steps; ESS of the middle and of the tails (smaller of 5 and 95 %)."""

    name: str
    rhat: float
    ess_bulk: float
    ess_tail: float
    tau_steps: float


@dataclass(frozen=True, slots=True)
class Convergence:
    """Whether a posterior may be told, and why not. `reason` is a sentence for the user, "" where converged."""

    converged: bool
    reason: str
    parameters: tuple[ParameterDiagnostics, ...]
    steps: int  # kept steps of each ensemble
    discarded: int
    n_ensembles: int
    n_walkers: int
    acceptance: float

    @property
    def rhat(self) -> float:
        """The largest of all parameters."""
        return max((p.rhat for p in self.parameters), default=float("nan"))

    @property
    def ess(self) -> float:
        """The smallest of all parameters, middle and tails."""
        return min((min(p.ess_bulk, p.ess_tail) for p in self.parameters), default=0.0)

    @property
    def tau_steps(self) -> float:
        """The longest autocorrelation time."""
        return max((p.tau_steps for p in self.parameters), default=float("nan"))


@dataclass(frozen=True, slots=True)
class Interval:
    """A posterior in numbers. Bounds are absolute values, not differences.

    `mode` and the highest-density intervals describe one-sided posteriors; `upper95`/`lower95` are set where the
    posterior touches the lower/upper physical limit, so that only a limit can be told.
    """

    median: float
    lo68: float
    hi68: float
    lo95: float
    hi95: float
    mode: float
    hdi68: tuple[float, float]
    hdi95: tuple[float, float]
    upper95: float | None = None
    lower95: float | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the answer: sampled or derived from the samples."""

    name: str
    unit: str
    interval: Interval
    diagnostics: ParameterDiagnostics
    sampled: bool


@dataclass(frozen=True, slots=True)
class TransitTime:
    """One transit measured by itself. `minutes_late` is observed minus the linear ephemeris of all."""

    epoch: int
    time_bjd: float
    error_days: float
    minutes_late: float
    snr: float
    coverage: float  # share of the transit (first to fourth contact) with data


@dataclass(frozen=True, slots=True)
class Progress:
    """How a running fit stands, for the page: fraction of the way by the slowest criterion, and the numbers."""

    fraction: float
    steps: int
    rhat: float
    ess: float
    tau_steps: float
    acceptance: float
    seconds: float
    words: str = ""


#: Called after each block; raising from it stops the fit (cancel).
OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class EnsembleState:
    """Where one ensemble stands, enough to go on exactly there: chain so far and the generator's state."""

    samples: FloatArray  # (steps, walkers, parameters)
    log_probability: FloatArray  # (steps, walkers)
    accepted: IntArray  # (walkers,)
    generator: tuple[int, ...]  # Mersenne Twister: 624 words and the position
    thin_by: int = 1  # sampler steps from one stored row to the next
    repaired_step: int = 0  # the last step at which a stuck walker was moved; what lies before is no posterior


#: Called after each block with all ensembles, so that the caller may store them.
OnCheckpoint = Callable[[tuple[EnsembleState, ...]], None]


@dataclass(frozen=True, slots=True)
class Band:
    """The model over the data: median and 68 % band of the posterior prediction. Arrays of shape (n,)."""

    hours: FloatArray  # from mid-transit
    median: FloatArray  # relative flux
    lo68: FloatArray
    hi68: FloatArray


@dataclass(frozen=True, slots=True)
class ResidualNoise:
    """What is left after the best model: scatter, and how it falls with the time averaged over.

    `red_factor` is the scatter of averages over a transit's length against that of white noise (Winn et al. 2008,
    ApJ 683, 1076); 1 = white. `bins_minutes`, `scatter`, `expected` draw the curve.
    """

    scatter: float
    red_factor: float
    bins_minutes: FloatArray
    scatter_binned: FloatArray
    scatter_expected: FloatArray


@dataclass(frozen=True, slots=True)
class Fit:
    """The answer for one planet (or several fitted together: names carry the planet's letter then)."""

    guesses: tuple[Guess, ...]
    settings: FitSettings
    data: FitData
    chain: Chain
    convergence: Convergence
    parameters: tuple[Parameter, ...]  # sampled first, then derived
    best: dict[str, float]  # the most probable sample
    residuals: ResidualNoise
    bands: tuple[Band, ...]  # one for each planet
    seconds: float
    notes: tuple[str, ...] = field(default=())

    def draws(self, name: str) -> FloatArray:
        """Kept samples of a sampled parameter, shape (n,). Raises KeyError for an unknown name."""
        if name not in self.chain.names:
            raise KeyError(name)
        return np.ascontiguousarray(self.chain.flat[:, self.chain.names.index(name)])
