"""Where the outside services are and how patient we are with them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from data.home import SettingsError, settings

DEFAULT_MAST_URL = "https://mast.stsci.edu"
DEFAULT_RESOLVER_URL = "https://mastresolver.stsci.edu"
DEFAULT_NEA_URL = "https://exoplanetarchive.ipac.caltech.edu"
DEFAULT_GAIA_URL = "https://gea.esac.esa.int"

_VARIABLES = {
    "mast_url": "LARUN_MAST_URL",
    "resolver_url": "LARUN_RESOLVER_URL",
    "nea_url": "LARUN_NEA_URL",
    "gaia_url": "LARUN_GAIA_URL",
}

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class ArchiveSettings:
    """Addresses, folders and limits of the archive clients. Times in seconds, sizes in bytes.

    Only the hosts of the four addresses are ever contacted; a loopback address is contacted only when it is
    configured itself, as with the local stand-in server.
    """

    mast_url: str = DEFAULT_MAST_URL
    resolver_url: str = DEFAULT_RESOLVER_URL
    nea_url: str = DEFAULT_NEA_URL
    cache_dir: Path = Path("var/cache")
    connect_seconds: float = 10.0
    read_seconds: float = 60.0
    query_seconds: float = 180.0  # all attempts of one query together
    attempts: int = 4
    backoff_seconds: float = 0.7  # first pause; doubles with each attempt, with jitter
    longest_pause_seconds: float = 30.0
    file_seconds: float = 1800.0  # one file, however often its line breaks
    answer_bytes_max: int = 64 * 1024 * 1024
    file_bytes_max: int = 400 * 1024 * 1024
    cutout_read_seconds: float = 120.0  # TESScut makes its files while we wait
    star_fresh_seconds: float = 30 * 86400.0  # a star's catalogue entry hardly ever changes
    list_fresh_seconds: float = 6 * 3600.0  # new sectors appear every few weeks
    planets_fresh_seconds: float = 86400.0
    gaia_url: str = DEFAULT_GAIA_URL
    field_fresh_seconds: float = 90 * 86400.0  # the sky around a star: catalogues are published once in years
    optional: bool = False  # the question is an extra: a service that did not answer is left alone (`circuit`)

    def __post_init__(self) -> None:
        for name in _VARIABLES:
            parts = urlsplit(getattr(self, name))
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"{name} must be an http(s) address, not {getattr(self, name)!r}.")
            if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
                raise ValueError(f"{name} must use https; plain http is for a server on this machine only.")
            object.__setattr__(self, name, getattr(self, name).rstrip("/"))

    @property
    def allowed_origins(self) -> frozenset[tuple[str, str, int | None]]:
        """(scheme, host, port) of every service that may be contacted."""
        return frozenset(origin_of(getattr(self, name)) for name in _VARIABLES)

    @classmethod
    def from_env(cls) -> ArchiveSettings:
        """Settings from LARUN_MAST_URL, LARUN_RESOLVER_URL, LARUN_NEA_URL, LARUN_GAIA_URL, LARUN_HOME and
        LARUN_ARCHIVE_TIMEOUT.

        LARUN_ARCHIVE_TIMEOUT is the time allowed for one query with all its attempts, in seconds. Raises
        data.home.SettingsError, naming the variable, for an address that is not https (http is accepted for
        loopback) or a time that is no number of seconds.
        """
        given = os.environ.get("LARUN_ARCHIVE_TIMEOUT") or str(cls.query_seconds)
        try:
            query_seconds = float(given)
        except ValueError:
            query_seconds = 0.0
        if not 0 < query_seconds <= 3600:
            raise SettingsError(f"LARUN_ARCHIVE_TIMEOUT={given!r} cannot be used: give 1 to 3600 seconds.")
        try:
            return cls(
                mast_url=os.environ.get(_VARIABLES["mast_url"]) or DEFAULT_MAST_URL,
                resolver_url=os.environ.get(_VARIABLES["resolver_url"]) or DEFAULT_RESOLVER_URL,
                nea_url=os.environ.get(_VARIABLES["nea_url"]) or DEFAULT_NEA_URL,
                gaia_url=os.environ.get(_VARIABLES["gaia_url"]) or DEFAULT_GAIA_URL,
                cache_dir=settings().cache,
                query_seconds=query_seconds,
                connect_seconds=min(cls.connect_seconds, query_seconds),
                read_seconds=min(cls.read_seconds, query_seconds),
            )
        except ValueError as error:
            message = str(error)
            for field, name in _VARIABLES.items():
                message = message.replace(field, name)
            raise SettingsError(message) from error


def origin_of(url: str) -> tuple[str, str, int | None]:
    """(scheme, host in lower case, port or None) of an address."""
    parts = urlsplit(url)
    return parts.scheme.lower(), (parts.hostname or "").lower(), parts.port
