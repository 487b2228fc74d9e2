"""What all tests share: a home folder of their own, and the real light curves where they are installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Extras are asked of a stand-in by the tests that are about them, never of the world; also in fixtures of modules,
#: which are made before any fixture of a test.
os.environ["LARUN_OFFLINE"] = "1"


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test reads or writes the home of the person who runs it, nor a database or queue they have configured."""
    home = tmp_path_factory.mktemp("home")
    for name in ("LARUN_DATABASE_URL", "LARUN_QUEUE_URL", "LARUN_HOST", "LARUN_PORT", "LARUN_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LARUN_HOME", str(home))
    yield
    import sys

    if "data.session" in sys.modules:
        sys.modules["data.session"].dispose_engines()


@pytest.fixture
def larun_home(_own_home: None) -> Path:
    """This test's home folder, with its subfolders."""
    from data.home import settings

    settings().make_folders()
    return settings().home


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: migrating takes longer than most tests."""
    from data.session import dispose_engines, migrate

    file = tmp_path_factory.mktemp("migrated") / "larun.db"
    migrate(f"sqlite:///{file}")
    dispose_engines()
    return file


@pytest.fixture
def database(larun_home: Path, _migrated: Path) -> Path:
    """This test's home folder, with a migrated SQLite database in it."""
    shutil.copy(_migrated, larun_home / "larun.db")
    return larun_home


@pytest.fixture(scope="session")
def realdata() -> Path:
    """Folder of real Kepler and TESS files: LARUN_REALDATA, or `../shared/realdata` beside the project."""
    folder = Path(os.environ.get("LARUN_REALDATA") or ROOT.parent / "shared" / "realdata")
    if not (folder / "lightcurves").is_dir():
        pytest.skip(f"The real light curves are not installed: {folder} (set LARUN_REALDATA).")
    return folder
