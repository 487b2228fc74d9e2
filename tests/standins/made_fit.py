"""A fit without sampling: draws from a Gaussian, shaped as the sampler gives them. For tests of what comes after.

`made_fit` makes the answer; `stand_in` is a `fit_transits` that reports progress and leaves checkpoints on the way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from science.fitting.intervals import interval
from science.fitting.results import (
    Band,
    Chain,
    Convergence,
    EnsembleState,
    Fit,
    FitData,
    FitSettings,
    Guess,
    OnCheckpoint,
    OnProgress,
    Parameter,
    ParameterDiagnostics,
    Progress,
    ResidualNoise,
)
from science.lightcurve import DetrendedCurve
from science.stars import Star

ENSEMBLES, STEPS, WALKERS = 4, 60, 16
LETTERS = "bcd"
NOT_CONVERGED = "The time of 5 s ended after 60 steps."


def made_fit(guesses: Sequence[Guess], settings: FitSettings, *, converged: bool = True, seed: int = 3) -> Fit:
    """One planet, or several with letters in the names; every parameter within a few errors of its guess."""
    rng = np.random.default_rng(seed)
    names: list[str] = []
    centres: list[float] = []
    widths: list[float] = []
    for i, guess in enumerate(guesses):
        suffix = f":{LETTERS[i]}" if len(guesses) > 1 else ""
        for name, centre, width in (
            ("period_days", guess.period_days, 1e-5),
            ("epoch_bjd", guess.epoch_bjd, 5e-4),
            ("ln_radius_ratio", float(np.log(guess.radius_ratio)), 0.01),
            ("impact_parameter", 0.3, 0.03),
            ("ln_duration", float(np.log(guess.duration_days)), 0.01),
        ):
            names.append(name + suffix)
            centres.append(centre)
            widths.append(width)
    names += ["q1", "q2"]
    centres += [0.35, 0.3]
    widths += [0.02, 0.02]
    shape = (ENSEMBLES, STEPS, WALKERS, len(names))
    samples = np.array(centres) + np.array(widths) * rng.standard_normal(shape)
    log_probability = -0.5 * np.sum(((samples - np.array(centres)) / np.array(widths)) ** 2, axis=-1)
    chain = Chain(tuple(names), samples, log_probability, discarded=10)
    told = tuple(ParameterDiagnostics(n, 1.002 if converged else 1.2, 900.0, 800.0, 12.0) for n in names)
    parameters = [
        Parameter(n, "d" if n.startswith("period") else "", interval(chain.flat[:, i]), told[i], True)
        for i, n in enumerate(names)
    ]
    for i, guess in enumerate(guesses):
        suffix = f":{LETTERS[i]}" if len(guesses) > 1 else ""
        ratio = np.exp(chain.flat[:, names.index(f"ln_radius_ratio{suffix}")])
        for name, unit, draws in (
            ("radius_ratio", "", ratio),
            ("density_transit_gcc", "g/cm³", rng.normal(1.4, 0.2, ratio.size)),
            ("depth_ppm", "ppm", 1e6 * ratio**2),
        ):
            found = ParameterDiagnostics(name + suffix, 1.001, 1000.0, 900.0, 11.0)
            parameters.append(Parameter(name + suffix, unit, interval(draws), found, False))
        del guess
    hours = np.linspace(-6, 6, 101)
    bands = []
    for guess in guesses:
        dip = guess.radius_ratio**2 * (np.abs(hours) < 12 * guess.duration_days)
        bands.append(Band(hours, 1 - dip, 1 - 1.02 * dip, 1 - 0.98 * dip))
    n_points = 50
    return Fit(
        guesses=tuple(guesses),
        settings=settings,
        data=FitData(
            *(np.zeros(n_points) for _ in range(4)), np.zeros(n_points, np.int32), np.zeros(n_points, np.int32),
            n_raw=400, mode="binned", notes=("400 points were averaged into 50.",),
        ),
        chain=chain,
        convergence=Convergence(
            converged, "" if converged else NOT_CONVERGED, told, STEPS - 10, 10, ENSEMBLES, WALKERS, 0.3
        ),
        parameters=tuple(parameters),
        best=dict(zip(names, (float(c) for c in centres), strict=True)),
        residuals=ResidualNoise(3e-4, 1.1, np.array([2.0, 20.0]), np.array([3e-4, 1e-4]), np.array([3e-4, 9e-5])),
        bands=tuple(bands),
        seconds=1.5,
        notes=("Made for a test.",),
    )  # fmt: skip


def made_states(rows: int, seed: int = 5) -> tuple[EnsembleState, ...]:
    """States of a sampler after `rows` rows; longer ones begin like shorter ones."""
    states = []
    for i in range(ENSEMBLES):
        rng = np.random.default_rng([seed, i])
        samples = rng.standard_normal((1000, WALKERS, 3))[:rows]
        states.append(
            EnsembleState(
                samples=samples,
                log_probability=samples.sum(axis=-1),
                accepted=np.full(WALKERS, rows // 3, dtype=np.int32),
                generator=tuple(int(v) for v in rng.integers(0, 2**32, 625)),
                repaired_step=2,
            )
        )
    return tuple(states)


def stand_in(
    *,
    converged: bool = True,
    blocks: int = 4,
    pause: Callable[[int], None] = lambda block: None,
    resumed_from: list[int] | None = None,
) -> Callable[..., Fit]:
    """A `fit_transits` of so many blocks of 20 rows; `pause` is called in each, `resumed_from` notes where it began."""

    def fit_transits(
        curve: DetrendedCurve,
        star: Star,
        guesses: Sequence[Guess],
        settings: FitSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        others: Sequence[Guess] = (),
        resume: tuple[EnsembleState, ...] | None = None,
        on_progress: OnProgress | None = None,
        on_checkpoint: OnCheckpoint | None = None,
    ) -> Fit:
        first = 0 if resume is None else resume[0].samples.shape[0] // 20
        if resumed_from is not None:
            resumed_from.append(first)
        if resume is not None:
            expected = made_states(20 * first)
            for state, known in zip(resume, expected, strict=True):
                np.testing.assert_array_equal(state.samples, known.samples)
                assert state.generator == known.generator
        for block in range(first, blocks):
            pause(block)
            if on_checkpoint:
                on_checkpoint(made_states(20 * (block + 1)))
            if on_progress:
                share = (block + 1) / blocks
                on_progress(Progress(share, 20 * (block + 1), 1.5 - 0.49 * share, 400 * share, 12.0, 0.3, block + 1.0))
        return replace(made_fit(guesses, settings, converged=converged), settings=settings)

    return fit_transits
