"""Every event handler is a public call, so every one is guarded: enumerated here, from Reflex's own registry."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any

import pytest
import reflex as rx
from pydantic import Field
from reflex.istate.data import RouterData
from reflex_base.registry import RegistrationContext

from larun_app.security.guard import GUARD_MARK, MISUNDERSTOOD, LarunState, guarded
from larun_app.security.sessions import COOKIE_NAME, Viewer, revoke, start_local_session
from tests.standins import own_loop

#: Reflex's own handlers that must stay callable without a session: they carry the socket's start and page loads.
PUBLIC = {
    "hydrate",
    "hydrate_and_load",
    "handle_frontend_exception",
    "on_load_internal",
    "set_is_hydrated",
    "update_vars_internal",
}


class CounterForTests(LarunState):
    """A state with one handler of each kind."""

    count: int = 0

    @rx.event
    @guarded
    async def add(self, viewer: Viewer, by: Annotated[int, Field(ge=1, le=9)]) -> None:
        """Add."""
        self.count += by

    @rx.event
    @guarded
    async def add_twice(self, viewer: Viewer) -> Any:
        """Add in two steps."""
        self.count += 1
        yield
        self.count += 1

    @rx.event
    @guarded
    async def fail(self, viewer: Viewer) -> None:
        """Fail."""
        raise RuntimeError("a secret path")


def registered() -> dict[str, Any]:
    import larun_app.larun_app  # noqa: F401  (registers all pages and states)

    return {name: entry.handler for name, entry in RegistrationContext.get().event_handlers.items()}


def test_every_handler_is_guarded_or_on_the_public_list() -> None:
    handlers = registered()
    ours = {name: h for name, h in handlers.items() if "larun_app" in name}
    assert len(ours) > 30
    for name, handler in handlers.items():
        if not getattr(handler.fn, GUARD_MARK, False):
            short = name.rsplit(".", 1)[-1]
            assert short in PUBLIC, f"{name} can be called by anyone"
            assert "larun_app" not in name, f"{name} is ours and not guarded"


def test_no_state_can_be_written_by_name() -> None:
    names = {name.rsplit(".", 1)[-1] for name in registered()}
    assert "setvar" not in names
    assert not {n for n in names if n.startswith("set_")} - {"set_is_hydrated"} - _own_setters()


def _own_setters() -> set[str]:
    """Handlers of ours that begin with set_: written by hand, guarded and checked like all others."""
    return {n.rsplit(".", 1)[-1] for n, h in registered().items() if getattr(h.fn, GUARD_MARK, False)}


def test_no_public_method_slips_through() -> None:
    """Reflex makes every public method of a state callable from outside; a new one must be guarded or private."""
    registered()
    states = [s for s in RegistrationContext.get().base_states.values() if s.__module__.startswith("larun_app")]
    assert len(states) >= 8
    for state in states:
        for name, member in vars(state).items():
            if not name.startswith("_") and inspect.isfunction(member):
                assert getattr(member, GUARD_MARK, False), f"{state.__name__}.{name}"


def fresh_state(cookie: str) -> CounterForTests:
    root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]
    state = root.get_substate(CounterForTests.get_full_name().split(".")[1:])
    data = {"headers": {"cookie": cookie}}
    root.router_data = data
    root.router = RouterData.from_router_data(data)
    return state  # type: ignore[return-value]


def call(state: Any, name: str, *args: Any) -> None:
    async def run() -> None:
        made = state.event_handlers[name].fn(state, *args)
        if inspect.isasyncgen(made):
            async for _ in made:
                pass
        else:
            await made

    own_loop.run(run())


@pytest.fixture
def cookie(database: Path) -> str:
    return f"{COOKIE_NAME}={start_local_session()}"


def test_a_session_may(cookie: str) -> None:
    state = fresh_state(cookie)
    call(state, "add", 3)
    call(state, "add_twice")
    assert (state.count, state.session_lost) == (5, False)


@pytest.mark.parametrize(
    "given", ["", "larun_sid=made-up", "larun_sid=", "other=1; larun_sid=\x00", "larun_sid=" + "x" * 500]
)
def test_without_a_session_nothing_happens(database: Path, given: str) -> None:
    state = fresh_state(given)
    call(state, "add", 3)
    call(state, "add_twice")
    assert (state.count, state.session_lost) == (0, True)


def test_a_new_session_takes_the_warning_back(cookie: str) -> None:
    state = fresh_state("")
    call(state, "add", 3)
    assert state.session_lost
    data = {"headers": {"cookie": cookie}}
    root = state.parent_state.parent_state
    root.router = RouterData.from_router_data(data)
    call(state, "add", 3)
    assert (state.count, state.session_lost) == (3, False)


def test_a_revoked_session_ends_at_once(cookie: str) -> None:
    state = fresh_state(cookie)
    call(state, "add", 1)
    revoke(cookie.split("=", 1)[1])
    call(state, "add", 1)
    assert (state.count, state.session_lost) == (1, True)


@pytest.mark.parametrize("args", [("many",), ([1],), (0,), (10,), (None,), (), (1, 2), ({"by": 1},)])
def test_wrong_arguments_change_nothing(cookie: str, args: tuple[Any, ...]) -> None:
    state = fresh_state(cookie)
    call(state, "add", *args)
    assert (state.count, state.notice) == (0, MISUNDERSTOOD)


def test_a_failure_says_nothing_of_our_insides(cookie: str) -> None:
    state = fresh_state(cookie)
    call(state, "fail")
    assert state.notice_tone == "fail"
    assert "secret" not in state.notice


def test_the_guard_refuses_handlers_it_cannot_check() -> None:
    with pytest.raises(TypeError, match="annotate by"):

        @guarded
        async def add(self: Any, viewer: Viewer, by) -> None:  # type: ignore[no-untyped-def]
            """No annotation."""

    with pytest.raises(TypeError, match="viewer"):

        @guarded
        async def other(self: Any, by: int) -> None:
            """No viewer."""

    with pytest.raises(TypeError, match="async"):

        @guarded
        def blocking(self: Any, viewer: Viewer) -> None:
            """Not async."""
