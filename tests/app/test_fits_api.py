"""Fits over HTTP: ask, watch, stop, read, download; one's own runs only."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from sqlmodel import select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from data.report import Report
from data.requests import FitChoice
from data.session import LOCAL_USER_ID, read_scope, session_scope
from data.tables import Job
from jobs import fitting
from jobs.work import work_on
from larun_app import jobs_door
from larun_app.api import fit_files, lrn1
from larun_app.api.downloads import make_export
from larun_app.api.routes import routes
from larun_app.api.schema import SCHEMA_FILE, schema_text
from larun_app.security.gate import Gate
from larun_app.security.sessions import COOKIE_NAME, start_local_session
from tests.app.stored_runs import store_all
from tests.standins.made_fit import NOT_CONVERGED, stand_in


@pytest.fixture
def runs(database: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(fitting, "fit_transits", stand_in())
    with session_scope() as session:
        return store_all(session)


@pytest.fixture
def client(runs: dict[str, str]) -> TestClient:
    browser = TestClient(Starlette(routes=routes))
    browser.cookies.set(COOKIE_NAME, start_local_session())
    return browser


def at(run_id: str, signal: int | str = 1) -> str:
    return f"/api/v1/runs/{run_id}/signals/{signal}/fit"


def jobs() -> list[Job]:
    with read_scope() as session:
        return list(session.exec(select(Job).where(Job.kind == "fit")))


def test_a_fit_is_started_watched_and_read(client: TestClient, runs: dict[str, str]) -> None:
    url = at(runs["planets"])
    assert client.get(url).json()["state"] == "none"
    started = client.post(url, json={"eccentric": True, "budget_seconds": 30})
    assert started.status_code == 202
    told = started.json()
    assert (told["state"], told["existing"], told["status"]) == ("queued", False, url)
    assert started.headers["location"] == url
    again = client.post(url)
    assert again.status_code == 202
    assert (again.json()["job_id"], again.json()["existing"]) == (told["job_id"], True)
    assert again.json()["settings"]["eccentric"] is True
    before = client.get(f"/api/v1/runs/{runs['planets']}")
    work_on(told["job_id"], may_exit=False)
    answer = client.get(url)
    assert answer.headers["cache-control"] == "private, no-store"
    done = answer.json()
    assert (done["state"], done["fit"]["converged"], done["error"]) == ("done", True, "")
    assert done["fit"]["parameters"]["period_days"]["rhat"] == 1.002
    after = client.get(f"/api/v1/runs/{runs['planets']}", headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200, "the browser kept the report without the fit"
    assert "immutable" not in after.headers["cache-control"]
    assert Report.model_validate(after.json()).signals[0].fit is not None


def test_what_charts_need_is_there_and_is_not_kept_for_ever(client: TestClient, runs: dict[str, str]) -> None:
    work_on(client.post(at(runs["planets"])).json()["job_id"], may_exit=False)
    for name, column in (
        ("chain", "radius_ratio"),
        ("trace", "period_days"),
        ("band", "median_ppm"),
        ("fold", "hours"),
    ):
        answer = client.get(f"/api/v1/runs/{runs['planets']}/series/fit-1-{name}")
        columns, meta = lrn1.decode(answer.content)
        assert column in columns
        assert meta["converged"] is True
        assert "immutable" not in answer.headers["cache-control"]
    url = f"{at(runs['planets'])}/corner"
    corner = client.get(url)
    assert corner.json()["parameters"][0]["name"] == "period_days"
    assert client.get(url, headers={"if-none-match": corner.headers["etag"]}).status_code == 304
    assert client.get(f"{at(runs['planets'], 2)}/corner").status_code == 404
    assert client.get(f"/api/v1/runs/{runs['planets']}/series/fit-1-checkpoint").status_code == 404


def test_a_fit_is_stopped(client: TestClient, runs: dict[str, str]) -> None:
    url = at(runs["planets"])
    assert client.delete(url).status_code == 409
    client.post(url)
    assert client.delete(url).status_code == 202
    assert client.get(url).json()["state"] == "cancelled"
    assert [job.state for job in jobs()] == ["cancelled"]


@pytest.mark.parametrize(
    "body",
    [
        {"budget_seconds": 1},
        {"budget_seconds": 100000},
        {"sampler": "magic"},
        {"owner_id": "somebody"},
        {"eccentric": "perhaps"},
        [],
    ],
)
def test_nonsense_is_refused_in_one_sentence(client: TestClient, runs: dict[str, str], body: object) -> None:
    answer = client.post(at(runs["planets"]), json=body)
    assert answer.status_code == 422
    assert answer.json()["error"].endswith(".")
    assert len(answer.json()["error"].splitlines()) == 1
    assert jobs() == []


def test_others_strangers_and_what_is_not_there(client: TestClient, runs: dict[str, str]) -> None:
    for method in ("GET", "POST", "DELETE"):
        for url in (at(runs["other"]), at("nowhere"), at(runs["planets"], 9), at(runs["planets"], "x")):
            assert client.request(method, url).status_code == 404, (method, url)
        assert client.request(method, at(runs["failed"])).status_code == 409
        assert TestClient(Starlette(routes=routes)).request(method, at(runs["planets"])).status_code == 401
    assert client.get(f"{at(runs['other'])}/corner").status_code == 404
    assert client.post(at(runs["planets"]), content="eccentric").status_code == 415
    assert jobs() == []


def test_another_site_cannot_start_a_fit(client: TestClient, runs: dict[str, str]) -> None:
    gated = TestClient(Gate(Starlette(routes=routes), lambda: ()), base_url="http://localhost:8400")
    gated.cookies.set(COOKIE_NAME, start_local_session())
    url = at(runs["planets"])
    assert gated.post(url).status_code == 403
    assert gated.post(url, headers={"origin": "http://evil.example"}).status_code == 403
    assert gated.delete(url, headers={"origin": "http://evil.example"}).status_code == 403
    assert jobs() == []
    assert gated.post(url, headers={"origin": "http://localhost:8400"}).status_code == 202


def test_the_strongest_repeat_can_be_fitted_too(client: TestClient, runs: dict[str, str]) -> None:
    started = client.post(at(runs["nothing"], 0))
    assert started.status_code == 202
    work_on(started.json()["job_id"], may_exit=False)
    report = Report.model_validate(client.get(f"/api/v1/runs/{runs['nothing']}").json())
    assert report.best_rejected is not None
    assert report.best_rejected.fit is not None


def test_files_of_a_fit(client: TestClient, runs: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    work_on(client.post(at(runs["planets"])).json()["job_id"], may_exit=False)
    base = f"/api/v1/runs/{runs['planets']}/download"
    table = client.get(f"{base}/fit-1.csv")
    assert table.headers["content-disposition"].startswith('attachment; filename="Test-star-fit-1.csv"')
    rows = {r["parameter"]: r for r in csv.DictReader(io.StringIO(table.text))}
    assert float(rows["period_days"]["median"]) == pytest.approx(4.2, abs=1e-4)
    assert client.get(f"{base}/fit-1.tex").text.startswith("% Test star, signal 1")
    assert len(client.get(f"{base}/fit-1-times.csv").text.splitlines()) > 5
    assert client.get(f"{base}/fit-1-chain.parquet").content.startswith(b"PAR1")
    for what in ("fit-2.csv", "fit-1-corner.svg", "fit-1.json", "fit-01.csv", "fit-1-checkpoint.parquet"):
        assert client.get(f"{base}/{what}").status_code == 404, what
    drawn: list[int] = []
    draw = fit_files._draw
    monkeypatch.setattr(fit_files, "_draw", lambda *a: (drawn.append(1), draw(*a)))
    corner = client.get(f"{base}/fit-1-corner.pdf")
    assert corner.content.startswith(b"%PDF")
    assert corner.headers["content-type"] == "application/pdf"
    assert client.get(f"{base}/fit-1-fold.png").content.startswith(b"\x89PNG")
    raw = client.get(f"{base}/bundle.zip").content
    assert raw == client.get(f"{base}/bundle.zip").content
    assert len(drawn) == 1, "the figures are drawn once"
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        names = set(archive.namelist())
        sums = archive.read("manifest.sha256").decode()
        assert json.loads(archive.read("report.json"))["signals"][0]["fit"]["converged"] is True
        assert "fit-N.csv" in archive.read("README.txt").decode()
        for name in names - {"manifest.sha256"}:
            assert f"{hashlib.sha256(archive.read(name)).hexdigest()}  {name}" in sums
    figures = {f"fit-1-{f}.{e}" for f in ("corner", "fold", "trace", "times") for e in ("png", "pdf")}
    assert figures | {"fit-1.csv", "fit-1.tex", "fit-1-times.csv", "fit-1-chain.parquet"} <= names


def test_an_unconverged_fit_is_exported_without_numbers(
    client: TestClient, runs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "fit_transits", stand_in(converged=False))
    monkeypatch.setattr(fit_files, "figures", lambda *_: {})
    work_on(client.post(at(runs["planets"])).json()["job_id"], may_exit=False)
    table = make_export(runs["planets"], LOCAL_USER_ID, "fit-1.csv")
    assert table is not None
    assert table.content.decode().splitlines()[0] == f"# not converged, so no numbers are told: {NOT_CONVERGED}"
    assert len(table.content.decode().splitlines()) == 2
    assert make_export(runs["planets"], LOCAL_USER_ID, "fit-1-times.csv") is None
    assert make_export(runs["planets"], "stranger", "fit-1.csv") is None


def test_figures_that_cannot_be_drawn_do_not_stop_the_zip(
    client: TestClient, runs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    work_on(client.post(at(runs["planets"])).json()["job_id"], may_exit=False)
    monkeypatch.setattr(fit_files, "TIME_OUT_SECONDS", 0.01)
    with zipfile.ZipFile(
        io.BytesIO(client.get(f"/api/v1/runs/{runs['planets']}/download/bundle.zip").content)
    ) as zipped:
        assert "fit-1.csv" in zipped.namelist()
        assert "fit-1-corner.pdf" not in zipped.namelist()
    assert client.get(f"/api/v1/runs/{runs['planets']}/download/fit-1-corner.pdf").status_code == 404


def test_the_pages_door_refuses_in_words(runs: dict[str, str]) -> None:
    job_id = jobs_door.start_fit(LOCAL_USER_ID, runs["planets"], 1, FitChoice())
    assert jobs_door.fit_now(LOCAL_USER_ID, runs["planets"], 1).job_id == job_id
    assert jobs_door.stop_fit(LOCAL_USER_ID, runs["planets"], 1) is True
    assert jobs_door.stop_fit(LOCAL_USER_ID, runs["planets"], 1) is False
    for call in (jobs_door.fit_now, jobs_door.stop_fit):
        with pytest.raises(jobs_door.Refused, match="There is no such run"):
            call(LOCAL_USER_ID, runs["other"], 1)
    with pytest.raises(jobs_door.Refused, match="has not finished"):
        jobs_door.start_fit(LOCAL_USER_ID, runs["failed"], 1, FitChoice())


def test_the_schema_in_the_repository_knows_fits() -> None:
    assert SCHEMA_FILE.read_text() == schema_text()
    assert "FitReport" in json.loads(schema_text())["$defs"]
