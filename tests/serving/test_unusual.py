"""Which of the two trainings answers, and what is made of their stored answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from serving.artefacts import COMMITTED, load_manifest
from serving.classifier import WIDTHS, Classifier
from serving.scalars import SCALARS, standardised
from serving.second_training import NOT_KEPT, keep, merged, say_on_card
from serving.stored_answers import FILE, load
from serving.unusual import DUTY, FOLDER, is_unusual


def rows(duty: list[float], low: list[float]) -> dict[str, np.ndarray]:
    """Signals of durations over periods, with so much of the orbit at full depth."""
    count = len(duty)
    made = {name: np.zeros((count, width), dtype=np.float32) for name, width in WIDTHS.items()}
    made["scalars"][:] = np.nan
    made["scalars"][:, DUTY] = standardised({"log_duty": np.log10(np.array(duty))})[:, DUTY]
    for k, share in enumerate(low):
        made["global"][k, : int(share * WIDTHS["global"])] = -1.0
    made["local"][:, 40:60] = -1.0
    return made


def test_orbits_of_months_and_light_that_waves_are_unusual_and_nothing_else() -> None:
    asked = rows([0.001, 0.02, 0.2, 0.2, 0.02], [0.02, 0.02, 0.5, 0.1, 0.5])
    assert is_unusual(asked["global"], asked["scalars"]).tolist() == [True, False, True, False, False]
    asked["scalars"][:] = np.nan
    assert not is_unusual(asked["global"], asked["scalars"]).any()
    assert SCALARS[DUTY] == "log_duty"


def test_each_training_answers_its_own_rows_and_keeps_them_where_a_branch_is_blank() -> None:
    both = Classifier.load(COMMITTED)
    assert both.second is not None
    asked = rows([0.001, 0.02, 0.2], [0.02, 0.02, 0.5])
    alone = Classifier(COMMITTED, both.manifest)
    found, first, second = both.classify(asked), alone.classify(asked), both.second.classify(asked)
    assert found == pytest.approx(np.stack([second[0], first[1], second[2]]), abs=1e-6)
    assert np.abs(first - second).max() > 0.01
    moved = both.explain(asked)
    assert moved[[0, 2]] == pytest.approx(both.second.explain(asked)[[0, 2]], abs=1e-6)
    assert moved[1] == pytest.approx(alone.explain(asked)[1], abs=1e-6)
    assert both.classify({name: values[:0] for name, values in asked.items()}).shape == (0, 6)


def test_what_is_kept_of_the_second_training_is_whole(tmp_path: Path) -> None:
    keep(COMMITTED, tmp_path / "kept")
    manifest = load_manifest(tmp_path / "kept")
    assert not set(NOT_KEPT) & set(manifest.files)
    assert "student" not in manifest.calibration
    assert Classifier.load(tmp_path / "kept").parts
    assert not set(NOT_KEPT) & set(load_manifest(COMMITTED / FOLDER).files)


def test_stored_answers_are_those_of_the_training_that_is_asked() -> None:
    first = load(COMMITTED / FILE)
    other = replace(first, probabilities={n: np.roll(v, 1, axis=-1) for n, v in first.probabilities.items()})
    unusual = np.arange(first.rows.star.size) % 7 == 0
    found = merged(first, other, unusual)
    some = unusual & first.rows.real
    assert np.array_equal(found.probabilities["ensemble"][some], other.probabilities["ensemble"][some])
    assert np.array_equal(found.probabilities["ensemble"][~some], first.probabilities["ensemble"][~some])
    assert np.array_equal(found.probabilities["student"], first.probabilities["student"], equal_nan=True)
    shorter = replace(first.rows, star=first.rows.star[::-1].copy())
    with pytest.raises(ValueError, match="same signals"):
        merged(first, replace(other, rows=shorter), unusual)


def test_the_card_has_one_section_on_both(tmp_path: Path) -> None:
    card = tmp_path / "card.md"
    card.write_text("# Card\n\nWords.\n")
    for value in (0.5, 0.75):
        say_on_card(card, {"macro_auc": value, "other": 1.0})
    text = card.read_text()
    assert text.count("## Second training") == 1
    assert text.startswith("# Card\n\nWords.\n\n## Second")
    assert "| macro_auc | 0.7500 |" in text
    assert "other" not in text
