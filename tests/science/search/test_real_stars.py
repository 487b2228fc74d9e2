"""The whole way on real light curves, where they are at hand: planets found, a flaring dwarf left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from science.search.find import find_signals
from science.search.results import SearchResult, SearchSettings

ROOT = Path(__file__).resolve().parents[3]
LIGHT_CURVES = Path(os.environ.get("LARUN_REALDATA", ROOT.parent / "shared" / "realdata")) / "lightcurves"

pytestmark = [
    pytest.mark.skipif(not LIGHT_CURVES.is_dir(), reason="the real light curves are not here (LARUN_REALDATA)"),
    pytest.mark.slow,
]


def searched(pattern: str, max_signals: int = 2) -> SearchResult:
    from data.formats import read_many
    from science.detrending import detrend
    from science.stars import complete
    from science.stitching import stitch

    found = read_many(sorted(LIGHT_CURVES.glob(pattern)))
    settings = SearchSettings(fap_trials=16, max_signals=max_signals)
    return find_signals(detrend(stitch(found.curves)), complete(found.star), settings)


@pytest.mark.parametrize(
    ("pattern", "period", "depth"),
    [
        ("tess_2min/*402026209*", 1.33823, 0.0271),  # WASP-4 b
        ("tess_2min/*22529346*", 1.27493, 0.0170),  # WASP-121 b, whose own light also disappears
        ("tess_2min/*413248763*", 3.93072, 0.0011),  # GJ 357 b
        ("multisector/toi540*", 1.23914, 0.0021),  # under a rotation of 0.73 d
        ("k2/ktwo206103150*", 4.15914, 0.0112),  # WASP-47 b
    ],
)
def test_the_catalogue_period_is_found_first(pattern: str, period: float, depth: float) -> None:
    first = searched(pattern, max_signals=1).signals[0]
    assert first.kind == "dip"
    assert first.convincing
    assert first.measurement.period_days == pytest.approx(period, rel=5e-4)
    assert first.measurement.depth == pytest.approx(depth, rel=0.2)


@pytest.mark.parametrize("pattern", ["tess_2min/*358108509*", "multisector/aumic*", "tess_2min/*55652896*"])
def test_nothing_convincing_is_the_honest_answer(pattern: str) -> None:
    """A flaring dwarf, a young star's rotation, and two planets that passed once each."""
    assert searched(pattern).signals == ()
