"""The real sampler through the stage: a fit that was killed and taken up gives the draws of one that was not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from data.fit_report import FitProgress
from data.requests import FitChoice
from jobs import fitting
from jobs.context import MemoryContext
from science.fitting.results import FitSettings
from science.stars import Star, Value
from tests.app.made_light import INNER, made_light
from tests.app.stored_runs import signal_report

STAR = Star(teff_k=Value(5100.0, 120.0, "TIC"), radius_sun=Value(0.78, 0.05, "TIC"), mass_sun=Value(0.8, 0.1, "TIC"))


class Killed(BaseException):
    pass


def test_a_killed_fit_gives_the_same_draws_as_one_that_was_not(monkeypatch: pytest.MonkeyPatch) -> None:
    light = made_light()
    signals = (signal_report(light, INNER, 1),)
    usual = fitting.settings_of

    def short(*arguments: Any) -> FitSettings:
        return replace(usual(*arguments), max_steps=90, block_steps=15)

    monkeypatch.setattr(fitting, "settings_of", short)
    monkeypatch.setattr(
        fitting.Checkpoints.__init__,
        "__kwdefaults__",
        {**fitting.Checkpoints.__init__.__kwdefaults__, "every_seconds": 0.0},
    )

    def fit(store: MemoryContext, die_after: int | None = None) -> list[int]:
        steps: list[int] = []

        def tell(_index: int, progress: FitProgress) -> None:
            steps.append(progress.steps)
            if die_after is not None and progress.steps >= die_after:
                raise Killed

        fitting.fit_signals(light, STAR, signals, (1,), FitChoice(), 3, store, tell)
        return steps

    whole, broken = MemoryContext(), MemoryContext()
    assert fit(whole)[0] == 15
    with pytest.raises(Killed):
        fit(broken, die_after=45)
    assert [kind for kind in broken.columns if "checkpoint" in kind], "nothing to go on from"
    assert min(fit(broken)) == 60, "it began anew"
    one, other = whole.columns["fit-1-chain"][0], broken.columns["fit-1-chain"][0]
    assert set(one) == set(other)
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    report = whole.documents["fit-1"]
    assert report["converged"] is False, "90 steps prove nothing"
    assert report["parameters"] == {}
    assert "90 steps" in str(report["reason"])
