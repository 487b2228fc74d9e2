"""What can be wrong with a file, each said in one plain sentence that also says what to do.

The class is named after what happened, the message is for the person who picked the file. Nothing here repeats
bytes of the file except names of columns and stars, shortened and stripped of control characters.
"""

from __future__ import annotations

from collections.abc import Iterable


def listed(names: Iterable[str], limit: int = 8) -> str:
    """Names from a file as a short, printable list."""
    clean = ["".join(c if c.isprintable() else "?" for c in name)[:40] or "(no name)" for name in names]
    more = f" and {len(clean) - limit} more" if len(clean) > limit else ""
    return ", ".join(clean[:limit]) + more


class UnreadableFile(ValueError):
    """A file that gives no light curve. `str(error)` is the sentence for the user."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.file_name = ""

    def in_file(self, name: str) -> UnreadableFile:
        """The same error, knowing which of several files it speaks of."""
        self.file_name = listed([name])
        return self

    @property
    def kind(self) -> str:
        """Name of the mistake, for logs and for the API."""
        return type(self).__name__


class NotALightCurve(UnreadableFile):
    """Another kind of file: an image, a document, target pixels, radial velocities …"""


class NotPixels(UnreadableFile):
    """Another kind of file where a movie of pixels was wanted."""


class EmptyFile(UnreadableFile):
    """No bytes, or a table without rows."""


class TruncatedFile(UnreadableFile):
    """The file ends before what it announces."""


class DamagedFile(UnreadableFile):
    """The right kind of file, but its contents contradict themselves."""


class TooLarge(UnreadableFile):
    """More bytes than we accept, packed or unpacked."""


class TooManyRows(UnreadableFile):
    """More rows than we accept."""


class TooFewPoints(UnreadableFile):
    """Too few usable measurements to look for anything."""


class NoTimes(UnreadableFile):
    """No column holds dates, or no row has one."""


class FoldedCurve(UnreadableFile):
    """The times are phases, or hours from a transit: the curve was folded before."""


class NoFlux(UnreadableFile):
    """No column holds brightness."""


class OnlyNaN(UnreadableFile):
    """The brightness column holds no numbers."""


class ConstantFlux(UnreadableFile):
    """Every brightness is the same."""


class OnlyDuplicates(UnreadableFile):
    """Every row has the same time."""


class AllMasked(UnreadableFile):
    """The quality mask leaves nothing."""


class TwoStars(UnreadableFile):
    """Rows or files of more than one star."""


class WrongColumns(UnreadableFile):
    """The user chose a column that is not there or cannot be what it was chosen for."""


class WrongTimes(UnreadableFile):
    """Dates that no telescope can have written, in the system named."""
