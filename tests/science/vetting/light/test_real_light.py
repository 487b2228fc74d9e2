"""Known stars: planets pass, false positives fail for the right reason."""

from __future__ import annotations

import pytest

from data.formats import read_many
from data.requests import CleanChoice, SearchChoice
from jobs.cleaning import clean
from jobs.presets import search_settings
from science.search.refit import measure
from science.stars import complete
from science.vetting.evidence import evidence
from science.vetting.light.table import vet_light
from science.vetting.results import Finding
from tests.standins.realdata import MISSING_REASON, has_realdata, realdata_dir

pytestmark = pytest.mark.skipif(not has_realdata(), reason=MISSING_REASON)

#: Files, and period, epoch and duration (days) as published, the signal left in while drifts are removed.
WASP_4 = "tess_2min/*402026209*", (1.338229, 2458355.18487, 0.09)
TOI_222 = "tess_2min/*144440290-0121*", (13.00195, 2458363.54221, 0.0762)
KIC_1432214 = "kepler/kplr001432214*", (161.78833, 2455047.039, 0.2212)


def vetted(files: str, ephemeris: tuple[float, float, float]) -> dict[str, Finding]:
    data = read_many(sorted((realdata_dir() / "lightcurves").glob(files)))
    star = complete(data.star)
    curve = clean(data.curves, star, CleanChoice(), search_settings(SearchChoice(), seed=1), (ephemeris,))
    rows, c = curve.use, curve.curve
    dip = measure(c.time_bjd[rows], curve.flux[rows], c.flux_err[rows], *ephemeris, star)
    return {finding.name: finding for finding in vet_light(evidence(curve, dip, star))}


def test_wasp_4_b_fails_nothing() -> None:
    found = vetted(*WASP_4)
    assert [f.reason for f in found.values() if f.outcome == "fail"] == []
    assert found["size"].value == pytest.approx(15.2, abs=1.0)


def test_toi_222_is_a_binary() -> None:
    found = vetted(*TOI_222)
    assert found["odd_even_depth"].outcome == "fail"
    assert found["odd_even_depth"].fault == "eclipsing_binary"
    assert found["valid_transits"].outcome == "warn"


def test_kic_1432214_is_too_large_and_seen_once() -> None:
    found = vetted(*KIC_1432214)
    assert found["size"].outcome == "fail"
    assert found["size"].fault == "too_large"
    assert found["v_shape"].outcome == "fail"
    assert found["single_event"].outcome == "not_run"
