"""The built pages open their socket where they came from; only our own addresses are allowed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from larun_app.security.same_origin import _use_own_port, allowed_hosts, allowed_origins


def template() -> str:
    """Reflex's own `state.js`, from which pages are built."""
    found = find_spec("reflex_base")
    assert found is not None
    assert found.submodule_search_locations is not None
    return (Path(found.submodule_search_locations[0]) / ".templates/web/utils/state.js").read_text()


def test_the_installed_reflex_can_be_patched() -> None:
    patched = _use_own_port(template())
    assert "endpoint.port = window.location.port;" in patched
    assert 'endpoint.port = "";' not in patched
    assert _use_own_port(patched) == patched  # a second compile changes nothing


def test_another_reflex_is_noticed() -> None:
    with pytest.raises(RuntimeError, match="changed"):
        _use_own_port("export const getBackendURL = () => elsewhere;")


def test_loopback_names_with_the_port_and_public_addresses() -> None:
    environ = {"LARUN_PORT": "9000", "LARUN_PUBLIC_URL": "https://larun.example/, http://10.0.0.5:9000"}
    assert allowed_origins(environ) == [
        "http://localhost:9000",
        "http://127.0.0.1:9000",
        "http://[::1]:9000",
        "https://larun.example",
        "http://10.0.0.5:9000",
    ]
    assert "larun.example" in allowed_hosts(environ)
    assert "*" not in "".join(allowed_origins({}))
    assert "127.0.0.1:8400" in allowed_hosts({})
