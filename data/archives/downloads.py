"""Files of MAST on this machine: resumable, checked before they enter the cache, fetched once however many ask.

astroquery's own download neither resumes a broken file nor gives up in time, so this loop is ours; the protocol
(`Download/file?uri=…`, byte ranges) is the one astroquery uses.
"""

from __future__ import annotations

import errno
import fcntl
import gzip
import hashlib
import json
import os
import random
import re
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
import urllib3

from .circuit import Circuit
from .errors import ArchiveUnavailable, BadFile, NoRoom, ProductMissing
from .settings import ArchiveSettings
from .transport import GuardedSession

Progress = Callable[[int, int | None], None]

SERVICE = "The light-curve archive (MAST)"
_CHUNK = 64 * 1024
_FITS_BLOCK = 2880
_UNPACKED_BYTES_MAX = 1024**3


@dataclass(frozen=True, slots=True)
class CachedFile:
    """What is known of a file in the cache. `checksum_note` is empty unless the file's own checksum is wrong."""

    uri: str
    size_bytes: int
    sha256: str
    fetched_at: str
    etag: str
    checksum_note: str


def cached_path(uri: str, settings: ArchiveSettings) -> Path:
    """Where the file of a MAST address lies (or will lie) in the cache. Raises ValueError on a foreign address."""
    name = uri.rsplit("/", 1)[-1]
    if not uri.startswith("mast:") or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}", name):
        raise ValueError(f"not the address of a file at MAST: {uri!r}")
    key = hashlib.sha256(f"{settings.mast_url} {uri}".encode()).hexdigest()[:24]
    return settings.cache_dir / "files" / key[:2] / key / name


def about(path: Path) -> CachedFile | None:
    """The record of a file in the cache, None where the file is not (completely) there."""
    try:
        record = CachedFile(**json.loads(_side(path, ".json").read_text("utf-8")))
        return record if path.stat().st_size == record.size_bytes else None
    except (OSError, ValueError, TypeError):
        return None


def fetch(
    uri: str, settings: ArchiveSettings, *, expected_bytes: int | None = None, progress: Progress | None = None
) -> Path:
    """The file of `uri`, from the cache or from MAST.

    A download that broke off goes on where it stopped, also in a later process. The file enters the cache only when
    it has the length that the server promised and can be read as FITS. Processes that want the same file wait for
    the first one. `progress(bytes_done, bytes_total)` is called along the way, from this thread.
    `expected_bytes` (from the product list) only helps the progress: MAST's list is not always right.

    Raises ArchiveUnavailable, ProductMissing (404, not public), BadFile (still broken after trying again).
    """
    path = cached_path(uri, settings)

    def bring(part: Path) -> str:
        with Circuit(settings, "mast").guard():
            return _complete(uri, part, settings, expected_bytes, progress)

    return keep(uri, path, bring, progress)


def keep(uri: str, path: Path, bring: Callable[[Path], str], progress: Progress | None = None) -> Path:
    """The FITS file of `uri` at `path` in the cache; where it is not there, `bring(part)` writes it beside that place.

    `bring` returns the server's ETag ("" where there is none) and is called a second time where what it brought is
    damaged. Processes that want the same file wait for the first one. Raises BadFile and whatever `bring` raises.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _lock(_side(path, ".lock")):
        record = about(path)
        if record is None:
            record = _fetch_new(uri, path, bring)
        else:
            os.utime(path)  # used now: `prune` deletes what was not used for longest
    if progress is not None:
        progress(record.size_bytes, record.size_bytes)
    return path


def _fetch_new(uri: str, path: Path, bring: Callable[[Path], str]) -> CachedFile:
    part = _side(path, ".part")
    earlier_digest = ""
    for last_try in (False, True):
        etag = bring(part)
        digest = _sha256(part)
        problem, checksum = _problems(part)
        if not problem and (not checksum or digest == earlier_digest):
            # twice the same bytes with a wrong checksum inside: the archive's file is like that
            record = CachedFile(
                uri, part.stat().st_size, digest, datetime.now(UTC).isoformat(timespec="seconds"), etag, checksum
            )
            os.replace(part, path)
            _side(part, ".json").unlink(missing_ok=True)
            _write(_side(path, ".json"), json.dumps(asdict(record)))
            return record
        earlier_digest = digest
        part.unlink(missing_ok=True)
        if last_try:
            raise BadFile(
                f"The archive's file {path.name} arrives damaged ({problem or checksum}). "
                "Leave it out, or try again later."
            )
    raise AssertionError("unreachable")


def _complete(
    uri: str, part: Path, settings: ArchiveSettings, expected_bytes: int | None, progress: Progress | None
) -> str:
    """Bring `part` to full length, resuming and retrying. Returns the server's ETag ("" where it has none)."""
    session = GuardedSession(SERVICE, settings)
    url = f"{settings.mast_url}/api/v0.1/Download/file?uri={quote(uri, safe=':/')}"
    failures = 0
    deadline = time.monotonic() + settings.file_seconds
    while True:
        size_before = part.stat().st_size if part.exists() else 0
        try:
            return _one_stretch(session, url, part, settings, expected_bytes, deadline, progress)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, _BrokenOff) as error:
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise NoRoom("There is no room left on the disk for the light curves.") from error
            size_now = part.stat().st_size if part.exists() else 0
            # a stretch that brought something is no failure, so long files on bad lines arrive in the end
            failures = 0 if size_now > size_before else failures + 1
            if failures >= settings.attempts or time.monotonic() > deadline:
                raise ArchiveUnavailable(
                    SERVICE,
                    f"{SERVICE} breaks off the download again and again. What arrived is kept.",
                ) from error
            pause = min(settings.backoff_seconds * 2**failures, settings.longest_pause_seconds)
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter


class _BrokenOff(Exception):
    """The body ended before its promised length."""


def _one_stretch(
    session: GuardedSession,
    url: str,
    part: Path,
    settings: ArchiveSettings,
    expected_bytes: int | None,
    deadline: float,
    progress: Progress | None,
) -> str:
    """One request: the whole file, or its rest where a part of the same version lies here."""
    state = _part_state(part)
    have = part.stat().st_size if state is not None else 0
    headers = {"Accept-Encoding": "identity"}
    if have and state is not None:
        headers["Range"] = f"bytes={have}-"
        if state["etag"] or state["modified"]:
            headers["If-Range"] = state["etag"] or state["modified"]
    response = session.request("GET", url, headers=headers, stream=True)
    with response:
        status = response.status_code
        if status in (401, 403, 404, 410):
            why = "it is not public yet" if status in (401, 403) else "the archive does not have it (any more)"
            raise ProductMissing(f"The file {part.name.removesuffix('.part')} cannot be had: {why}.")
        if status == 416:  # nothing left, or another version: begin again
            part.unlink(missing_ok=True)
            raise _BrokenOff
        if status not in (200, 206):
            raise ArchiveUnavailable(SERVICE, f"{SERVICE} refuses the file (HTTP {status}). Try again later.")
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise ArchiveUnavailable(
                SERVICE, f"{SERVICE} answered with a web page in place of the file, as it does during maintenance."
            )
        etag, modified = response.headers.get("ETag", ""), response.headers.get("Last-Modified", "")
        start, total = _extent(response, status, have)
        if start is None or (start and state is not None and total != state["total"]):
            part.unlink(missing_ok=True)  # the rest of another version of this file
            raise _BrokenOff
        if total is not None and total > settings.file_bytes_max:
            raise BadFile(f"The archive's file {part.name.removesuffix('.part')} is too large to be used.")
        _write(_side(part, ".json"), json.dumps({"total": total, "etag": _strong(etag), "modified": modified}))
        _append(response, part, start, total, expected_bytes, settings.file_bytes_max, deadline, progress)
        return etag


def _append(
    response: requests.Response,
    part: Path,
    start: int,
    total: int | None,
    expected_bytes: int | None,
    limit: int,
    deadline: float,
    progress: Progress | None,
) -> None:
    done = start
    with open(part, "r+b" if start else "wb") as file:
        file.truncate(start)
        file.seek(start)
        # read1 hands out what has arrived; iter_content would throw away the last piece before a break
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            done += len(chunk)
            if done > limit or (total is not None and done > total):
                raise _BrokenOff
            if time.monotonic() > deadline:  # a line that drips never times out by itself
                raise _BrokenOff
            file.write(chunk)
            if progress is not None:
                progress(done, total if total is not None else expected_bytes)
        file.flush()
        os.fsync(file.fileno())
    if total is not None and done < total:
        raise _BrokenOff


def _extent(response: requests.Response, status: int, have: int) -> tuple[int | None, int | None]:
    """(first byte of this body or None where it does not fit what we have, total length or None where not told)."""
    if status == 206:
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range", "").strip())
        if match is None or int(match[1]) != have:
            return None, None
        return have, int(match[2])
    length = response.headers.get("Content-Length", "")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        length = ""  # it counts the packed bytes
    return 0, int(length) if length.isdigit() else None


def _part_state(part: Path) -> dict[str, Any] | None:
    """What was noted when a part was begun; None where it cannot be continued safely."""
    try:
        state = json.loads(_side(part, ".json").read_text("utf-8"))
        size = part.stat().st_size
    except (OSError, ValueError):
        return None
    usable = isinstance(state, dict) and {"total", "etag", "modified"} <= state.keys()
    return state if usable and state["total"] and 0 < size < state["total"] else None


def _strong(etag: str) -> str:
    """Only a strong ETag may be used with If-Range (RFC 9110, 13.1.5)."""
    return "" if etag.startswith("W/") else etag


def _problems(path: Path) -> tuple[str, str]:
    """(what keeps a file from being read, what is wrong with its checksum), each "" where nothing is.

    Kepler's pixel files come packed with gzip: there the packing is checked (it has a checksum of its own), and
    then what is in it.
    """
    with open(path, "rb") as file:
        if file.read(2) != b"\x1f\x8b":
            problem = fits_problem(path)
            return problem, "" if problem else checksum_problem(path)
    plain = _side(path, ".plain")
    try:
        with gzip.open(path, "rb") as packed, open(plain, "wb") as unpacked:
            while chunk := packed.read(1024 * 1024):
                unpacked.write(chunk)
                if unpacked.tell() > _UNPACKED_BYTES_MAX:
                    return "it unpacks to far more than it may", ""
        problem = fits_problem(plain)
        return problem, "" if problem else checksum_problem(plain)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoom("There is no room left on the disk for the light curves.") from error
        return "it cannot be unpacked", ""
    finally:
        plain.unlink(missing_ok=True)


def fits_problem(path: Path) -> str:
    """What keeps a file from being read as FITS, in a few words; empty where nothing does.

    Walks all headers and compares the extent of the data they announce with the length of the file.
    """
    from astropy.io import fits
    from astropy.utils.exceptions import AstropyWarning

    with open(path, "rb") as file:
        if file.read(10) != b"SIMPLE  = ":
            return "it is not a FITS file"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)
            with fits.open(path, mode="readonly", memmap=True, lazy_load_hdus=False) as units:
                end = max(unit.fileinfo()["datLoc"] + unit.fileinfo()["datSpan"] for unit in units)
                if len(units) < 2:
                    return "it has no table"
    except (OSError, ValueError, KeyError, TypeError, fits.VerifyError) as error:
        return f"its FITS structure is broken: {error}"
    size = path.stat().st_size
    if size < end:
        return "it is shorter than its header says"
    return "" if size - end < _FITS_BLOCK else "there is something after its end"


def checksum_problem(path: Path) -> str:
    """In words, that an HDU's bytes do not fit its CHECKSUM card; empty where all fit or none has the card.

    FITS standard 4.0, appendix J: the 32-bit ones' complement sum of an HDU with a CHECKSUM is all ones (or zero).
    astropy checks this only together with a DATASUM card, which the missions' files do not have.
    """
    import numpy as np
    from astropy.io import fits

    with fits.open(path, mode="readonly", memmap=True, lazy_load_hdus=False) as units:
        extents = [
            (info["hdrLoc"], info["datLoc"] + info["datSpan"])
            for info in (unit.fileinfo() for unit in units if "CHECKSUM" in unit.header)
        ]
    content = np.memmap(path, dtype=np.uint8, mode="r")
    for start, stop in extents:
        total = int(content[start:stop].view(">u4").sum(dtype=np.uint64))
        while total >> 32:
            total = (total & 0xFFFFFFFF) + (total >> 32)
        if total not in (0, 0xFFFFFFFF):
            return "its checksum is wrong"
    return ""


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Only one process at a time; the lock ends with its process, so a crash leaves none behind."""
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)


def _side(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _write(path: Path, text: str) -> None:
    temporary = _side(path, ".new")
    temporary.write_text(text, "utf-8")
    os.replace(temporary, path)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1024 * 1024):
            digest.update(chunk)
    return digest.hexdigest()


def prune(settings: ArchiveSettings, keep_bytes: int) -> int:
    """Delete the files of the cache that were not used for longest until at most `keep_bytes` are left.

    Returns the bytes freed. Files that are being fetched are left alone; a file deleted here is fetched again when it
    is wanted.
    """
    sides = settings.cache_dir.glob("files/*/*/*.json")
    files = [(side.with_name(side.name.removesuffix(".json")), side) for side in sides if ".part" not in side.name]
    held = [(data.stat().st_mtime, data.stat().st_size, data, side) for data, side in files if data.is_file()]
    freed, total = 0, sum(size for _, size, _, _ in held)
    for _, size, data, side in sorted(held, key=lambda item: item[0]):
        if total - freed <= keep_bytes:
            break
        with _lock(_side(data, ".lock")):
            side.unlink(missing_ok=True)
            data.unlink(missing_ok=True)
        freed += size
    return freed
