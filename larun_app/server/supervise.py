"""`larun up`: build what changed, migrate, start web server and workers, watch them, and print one address."""

from __future__ import annotations

import fcntl
import http.client
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import IO

from data.home import Settings, SettingsError, settings
from larun_app.server.build import BuildError, build, is_current
from larun_app.server.children import Child
from larun_app.server.environment import PROJECT, child_environment, web_environment
from larun_app.server.model import model_child, why_not, with_address

READY_SECONDS = 120.0
STOP_SECONDS = 8.0
PORTS_TRIED = 20
LOOPBACK = ("127.0.0.1", "localhost", "::1")
WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 (to recognise them, not to bind to them)


class AlreadyRunning(Exception):
    """Another `larun up` uses this home folder; the message is its address."""


class _Stop(Exception):
    """Ctrl-C, or the request to end."""


def say(sentence: str) -> None:
    """One line for the person at the terminal."""
    print(sentence, flush=True)


def supervise(host: str | None = None, port: int | None = None, *, model: bool = True) -> int:
    """Run everything until Ctrl-C or SIGTERM; without `model` no model service of our own.

    Returns 0 when stopped on request, 1 when a part cannot be started.

    Raises SettingsError for settings that cannot be used (a port in use, a folder that cannot be written).
    """
    config = settings()
    asked_for_port = port is not None or config.port != Settings().port
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    config = Settings.model_validate(config.model_dump() | given)
    config.make_folders()
    old_handlers = {number: signal.signal(number, _on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with _only_one(config) as announcement:
            config = config.model_copy(update={"port": free_port(config.host, config.port, fixed=asked_for_port)})
            return _run(config, announcement, own_model=model and not config.model_url)
    except AlreadyRunning as other:
        say(f"LARUN is already running: {other}")
        return 0
    except BuildError as error:
        print(f"larun: {error}", file=sys.stderr)
        return 1
    except (_Stop, KeyboardInterrupt):
        say("Stopped.")
        return 0
    finally:
        for number, handler in old_handlers.items():
            signal.signal(number, handler)


def url_of(host: str, port: int) -> str:
    """Address a person opens: a wildcard host is reached as localhost."""
    name = "localhost" if host in WILDCARDS else host
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


def free_port(host: str, port: int, *, fixed: bool) -> int:
    """`port` when it is free; else, unless it was asked for, the next free one. Raises SettingsError when none is."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, min(port + (1 if fixed else PORTS_TRIED), 65536)):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except PermissionError as error:
                raise SettingsError(f"Port {candidate} may not be opened by you: choose one above 1023.") from error
            except socket.gaierror as error:
                raise SettingsError(f"{host!r} is not an address of this machine.") from error
            except OSError as error:
                if fixed:
                    raise SettingsError(
                        f"Port {candidate} of {host} cannot be used ({(error.strerror or str(error)).lower()}): "
                        "stop what uses it, or choose another with --port."
                    ) from error
                continue
        if candidate != port:
            say(f"Port {port} is in use by something else, so this is port {candidate}.")
        return candidate
    raise SettingsError(f"Ports {port} to {port + PORTS_TRIED - 1} are all in use: choose another with --port.")


class _Announcement:
    """The lock file of the home folder, which also tells a second `larun up` our address."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, url: str) -> None:
        """Say where we are; an empty text says we are nowhere."""
        self._file.seek(0)
        self._file.truncate(0)
        self._file.write(url)
        self._file.flush()


@contextmanager
def _only_one(config: Settings) -> Iterator[_Announcement]:
    """Hold the home folder's lock; the system drops it when we end, however that happens."""
    with (config.home / "larun.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise AlreadyRunning(file.read().strip() or "it is just starting.") from error
        announcement = _Announcement(file)
        announcement.write("")
        try:
            yield announcement
        finally:
            announcement.write("")


def _migrate() -> None:
    from sqlalchemy.exc import OperationalError

    from data.session import dispose_engines, migrate

    try:
        migrate()
    except OperationalError as error:
        raise SettingsError(f"The database cannot be opened: {str(error.orig).splitlines()[0]}") from error
    dispose_engines()


def _run(config: Settings, announcement: _Announcement, *, own_model: bool) -> int:
    unclassified = why_not() if own_model else None
    if own_model and unclassified is None:
        config = with_address(config)
    web = Child(
        "The web server",
        [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "larun_app.larun_app:app",
         "--host", config.host, "--port", str(config.port), "--workers", "1", "--ws", "--log-level", "warning"],
        web_environment(config),
        PROJECT,
        config.logs / "web.log",
        say,
        signal.SIGTERM,
    )  # fmt: skip
    workers = [
        Child(
            words,
            [sys.executable, "-m", "jobs.worker", "--lane", lane],
            child_environment(config),
            PROJECT,
            config.logs / f"{lane}.log",
            say,
        )
        for lane, words in (("search", "The search worker"), ("io", "The archive worker"))
    ]
    children = [web, *workers]
    if own_model and unclassified is None:
        children.append(model_child(config, say))
    url = url_of(config.host, config.port)
    try:
        if is_current():
            web.start()  # it needs no table before the first request, so both take their time together
            _migrate()
        else:
            _migrate()
            for worker in workers:  # the first time they compile for a while: that goes on beside the bundler
                worker.start()
            build(config, say=say)
            web.start()
        if not _wait_until_ready(web, config):
            print(f"larun: The web server does not start. It said last:\n{web.last_words()}", file=sys.stderr)
            return 1
        for child in children:
            if child.process is None:
                child.start()
        announcement.write(url)
        if config.host not in LOOPBACK:
            say(f"Listening on {config.host}: only the addresses in LARUN_PUBLIC_URL are answered besides localhost.")
        say(f"LARUN is ready at {url}  (Ctrl-C stops it)")
        if unclassified:
            say(unclassified)
        while True:
            for child in children:
                child.watch()
            time.sleep(0.25)
    except (_Stop, KeyboardInterrupt):
        say("Stopping …")
        return 0
    finally:
        _stop(children)


def _wait_until_ready(web: Child, config: Settings) -> bool:
    """True when the server answers; False when it ended or says nothing for two minutes."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if not web.running:
            return False
        if answers(config.host, config.port):
            return True
        time.sleep(0.1)
    return False


def answers(host: str, port: int) -> bool:
    """True when our web server answers on that port."""
    name = "localhost" if host in WILDCARDS else host
    connection = http.client.HTTPConnection(name, port, timeout=2)
    try:
        connection.request("GET", "/ping", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(children: list[Child]) -> None:
    """Ask all, wait a little, then end what is left. A second Ctrl-C ends all at once."""
    deadline = time.monotonic() + STOP_SECONDS
    try:
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.end(deadline)
    except (_Stop, KeyboardInterrupt):
        pass
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(ValueError):
                signal.signal(number, signal.SIG_IGN)
        for child in children:
            child.end(time.monotonic())


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    raise _Stop
