"""The stored classifier of variable stars: read, used, and refused where anything about it is not right."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from data.models import variability
from data.models.variability import CARD_NAME, FOLDER, MODEL_NAME, DamagedModel, load_variability_model
from science.variables.classes import CLASSES, NOT_DECIDED
from science.variables.features import features
from tests.science.variables.variable_light import eclipses, noise, sector, segments


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in (MODEL_NAME, CARD_NAME):
        shutil.copy(FOLDER / name, tmp_path / name)
    return tmp_path


def described(flux: np.ndarray, time: np.ndarray):
    return features(time, flux, np.full(time.size, 3e-4), segments(time))


def test_it_knows_an_eclipsing_pair_from_noise() -> None:
    model = load_variability_model()
    time = sector(10.0)
    pair = model.classify(described(eclipses(time, 2.7, 0.2, 0.08), time))
    assert pair.likeliest == "eb_detached"
    assert sum(pair.probabilities.values()) == pytest.approx(1.0)
    assert set(pair.probabilities) == set(CLASSES)
    quiet = model.classify(described(noise(time), time))
    assert quiet.probabilities["eb_detached"] < 0.1
    assert quiet.label in ("constant", NOT_DECIDED)


def test_the_same_light_gets_the_same_answer() -> None:
    time = sector(10.0)
    found = described(eclipses(time, 2.7, 0.2, 0.08), time)
    assert load_variability_model().classify(found) == load_variability_model().classify(found)


def test_the_card_says_on_what_it_rests_and_the_file_is_small() -> None:
    card = json.loads((FOLDER / CARD_NAME).read_text(encoding="utf-8"))
    assert set(card["trained_on"]) == set(CLASSES)
    assert card["trained_on"]["rrlyr_cepheid"]["real_stars"] == 0
    assert "AU Mic" in card["not_trained_on"]
    assert (FOLDER / MODEL_NAME).stat().st_size < 3_000_000


def test_a_changed_file_is_refused(copied: Path) -> None:
    content = bytearray((copied / MODEL_NAME).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / MODEL_NAME).write_bytes(bytes(content))
    with pytest.raises(DamagedModel, match="not the file"):
        load_variability_model(copied)


def test_a_missing_file_a_broken_card_and_other_features_are_refused(copied: Path, tmp_path: Path) -> None:
    card = json.loads((copied / CARD_NAME).read_text(encoding="utf-8"))
    (copied / CARD_NAME).write_text(json.dumps(card | {"features": ["other"]}), encoding="utf-8")
    with pytest.raises(DamagedModel, match="other features"):
        load_variability_model(copied)
    (copied / CARD_NAME).write_text("{", encoding="utf-8")
    with pytest.raises(DamagedModel, match="missing"):
        load_variability_model(copied)
    with pytest.raises(DamagedModel, match="missing"):
        load_variability_model(tmp_path / "nowhere")


def test_a_type_that_is_not_trusted_is_refused(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variability, "TRUSTED", ())
    with pytest.raises(DamagedModel, match="not trusted"):
        load_variability_model(copied)
