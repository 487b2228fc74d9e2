"""Where everything lives on disk, and the settings a person can give by environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

#: Field of `Settings` → environment variable.
ENVIRONMENT = {
    "home": "LARUN_HOME",
    "database_url": "LARUN_DATABASE_URL",
    "queue_url": "LARUN_QUEUE_URL",
    "host": "LARUN_HOST",
    "port": "LARUN_PORT",
    "workers": "LARUN_WORKERS",
    "lease_seconds": "LARUN_LEASE_SECONDS",
    "cancel_grace_seconds": "LARUN_CANCEL_GRACE_SECONDS",
    "requeue_seconds": "LARUN_REQUEUE_SECONDS",
    "lake_memory_mb": "LARUN_LAKE_MEMORY_MB",
    "model_url": "LARUN_MODEL_URL",
    "model_port": "LARUN_MODEL_PORT",
}


class SettingsError(ValueError):
    """A setting cannot be used; the message is one sentence for the person who set it."""


class Settings(BaseModel):
    """One process's settings; every field has an environment variable in `ENVIRONMENT`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(default=Path("var"), description="folder of everything that is stored")
    database_url: str = Field(default="", description="SQL database; empty: SQLite in the home folder")
    queue_url: str = Field(default="", description="redis:// address of the queue; empty: SQLite in the home folder")
    host: str = Field(default="127.0.0.1", min_length=1, description="address the web server listens on")
    port: int = Field(default=8400, ge=1, le=65535, description="port the web server listens on")
    workers: int = Field(default=1, ge=1, le=64, description="searches that run at the same time")
    lease_seconds: float = Field(default=90.0, ge=0.5, description="a worker silent for so long is taken for dead")
    cancel_grace_seconds: float = Field(default=30.0, ge=0.5, description="a cancelled run may tidy up for so long")
    requeue_seconds: float = Field(default=60.0, ge=0.5, description="a job nobody took for so long is announced again")
    lake_memory_mb: int = Field(default=512, ge=64, description="memory one query of the lake may use")
    model_url: str = Field(default="", description="address of a model service; empty: `larun up` starts its own")
    model_port: int = Field(default=0, ge=0, le=65535, description="port of our own model service; 0: 8450 or the next")

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @property
    def lake(self) -> Path:
        """Parquet files and documents."""
        return self.home / "lake"

    @property
    def cache(self) -> Path:
        """Things that can be fetched or computed again: archive files, compiled kernels."""
        return self.home / "cache"

    @property
    def uploads(self) -> Path:
        """Files people gave us, under our own names."""
        return self.home / "uploads"

    @property
    def logs(self) -> Path:
        """Logs of the parts that `larun up` starts."""
        return self.home / "logs"

    @property
    def queue_file(self) -> Path:
        """SQLite file of the queue, used when no `queue_url` is given."""
        return self.home / "huey.db"

    @property
    def database_file(self) -> Path:
        """SQLite file of the tables, used when no `database_url` is given."""
        return self.home / "larun.db"

    def make_folders(self) -> None:
        """Create the folders, readable by their owner only. Raises SettingsError when the place cannot be written."""
        try:
            for folder in (self.home, self.lake, self.cache, self.uploads, self.logs):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"Cannot write to {self.home} ({error.strerror}): set LARUN_HOME to another folder."
            ) from error


def settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment (default: of this process). Raises SettingsError naming the variable at fault."""
    source = os.environ if environ is None else environ
    given = {field: source[name] for field, name in ENVIRONMENT.items() if source.get(name, "") != ""}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        raise SettingsError(f"{ENVIRONMENT[field]}={given[field]!r} cannot be used: {first['msg'].lower()}.") from error


def prepare_numerics(config: Settings | None = None) -> None:
    """Settings of NumPy and numba for programs that search; call before either is imported.

    One BLAS thread (more only fight with the search for the cores), and compiled kernels kept in the home's cache, so
    that what a worker has compiled is there for the command line and the other way round. What the person has set
    themselves stays.
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("NUMBA_CACHE_DIR", str((config or settings()).cache / "numba"))
