"""TESScut: small movies cut out of TESS's full-frame images, for stars without target pixel files of their own.

The sectors of a place are asked through astroquery (`portal`). The files are fetched here, from the address that
astroquery's client builds: its own download unpacks whatever the archive sends to the paths written in it, without a
limit, a check or a second attempt.
"""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import random
import time
import zipfile
import zlib
from pathlib import Path

import requests
import urllib3

from .circuit import Circuit
from .downloads import Progress, keep
from .errors import ArchiveUnavailable, BadFile, NoPixels, NoRoom
from .settings import ArchiveSettings
from .transport import GuardedSession, looks_like_html

SERVICE = "The cut-out service of MAST (TESScut)"
#: Edge of a cut-out in pixels, as SPOC's target pixel files of ordinary stars have it.
CUTOUT_PIXELS = 11

_CHUNK = 64 * 1024
_MEMBERS_MAX = 20
_WORDS_MAX = 64 * 1024


@dataclasses.dataclass(frozen=True, slots=True)
class CutOut:
    """A movie that TESScut can make: a place (degrees), a sector with its camera and CCD, the edge in pixels."""

    ra_deg: float
    dec_deg: float
    sector: int
    camera: int
    ccd: int
    pixels: int = CUTOUT_PIXELS

    @property
    def file_name(self) -> str:
        """The name that it has at TESScut and in the cache."""
        place = f"{self.ra_deg:.6f}_{self.dec_deg:.6f}_{self.pixels}x{self.pixels}"
        return f"tess-s{self.sector:04d}-{self.camera}-{self.ccd}_{place}_astrocut.fits"

    @property
    def uri(self) -> str:
        """Names this file in the cache's records; not an address of MAST."""
        return f"tesscut:{self.file_name}"


def cutout_path(cut: CutOut, settings: ArchiveSettings) -> Path:
    """Where a cut-out lies (or will lie) in the cache."""
    key = hashlib.sha256(f"{settings.mast_url} {cut.uri}".encode()).hexdigest()[:24]
    return settings.cache_dir / "files" / key[:2] / key / cut.file_name


def fetch_cutout(cut: CutOut, settings: ArchiveSettings, progress: Progress | None = None) -> Path:
    """The cut-out, from the cache or from TESScut.

    TESScut makes its files while we wait and cannot go on with a broken download, so one that breaks off is asked for
    again. Raises NoPixels where there are no images of this place, ArchiveUnavailable, BadFile, NoRoom.
    """

    def bring(part: Path) -> str:
        with Circuit(settings, "mast").guard():
            return _bring(cut, part, settings, progress)

    return keep(cut.uri, cutout_path(cut, settings), bring, progress)


class _BrokenOff(Exception):
    """The body ended early, or is no archive that can be read."""


def _bring(cut: CutOut, part: Path, settings: ArchiveSettings, progress: Progress | None) -> str:
    """Ask until a whole cut-out lies at `part`."""
    session = GuardedSession(SERVICE, dataclasses.replace(settings, read_seconds=settings.cutout_read_seconds))
    packed = part.with_name(part.name + ".zip")
    deadline = time.monotonic() + settings.file_seconds
    failures = 0
    try:
        while True:
            try:
                _download(cut, packed, session, settings, deadline, progress)
                _unpack(cut, packed, part, settings)
                return ""
            except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, _BrokenOff) as error:
                if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise NoRoom("There is no room left on the disk for the pixels.") from error
                failures += 1
                if failures >= settings.attempts or time.monotonic() > deadline:
                    raise ArchiveUnavailable(
                        SERVICE, f"{SERVICE} breaks off the download again and again. Try again later."
                    ) from error
                pause = min(settings.backoff_seconds * 2**failures, settings.longest_pause_seconds)
                time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    finally:
        packed.unlink(missing_ok=True)


def _download(
    cut: CutOut,
    packed: Path,
    session: GuardedSession,
    settings: ArchiveSettings,
    deadline: float,
    progress: Progress | None,
) -> None:
    query = {"x": cut.pixels, "y": cut.pixels, "units": "px", "sector": cut.sector}
    query |= {"ra": cut.ra_deg, "dec": cut.dec_deg}
    response = session.request("GET", f"{settings.mast_url}/tesscut/api/v0.1/astrocut", params=query, stream=True)
    with response:
        if response.status_code != 200:
            raise ArchiveUnavailable(SERVICE, f"{SERVICE} refuses the question (HTTP {response.status_code}).")
        length = response.headers.get("Content-Length", "")
        total = int(length) if length.isdigit() else None
        done = 0
        with open(packed, "wb") as file:
            while chunk := response.raw.read1(_CHUNK, decode_content=True):
                done += len(chunk)
                if done > settings.file_bytes_max:
                    raise BadFile(f"{SERVICE} sends a file that is too large to be used.")
                if time.monotonic() > deadline:
                    raise _BrokenOff
                file.write(chunk)
                if progress is not None:
                    progress(done, total)
        if total is not None and done < total and "Content-Encoding" not in response.headers:
            raise _BrokenOff
    with open(packed, "rb") as file:
        head = file.read(_WORDS_MAX)
    if not head.startswith(b"PK"):
        _refuse_words(cut, head)


def _refuse_words(cut: CutOut, body: bytes) -> None:
    """Raise what an answer without a file means: TESScut says "no data" in JSON, with the status of success."""
    if looks_like_html(body):
        raise ArchiveUnavailable(
            SERVICE, f"{SERVICE} answered with a web page in place of the file, as it does during maintenance."
        )
    try:
        said = json.loads(body)["msg"]
    except (ValueError, KeyError, TypeError) as error:
        raise _BrokenOff from error
    words = "".join(c for c in str(said) if c.isprintable())[:160].strip()
    raise NoPixels(
        f"There are no full-frame images of this place in sector {cut.sector}"
        + (f": the archive says “{words}”." if words else ".")
    )


def _unpack(cut: CutOut, packed: Path, part: Path, settings: ArchiveSettings) -> None:
    """Write the one FITS file of an archive to `part`. Names in the archive are read, never used as paths."""
    try:
        with zipfile.ZipFile(packed) as archive:
            members = [m for m in archive.infolist()[:_MEMBERS_MAX] if m.filename.lower().endswith(".fits")]
            ours = [m for m in members if f"-s{cut.sector:04d}-" in m.filename] or members
            if not ours:
                raise NoPixels(f"There are no full-frame images of this place in sector {cut.sector}.")
            if ours[0].file_size > settings.file_bytes_max:
                raise BadFile(f"{SERVICE} sends a file that is too large to be used.")
            left = ours[0].file_size
            with archive.open(ours[0]) as source, open(part, "wb") as target:
                while chunk := source.read(_CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise _BrokenOff
                    target.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _BrokenOff from error
