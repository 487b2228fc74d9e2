"""One supervised child: started in its own process group, restarted when it dies, stopped without leaving anything."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LOG_BYTES = 5_000_000  # a longer log is set aside at the next start
HEALTHY_SECONDS = 60.0  # who lives so long starts again without delay
LONGEST_PAUSE_SECONDS = 30.0

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def _end_with_supervisor() -> None:
    """In the child, before it becomes the program: be told to stop when the supervisor is killed (Linux)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """A part of the running whole. `words` is how messages call it."""

    words: str
    command: Sequence[str]
    environment: dict[str, str]
    folder: Path
    log: Path
    say: Callable[[str], None]
    stop_signal: signal.Signals = signal.SIGINT
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0  # in a row
    _started: float = field(default=0.0, repr=False)
    _restart_at: float | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it now."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            os.replace(self.log, self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                list(self.command),
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_supervisor,
            )
        self._started = time.monotonic()
        self._restart_at = None

    def watch(self) -> None:
        """Notice a death, and start again after a pause that grows with each death in a row."""
        now = time.monotonic()
        if self._restart_at is not None:
            if now >= self._restart_at:
                self.start()
            return
        if self.process is None or self.process.poll() is None:
            if self.failures and now - self._started > HEALTHY_SECONDS:
                self.failures = 0
            return
        self._clear_group()
        pause = min(2.0**self.failures - 1, LONGEST_PAUSE_SECONDS)
        self.failures += 1
        self._restart_at = now + pause
        when = f"in {pause:.0f} s" if pause else "now"
        self.say(f"{self.words} stopped unexpectedly ({_cause(self.process.returncode)}); starting it again {when}.")

    @property
    def running(self) -> bool:
        """True while the process lives."""
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Ask politely; returns at once."""
        self._restart_at = None
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def end(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic), then end it and everything it started."""
        if self.process is None:
            return
        try:
            self.process.wait(max(deadline - time.monotonic(), 0.01))
        except subprocess.TimeoutExpired:
            self._clear_group()
            self.process.wait(5)
        self._clear_group()

    def last_words(self, lines: int = 15) -> str:
        """End of its log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").rstrip().splitlines()[-lines:])
        except OSError:
            return ""

    def _clear_group(self) -> None:
        if self.process is not None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                return


def _cause(code: int) -> str:
    if code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"
