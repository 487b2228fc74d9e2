"""The combination with vetting numbers learns what shape cannot tell, and bears what is unknown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from serving import combination


def made_up(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Half planets. The ensemble tells a little, the centroid much where it was measured, and noise nothing."""
    rng = np.random.default_rng(seed)
    planet = rng.random(count) < 0.5
    odds = np.where(planet, 1.0, 0.0) + rng.normal(0, 1.5, count)
    centroid = np.where(planet, 0.5, 3.0) + rng.normal(0, 0.6, count)
    centroid[rng.random(count) < 0.4] = np.nan
    return np.stack([odds, centroid, rng.normal(0, 1, count)], axis=1), planet


COLUMNS = (combination.ENSEMBLE, "centroid", "noise")


def test_it_learns_from_what_is_known_and_no_more(tmp_path: Path) -> None:
    table, planet = made_up(3000, 1)
    found = combination.fit(COLUMNS, table, planet)
    unseen, truth = made_up(3000, 2)
    answer = found.planet(unseen)
    measured = np.isfinite(unseen[:, 1])
    assert roc_auc_score(truth[measured], answer[measured]) > 0.97
    shape_alone = roc_auc_score(truth[~measured], unseen[~measured, 0])
    assert roc_auc_score(truth[~measured], answer[~measured]) == pytest.approx(shape_alone, abs=0.01)
    assert abs(answer.mean() - truth.mean()) < 0.03
    assert abs(found.weight[2]) < 0.2 < abs(found.weight[1])
    combination.save(found, tmp_path / combination.FILE)
    assert combination.load(tmp_path / combination.FILE) == found
    shuffled = combination.fit(COLUMNS, table, np.random.default_rng(3).permutation(planet))
    assert abs(roc_auc_score(truth, shuffled.planet(unseen)) - 0.5) < 0.2


def test_a_column_nobody_measured_does_no_harm() -> None:
    table, planet = made_up(200, 4)
    table[:, 1] = np.nan
    assert np.isfinite(combination.fit(COLUMNS, table, planet).planet(table)).all()


def test_numbers_are_found_by_name() -> None:
    made = combination.Combination(COLUMNS, (0, 0, 0), (1, 1, 1), (1, 1, 1), (0, 0, 0), 0.0)
    table = made.table([0.5, 0.9], [{"centroid": 2.0, "other": 1.0}, {"noise": None}])
    assert np.allclose(table, [[0, 2, np.nan], [np.log(9), np.nan, np.nan]], equal_nan=True)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / combination.FILE
    for text in ("[]", "{", '{"columns": []}'):
        path.write_text(text)
        with pytest.raises(ValueError, match="no combination"):
            combination.load(path)
