"""Walkers that cannot go anywhere: without probability at the start, or left far below the others.

Only the burn-in is repaired: a walker that is moved by hand no longer draws from the posterior until it has forgotten
the move, and everything before is left out of the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import emcee  # type: ignore[import-untyped]
import numpy as np

from science.fitting.results import EnsembleState
from science.fitting.stopping import STUCK_BELOW, STUCK_BELOW_PER_PARAMETER
from science.lightcurve import BoolArray, FloatArray

#: Halvings of the way from a place without probability to a walker that has some.
ATTEMPTS = 40
#: From this step on an ensemble that lies as a whole far below the best one is moved as well.
WHOLE_ENSEMBLE_STEPS = 1000


class ImpossibleStart(ValueError):
    """An ensemble cannot start: every walker has probability zero, or all of them lie in a plane."""


def first_places(
    value: Callable[[FloatArray], FloatArray], places: FloatArray, seed: int, ensemble: int
) -> tuple[FloatArray, FloatArray]:
    """Places (walkers, d) of one ensemble with their ln p, those without probability moved. Raises ImpossibleStart."""
    if not np.all(np.isfinite(places)):
        raise ImpossibleStart("a walker starts at a place that is not a number")
    height = value(places)
    good = np.isfinite(height)
    if not np.any(good):
        raise ImpossibleStart(
            f"none of the {len(places)} walkers of ensemble {ensemble + 1} starts where the probability is above zero"
        )
    generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(ensemble, 1)))
    places, height = drawn_near(value, places, height, ~good, places[good], -np.inf, generator)
    if not np.all(np.isfinite(height)):
        raise ImpossibleStart(f"walkers of ensemble {ensemble + 1} find no place where the probability is above zero")
    if not emcee.ensemble.walkers_independent(places):
        raise ImpossibleStart(
            f"the walkers of ensemble {ensemble + 1} start in a plane: they could never leave it; spread them"
        )
    return places, height


def drawn_near(
    value: Callable[[FloatArray], FloatArray],
    places: FloatArray,
    height: FloatArray,
    bad: BoolArray,
    anchors: FloatArray,
    floor: float,
    generator: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Move the `bad` of `places` (walkers, d) along the lines to random `anchors` until ln p is above `floor`."""
    places, height = places.copy(), height.copy()
    waiting = np.flatnonzero(bad)
    towards = anchors[generator.integers(len(anchors), size=len(waiting))]
    away = places[waiting] - towards
    for attempt in range(ATTEMPTS):
        if not len(waiting):
            break
        tried = towards + away * (generator.random(len(waiting)) * 0.5**attempt)[:, None]
        found = value(tried)
        arrived = found > floor
        places[waiting[arrived]] = tried[arrived]
        height[waiting[arrived]] = found[arrived]
        waiting, towards, away = waiting[~arrived], towards[~arrived], away[~arrived]
    return places, height


def repaired(
    states: tuple[EnsembleState, ...], value: Callable[[FloatArray], FloatArray], rows: int
) -> tuple[EnsembleState, ...]:
    """States whose last row has no stuck walkers any more. `rows` is the length of the last block.

    Stuck is who stayed, for the second half of the block, further below the upper quartile of ln p than good draws ever
    lie. Once the ensembles had time to climb, the level is that of the best ensemble: a start that hangs on a
    side maximum e³⁰ times less probable is no second solution. Draws come from the ensemble's own generator.
    """
    window = max(1, rows // 2)
    steps = len(states[0].samples) * states[0].thin_by
    below = STUCK_BELOW + STUCK_BELOW_PER_PARAMETER * states[0].samples.shape[2]
    levels = [float(np.quantile(state.log_probability[-window:], 0.75)) for state in states]
    best = int(np.argmax(levels))
    if steps >= WHOLE_ENSEMBLE_STEPS:
        levels = [levels[best]] * len(states)
    stuck = [
        np.max(state.log_probability[-window:], axis=0) < level - below
        for state, level in zip(states, levels, strict=True)
    ]
    answer = []
    for state, bad, level in zip(states, stuck, levels, strict=True):
        if not np.any(bad):
            answer.append(state)
            continue
        # a few good walkers of its own are enough; else those of the best ensemble
        source, good = (state, ~bad) if np.sum(~bad) >= 2 else (states[best], ~stuck[best])
        twister = np.random.MT19937()
        twister.state = {
            "bit_generator": "MT19937",
            "state": {"key": np.array(state.generator[:-1], dtype=np.uint32), "pos": state.generator[-1]},
        }
        places, height = drawn_near(
            value,
            state.samples[-1],
            state.log_probability[-1],
            bad,
            source.samples[-1][good],
            level - below,
            np.random.Generator(twister),
        )
        after = twister.state["state"]
        samples, log_probability = state.samples.copy(), state.log_probability.copy()
        samples[-1], log_probability[-1] = places, height
        answer.append(
            replace(
                state,
                samples=samples,
                log_probability=log_probability,
                generator=(*map(int, after["key"]), int(after["pos"])),
                repaired_step=steps,
            )
        )
    return tuple(answer)
