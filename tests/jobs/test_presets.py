"""Presets in numbers, and the user's changes on top of them."""

import pytest
from pydantic import ValidationError

from data.requests import RunRequest, SearchChoice
from jobs.presets import PRESET_WORDS, search_settings


def test_every_preset_is_offered_in_words_and_numbers():
    for preset in PRESET_WORDS:
        assert search_settings(SearchChoice(preset=preset), seed=3).seed == 3


def test_presets_grow_in_effort():
    quick, standard, thorough = (search_settings(SearchChoice(preset=p), 1) for p in ("quick", "standard", "thorough"))
    assert quick.engine == standard.engine == thorough.engine == "larun"  # boxes would be slower: decision 0012
    assert quick.oversampling < standard.oversampling < thorough.oversampling
    assert quick.fap_trials < standard.fap_trials < thorough.fap_trials
    assert quick.max_signals < standard.max_signals < thorough.max_signals


def test_the_users_choice_wins():
    choice = SearchChoice(preset="quick", engine="reference", period_min_days=1.0, period_max_days=9.0, max_signals=2)
    settings = search_settings(choice, 1)
    assert (settings.engine, settings.period_min_days, settings.period_max_days, settings.max_signals) == (
        "reference",
        1.0,
        9.0,
        2,
    )


@pytest.mark.parametrize(
    "document",
    [
        {"data": {"kind": "archive", "target": "TIC 1"}, "search": {"period_min_days": 9, "period_max_days": 2}},
        {"data": {"kind": "archive", "target": "TIC 1"}, "clean": {"hidden": [{"start_bjd": 2, "stop_bjd": 1}]}},
        {"data": {"kind": "archive", "target": "TIC 1"}, "surprise": 1},
        {"data": {"kind": "archive", "target": "x" * 500}},
        {"data": {"kind": "archive"}, "clean": {"window_days": float("nan")}},
    ],
)
def test_wrong_requests_are_refused(document):
    with pytest.raises(ValidationError):
        RunRequest.model_validate(document)
