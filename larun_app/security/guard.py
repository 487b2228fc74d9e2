"""Every event handler is a public call: anyone with a socket can name it. So each one is guarded.

`@guarded` looks up the session of the socket's handshake cookie in the database, refuses without one, checks every
argument against its annotation (Reflex does not), and hands the handler the `Viewer` as first argument:

    class CounterState(LarunState):
        count: int = 0

        @rx.event
        @guarded
        async def add(self, viewer: Viewer, by: Annotated[int, Field(ge=1, le=9)]) -> None:
            self.count += by

    rx.el.button("Add", on_click=CounterState.add(3))

Handlers are `async def`, with or without `yield`, also `@rx.event(background=True)`. Methods that are not events begin
with an underscore. `tests/app/test_guard.py` enumerates everything callable and fails on an unguarded handler.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar, get_type_hints

import reflex as rx
from pydantic import TypeAdapter, ValidationError
from reflex.istate.proxy import StateProxy
from reflex_base.registry import RegistrationContext

from larun_app.security.sessions import Viewer, viewer_of_cookie

GUARD_MARK = "__larun_guarded__"
MISUNDERSTOOD = "That could not be understood. Nothing was changed."
BROKEN = "Something went wrong on our side. Nothing you entered is lost. Try again, or reload the page."

log = logging.getLogger(__name__)
Handler = TypeVar("Handler", bound=Callable[..., Any])


class LarunState(rx.State):
    """Root of all states: the one notice line of the page, and whether the session is gone."""

    notice: str = ""
    notice_tone: str = "info"
    session_lost: bool = False

    @classmethod
    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _drop_setvar(cls)

    def _say(self, text: str, tone: str = "info") -> None:
        """Show one sentence in the page's live region (never a toast: those need eval)."""
        self.notice = text
        self.notice_tone = tone


def _drop_setvar(state: type[rx.State]) -> None:
    """Reflex gives every state a remote `setvar`; nobody uses it here, so nobody may call it."""
    handler = state.event_handlers.pop("setvar", None)
    if handler is None:
        return
    registered = RegistrationContext.get().event_handlers
    for name in [n for n, r in registered.items() if r.handler is handler]:
        del registered[name]


def forbid_setvar() -> None:
    """Take `setvar` from Reflex's own states as well. Called once all pages are registered."""
    for state in list(RegistrationContext.get().base_states.values()):
        _drop_setvar(state)


def _cookie_of(state: Any) -> str | None:
    return state.router.headers.cookie or None


def _adapters(fn: Callable[..., Any]) -> dict[str, TypeAdapter[Any]]:
    hints = get_type_hints(fn, include_extras=True)
    names = list(inspect.signature(fn).parameters)
    if names[:2] != ["self", "viewer"]:
        raise TypeError(f"{fn.__qualname__}: a guarded handler begins with (self, viewer, …).")
    missing = [name for name in names[2:] if name not in hints]
    if missing:
        raise TypeError(f"{fn.__qualname__}: annotate {', '.join(missing)}, so that it can be checked.")
    return {name: TypeAdapter(hints[name]) for name in names[2:]}


def guarded(fn: Handler) -> Handler:
    """Make an `async def handler(self, viewer, …)` a safe event handler `(self, …)`. See the module's text."""
    adapters = _adapters(fn)
    signature = inspect.signature(fn)
    public = signature.replace(
        parameters=[p.replace(annotation=p.empty) for n, p in signature.parameters.items() if n != "viewer"],
        return_annotation=inspect.Signature.empty,
    )

    def checked(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        bound = public.bind(None, *args, **kwargs).arguments
        bound.pop("self")
        return {name: adapters[name].validate_python(value) for name, value in bound.items()}

    async def admit(self: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Viewer, dict[str, Any]] | None:
        viewer = await asyncio.to_thread(viewer_of_cookie, _cookie_of(self))
        if viewer is None:
            await _set(self, session_lost=True)
            return None
        if self.session_lost:  # the page was reloaded and has a session again
            await _set(self, session_lost=False)
        try:
            return viewer, checked(args, kwargs)
        except (ValidationError, TypeError):
            log.info("refused arguments of %s", fn.__qualname__)
            await _set(self, notice=MISUNDERSTOOD, notice_tone="warn")
            return None

    wrapper: Any
    if inspect.isasyncgenfunction(fn):

        async def stream(self: Any, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            admitted = await admit(self, args, kwargs)
            if admitted is None:
                return
            try:
                async for event in fn(self, admitted[0], **admitted[1]):
                    yield event
            except Exception:
                await _report(self, fn)

        wrapper = stream
    elif inspect.iscoroutinefunction(fn):

        async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            admitted = await admit(self, args, kwargs)
            if admitted is None:
                return None
            try:
                return await fn(self, admitted[0], **admitted[1])
            except Exception:
                await _report(self, fn)
                return None

        wrapper = call
    else:
        raise TypeError(f"{fn.__qualname__}: a guarded handler is an async function.")

    functools.update_wrapper(wrapper, fn)
    wrapper.__annotations__ = {}
    wrapper.__signature__ = public
    setattr(wrapper, GUARD_MARK, True)
    return wrapper  # type: ignore[no-any-return]


async def _set(self: Any, **values: Any) -> None:
    """Set vars of a state, also from a background event (whose state is locked until asked for)."""
    if not issubclass(type(self), StateProxy):  # isinstance would see through the proxy
        for name, value in values.items():
            setattr(self, name, value)
        return
    async with self:
        for name, value in values.items():
            setattr(self, name, value)


async def _report(self: Any, fn: Callable[..., Any]) -> None:
    log.exception("%s failed", fn.__qualname__)
    await _set(self, notice=BROKEN, notice_tone="fail")
