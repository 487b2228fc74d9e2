"""Files of a run: complete, exact, harmless, and only for their owner."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from starlette.applications import Starlette
from starlette.testclient import TestClient

from data.report import Report
from data.requests import RunRequest
from data.session import session_scope
from larun_app.api.downloads import disposition, make_export, slug
from larun_app.api.routes import routes
from tests.app.made_light import INNER, made_light
from tests.app.stored_runs import CONVINCING, made_report, signal_report, store


def test_fits_holds_the_curve_to_the_last_bit(client: TestClient, runs: dict[str, str]) -> None:
    answer = client.get(f"/api/v1/runs/{runs['planets']}/download/lightcurve.fits")
    assert answer.headers["content-disposition"].startswith('attachment; filename="Test-star-lightcurve.fits"')
    light = made_light()
    with fits.open(io.BytesIO(answer.content)) as hdus:
        hdus.verify("exception")
        table = hdus[1].data
        assert hdus[0].header["OBJECT"] == "Test star"
        assert hdus[1].header["BJDREFI"] == 2457000
        np.testing.assert_allclose(table["TIME"] + 2457000.0, light.curve.time_bjd, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(table["FLUX"], light.flux)
        np.testing.assert_array_equal(table["USED"], light.use)


def test_csv_reads_back(client: TestClient, runs: dict[str, str]) -> None:
    text = client.get(f"/api/v1/runs/{runs['planets']}/download/lightcurve.csv").text
    rows = list(csv.DictReader(line for line in io.StringIO(text) if not line.startswith("#")))
    light = made_light()
    assert len(rows) == len(light.flux)
    times = np.array([float(r["time_bjd_tdb"]) for r in rows])
    assert np.max(np.abs(times - light.curve.time_bjd)) * 86400 < 1e-3
    assert {r["sector"] for r in rows} == {"S1", "S2", "S28"}


def test_cells_never_begin_like_a_formula(database: Path) -> None:
    evil = '=HYPERLINK("http://bad","x")'
    light = made_light(sectors=((evil, 1325.0), ("+1", 1360.0)))
    report = made_report(light, "evil22222222", signals=(signal_report(light, INNER, 1),), verdict=CONVINCING)
    with session_scope() as session:
        session.connection()
        from data.session import local_user

        local_user(session)
        store(session, light, run_id="evil22222222", title="@SUM(A1)", report=report)
    made = make_export("evil22222222", "local", "lightcurve.csv")
    assert made is not None
    for line in csv.reader(line for line in io.StringIO(made.content.decode()) if not line.startswith("#")):
        sector = line[6]
        assert not sector.startswith(("=", "+", "-", "@"))


def test_periodogram_csv_by_round(client: TestClient, runs: dict[str, str]) -> None:
    base = f"/api/v1/runs/{runs['planets']}/download/periodogram.csv"
    every = list(csv.DictReader(io.StringIO(client.get(base).text)))
    second = list(csv.DictReader(io.StringIO(client.get(base + "?round=2").text)))
    assert {r["round"] for r in every} == {"1", "2"}
    assert {r["round"] for r in second} == {"2"}
    best = max(second, key=lambda r: float(r["sde"]))
    assert abs(float(best["period_days"]) / 9.7 - 1) < 2e-3
    assert client.get(base + "?round=7").status_code == 404
    assert client.get(base + "?round=x").status_code == 422


def test_settings_are_a_request_again(client: TestClient, runs: dict[str, str]) -> None:
    document = client.get(f"/api/v1/runs/{runs['planets']}/download/settings.json").json()
    assert RunRequest.model_validate(document["request"]).seed == document["seed"] == 1
    assert document["inputs"][0]["sha256"] == "ab" * 32


def test_bundle_is_complete_and_its_checksums_hold(client: TestClient, runs: dict[str, str]) -> None:
    url = f"/api/v1/runs/{runs['planets']}/download/bundle.zip"
    raw = client.get(url).content
    assert client.get(url).content == raw, "the same run gives the same bytes"
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = dict(reversed(line.split("  ")) for line in members.pop("manifest.sha256").decode().splitlines())
    assert manifest == {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    assert set(members) == {
        "README.txt",
        "report.json",
        "settings.json",
        "lightcurve.fits",
        "lightcurve.csv",
        "periodogram-1.csv",
        "periodogram-2.csv",
    }
    assert Report.model_validate(json.loads(members["report.json"])).title == "Test star"


def test_simulated_light_says_so_inside_the_files(client: TestClient, runs: dict[str, str]) -> None:
    text = client.get(f"/api/v1/runs/{runs['binary']}/download/lightcurve.csv").text
    assert "# simulated: this light is simulated, not observed" in text


@pytest.mark.parametrize("what", ["lightcurve.fits", "report.json", "bundle.zip"])
def test_only_the_owner_of_a_finished_run(client: TestClient, runs: dict[str, str], what: str) -> None:
    for run in (runs["other"], runs["failed"], runs["cancelled"], "nosuchrun222"):
        assert client.get(f"/api/v1/runs/{run}/download/{what}").status_code == 404
    stranger = TestClient(Starlette(routes=routes))
    assert stranger.get(f"/api/v1/runs/{runs['planets']}/download/{what}").status_code == 401


@pytest.mark.parametrize("what", ["larun.db", "..%2Flarun.db", "lightcurve.parquet", ""])
def test_nothing_else_can_be_downloaded(client: TestClient, runs: dict[str, str], what: str) -> None:
    assert client.get(f"/api/v1/runs/{runs['planets']}/download/{what}").status_code == 404


def test_file_names() -> None:
    assert slug("π Men / TIC 261136679") == "Men-TIC-261136679"
    assert slug("…") == "result"
    assert (
        disposition('a"b\r\nX: y.csv')
        == "attachment; filename=\"a_b__X_ y.csv\"; filename*=UTF-8''a%22b%0D%0AX%3A%20y.csv"
    )
