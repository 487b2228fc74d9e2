"""Which addresses are ours: the origins that may talk to the event socket, and the host names we answer to.

A page of another site must neither open our socket nor post to us; a host name that points here without being ours
(DNS rebinding) must not be served at all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from reflex_base.plugins import Plugin

#: Names under which a loopback installation is reached. Further ones by LARUN_PUBLIC_URL.
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
DEFAULT_PORT = 8400


def public_urls(environ: Mapping[str, str] | None = None) -> list[str]:
    """Addresses of the installation beyond loopback, without a trailing slash: LARUN_PUBLIC_URL, comma separated."""
    given = (environ if environ is not None else os.environ).get("LARUN_PUBLIC_URL", "")
    return [url.strip().rstrip("/") for url in given.split(",") if url.strip()]


def allowed_origins(environ: Mapping[str, str] | None = None) -> list[str]:
    """Origins (scheme://host:port) that may use the event socket and post to us."""
    source = environ if environ is not None else os.environ
    port = source.get("LARUN_PORT", "") or str(DEFAULT_PORT)
    return [*(f"http://{host}:{port}" for host in LOOPBACK_HOSTS), *public_urls(source)]


def allowed_hosts(environ: Mapping[str, str] | None = None) -> frozenset[str]:
    """Values of the Host header that we answer, lower case, with port where not the scheme's own."""
    return frozenset(origin.split("://", 1)[1].lower() for origin in allowed_origins(environ))


#: Reflex's lines that choose host and port of the event socket, and what they become.
_PATCHES = (
    (
        "endpoint.hostname = frontend_hostname;",
        "endpoint.hostname = frontend_hostname;\n    endpoint.port = window.location.port;",
    ),
    ('endpoint.port = ""; // Assume websocket is on https port via load balancer.', "// the port stays the page's own"),
)


def _use_own_port(source: str) -> str:
    for found, replacement in _PATCHES:
        if replacement in source:
            continue
        if source.count(found) != 1:
            raise RuntimeError("Reflex's choice of the socket's address has changed; the page's port does not fit in.")
        source = source.replace(found, replacement)
    return source


class SameOriginPlugin(Plugin):
    """Makes the built pages open their event socket on the port they came from, so that one build serves any port."""

    def pre_compile(self, **context: Any) -> None:
        """Register the change to Reflex's `state.js`."""
        context["add_modify_task"]("utils/state.js", _use_own_port)
