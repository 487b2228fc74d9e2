"""The pixels around a star: which files there are for its sectors, and how they come here.

Target pixel files of the mission where it made them, otherwise cut-outs of TESS's full-frame images (`tesscut`).
Pixels are an extra: a caller that can go on without them gives `circuit.hurried` settings.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from . import downloads, mast, tesscut
from .downloads import Progress
from .errors import ArchiveUnavailable, NoPixels
from .products import MissionName, Product, ResolvedStar, choose_default
from .settings import ArchiveSettings
from .tesscut import CutOut

#: Files fetched for one star unless the caller wants more, and their bytes together.
SECTORS_MAX = 6
BYTES_MAX = 600 * 1024**2

_WORD: dict[MissionName, tuple[str, str]] = {
    "TESS": ("sector", "sectors"),
    "Kepler": ("quarter", "quarters"),
    "K2": ("campaign", "campaigns"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class PixelProduct:
    """One file of pixels at the archive: `file` for target pixels, `cut_out` for a cut-out; the other is None."""

    kind: Literal["target pixels", "full-frame cut-out"]
    mission: MissionName
    number: int | None
    label: str
    file_name: str
    size_bytes: int | None
    file: Product | None = None
    cut_out: CutOut | None = None


class PixelProducts(tuple[PixelProduct, ...]):
    """Files in order of time. `notes` are sentences: an old list, sectors without pixels, sectors left out."""

    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, products: Iterable[PixelProduct], notes: Sequence[str] = ()) -> PixelProducts:
        """Sorted list of `products` with notes."""
        made = cls(sorted(products, key=lambda p: (p.number if p.number is not None else -1, p.file_name)))
        made.notes = tuple(notes)
        return made


def list_pixels(
    resolved: ResolvedStar,
    sectors: Sequence[int] | None = None,
    settings: ArchiveSettings | None = None,
    *,
    mission: MissionName | None = None,
    sectors_max: int = SECTORS_MAX,
    bytes_max: int = BYTES_MAX,
) -> PixelProducts:
    """The best file of pixels for each of `sectors` (quarters, campaigns), at most `sectors_max` of them.

    `sectors` is in the order of the caller's wish (those with most transits first); None takes all there are, newest
    first. Target pixels are taken as light curves are (SPOC 2 min before 20 s before TESS-SPOC); TESS sectors without
    them get a cut-out of the full-frame images where the place was seen. Raises NoPixels where there is nothing at
    all, ArchiveUnavailable where the archive cannot be asked.
    """
    settings = settings or ArchiveSettings.from_env()
    listed = mast.list_pixel_files(resolved, settings)
    notes = [listed.note] if listed.note else []
    mission = mission or listed.preferred
    if mission is None:
        chosen = choose_default(listed)
        mission = chosen[0].mission if chosen else "TESS"
    files: dict[int, list[PixelProduct]] = {}
    for product in choose_default([p for p in listed if p.mission == mission]):
        if product.number is not None:
            files.setdefault(product.number, []).append(_of_file(product))
    wanted = (
        list(dict.fromkeys(_whole(n) if mission == "K2" else n for n in sectors))
        if sectors is not None
        else sorted(files, reverse=True)
    )
    if mission == "TESS" and (not wanted or any(number not in files for number in wanted)):
        cuts, words = _cut_outs(resolved, settings, nothing_else=not files)
        notes += words
        for number, cut in cuts.items():
            files.setdefault(number, [cut])
        wanted = wanted if sectors is not None else sorted(files, reverse=True)
    there = [number for number in wanted if number in files]
    word = _WORD[mission]
    if not there:
        where = "" if sectors is None else f" in the {word[len(wanted) != 1]} of the light curve"
        raise NoPixels(f"The archive has no pixels of {resolved.name}{where}.")
    if missing := [number for number in wanted if number not in files]:
        notes.append(f"There are no pixels of {word[len(missing) != 1]} {_listed(missing)}.")
    taken = _within(there, files, sectors_max, bytes_max)
    if left := [number for number in there if number not in taken]:
        notes.append(f"Pixels of {len(taken)} {word[len(taken) != 1]} are used; {_listed(left)} are left out.")
    return PixelProducts.of((product for number in taken for product in files[number]), notes)


def fetch_pixels(
    product: PixelProduct, progress: Progress | None = None, settings: ArchiveSettings | None = None
) -> Path:
    """The file of `product` on this machine, fetched unless it is in the cache.

    Raises ArchiveUnavailable, ProductMissing, NoPixels, BadFile, NoRoom. See `downloads.fetch`,
    `tesscut.fetch_cutout`.
    """
    settings = settings or ArchiveSettings.from_env()
    if product.cut_out is not None:
        return tesscut.fetch_cutout(product.cut_out, settings, progress)
    assert product.file is not None
    return downloads.fetch(product.file.uri, settings, expected_bytes=product.size_bytes, progress=progress)


def _whole(number: int) -> int:
    """The campaign of a half: K2's files call the halves of 9, 10 and 11 "91", "92" … "112", its lists do not."""
    return number // 10 if number in (91, 92, 101, 102, 111, 112) else number


def _of_file(product: Product) -> PixelProduct:
    return PixelProduct(
        "target pixels",
        product.mission,
        product.number,
        product.label,
        product.file_name,
        product.size_bytes,
        file=product,
    )


def _cut_outs(
    resolved: ResolvedStar, settings: ArchiveSettings, *, nothing_else: bool
) -> tuple[dict[int, PixelProduct], list[str]]:
    """A cut-out for each sector that saw the place, and notes. An archive that is down matters if there is nothing
    else."""
    try:
        rows, note = mast.list_cut_out_sectors(resolved.ra_deg, resolved.dec_deg, settings)
    except ArchiveUnavailable as error:
        if nothing_else:
            raise
        return {}, [f"Cut-outs of the full-frame images could not be asked for: {error.sentence}"]
    found: dict[int, PixelProduct] = {}
    for sector, camera, ccd in rows:
        cut = CutOut(round(resolved.ra_deg, 6), round(resolved.dec_deg, 6), sector, camera, ccd)
        product = PixelProduct("full-frame cut-out", "TESS", sector, f"S{sector}", cut.file_name, None, cut_out=cut)
        found.setdefault(sector, product)
    return found, [note] if note else []


def _within(wanted: Sequence[int], files: dict[int, list[PixelProduct]], sectors_max: int, bytes_max: int) -> list[int]:
    """The first of `wanted` within both limits; at least one."""
    taken: list[int] = []
    total = 0
    for number in wanted:
        size = sum(product.size_bytes or 0 for product in files[number])
        if taken and (len(taken) >= sectors_max or total + size > bytes_max):
            continue
        taken.append(number)
        total += size
    return taken


def _listed(numbers: Sequence[int]) -> str:
    """ "4", "4 and 5", "4, 5 and 6", "4, 5, 6 and 20 more"."""
    words = [str(n) for n in sorted(numbers)]
    if len(words) > 8:
        words = [*words[:8], f"{len(words) - 8} more"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
