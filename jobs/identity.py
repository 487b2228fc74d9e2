"""Names of worker processes, made so that a worker of this machine can be known to be dead before its lease ends.

A name holds the machine, its process-id space and the process's start time, so that a process id that was given
again, or the same id in another container, is never taken for the worker. Where the system does not tell these
(anything but Linux), nobody is ever known to be dead and the lease decides.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path


def worker_name() -> str:
    """This process: host/space/pid/start."""
    return f"{_space()}/{os.getpid()}/{_start_time(os.getpid()) or '-'}"


def is_dead(name: str) -> bool:
    """True only when the worker ran on this machine and certainly runs no more."""
    space, _, rest = name.rpartition("/")
    space, _, pid = space.rpartition("/")
    if space != _space() or "-" in (rest, space.rpartition("/")[2]) or not pid.isdigit():
        return False
    return _start_time(int(pid)) != rest


def _space() -> str:
    """Host name, boot and process-id space."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
        space = f"{boot}.{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        space = "-"
    return f"{socket.gethostname()}/{space}"


def _start_time(pid: int) -> str | None:
    """Clock ticks between boot and the start of a live process; None when there is none (a zombie counts as none)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
