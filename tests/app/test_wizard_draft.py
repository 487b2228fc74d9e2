"""The wizard's rules: from answers to a request, and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data.requests import CleanChoice, DataChoice, KnownTransit, RunRequest, SearchChoice
from larun_app.wizard import store
from larun_app.wizard.draft import (
    SLIDER_HIGH_DAYS,
    SLIDER_LOW_DAYS,
    SLIDER_STEPS,
    Draft,
    NotReady,
    ProductLike,
    Watched,
    chosen_ids,
    from_request,
    long_period_words,
    period_of_slider,
    periods,
    slider_of_period,
    suggested_periods,
    to_request,
    toggle_product,
    use_author,
    with_periods,
)


def product(label: str, author: str, chosen: bool) -> ProductLike:
    return ProductLike(id=f"{label}-{author}", label=label, author=author, chosen=chosen)


PRODUCTS = [
    product("S1", "SPOC", True),
    product("S1", "QLP", False),
    product("S2", "SPOC", True),
    product("S3", "QLP", True),
]


def watched(days: float, stretches: int = 1) -> Watched:
    return Watched(span_days=days, watched_days=days, stretches=stretches, points=10_000)


def test_a_newcomer_who_only_names_a_star_gets_a_request() -> None:
    request = to_request(Draft(text="pi Mensae", lookup_job="abc"), "TIC 261136679", (0.5, 13.0))
    assert request.data == DataChoice(kind="archive", target="TIC 261136679")
    assert request.search == SearchChoice(period_min_days=0.5, period_max_days=13.0)
    assert request.clean == CleanChoice()


def test_every_choice_arrives_in_the_request() -> None:
    known = KnownTransit(period_days=6.27, epoch_bjd=2458325.5, duration_hours=3.0)
    draft = Draft(
        lookup_job="abc",
        products=("S1-SPOC",),
        author="SPOC",
        clean=CleanChoice(quality="hard", detrend=False),
        search=SearchChoice(preset="thorough", max_signals=5),
    )
    request = to_request(draft, "TIC 1", (1.0, 9.0), [known])
    assert request.data.products == ("S1-SPOC",)
    assert request.clean.quality == "hard"
    assert not request.clean.detrend
    assert request.search.preset == "thorough"
    assert request.search.max_signals == 5
    assert request.search.known == (known,)
    assert (request.search.period_min_days, request.search.period_max_days) == (1.0, 9.0)


@pytest.mark.parametrize(
    ("draft", "target", "step"),
    [
        (Draft(), "", 1),
        (Draft(way="file"), "x", 1),
        (Draft(lookup_job="abc"), "", 1),
        (Draft(lookup_job="abc", products=()), "TIC 1", 2),
    ],
)
def test_what_is_missing_is_named_with_its_step(draft: Draft, target: str, step: int) -> None:
    with pytest.raises(NotReady) as refused:
        to_request(draft, target, (0.5, 10.0))
    assert refused.value.step == step
    assert str(refused.value).endswith(".")


def test_a_request_becomes_a_draft_again() -> None:
    request = RunRequest(
        data=DataChoice(kind="upload", upload_ids=("a", "b")),
        clean=CleanChoice(window_days=1.5),
        search=SearchChoice(preset="quick", period_min_days=1.0, period_max_days=5.0),
    )
    draft = from_request(request)
    again = to_request(draft, request.data.target, (1.0, 5.0))
    assert again == request


def test_one_file_a_sector() -> None:
    draft = toggle_product(Draft(), PRODUCTS, "S1-QLP")
    assert set(chosen_ids(draft, PRODUCTS)) == {"S1-QLP", "S2-SPOC", "S3-QLP"}
    off = toggle_product(draft, PRODUCTS, "S2-SPOC")
    assert set(chosen_ids(off, PRODUCTS)) == {"S1-QLP", "S3-QLP"}
    assert toggle_product(off, PRODUCTS, "unknown") == off


def test_one_author_everywhere_and_back() -> None:
    draft = use_author(Draft(), PRODUCTS, "QLP")
    assert set(chosen_ids(draft, PRODUCTS)) == {"S1-QLP", "S3-QLP"}
    assert set(chosen_ids(use_author(draft, PRODUCTS, ""), PRODUCTS)) == {"S1-SPOC", "S2-SPOC", "S3-QLP"}


def test_products_that_have_gone_are_dropped() -> None:
    assert chosen_ids(Draft(products=("S1-SPOC", "gone")), PRODUCTS) == ("S1-SPOC",)


@given(st.integers(0, SLIDER_STEPS))
def test_the_slider_finds_its_place_again(position: int) -> None:
    days = period_of_slider(position)
    assert SLIDER_LOW_DAYS <= days <= SLIDER_HIGH_DAYS
    assert abs(slider_of_period(days) - position) <= 4  # days are shown with two digits


@given(st.floats(0.01, 5000))
def test_no_period_leaves_the_slider(days: float) -> None:
    assert 0 <= slider_of_period(days) <= SLIDER_STEPS


@given(st.floats(0.1, 5000), st.integers(1, 30))
def test_suggested_periods_make_a_search(days: float, stretches: int) -> None:
    low, high = suggested_periods(watched(days, stretches))
    assert 0.2 <= low < high <= SLIDER_HIGH_DAYS


def test_suggestions_leave_room_for_repeats() -> None:
    assert suggested_periods(watched(27.4)) == (0.5, 14.0)
    assert suggested_periods(watched(82.2, 3)) == (0.5, 27.0)
    assert suggested_periods(None) == (0.5, 13.0)
    assert periods(with_periods(Draft(), 2.0, None), watched(27.4)) == (2.0, 14.0)


def test_limits_that_make_no_sense_are_refused() -> None:
    for low, high in ((5.0, 2.0), (0.0, 3.0), (-1.0, 3.0), (1.0, 9999.0)):
        with pytest.raises(ValidationError):
            with_periods(Draft(), low, high)


@pytest.mark.parametrize(("high", "words"), [(5.0, "about 5 dips"), (13.0, "two dips"), (20.0, "proves nothing")])
def test_what_the_longest_period_costs(high: float, words: str) -> None:
    assert words in long_period_words(high, watched(27.4))


def test_drafts_are_kept_for_their_owner(database: Path) -> None:
    draft = Draft(text="TOI-1798", clean=CleanChoice(quality="none"), hide_planets=("TOI-1798 b",))
    store.save("local", draft)
    assert store.load("local") == draft
    assert store.load("somebody") == Draft()
    store.clear("local")
    assert store.load("local") == Draft()
