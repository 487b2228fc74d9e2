"""Which failures are foreseen: the sentence for the user, and whether the input or an outside service is at fault."""

from __future__ import annotations

from typing import Literal

from pydantic import ValidationError

Fault = Literal["input", "service"]


def explain(error: BaseException) -> tuple[Fault, str] | None:
    """Fault and sentence of a foreseen failure; None for a bug, which must stay loud."""
    from data.archives.errors import ArchiveError, NoLightCurves, TargetNotFound
    from data.archives.targets import NotATarget
    from data.formats.errors import UnreadableFile
    from data.home import SettingsError
    from jobs.fetching import NoData
    from jobs.given import NoSuchDip
    from science.stitching import NothingUsable

    foreseen = (
        UnreadableFile,
        NoData,
        NothingUsable,
        NoSuchDip,
        NoLightCurves,
        NotATarget,
        TargetNotFound,
        SettingsError,
    )
    if isinstance(error, foreseen):
        return "input", str(error)
    if isinstance(error, ArchiveError):
        return "service", error.sentence
    if isinstance(error, ValidationError):
        return "input", first_sentence(error)
    if isinstance(error, FileNotFoundError):
        return "input", f"There is no file {error.filename}."
    if isinstance(error, IsADirectoryError):
        return "input", f"{error.filename} is a folder. Name the files in it."
    if isinstance(error, PermissionError):
        return "input", f"{error.filename} may not be read."
    return None


def first_sentence(error: ValidationError) -> str:
    """The first thing wrong with a request, as a sentence that names the field."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "the request"
    message = first["msg"].removeprefix("Value error, ")
    return message if message.endswith(".") else f"{field}: {message[0].lower()}{message[1:]}."
