"""A stand-in archive and a cache of their own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.archives.settings import ArchiveSettings
from tests.standins.mast_server import MastStandIn


@pytest.fixture
def standin() -> Iterator[MastStandIn]:
    """The stand-in of MAST over the pack of real light curves, or over the bundled examples where it is missing.

    Tests that need a star of the pack ask for the fixture `realdata` too.
    """
    with MastStandIn() as server:
        yield server


@pytest.fixture
def settings(standin: MastStandIn, tmp_path: Path) -> ArchiveSettings:
    """Clients pointed at the stand-in, impatient, with an empty cache."""
    return standin.settings(tmp_path / "cache")
