"""Which light curves are corrected already, and correcting once."""

import pytest

from science.vetting.contamination.dilution import (
    CrowdingOfSector,
    SectorLight,
    correction_of,
    dilution_of,
    is_dilution_corrected,
)


@pytest.mark.parametrize(
    ("pipeline", "column", "corrected"),
    [
        ("SPOC", "PDCSAP_FLUX", True),
        ("SPOC", "SAP_FLUX", False),
        ("SPOC", "", True),
        ("SPOC", "LC_INIT", True),
        ("TESS-SPOC", "PDCSAP_FLUX", True),
        ("Kepler", "PDCSAP_FLUX", True),
        ("K2", "SAP_FLUX", False),
        ("QLP", "KSPSAP_FLUX", True),
        ("QLP", "SAP_FLUX", True),
        ("TGLC", "cal_aper_flux", True),
        ("TASOC", "FLUX_CORR", False),
        ("eleanor", "CORR_FLUX", False),
        ("K2SFF", "FCOR", False),
        ("EVEREST", "FLUX", False),
        ("", "SAP_FLUX", False),
        ("", "PDCSAP_FLUX", True),
        ("", "flux", None),
        ("SPOC", "my_own", None),
    ],
)
def test_pipelines(pipeline, column, corrected):
    assert is_dilution_corrected(pipeline, column) is corrected


def sector(corrected, crowding=None, share=0.8):
    return SectorLight("S1", "pipeline", 9, share, 0.9, crowding, None, corrected)


def test_corrected_light_is_left_alone():
    assert sector(True, 0.7).divisor == 1.0
    assert sector(None, 0.7).divisor == 1.0
    assert dilution_of([sector(True, 0.5), sector(True, 0.6)]) == 1.0


def test_uncorrected_light_is_divided_once_by_the_file_or_by_us():
    assert sector(False, 0.7).divisor == 0.7
    assert sector(False).divisor == 0.8
    assert sector(False, 1.7, None).divisor == 1.0
    assert dilution_of([sector(True, 0.5), sector(False, 0.6)]) == pytest.approx(0.8)
    assert dilution_of([]) == 1.0


def test_words_for_what_is_done():
    assert correction_of([sector(True), sector(True)]) == "already"
    assert correction_of([sector(False)]) == "now"
    assert correction_of([sector(False), sector(True)]) == "partly before, rest now"
    assert correction_of([sector(False), sector(None)]) == correction_of([]) == "unknown"
    assert CrowdingOfSector("S1").corrected is None
