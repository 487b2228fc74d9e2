"""One folder of toy artefacts for all tests of serving: reading it is all that any of them does."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Artefacts of `tests.serving.toy_artefacts`."""
    from tests.serving.toy_artefacts import write_toys

    folder = tmp_path_factory.mktemp("artefacts")
    write_toys(folder)
    return folder
