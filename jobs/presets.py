"""What Quick, Standard and Thorough mean in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.requests import Preset, SearchChoice
from science.lightcurve import LightCurve
from science.search.results import Engine, SearchSettings


@dataclass(frozen=True, slots=True)
class PresetWords:
    """How a preset is offered to a person."""

    name: str
    sentence: str


PRESET_WORDS: dict[Preset, PresetWords] = {
    "quick": PresetWords(
        "Quick", "A coarser comb and only the strongest signal; odds of a fluke from a general table. For a first look."
    ),
    "standard": PresetWords(
        "Standard", "Real transit shapes for this star, and odds of a fluke measured on this star’s own noise."
    ),
    "thorough": PresetWords(
        "Thorough",
        "A finer comb, up to five planets in one star, and five times the trials for the odds of a fluke.",
    ),
}

_PRESETS: dict[Preset, SearchSettings] = {
    # One signal and no shuffled copies: the answer to "is there anything big?" in seconds.
    "quick": SearchSettings(engine="larun", oversampling=2, duration_step=1.3, max_signals=1, fap_trials=0),
    "standard": SearchSettings(engine="larun", oversampling=3, max_signals=3, fap_trials=40),
    "thorough": SearchSettings(engine="larun", oversampling=5, duration_step=1.1, max_signals=5, fap_trials=200),
}


def longest_period_days(curves: Sequence[LightCurve]) -> float:
    """The longest period searched unless the user says otherwise: half the time that was really observed.

    At that period about two dips fall on data. Half the span would promise more where years lie between two sectors.
    """
    times = np.sort(np.concatenate([c.time_bjd[c.usable] for c in curves])) if curves else np.zeros(0)
    if times.size < 2:
        return 1.0
    observed = float(np.sum(np.minimum(np.diff(times), 0.1)))
    return max(min(observed, float(times[-1] - times[0])) / 2, 1.0)


def search_settings(choice: SearchChoice, seed: int) -> SearchSettings:
    """The preset with whatever the user changed in it."""
    settings = replace(_PRESETS[choice.preset], seed=seed)
    changes: dict[str, object] = {}
    if choice.engine is not None:
        engine: Engine = choice.engine
        changes["engine"] = engine
    if choice.period_min_days is not None:
        changes["period_min_days"] = choice.period_min_days
    if choice.period_max_days is not None:
        changes["period_max_days"] = choice.period_max_days
    if choice.max_signals is not None:
        changes["max_signals"] = choice.max_signals
    return replace(settings, **changes)  # type: ignore[arg-type]
