"""Sectors by tess-point, against the detectors on which the mission says that real stars fell."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from data.archives.sectors import sectors_in_words, sectors_observed
from tests.standins.realdata import primary_header

JD_2022 = 2459580.5


def test_pi_mensae(capfd: pytest.CaptureFixture[str]) -> None:
    found = sectors_observed(84.291188, -80.469120, until_jd=JD_2022)
    assert [s.sector for s in found] == [1, 4, 8, 11, 12, 13, 27, 28, 31, 34, 38, 39]
    assert (found[0].camera, found[0].ccd) == (4, 2)
    assert found[0].epoch_year == pytest.approx(2018.60, abs=0.05)
    assert capfd.readouterr() == ("", "")


def test_sectors_of_the_multi_sector_stars() -> None:
    assert {16, 22, 23, 49, 50} <= {s.sector for s in sectors_observed(211.0941, 46.5194)}  # TOI-1798
    assert {4, 6} <= {s.sector for s in sectors_observed(78.5587, -47.7594)}  # TOI-540


def test_detectors_of_real_light_curves(realdata: Path) -> None:
    """CAMERA and CCD of every SPOC file of the pack that says them, and of a cut-out its corner pixel."""
    checked = 0
    for path in sorted((realdata / "lightcurves" / "tess_2min").glob("*_lc.fits.gz")):
        card = primary_header(path)
        if not card.get("CAMERA") or not card.get("RA_OBJ"):
            continue
        found = sectors_observed(float(card["RA_OBJ"]), float(card["DEC_OBJ"]), until_jd=JD_2022)
        here = [s for s in found if s.sector == int(card["SECTOR"])]
        assert [(s.camera, s.ccd) for s in here] == [(int(card["CAMERA"]), int(card["CCD"]))], path.name
        checked += 1
    assert checked >= 8


def test_detectors_of_the_ultracool_dwarfs(realdata: Path) -> None:
    """156 star-sectors by the pack's own table; a third of them is enough of a sample."""
    with open(realdata / "lightcurves" / "tess_2min_ucd" / "index.csv", newline="") as file:
        rows = list(csv.DictReader(file))[::3]
    for row in rows:
        found = sectors_observed(float(row["ra"]), float(row["dec"]), until_jd=JD_2022)
        assert (int(row["sector"]), int(row["camera"]), int(row["ccd"])) in {(s.sector, s.camera, s.ccd) for s in found}


@pytest.mark.filterwarnings("ignore::astropy.wcs.FITSFixedWarning")
def test_the_pixel_of_a_real_cutout(realdata: Path) -> None:
    """The WCS of the sector-1 cut-out puts pi Mensae within 1.5 pixels of where tess-point has it."""
    from astropy.io import fits
    from astropy.wcs import WCS

    path = next((realdata / "pixels").glob("tess-s0001-4-2_84.291190*"))
    ra_deg, dec_deg = 84.291190, -80.469170
    with fits.open(path) as units:
        column, row = WCS(units[2].header).all_world2pix(ra_deg, dec_deg, 1)
        first_column, first_row = units[1].header["1CRV4P"], units[1].header["2CRV4P"]
    (seen,) = [s for s in sectors_observed(ra_deg, dec_deg, until_jd=JD_2022) if s.sector == 1]
    assert (seen.camera, seen.ccd) == (4, 2)
    assert seen.column == pytest.approx(float(column) + first_column - 1, abs=1.5)
    assert seen.row == pytest.approx(float(row) + first_row - 1, abs=1.5)


def test_what_is_planned_is_not_observed() -> None:
    planned = sectors_observed(84.291188, -80.469120, until_jd=1e9)
    assert len(planned) > len(sectors_observed(84.291188, -80.469120, until_jd=JD_2022))
    assert sectors_observed(84.291188, -80.469120, until_jd=2458000.0) == ()
    assert len(sectors_observed(84.291188, -80.469120)) >= 12  # until today


def test_right_ascension_goes_round() -> None:
    assert sectors_observed(-6.437, -42.062, until_jd=JD_2022) == sectors_observed(353.563, -42.062, until_jd=JD_2022)
    assert [s.sector for s in sectors_observed(353.563, -42.062, until_jd=JD_2022)] == [2, 28, 29]


@pytest.mark.parametrize("place", [(float("nan"), 0.0), (0.0, 91.0), (float("inf"), 10.0)])
def test_no_place(place: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="place on the sky"):
        sectors_observed(*place)


def test_words() -> None:
    assert sectors_in_words((13, 1, 4, 8, 11, 12, 11)) == "TESS looked here in 6 sectors: 1, 4, 8, 11–13."
    assert sectors_in_words((28, 29)) == "TESS looked here in 2 sectors: 28, 29."
    assert sectors_in_words([2]) == "TESS looked here in 1 sector: 2."
    assert sectors_in_words(()) == "TESS has not looked here yet."
