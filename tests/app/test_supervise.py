"""The supervisor: ports, restarts, stopping everything, and `larun up` itself on the built pages."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data.home import SettingsError
from larun_app.server.build import is_current
from larun_app.server.children import Child
from larun_app.server.supervise import free_port, url_of

ROOT = Path(__file__).resolve().parents[2]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 10.0, words: Callable[[], str] = str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain. {words()}"
        time.sleep(0.05)


def child(tmp_path: Path, program: str, said: list[str]) -> Child:
    return Child("The part", [sys.executable, "-c", program], dict(os.environ), tmp_path, tmp_path / "log", said.append)


# -- ports -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_that_was_asked_for_and_is_in_use_is_said(busy_port: int) -> None:
    with pytest.raises(SettingsError, match=f"Port {busy_port} of 127.0.0.1 cannot be used .*--port"):
        free_port("127.0.0.1", busy_port, fixed=True)


def test_the_default_port_gives_way(busy_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    found = free_port("127.0.0.1", busy_port, fixed=False)
    assert found > busy_port
    assert f"Port {busy_port} is in use" in capsys.readouterr().out


def test_an_address_that_is_not_ours_is_said() -> None:
    with pytest.raises(SettingsError):
        free_port("203.0.113.7", 8400, fixed=True)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8400/"),
        ("0.0.0.0", "http://localhost:8400/"),
        ("::1", "http://[::1]:8400/"),
    ],
)
def test_the_address_can_be_opened(host: str, url: str) -> None:
    assert url_of(host, 8400) == url


# -- one child -------------------------------------------------------------------------------------------------------


def test_a_dead_part_is_started_again_with_growing_pauses(tmp_path: Path) -> None:
    said: list[str] = []
    part = child(tmp_path, "import sys; print('up', flush=True); sys.exit(3)", said)
    part.start()
    try:
        wait_until(lambda: part.watch() or part.failures >= 2)
        assert said[0] == "The part stopped unexpectedly (exit code 3); starting it again now."
        wait_until(lambda: part.watch() or len(said) >= 3, 20)
        assert said[1].endswith("starting it again in 1 s.")
        assert said[2].endswith("starting it again in 3 s.")
        assert part.last_words().count("up") == 3
    finally:
        part.ask_to_stop()
        part.end(time.monotonic() + 1)


def test_a_killed_part_is_named_with_its_signal(tmp_path: Path) -> None:
    said: list[str] = []
    part = child(tmp_path, "import time; time.sleep(60)", said)
    part.start()
    assert part.process is not None
    part.process.kill()
    wait_until(lambda: part.watch() or bool(said))
    assert "signal SIGKILL" in said[0]
    wait_until(lambda: part.watch() or part.running)
    part.ask_to_stop()
    part.end(time.monotonic() + 1)
    assert not part.running


STUBBORN = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
inner = subprocess.Popen([sys.executable, "-c", "import signal,time; signal.signal(2, signal.SIG_IGN); time.sleep(60)"])
pathlib.Path("inner").write_text(str(inner.pid))
time.sleep(60)
"""


def test_ending_leaves_nothing_behind_even_of_a_stubborn_part(tmp_path: Path) -> None:
    part = child(tmp_path, STUBBORN, [])
    part.start()
    wait_until(lambda: (tmp_path / "inner").exists() and (tmp_path / "inner").read_text() != "")
    inner = int((tmp_path / "inner").read_text())
    assert part.process is not None
    outer = part.process.pid
    part.ask_to_stop()
    part.end(time.monotonic() + 0.5)
    wait_until(lambda: not alive(outer) and not alive(inner), 5)


SUPERVISOR = """
import os, pathlib, sys, time
from larun_app.server.children import Child
here = pathlib.Path.cwd()
command = [sys.executable, "-c", "import time; time.sleep(60)"]
part = Child("The part", command, dict(os.environ), here, here / "log", print)
part.start()
(here / "pid").write_text(str(part.process.pid))
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux tells a child that its parent died.")
def test_parts_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR], cwd=tmp_path, env=environment)
    wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
    part = int((tmp_path / "pid").read_text())
    assert alive(part)
    supervisor.kill()
    supervisor.wait()
    wait_until(lambda: not alive(part), 5)


def test_a_long_log_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("larun_app.server.children.LOG_BYTES", 10)
    (tmp_path / "log").write_text("a long story that was told before")
    part = child(tmp_path, "print('new')", [])
    part.start()
    part.end(time.monotonic() + 10)
    assert (tmp_path / "log").read_text() == "new\n"
    assert (tmp_path / "log.log.1").read_text().startswith("a long story")


# -- everything ------------------------------------------------------------------------------------------------------


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


def family(pid: int) -> set[int]:
    """Living descendants of a process."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            parents.setdefault(parent, []).append(int(entry.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for young in parents.get(waiting.pop(), []):
            found.add(young)
            waiting.append(young)
    return found


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Looks at processes through /proc.")
def test_larun_up_serves_restarts_and_stops_without_a_trace(larun_home: Path, tmp_path: Path) -> None:
    if not is_current():
        pytest.skip("The pages are not built: make pages.")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    output = tmp_path / "output"
    command = [sys.executable, "-m", "larun_app.cli", "up"]
    with output.open("w") as stream:
        up = subprocess.Popen([*command, "--port", str(port)], cwd=ROOT, stdout=stream, stderr=stream)
    try:
        wait_until(lambda: "ready at" in output.read_text() or up.poll() is not None, 90, output.read_text)
        assert output.read_text() == f"LARUN is ready at http://127.0.0.1:{port}/  (Ctrl-C stops it)\n"
        status, page = get(port, "/")
        assert status == 200
        assert b"<html" in page

        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert (second.returncode, second.stdout) == (0, f"LARUN is already running: http://127.0.0.1:{port}/\n")

        everybody = family(up.pid)
        web = [pid for pid in everybody if "granian" in command_of(pid)]
        workers = [pid for pid in everybody if "jobs.worker" in command_of(pid)]
        assert len(web) >= 1
        assert len(workers) >= 2
        assert len([pid for pid in everybody if "-m serving" in command_of(pid)]) == 1
        os.kill(min(web), signal.SIGKILL)
        wait_until(lambda: "The web server stopped unexpectedly" in output.read_text(), 10)
        wait_until(lambda: get(port, "/ping")[0] == 200, 60, output.read_text)

        everybody |= family(up.pid)
        began = time.monotonic()
        up.send_signal(signal.SIGINT)
        assert up.wait(20) == 0
        assert time.monotonic() - began < 12
        assert output.read_text().endswith("Stopping …\n")
        wait_until(lambda: not any(alive(pid) for pid in everybody), 5)
        assert get(port, "/ping")[0] == 0
    finally:
        for pid in {up.pid, *family(up.pid)}:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
