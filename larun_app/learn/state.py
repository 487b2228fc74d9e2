"""The one switch of the help page: single-key shortcuts on or off, kept in the browser."""

from __future__ import annotations

import reflex as rx

from larun_app.security.guard import LarunState, guarded
from larun_app.security.sessions import Viewer


class KeysState(LarunState):
    """Whether single keys act. `keys.js` reads the same entry of local storage."""

    keys: str = rx.LocalStorage("on", name="larun-keys")

    @rx.event
    @guarded
    async def set_keys(self, viewer: Viewer, on: bool) -> None:
        """Switch them on or off."""
        self.keys = "on" if on else "off"
