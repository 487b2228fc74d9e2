"""GET /api/v1/runs/{id}/sky/{signal}: one's own pictures of the pixels, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from larun_app.api.routes import routes
from larun_app.api.run_files import NO_SUCH_RUN
from larun_app.api.sky import DAMAGED, NO_PIXELS
from tests.app.made_sky import SIZE
from tests.app.vetted_runs import blend_report, damaged


def test_the_document_is_given_as_it_was_stored(client: TestClient, runs: dict[str, str]) -> None:
    answer = client.get(f"/api/v1/runs/{runs['blend']}/sky/1")
    assert answer.status_code == 200
    assert answer.json() == blend_report()[1][1]
    sector = answer.json()["sectors"][0]
    assert len(sector["difference"]) == SIZE**2
    assert sector["out"][0] is None
    assert "immutable" in answer.headers["cache-control"]
    assert "Cookie" in answer.headers["vary"]
    again = client.get(f"/api/v1/runs/{runs['blend']}/sky/1", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("signal", ["2", "0", "01", "-1", "100", "1x", "lightcurve"])
def test_no_such_picture(client: TestClient, runs: dict[str, str], signal: str) -> None:
    answer = client.get(f"/api/v1/runs/{runs['blend']}/sky/{signal}")
    assert (answer.status_code, answer.json()) == (404, {"error": NO_PIXELS})


def test_others_runs_and_unfinished_ones_have_none(client: TestClient, runs: dict[str, str]) -> None:
    for run_id in (runs["other"], runs["failed"], "nosuchrun222", "x" * 40):
        answer = client.get(f"/api/v1/runs/{run_id}/sky/1")
        assert (answer.status_code, answer.json()) == (404, {"error": NO_SUCH_RUN})


def test_a_stranger_is_asked_to_sign_in(client: TestClient, runs: dict[str, str]) -> None:
    assert TestClient(Starlette(routes=routes)).get(f"/api/v1/runs/{runs['blend']}/sky/1").status_code == 401


def test_a_damaged_file_is_said_to_be_damaged(client: TestClient, stored: tuple[Path, dict[str, str]]) -> None:
    home, runs = stored
    with damaged((home / "lake" / "sky-1").rglob("*.json")):
        answer = client.get(f"/api/v1/runs/{runs['blend']}/sky/1")
    assert (answer.status_code, answer.json()) == (500, {"error": DAMAGED})
