"""Real stars with known rotation and flares, planet hosts and binaries; none of the rotation periods was trained on."""

from __future__ import annotations

import pytest

from data.formats import read_many
from data.models.variability import load_variability_model
from science.stitching import stitch
from science.variables.classes import BINARIES
from science.variables.describe import describe_star_variability, measured_light
from science.variables.rotation import rotation_period
from tests.standins.realdata import MISSING_REASON, has_realdata, realdata_dir

pytestmark = pytest.mark.skipif(not has_realdata(), reason=MISSING_REASON)


def curve_of(pattern: str):
    return stitch(read_many(sorted((realdata_dir() / "lightcurves").glob(pattern))).curves)


@pytest.mark.parametrize(
    ("pattern", "days"),
    [("multisector/aumic*", 4.863), ("multisector/toi540*", 0.7265), ("tess_2min_ucd/tic29928567*", 0.2268)],
)
def test_published_rotation_periods(pattern: str, days: float) -> None:
    time, flux, _, segment = measured_light(curve_of(pattern))
    found = rotation_period(time, flux, segment)
    assert found is not None
    assert found.period_days == pytest.approx(days, rel=0.03)
    assert abs(found.period_days - days) < 3 * found.error_days


def test_a_hot_jupiter_does_not_make_its_star_a_pair() -> None:
    signal = (1.338231358, 2458355.184421, 0.0898)  # WASP-4 b
    told = describe_star_variability(curve_of("tess_2min/*402026209*"), None, load_variability_model(), [signal])
    assert told.label not in BINARIES
    assert told.finding.outcome == "pass"


def test_a_binary_is_one_with_its_eclipses_set_aside() -> None:
    period, epoch = 0.7960862, 2454954.502903  # KIC 5439790
    curve = curve_of("kepler_eb/eb20.npz")
    told = describe_star_variability(curve, None, load_variability_model(), [(period, epoch, 0.15 * period)])
    assert told.label in BINARIES
    assert told.finding.outcome == "fail"
    assert told.finding.fault == "eclipsing_binary"
