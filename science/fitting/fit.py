"""The fit: from a cleaned light curve and a first guess to the posterior of the transit and of the planet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from science.fitting.answer import describe
from science.fitting.ensembles import run_ensembles
from science.fitting.nested import run_nested
from science.fitting.problem import Problem, pose
from science.fitting.results import (
    Chain,
    Convergence,
    EnsembleState,
    Fit,
    FitSettings,
    Guess,
    OnCheckpoint,
    OnProgress,
)
from science.fitting.windows import NothingToFit
from science.lightcurve import DetrendedCurve
from science.stars import Star

__all__ = ["NothingToFit", "fit_transits"]


def fit_transits(
    curve: DetrendedCurve,
    star: Star,
    guesses: Sequence[Guess],
    settings: FitSettings,
    *,
    clock: Callable[[], float],
    others: Sequence[Guess] = (),
    resume: tuple[EnsembleState, ...] | None = None,
    on_progress: OnProgress | None = None,
    on_checkpoint: OnCheckpoint | None = None,
) -> Fit:
    """Posterior of the transits of one planet, or of several together.

    `curve` is the detrended light, best with the transits masked in the trend; transits of `others` are left out of it.
    `clock` gives seconds of wall time. With several guesses names carry the planets' letters (":b", ":c" …), limb
    darkening is shared. `resume` takes the states that `on_checkpoint` was given by an earlier attempt with the same
    light, guesses and settings, and goes on exactly there (dynesty begins anew); an exception raised by `on_progress`
    stops the fit and comes through. A posterior that has not converged is returned with `convergence.converged` False
    and the reason: its numbers are not to be told as results.

    Raises NothingToFit (a ValueError with one sentence for the user) where there is no dip, too little light, or a
    guess that describes no transit.
    """
    began = clock()
    problem = pose(curve, star, guesses, settings, others)
    chain, convergence = _sample(problem, settings, clock, resume, on_progress, on_checkpoint)
    return describe(problem, chain, convergence, tuple(guesses), star, settings, clock() - began)


def _sample(
    problem: Problem,
    settings: FitSettings,
    clock: Callable[[], float],
    resume: tuple[EnsembleState, ...] | None,
    on_progress: OnProgress | None,
    on_checkpoint: OnCheckpoint | None,
) -> tuple[Chain, Convergence]:
    layout, posterior = problem.layout, problem.posterior
    if settings.sampler == "dynesty":
        chain, convergence = run_nested(
            lambda theta: posterior.of_values(layout.values(theta)),
            np.empty((0, 2)),
            layout.names,
            settings,
            clock=clock,
            prior_transform=lambda cube: layout.theta(posterior.priors.from_cube(cube)),
            on_progress=on_progress,
        )
        # As the walkers' ln p is: of the sampler's coordinates.
        flat = layout.ln_jacobian(chain.samples.reshape(-1, len(layout.names)))
        return replace(
            chain, log_probability=chain.log_probability + flat.reshape(chain.log_probability.shape)
        ), convergence
    return run_ensembles(
        problem.posterior,
        problem.starts,
        problem.layout.names,
        settings,
        clock=clock,
        resume=resume,
        on_progress=on_progress,
        on_checkpoint=on_checkpoint,
    )
