"""Checkpoints of a fit: what is stored is what is read, and nothing of another fit is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jobs.context import MemoryContext
from jobs.fit_checkpoints import Checkpoints
from science.fitting.results import EnsembleState
from tests.standins.made_fit import made_states


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def writer(store: MemoryContext, clock: Clock, fingerprint: str = "a") -> Checkpoints:
    return Checkpoints(store, 1, fingerprint, every_seconds=5.0, clock=clock)


def same(got: tuple[EnsembleState, ...], wanted: tuple[EnsembleState, ...]) -> None:
    for state, known in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(state.samples, known.samples)
        np.testing.assert_array_equal(state.log_probability, known.log_probability)
        np.testing.assert_array_equal(state.accepted, known.accepted)
        assert state.generator == known.generator
        assert (state.thin_by, state.repaired_step) == (known.thin_by, known.repaired_step)


def test_a_chain_comes_back_to_the_last_bit_from_several_parts() -> None:
    store, clock = MemoryContext(), Clock()
    checkpoints = writer(store, clock)
    assert checkpoints.load() is None
    for rows in (10, 25, 70):
        clock.now += 6
        checkpoints.save(made_states(rows))
    kinds = sorted(store.columns)
    assert kinds == ["fit-1-checkpoint-1", "fit-1-checkpoint-2", "fit-1-checkpoint-3"]
    assert len(store.columns[kinds[1]][0]["p0"]) == 4 * 15 * 16, "only what is new is written"
    back = writer(store, clock).load()
    assert back is not None
    same(back.states, made_states(70))
    assert back.seconds == pytest.approx(18.0)


def test_writing_goes_on_where_another_attempt_stopped() -> None:
    store, clock = MemoryContext(), Clock()
    first = writer(store, clock)
    clock.now += 6
    first.save(made_states(30))
    second = writer(store, clock)
    second.load()
    clock.now += 6
    second.save(made_states(50))
    assert len(store.columns["fit-1-checkpoint-2"][0]["p0"]) == 4 * 20 * 16
    third = writer(store, clock).load()
    assert third is not None
    same(third.states, made_states(50))
    assert third.seconds == pytest.approx(12.0)


def test_nothing_is_written_more_often_than_every_few_seconds() -> None:
    store, clock = MemoryContext(), Clock()
    checkpoints = writer(store, clock)
    for rows in range(1, 40):
        clock.now += 0.25
        checkpoints.save(made_states(rows))
    assert len(store.columns) == 1


def test_a_thinned_chain_replaces_what_was_written() -> None:
    store, clock = MemoryContext(), Clock()
    checkpoints = writer(store, clock)
    clock.now += 6
    checkpoints.save(made_states(40))
    thinned = tuple(
        replace(s, samples=s.samples[1::2], log_probability=s.log_probability[1::2], thin_by=2)
        for s in made_states(100)
    )
    clock.now += 6
    checkpoints.save(thinned)
    back = writer(store, clock).load()
    assert back is not None
    same(back.states, thinned)


@pytest.mark.parametrize("damage", ["fingerprint", "part", "head", "mixed"])
def test_what_does_not_belong_together_is_not_taken_up(damage: str) -> None:
    store, clock = MemoryContext(), Clock()
    checkpoints = writer(store, clock)
    for rows in (10, 20):
        clock.now += 6
        checkpoints.save(made_states(rows))
    if damage == "part":
        del store.columns["fit-1-checkpoint-1"]
    elif damage == "head":
        del store.documents["fit-1-checkpoint"]
    elif damage == "mixed":  # died between a part and the document, after a thinned chain began anew
        store.columns["fit-1-checkpoint-1"] = store.columns["fit-1-checkpoint-2"]
    found = writer(store, clock, "b" if damage == "fingerprint" else "a").load()
    assert found is None
    assert not store.columns
    assert not store.documents


def test_only_ones_own_checkpoints_are_cleared() -> None:
    store, clock = MemoryContext(), Clock()
    store.save_columns("fit-12-checkpoint-1", {"x": np.zeros(1)}, {})
    store.save_document("fit-1", {"converged": True})
    checkpoints = writer(store, clock)
    clock.now += 6
    checkpoints.save(made_states(10))
    checkpoints.clear()
    assert list(store.columns) == ["fit-12-checkpoint-1"]
    assert list(store.documents) == ["fit-1"]
