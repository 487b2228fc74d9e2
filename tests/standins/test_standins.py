"""The stand-in itself: its files hold the pack's photometry unchanged, and its command line works."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from tests.standins.catalogue import at_j2000, spelling
from tests.standins.holdings import Holdings
from tests.standins.mast_server import MastStandIn, holdings_of
from tests.standins.realdata import EXAMPLES, REPOSITORY


@pytest.fixture(scope="module")
def holdings(realdata: Path) -> Holdings:
    return holdings_of(realdata)


def tables_of(holdings: Holdings, tic_id: int, sectors: tuple[int, ...]) -> list[fits.FITS_rec]:
    found = []
    for sector in sectors:
        (uri,) = [u for u in holdings.by_uri if f"s{sector:04d}-{tic_id:016d}" in u and u.endswith("-s_lc.fits")]
        with fits.open(io.BytesIO(holdings.content(holdings.by_uri[uri]))) as units:
            assert units[0].header["SECTOR"] == sector
            found.append(units[1].data)
    return found


def test_sectors_hold_every_point_of_the_source(holdings: Holdings, realdata: Path) -> None:
    sectors = (16, 22, 23, 49, 50)
    with np.load(realdata / "lightcurves/multisector/toi1798_tess_2min_s16_22_23_49_50.npz") as source:
        time, flux = source["time_btjd"], source["flux"]
    parts = tables_of(holdings, 198153540, sectors)
    np.testing.assert_array_equal(np.concatenate([part["TIME"] for part in parts]), time)
    written = np.concatenate([part["PDCSAP_FLUX"] for part in parts])
    np.testing.assert_allclose(written / np.median(written), flux / np.median(flux), rtol=2e-7)
    for part in parts:  # no sector reaches over another's months
        assert np.ptp(part["TIME"]) < 28.5


def test_relative_light_is_scaled_to_the_stars_magnitude(holdings: Holdings) -> None:
    """pi Mensae, TESS magnitude 5.1: the made sector 4 agrees with the real sector 1 to a tenth."""
    real, made = tables_of(holdings, 261136679, (1, 4))
    assert np.nanmedian(made["PDCSAP_FLUX"]) == pytest.approx(np.nanmedian(real["PDCSAP_FLUX"]), rel=0.1)


def test_real_files_are_given_as_they_are(holdings: Holdings) -> None:
    uri = "mast:TESS/product/tess2018206045859-s0001-0000000261136679-0120-s_lc.fits"
    content = holdings.content(holdings.by_uri[uri])
    assert len(content) == holdings.size(holdings.by_uri[uri]) == 2039040
    assert fits.open(io.BytesIO(content))[0].header["DATA_REL"] == 42


def test_a_made_file_is_the_same_each_time(holdings: Holdings) -> None:
    (uri,) = [u for u in holdings.by_uri if "s0004-0000000261136679" in u and u.endswith("_lc.fits")]
    file = holdings.by_uri[uri]
    assert file.content() == file.content()


def test_a_binary_is_cut_into_quarters(holdings: Holdings, realdata: Path) -> None:
    with np.load(realdata / "lightcurves/kepler_eb/eb31.npz") as source:
        points = source["time_bkjd"].size
    (obs,) = [o for o in holdings.observations if o.target_name == "kplr003228863"]
    curves = [f for f in obs.files if f.subgroup == "CLC"]
    assert [f.description.rsplit(" ", 1)[1] for f in curves] == [f"Q{quarter}" for quarter in range(18)]
    rows = 0
    for file in curves:
        with fits.open(io.BytesIO(holdings.content(file))) as units:
            time = units[1].data["TIME"]
            assert np.ptp(time) < 99
            rows += time.size
    assert rows == points


def test_places_are_those_of_the_tic(holdings: Holdings) -> None:
    """The planet archive's place of 2015.5, moved back, is the J2000 place in the header of pi Mensae's file."""
    ra_deg, dec_deg = at_j2000(84.29928, -80.464604, 311.187, 1048.84)
    assert ra_deg == pytest.approx(84.291188, abs=2e-5)
    assert dec_deg == pytest.approx(-80.4691198, abs=2e-6)


def test_spellings() -> None:
    assert spelling("* pi. Men") == spelling("PI-MEN")
    assert spelling("BD+20 594") != spelling("BD 20 594")


def post(url: str, document: dict[str, object]) -> int:
    request = urllib.request.Request(url, json.dumps(document).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_faults_can_be_set_from_another_process() -> None:
    with MastStandIn(EXAMPLES) as server:
        assert post(f"{server.url}/standin/faults", {"kind": "status", "value": 503, "times": None}) == 200
        assert post(f"{server.url}/Santa-war/query", {}) == 503
        assert post(f"{server.url}/standin/faults", {"kind": "sabotage"}) == 400
        assert post(f"{server.url}/standin/faults", {"clear": True}) == 200
        assert post(f"{server.url}/Santa-war/query", {}) == 200


def test_the_command_line_says_how_to_use_it() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.standins", "--port", "0", "--realdata", str(EXAMPLES)],
        cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(7)]
        (export,) = [line for line in lines if "LARUN_MAST_URL" in line]
        url = export.strip().split("=")[1]
        with urllib.request.urlopen(url, timeout=5) as response:
            assert json.load(response)["real"] is False
        assert any("4 stars with real light curves" in line for line in lines)
    finally:
        process.terminate()
        process.wait(10)
