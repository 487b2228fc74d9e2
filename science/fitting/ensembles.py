"""Independent ensembles of walkers, run side by side until they agree.

Goodman & Weare 2010 (CAMCoS 5, 65) and Foreman-Mackey et al. 2013 (PASP 125, 306): emcee, one sampler and one seeded
generator for each ensemble. The run is cut into blocks; after each the chain is judged (science/fitting/stopping.py).
Everything that is decided depends on the chain and the step alone, so that a run resumed from stored states goes on bit
for bit as if it had not been interrupted; only the end of the budget depends on the clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import emcee  # type: ignore[import-untyped]
import numpy as np

from science.fitting.diagnostics import LOOK_ROWS
from science.fitting.moves import EvolutionMove
from science.fitting.repairs import ImpossibleStart, first_places, repaired
from science.fitting.results import (
    Chain,
    Convergence,
    EnsembleState,
    FitSettings,
    OnCheckpoint,
    OnProgress,
    Progress,
)
from science.fitting.stopping import Look, look_at
from science.lightcurve import FloatArray
from science.rounding import number

__all__ = ["ImpossibleStart", "LogProbability", "ResumeMismatch", "run_ensembles", "walkers_for"]

LogProbability = Callable[[FloatArray], FloatArray]

#: Above this a chain is thinned: every second row goes, and from then on every second step is stored.
LARGEST_CHAIN_BYTES = 64 * 2**20
#: Stuck walkers are moved up to this step at most, and to this share of the longest run.
REPAIR_STEPS = 5000
REPAIR_SHARE = 0.25
#: Looks come after each of the first blocks and then whenever the run is longer by this share.
LOOK_GROWTH = 0.15


class ResumeMismatch(ValueError):
    """Stored states do not belong to this fit: other numbers of ensembles, walkers or parameters."""


def walkers_for(n_parameters: int) -> int:
    """Walkers of one ensemble: six for each parameter, at least 24. Half of them give the shape of the other half's
    steps; with fewer the shape is too rough, with more each step costs more than it gains."""
    return max(24, 6 * n_parameters)


def run_ensembles(
    log_probability: LogProbability,
    starts: FloatArray,
    names: tuple[str, ...],
    settings: FitSettings,
    *,
    clock: Callable[[], float],
    limits: FloatArray | None = None,
    resume: tuple[EnsembleState, ...] | None = None,
    on_progress: OnProgress | None = None,
    on_checkpoint: OnCheckpoint | None = None,
    largest_bytes: int = LARGEST_CHAIN_BYTES,
) -> tuple[Chain, Convergence]:
    """Sample until R-hat, ESS and N / τ hold for every parameter, or the budget or `settings.max_steps` ends.

    `log_probability` takes (m, d) and returns (m,), from several threads at once; NaN and infinities count as
    probability zero. `starts` has shape (ensembles, walkers, d); places without probability are moved towards a walker
    that has some. `limits` (d, 2) are bounds outside which the probability is zero and is not asked for. `clock` gives
    seconds of wall time. `resume` takes the states of an earlier run and goes on from them (`starts` only gives the
    shape then). `on_checkpoint` comes first after each block, so that an exception from `on_progress` (cancel), which
    ends the run at once, loses nothing.

    Walkers that hang orders of magnitude in probability below the others are moved to the others, in the burn-in only.
    Raises ImpossibleStart, ResumeMismatch, and ValueError for shapes that do not fit.
    """
    run = _Run(log_probability, np.asarray(starts, dtype=np.float64), names, settings, limits, largest_bytes)
    run.begin(resume)
    began = clock()
    block_seconds = 0.0
    fraction = 0.0
    end = ""
    look = run.look() if run.rows else None
    with ThreadPoolExecutor(max_workers=max(1, settings.threads)) as pool:
        while look is None or not look.convergence.converged:
            seconds = clock() - began
            if run.steps >= settings.max_steps:
                end = f"The limit of {number(settings.max_steps)} steps was reached."
                break
            # another block only where at least half of it fits into what is left; one is always run
            if look is not None and seconds + block_seconds / 2.0 > settings.budget_seconds:
                end = f"The time of {number(settings.budget_seconds)} s ended after {number(run.steps)} steps."
                break
            run.advance(pool)
            if on_checkpoint:
                on_checkpoint(run.states)
            if look is None or run.look_is_due:
                look = run.look()
                fraction = max(fraction, look.fraction)
            block_seconds = clock() - began - seconds
            if on_progress:
                on_progress(run.progress(look, fraction, clock() - began))
    if look is None or look.rows != run.rows:
        look = run.look()
    return run.answer(look, end)


class _Run:
    """The chains so far and the samplers that lengthen them."""

    def __init__(
        self,
        log_probability: LogProbability,
        starts: FloatArray,
        names: tuple[str, ...],
        settings: FitSettings,
        limits: FloatArray | None,
        largest_bytes: int,
    ) -> None:
        if starts.ndim != 3 or starts.shape[2] != len(names):
            raise ValueError(f"starts must have the shape (ensembles, walkers, {len(names)}), not {starts.shape}")
        if starts.shape[1] < max(6, 2 * starts.shape[2]):
            raise ValueError(f"{starts.shape[1]} walkers are too few for {starts.shape[2]} parameters")
        self.names = names
        self.settings = settings
        self.starts = starts
        self.largest_bytes = largest_bytes
        self.value = guarded(log_probability, limits)
        self.states: tuple[EnsembleState, ...] = ()
        self.samplers = [
            emcee.EnsembleSampler(starts.shape[1], starts.shape[2], self.value, moves=EvolutionMove(), vectorize=True)
            for _ in starts
        ]

    @property
    def rows(self) -> int:
        """Stored rows of each ensemble."""
        return len(self.states[0].samples)

    @property
    def thin_by(self) -> int:
        return self.states[0].thin_by

    @property
    def steps(self) -> int:
        """Steps of each ensemble so far."""
        return self.rows * self.thin_by

    @property
    def look_is_due(self) -> bool:
        """After each of the first blocks, then whenever the run is longer by LOOK_GROWTH since the look before."""
        blocks = max(1, round(self.steps / self.settings.block_steps))
        growth = math.log1p(LOOK_GROWTH)
        return blocks == 1 or math.floor(math.log(blocks) / growth) > math.floor(math.log(blocks - 1) / growth)

    def begin(self, resume: tuple[EnsembleState, ...] | None) -> None:
        """Take up stored states, or make the empty ones."""
        ensembles, walkers, parameters = self.starts.shape
        if resume:
            shapes = {state.samples.shape[1:] for state in resume}
            lengths = {(len(state.samples), state.thin_by) for state in resume}
            if len(resume) != ensembles or shapes != {(walkers, parameters)} or len(lengths) != 1:
                raise ResumeMismatch(
                    f"the stored chain has {len(resume)} ensembles of (walkers, parameters) {sorted(shapes)}; "
                    f"this fit has {ensembles} of {(walkers, parameters)}"
                )
            self.states = resume
            return
        self.states = tuple(
            EnsembleState(
                samples=np.empty((0, walkers, parameters)),
                log_probability=np.empty((0, walkers)),
                accepted=np.zeros(walkers, dtype=np.int32),
                generator=fresh_generator(self.settings.seed, i),
            )
            for i in range(ensembles)
        )

    def advance(self, pool: ThreadPoolExecutor) -> None:
        """One block of steps of every ensemble, then repairs and thinning."""
        if self.rows == 0:
            firsts = [first_places(self.value, places, self.settings.seed, i) for i, places in enumerate(self.starts)]
        else:
            firsts = [(state.samples[-1], state.log_probability[-1]) for state in self.states]
        left = self.settings.max_steps - self.steps
        rows = max(1, -(-min(self.settings.block_steps, left) // self.thin_by))
        self.states = tuple(pool.map(lengthened, self.samplers, self.states, firsts, [rows] * len(firsts)))
        if self.steps <= min(REPAIR_STEPS, REPAIR_SHARE * self.settings.max_steps):
            self.states = repaired(self.states, self.value, rows)
        size = sum(state.samples.nbytes + state.log_probability.nbytes for state in self.states)
        if size > self.largest_bytes and self.rows > 2 * LOOK_ROWS:
            self.states = tuple(thinned(state) for state in self.states)

    def look(self) -> Look:
        """Judge the chain as it stands."""
        return look_at(
            np.stack([state.samples for state in self.states]),
            np.stack([state.log_probability for state in self.states]),
            float(np.mean([state.accepted for state in self.states])) / max(1, self.rows),
            self.names,
            thin_by=self.thin_by,
            repaired_step=max(state.repaired_step for state in self.states),
        )

    def progress(self, look: Look, fraction: float, seconds: float) -> Progress:
        """What the page shows: the numbers of the last look, and the steps and seconds of now."""
        convergence = look.convergence
        return Progress(
            fraction=fraction,
            steps=self.steps,
            rhat=convergence.rhat,
            ess=convergence.ess,
            tau_steps=convergence.tau_steps,
            acceptance=convergence.acceptance,
            seconds=seconds,
            words=convergence.reason or "Converged.",
        )

    def answer(self, look: Look, end: str) -> tuple[Chain, Convergence]:
        """The chain and the verdict; `end` says why the run ended without convergence."""
        convergence = look.convergence
        if not convergence.converged and end:
            convergence = replace(convergence, reason=f"{end} {convergence.reason}")
        chain = Chain(
            names=self.names,
            samples=np.stack([state.samples for state in self.states]),
            log_probability=np.stack([state.log_probability for state in self.states]),
            discarded=look.discarded_rows,
            thin_by=self.thin_by,
        )
        return chain, convergence


def guarded(log_probability: LogProbability, limits: FloatArray | None) -> LogProbability:
    """`log_probability` with -inf for anything that is not a number, and outside `limits` without being asked."""

    def value(theta: FloatArray) -> FloatArray:
        inside = np.ones(len(theta), dtype=bool)
        if limits is not None:
            inside = np.all((theta >= limits[:, 0]) & (theta <= limits[:, 1]), axis=1)
        answer = np.full(len(theta), -np.inf)
        if np.any(inside):
            found = np.asarray(log_probability(theta[inside]), dtype=np.float64)
            if found.shape != (int(np.sum(inside)),):
                raise ValueError(f"log_probability answered {found.shape} to {int(np.sum(inside))} parameter vectors")
            answer[inside] = np.where(np.isfinite(found), found, -np.inf)
        return answer

    return value


def fresh_generator(seed: int, ensemble: int) -> tuple[int, ...]:
    """The Mersenne Twister of one ensemble at its start; different ensembles draw independently."""
    state = np.random.MT19937(np.random.SeedSequence(seed, spawn_key=(ensemble,))).state["state"]
    return (*map(int, state["key"]), int(state["pos"]))


def lengthened(
    sampler: emcee.EnsembleSampler, state: EnsembleState, first: tuple[FloatArray, FloatArray], rows: int
) -> EnsembleState:
    """`state` with `rows` more rows, going on from the places and probabilities in `first`."""
    sampler.reset()
    words = ("MT19937", np.array(state.generator[:-1], dtype=np.uint32), state.generator[-1])
    begin = emcee.State(first[0], log_prob=first[1], random_state=words, copy=True)
    for _ in sampler.sample(begin, iterations=rows, thin_by=state.thin_by, skip_initial_state_check=True):
        pass
    after = sampler.random_state
    return replace(
        state,
        samples=np.concatenate([state.samples, sampler.get_chain()]),
        log_probability=np.concatenate([state.log_probability, sampler.get_log_prob()]),
        accepted=state.accepted + sampler.backend.accepted.astype(np.int32),
        generator=(*map(int, after[1]), int(after[2])),
    )


def thinned(state: EnsembleState) -> EnsembleState:
    """Every second row, the last one kept: the memory of a chain is bounded, the posterior stays."""
    odd = (len(state.samples) - 1) % 2
    return replace(
        state,
        samples=state.samples[odd::2].copy(),
        log_probability=state.log_probability[odd::2].copy(),
        accepted=state.accepted // 2,
        thin_by=2 * state.thin_by,
    )
