"""The read API of runs, and search again."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from data.report import Report
from data.requests import HiddenRange
from data.session import read_scope, session_scope
from data.tables import Job, Run, Upload
from larun_app.api.routes import routes
from larun_app.api.runs import joined
from larun_app.api.schema import SCHEMA_FILE, schema_text
from tests.app.stored_runs import store_all


@pytest.fixture
def runs(database: Path) -> dict[str, str]:
    with session_scope() as session:
        session.add(Upload(id="u1", owner_id="local", name="S1.csv", path="u1", bytes=1, sha256="0" * 64))
        return store_all(session)


def test_list_holds_ones_own_runs_only(client: TestClient, runs: dict[str, str]) -> None:
    answer = client.get("/api/v1/runs").json()
    assert answer["total"] == 5
    assert {line["id"] for line in answer["runs"]} == {v for k, v in runs.items() if k != "other"}


def test_list_is_searched_literally(client: TestClient) -> None:
    assert [r["title"] for r in client.get("/api/v1/runs?q=quiet").json()["runs"]] == ["Quiet star"]
    assert client.get("/api/v1/runs?q=%25").json()["total"] == 0
    assert [r["state"] for r in client.get("/api/v1/runs?state=failed").json()["runs"]] == ["failed"]


def test_list_comes_in_pages(client: TestClient) -> None:
    pages = [client.get(f"/api/v1/runs?limit=2&offset={k}").json()["runs"] for k in (0, 2, 4)]
    assert [len(p) for p in pages] == [2, 2, 1]
    assert len({line["id"] for page in pages for line in page}) == 5
    assert client.get("/api/v1/runs?limit=100000").status_code == 422
    assert client.get("/api/v1/runs?owner=somebody").status_code == 422


def test_report_is_the_documented_document(client: TestClient, runs: dict[str, str]) -> None:
    answer = client.get(f"/api/v1/runs/{runs['planets']}")
    report = Report.model_validate(answer.json())
    assert report.run_id == runs["planets"]
    assert [s.period_days for s in report.signals] == [4.2, 9.7]
    again = client.get(f"/api/v1/runs/{runs['planets']}", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_a_run_without_a_report_says_its_state(client: TestClient, runs: dict[str, str]) -> None:
    answer = client.get(f"/api/v1/runs/{runs['failed']}")
    assert answer.status_code == 409
    assert answer.json() == {"error": "The archive did not answer. Nothing is lost.", "state": "failed"}


def test_others_and_strangers(client: TestClient, runs: dict[str, str]) -> None:
    assert client.get(f"/api/v1/runs/{runs['other']}").status_code == 404
    stranger = TestClient(Starlette(routes=routes))
    for path in ("/api/v1/runs", f"/api/v1/runs/{runs['planets']}"):
        assert stranger.get(path).status_code == 401
    assert stranger.post(f"/api/v1/runs/{runs['planets']}/rerun", json={"hidden": []}).status_code == 401


def test_rerun_leaves_the_hidden_stretches_out(client: TestClient, runs: dict[str, str]) -> None:
    hidden = [{"start_bjd": 2458330.0, "stop_bjd": 2458331.0}, {"start_bjd": 2458330.5, "stop_bjd": 2458332.0}]
    answer = client.post(f"/api/v1/runs/{runs['planets']}/rerun", json={"hidden": hidden})
    assert answer.status_code == 201
    new_id = answer.json()["run_id"]
    assert answer.json()["page"] == f"/runs/{new_id}/progress"
    with read_scope() as session:
        old, new = session.get(Run, runs["planets"]), session.get(Run, new_id)
        assert old is not None
        assert new is not None
        assert new.parent_run_id == old.id
        assert new.state == "queued"
        assert new.request["clean"]["hidden"] == [{"start_bjd": 2458330.0, "stop_bjd": 2458332.0}]
        assert {k: v for k, v in new.request.items() if k != "clean"} == {
            k: v for k, v in old.request.items() if k != "clean"
        }
        assert session.exec(select(Job).where(Job.run_id == new_id)).one().state == "queued"


@pytest.mark.parametrize(
    "body",
    [
        {"hidden": [{"start_bjd": 5.0, "stop_bjd": 4.0}]},
        {"hidden": [{"start_bjd": 5.0}]},
        {"hidden": [{"start_bjd": 1.0, "stop_bjd": 2.0}] * 201},
        {"hidden": [], "owner_id": "somebody"},
        {},
        [],
    ],
)
def test_rerun_refuses_nonsense(client: TestClient, runs: dict[str, str], body: object) -> None:
    answer = client.post(f"/api/v1/runs/{runs['planets']}/rerun", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]
    with read_scope() as session:
        assert len(session.exec(select(Run)).all()) == 6


def test_rerun_of_anothers_run_starts_nothing(client: TestClient, runs: dict[str, str]) -> None:
    given = {"period_days": 4.2, "epoch_bjd": 2458327.0, "duration_hours": 3.0}
    assert client.post(f"/api/v1/runs/{runs['other']}/rerun", json={"signal": given}).status_code == 404
    with read_scope() as session:
        assert len(session.exec(select(Run)).all()) == 6


def test_rerun_of_one_signal_keeps_the_rest(client: TestClient, runs: dict[str, str]) -> None:
    given = {"period_days": 4.2, "epoch_bjd": 2458327.0, "duration_hours": 3.0}
    answer = client.post(f"/api/v1/runs/{runs['planets']}/rerun", json={"signal": given, "vet": {"pixels": False}})
    assert answer.status_code == 201
    with read_scope() as session:
        before, after = session.get(Run, runs["planets"]), session.get(Run, answer.json()["run_id"])
    assert before is not None
    assert after is not None
    assert after.request["signal"] == given
    assert after.request["vet"] == {"neighbours": True, "pixels": False, "chances": True, "contrast": []}
    assert after.request["data"] == before.request["data"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"signal": {"period_days": -1, "epoch_bjd": 2458327.0, "duration_hours": 3.0}},
        {"signal": {"period_days": 4.2, "epoch_bjd": 1327.0, "duration_hours": 3.0}},
        {"vet": {"pixels": "perhaps"}},
    ],
)
def test_rerun_refuses_what_makes_no_sense(client: TestClient, runs: dict[str, str], body: dict[str, object]) -> None:
    assert client.post(f"/api/v1/runs/{runs['planets']}/rerun", json=body).status_code == 422


def test_rerun_takes_json_only(client: TestClient, runs: dict[str, str]) -> None:
    answer = client.post(
        f"/api/v1/runs/{runs['planets']}/rerun", content='{"hidden": []}', headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 415


def test_ranges_join() -> None:
    def pairs(*given: tuple[float, float]) -> list[tuple[float, float]]:
        made = [HiddenRange(start_bjd=a, stop_bjd=b) for a, b in given]
        return [(r.start_bjd, r.stop_bjd) for r in joined(made)]

    assert pairs((5, 6), (1, 3), (2, 4)) == [(1, 4), (5, 6)]
    assert pairs((1, 9), (2, 3)) == [(1, 9)]


def test_schema_in_the_repository_is_current() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), "run: python -m larun_app.api.schema"
