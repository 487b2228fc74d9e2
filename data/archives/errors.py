"""What can go wrong when an outside service is asked. Every error carries one sentence that can be shown as it is."""

from __future__ import annotations


class ArchiveError(Exception):
    """Base of all errors of this package. `sentence` is plain English for the user."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class ArchiveUnavailable(ArchiveError):
    """The service `service` cannot be reached, refuses, is too slow, or sends something that is not an answer."""

    def __init__(self, service: str, sentence: str) -> None:
        super().__init__(sentence)
        self.service = service


class ServiceUnreachable(ArchiveUnavailable):
    """The service gives no connection, or no answer in time: asking again in a minute will hardly be better."""


class TargetNotFound(ArchiveError):
    """The archive knows no star by this name, number or position."""


class NoLightCurves(ArchiveError):
    """The star is known, but there is no light curve of the kind that was asked for."""


class NoPixels(ArchiveError):
    """The star is known, but there are no images of it of the kind that was asked for."""


class ProductMissing(ArchiveError):
    """The archive lists a file, but does not give it out (404, not public)."""


class BadFile(ArchiveError):
    """What was downloaded is not the file that was promised, also after trying again."""


class NoRoom(ArchiveError):
    """The disk of this machine is full."""


class HostNotAllowed(ArchiveError):
    """A request or a redirect leads to a host that is not one of the configured services."""
