"""GET /api/v1/runs/{id}/summary-{signal}.pdf: one's own page, drawn once, in another process, or a reason why not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from data import lake
from data.home import settings
from data.session import LOCAL_USER_ID, dispose_engines, local_user, migrate, read_scope, session_scope
from data.tables import User
from larun_app.api import summary
from larun_app.api.routes import routes
from larun_app.api.run_files import NO_SUCH_RUN, SIGN_IN, report_of
from larun_app.cli import main as larun
from larun_app.security.sessions import COOKIE_NAME, start_local_session
from tests.app.made_light import INNER, made_light
from tests.app.stored_runs import NOTHING, _file, made_report, signal_report, store
from tests.app.vetted_runs import blend_report

BLEND, QUIET, OTHERS, RUNNING = "pdfblend2222", "pdfquiet2222", "pdfothers222", "pdfrunning22"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("summaries")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LARUN_HOME", str(folder))
        patch.delenv("LARUN_DATABASE_URL", raising=False)
        settings().make_folders()
        migrate()
        light = made_light((INNER,), (("S1", 1325.3),), cadence_days=30 / 1440, seed=9)
        with session_scope() as session:
            local_user(session)
            session.add(User(id="somebody", name="Somebody"))
            session.flush()
            report, pictures = blend_report(BLEND)
            run = store(session, light, run_id=BLEND, title="Vetted blend", report=report)
            _file(session, run, "sky-1", lake.write_document("sky-1", pictures[1]))
            quiet = made_report(light, QUIET, title="Quiet", rejected=signal_report(light, INNER, 1), verdict=NOTHING)
            store(session, light, run_id=QUIET, title="Quiet", report=quiet)
            store(session, None, run_id=RUNNING, state="running")
            theirs = report.model_copy(update={"run_id": OTHERS})
            store(session, light, owner_id="somebody", run_id=OTHERS, report=theirs)
        dispose_engines()
    return folder


@pytest.fixture(autouse=True)
def _in_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARUN_HOME", str(home))


@pytest.fixture
def client() -> TestClient:
    browser = TestClient(Starlette(routes=routes))
    browser.cookies.set(COOKIE_NAME, start_local_session())
    return browser


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """The commands by which pages were drawn; each writes a word instead of a page."""
    seen: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        seen.append(command)
        Path(command[-1]).write_bytes(b"%PDF- drawn")
        return subprocess.CompletedProcess(command, 0, b"", b"")

    monkeypatch.setattr(summary.subprocess, "run", run)
    forget()
    yield seen
    forget()


def forget() -> None:
    """Empty the cache of pages."""
    for kept in (settings().cache / "summaries").glob("*"):
        kept.unlink()


def url(run_id: str, signal: int | str = 1) -> str:
    return f"/api/v1/runs/{run_id}/summary-{signal}.pdf"


def test_the_page_is_drawn_for_its_owner_and_kept(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    forget()
    answer = client.get(url(BLEND))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith('attachment; filename="Vetted-blend-signal-1.pdf"')
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.content.startswith(b"%PDF-")
    assert b"/Title (Vetted blend, signal 1)" in answer.content
    assert b"/Image" in answer.content, "the light and the pixels are on it"
    assert [f.name for f in (settings().cache / "summaries").iterdir()] == [answer.headers["etag"].strip('"') + ".pdf"]

    def broken(*_: Any, **__: Any) -> None:
        raise AssertionError("drawn again")

    monkeypatch.setattr(summary.subprocess, "run", broken)
    assert client.get(url(BLEND)).content == answer.content
    again = client.get(url(BLEND), headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_command_line_writes_the_same_page(
    client: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "page.pdf"
    assert larun(["export", BLEND, "--format", "pdf", "--output", str(out)]) == 0
    assert out.read_bytes() == client.get(url(BLEND)).content, "another process, the same bytes"
    for arguments, words in (
        ([BLEND, "--signal", "7"], "This run has no signal 7."),
        ([OTHERS], "There is no finished run"),
        ([RUNNING], "There is no finished run"),
    ):
        assert larun(["export", *arguments, "--format", "pdf"]) == 2
        assert words in capsys.readouterr().err


def test_a_strongest_repeat_has_a_page_too(client: TestClient, drawings: list[list[str]]) -> None:
    answer = client.get(url(QUIET, 0))
    assert answer.status_code == 200
    assert 'filename="Quiet-strongest-repeat.pdf"' in answer.headers["content-disposition"]
    assert drawings[0][1:5] == ["-m", "jobs.summary_pdf", QUIET, "1"]


def test_who_gets_none(client: TestClient, drawings: list[list[str]]) -> None:
    for run_id in (OTHERS, "nosuchrun222", "x" * 40):
        answer = client.get(url(run_id))
        assert (answer.status_code, answer.json()) == (404, {"error": NO_SUCH_RUN})
    answer = client.get(url(RUNNING))
    assert (answer.status_code, answer.json()) == (409, {"error": summary.NOT_FINISHED})
    stranger = TestClient(Starlette(routes=routes)).get(url(BLEND))
    assert (stranger.status_code, stranger.json()) == (401, {"error": SIGN_IN})
    assert drawings == []


@pytest.mark.parametrize("signal", ["0", "2", "99"])
def test_no_such_signal(client: TestClient, drawings: list[list[str]], signal: str) -> None:
    answer = client.get(url(BLEND, signal))
    assert (answer.status_code, answer.json()) == (404, {"error": f"This run has no signal {signal}."})
    assert drawings == []


@pytest.mark.parametrize("signal", ["01", "-1", "1x", "100", "1;ls"])
def test_what_is_no_number(client: TestClient, drawings: list[list[str]], signal: str) -> None:
    assert client.get(url(BLEND, signal)).status_code == 404
    assert drawings == []


def test_too_slow_is_said_and_can_be_tried_again(client: TestClient, drawings: list[list[str]]) -> None:
    def slow(command: list[str], timeout: float, **_: Any) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summary.subprocess, "run", slow)
        answer = client.get(url(BLEND))
    assert (answer.status_code, answer.json()) == (503, {"error": summary.TOO_SLOW})
    assert answer.headers["retry-after"] == "60"
    assert list((settings().cache / "summaries").iterdir()) == [], "no half-drawn page is kept"
    assert client.get(url(BLEND)).content == b"%PDF- drawn"


def test_a_page_that_cannot_be_drawn_is_no_page(client: TestClient, drawings: list[list[str]]) -> None:
    def fails(command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(command, 1, b"", b"Traceback")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summary.subprocess, "run", fails)
        answer = client.get(url(BLEND))
        assert (answer.status_code, answer.json()) == (500, {"error": summary.NOT_DRAWN})


def test_whoever_waits_too_long_for_another_is_told(drawings: list[list[str]]) -> None:
    wanted = summary.find(LOCAL_USER_ID, BLEND, "1")
    with summary._one_drawing, pytest.raises(summary.NotDrawn) as told:
        summary.drawn(wanted, seconds=0.05)
    assert told.value.status == 503
    assert drawings == []
    assert summary.drawn(wanted) == b"%PDF- drawn"


def test_another_report_is_another_page() -> None:
    with read_scope() as session:
        report = report_of(session, LOCAL_USER_ID, BLEND)
        assert report is not None
        one = summary.wanted(session, LOCAL_USER_ID, report, 1)
        other = summary.wanted(session, LOCAL_USER_ID, report.model_copy(update={"run_id": QUIET}), 1)
    assert one.content != other.content


def test_the_cache_keeps_only_so_many(drawings: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "_MOST_KEPT", 1)
    summary.drawn(summary.find(LOCAL_USER_ID, BLEND, "1"))
    summary.drawn(summary.find(LOCAL_USER_ID, QUIET, "0"))
    assert len(list((settings().cache / "summaries").glob("*.pdf"))) == 1


def test_the_web_server_never_loads_what_draws() -> None:
    program = "import larun_app.api.summary, jobs.summary_pdf, sys; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100, check=True)
    assert done.stdout.strip() == "False"
