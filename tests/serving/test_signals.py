"""Labels by signal, groups that must not be divided, and folds that keep to them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from serving.classes import CLASSES, JUNK, PLANET
from serving.signal_groups import groups, repeats
from serving.signal_labels import DROPPED, labels_by_signal
from serving.signals import UnreadableViews, folds, joined, read_signals, rows_of
from tests.serving.toy_signals import toy_table
from tests.standins.realdata import MISSING_REASON, has_realdata, realdata_dir


def _labelled(given: str, now: str, match: str, *, kind: str = "", host: bool = True) -> tuple[int, float, bool, bool]:
    found = labels_by_signal(*(np.array([x]) for x in (given, now, kind, match)), False, np.array([host]))
    return int(found.label[0]), float(found.weight[0]), bool(found.toi_matched[0]), bool(found.tfop_false_positive[0])


def test_a_label_belongs_to_the_signal():
    assert _labelled("PC", "CP", "period") == (PLANET, 1.0, True, False)
    assert _labelled("PC", "", "", host=True)[1:3] == (0.0, False)  # the star's TOI is at another period
    assert _labelled("PC", "", "", host=False)[1] > 0
    assert _labelled("PC", "FP", "period", kind="EB/stellar")[0] == CLASSES.index("eb")
    assert _labelled("PC", "FP", "period")[3]
    assert _labelled("EB", "PC", "period")[0] == DROPPED  # they contradict each other
    assert _labelled("J", "CP", "period")[0] == PLANET
    assert _labelled("J", "", "")[0] == JUNK
    with pytest.raises(ValueError, match="not known"):
        _labelled("planet?", "", "")


def test_blends_of_one_ephemeris_stay_together():
    star = np.array([1, 2, 3, 4, 5])
    period = np.array([3.0, 3.0005, 6.0, 3.0, 2.0])
    ra, dec = np.array([10.0, 10.05, 10.02, 40.0, 10.01]), np.zeros(5)
    found = groups(star, period, np.zeros(5), ra, dec)
    assert found[0] == found[1] == found[2]  # 1:1 and 2:1, a few arcminutes apart
    assert len({found[0], found[3], found[4]}) == 3  # far away; another period
    assert repeats(np.array([1, 1, 2]), np.array([3.0, 3.001, 3.0])).tolist() == [2, 2, 1]


def test_folds_divide_no_star_and_follow_the_seed():
    table = toy_table()
    fold = folds(table, 5, seed=1)
    assert set(fold.tolist()) == set(range(5))
    assert all(np.unique(fold[table.star == s]).size == 1 for s in table.star)
    assert np.array_equal(fold, folds(table, 5, seed=1))
    with pytest.raises(ValueError, match="cannot be dealt out"):
        folds(rows_of(table, table.star < 1002), 5)


def test_tables_joined_share_groups_by_star():
    table = toy_table(8)
    other = replace(rows_of(table, [0, 7]), source=np.full(2, "injected"), group=np.array([0, 1]))
    both = joined([table, other])
    assert len(both) == 10
    assert both.group[8] == both.group[0]
    assert both.group[9] == both.group[7] != both.group[0]


def test_a_folder_without_views_is_refused(tmp_path: Path):
    with pytest.raises(UnreadableViews, match="holds none of"):
        read_signals(tmp_path)
    np.savez(tmp_path / "tess_spoc_nigraha.npz", tic_id=np.arange(3))
    with pytest.raises(UnreadableViews, match="not of the format"):
        read_signals(tmp_path)


@pytest.mark.skipif(not has_realdata(), reason=MISSING_REASON)
def test_one_real_set_alone_can_be_read(tmp_path: Path):
    for name in ("tess_spoc_nigraha.npz", "tess_spoc_nigraha_meta.csv.gz"):
        (tmp_path / name).symlink_to(realdata_dir() / "views" / name)
    signals = read_signals(tmp_path)
    assert set(signals.source.tolist()) == {"nigraha"}
    assert 250 < signals.toi_matched.sum() < 320
    for view in (signals.global_view, signals.local_view):
        assert np.allclose(np.median(view, axis=1), 0, atol=1e-5)
        assert np.allclose(view.min(axis=1), -1, atol=1e-5)
    known = np.isfinite(signals.scalars)
    assert np.abs(signals.scalars[known]).max() <= 4
    assert not np.any(signals.toi_matched & signals.tfop_false_positive)
