"""The model service as its own process, for tests and benchmarks that ask it over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Running:
    """`ready_seconds` from the start of the process to the first good answer of /readyz."""

    port: int
    pid: int
    ready_seconds: float
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers by lower-case name, body; a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def cpu_seconds(self) -> float:
        """Processor time the service has taken since it started."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self, name: str = "VmRSS") -> float:
        """Resident memory now; `VmHWM`: the most it has been."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1000
        raise ValueError(name)


@contextmanager
def running(place: Path, artefacts: Path | None, environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Start `python -m serving` on a free port with `place` as home folder, and stop it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = place / "service.log"
    settings = os.environ | {"HOME": str(place), "PYTHONPATH": os.pathsep.join([str(ROOT), *_python_path()])}
    settings |= environment or {}
    command = [sys.executable, "-m", "serving", "--port", str(port)]
    command += [] if artefacts is None else ["--folder", str(artefacts)]
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=output, stderr=subprocess.STDOUT)
    service = Running(port, process.pid, 0.0, log)
    try:
        while True:
            if process.poll() is not None:
                raise RuntimeError(f"The service ended by itself:\n{log.read_text()}")
            if time.monotonic() - began > 180:
                raise RuntimeError(f"The service is not ready after 180 s:\n{log.read_text()}")
            try:
                if service.ask("GET", "/readyz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.05)
        yield Running(port, process.pid, time.monotonic() - began, log)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _python_path() -> list[str]:
    return [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
