"""Answers kept on disk: found again, aged, and never trusted when damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.archives.answers import AnswerStore, age_in_words


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_comes_back_with_its_age(tmp_path: Path) -> None:
    clock = Clock()
    store = AnswerStore(tmp_path, clock)
    store.put("resolve", "tic 1", {"ra": 1.5, "name": "π"})
    clock.now += 7200
    found = store.get("resolve", "tic 1")
    assert found is not None
    assert found.value == {"ra": 1.5, "name": "π"}
    assert found.age_seconds == 7200
    assert store.get("resolve", "tic 2") is None
    assert store.get("products", "tic 1") is None


def test_none_is_an_answer(tmp_path: Path) -> None:
    store = AnswerStore(tmp_path)
    store.put("resolve", "tic 999", None)
    found = store.get("resolve", "tic 999")
    assert found is not None
    assert found.value is None


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": 1}', '{"format": 99, "key": "k", "value": 1}'])
def test_damaged_files_count_as_absent(tmp_path: Path, damage: str) -> None:
    store = AnswerStore(tmp_path)
    store.put("resolve", "k", 1)
    (file,) = tmp_path.rglob("*.json")
    file.write_text(damage)
    assert store.get("resolve", "k") is None
    store.put("resolve", "k", 2)
    again = store.get("resolve", "k")
    assert again is not None
    assert again.value == 2


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    store = AnswerStore(blocked)
    store.put("resolve", "k", 1)
    assert store.get("resolve", "k") is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "less than a minute"), (60, "1 minute"), (3599, "59 minutes"), (7200, "2 hours"), (86400, "1 day"),
     (2.5 * 86400, "2 days")],
)  # fmt: skip
def test_ages_in_words(seconds: float, words: str) -> None:
    assert age_in_words(seconds) == words
