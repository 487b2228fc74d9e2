"""Where the sky and the detector lie on the images of a pixel file: coordinate keywords, corner, aperture."""

from __future__ import annotations

from typing import IO

import numpy as np

from data.formats import fits_file
from data.formats.errors import DamagedFile
from data.formats.fits_file import Header, Unit, integer, number, text
from science.lightcurve import BoolArray
from science.pixels import SkyGrid

#: Bit of the APERTURE image: the pixel is in the aperture of the pipeline's light curve (TESS EXP-TESS-ARC-ICD-0014
#: table 6; Kepler Archive Manual KDMC-10008 section 2.3.2).
_IN_OPTIMAL_APERTURE = 2
#: Edges of a pixel that a mission's camera can have, arcsec: Kepler 4, TESS 21.
_PIXEL_ARCSEC = (0.5, 60.0)
#: Column and row of the reference pixel of TESS full-frame images, from which the first TESScut files count.
_FULL_FRAME_REFERENCE = 1045

#: Names of the coordinate keywords: of a table's column `n` (FITS WCS paper I, table 2), and of an image.
_COLUMN = {
    "type": ("1CTYP{n}", "2CTYP{n}"),
    "pixel": ("1CRPX{n}", "2CRPX{n}"),
    "value": ("1CRVL{n}", "2CRVL{n}"),
    "step": ("1CDLT{n}", "2CDLT{n}"),
    "pc": ("11PC{n}", "12PC{n}", "21PC{n}", "22PC{n}"),
    "cd": ("11CD{n}", "12CD{n}", "21CD{n}", "22CD{n}"),
}
_IMAGE = {
    "type": ("CTYPE1", "CTYPE2"),
    "pixel": ("CRPIX1", "CRPIX2"),
    "value": ("CRVAL1", "CRVAL2"),
    "step": ("CDELT1", "CDELT2"),
    "pc": ("PC1_1", "PC1_2", "PC2_1", "PC2_2"),
    "cd": ("CD1_1", "CD1_2", "CD2_1", "CD2_2"),
}


def sky_grid(table: Unit, column: int, aperture: Unit | None, shape: tuple[int, int]) -> tuple[SkyGrid, str]:
    """The linear mapping of the images in a table's column (`column` counts from 1), and a note or "".

    FITS WCS papers I and II: pixel centres at whole numbers, the lower left one at 1; distortion terms are left out
    (they move a star by less than 0.01 pixel on so small a picture). Files whose column keywords are missing or spoilt
    repeat them in the header of the APERTURE image. Raises DamagedFile where neither says where the sky lies.
    """
    grid = _linear(table.header, _COLUMN, column)
    if grid is None and aperture is not None:
        grid = _linear(aperture.header, _IMAGE, column)
    if grid is None:
        raise DamagedFile(
            "This pixel file does not say where the sky lies on its images, or says it in a way that cannot be; "
            "download it again."
        )
    if _counts_from_wrong_edge(table.header, column):
        return _moved_to_middle(grid, shape)
    return grid, ""


def _linear(header: Header, names: dict[str, tuple[str, ...]], n: int) -> SkyGrid | None:
    def numbers(kind: str) -> list[float | None]:
        return [number(header, name.format(n=n)) for name in names[kind]]

    types = [text(header, name.format(n=n)) for name in names["type"]]
    if not (types[0].startswith("RA---TAN") and types[1].startswith("DEC--TAN")):
        return None
    pixel, value, step = numbers("pixel"), numbers("value"), numbers("step")
    matrix = numbers("cd")
    if matrix[0] is None:
        identity = (1.0, 0.0, 0.0, 1.0)
        pc = [default if term is None else term for term, default in zip(numbers("pc"), identity, strict=True)]
        scale = [1.0 if term is None else term for term in step]
        matrix = [pc[0] * scale[0], pc[1] * scale[0], pc[2] * scale[1], pc[3] * scale[1]]
    terms = [*pixel, *value, *matrix]
    if any(term is None for term in terms):
        return None
    x, y, ra, dec, a, b, c, d = (float(term) for term in terms if term is not None)
    edge = float(np.sqrt(abs(a * d - b * c))) * 3600.0
    if not (_PIXEL_ARCSEC[0] < edge < _PIXEL_ARCSEC[1] and 0.0 <= ra <= 360.0 and -90.0 <= dec <= 90.0):
        return None
    return SkyGrid(ra, dec, (x - 1.0, y - 1.0), ((a, b), (c, d)))


def _counts_from_wrong_edge(header: Header, column: int) -> bool:
    """True for TESScut's first files (2018): a reference pixel stands where the type of the axis belongs."""
    return number(header, f"1CTYP{column}") is not None


def _moved_to_middle(grid: SkyGrid, shape: tuple[int, int]) -> tuple[SkyGrid, str]:
    """The grid of an early cut-out, moved by whole pixels so that the place asked for (its reference) is in the middle.

    TESScut cuts from round(x - n/2), so the place lies within half a pixel of n/2, counted from 1.
    """
    place = []
    for pixel, n in zip(grid.crpix, (shape[1], shape[0]), strict=True):
        middle = n / 2.0 - 1.0
        place.append(pixel - round(pixel - middle))
    moved = SkyGrid(grid.ra_deg, grid.dec_deg, (place[0], place[1]), grid.cd)
    note = (
        "The coordinates in the header of this early cut-out count from a wrong edge; we put the place that was asked "
        "for in the middle, so positions may be off by a pixel."
    )
    return moved, note


def corner(table: Unit, column: int, aperture: Unit | None) -> tuple[int, int]:
    """Detector (column, row) of the lower left pixel; (0, 0) where the file does not say."""
    header = table.header
    names = [f"{axis}{what}{column}P" for what in ("CRV", "CRP") for axis in (1, 2)]
    found = [integer(header, name) for name in names]
    if found[0] is None and aperture is not None:
        header = aperture.header
        found = [integer(header, name) for name in ("CRVAL1P", "CRVAL2P", "CRPIX1P", "CRPIX2P")]
    value = [x or 0 for x in found[:2]]
    if _counts_from_wrong_edge(table.header, column):
        return _FULL_FRAME_REFERENCE - value[0] + 1, _FULL_FRAME_REFERENCE - value[1] + 1
    reference = [1 if x is None else x for x in found[2:]]
    return value[0] + 1 - reference[0], value[1] + 1 - reference[1]


def aperture_mask(stream: IO[bytes], aperture: Unit | None, shape: tuple[int, int]) -> BoolArray | None:
    """True where the pipeline measured the star, shape (rows, columns); None where the file does not tell."""
    if aperture is None or integer(aperture.header, "BITPIX") not in (8, 16, 32, 64):
        return None
    if (integer(aperture.header, "NAXIS2"), integer(aperture.header, "NAXIS1")) != shape:
        return None
    kind = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8"}[integer(aperture.header, "BITPIX") or 32]
    stream.seek(aperture.data_start)
    content = stream.read(shape[0] * shape[1] * np.dtype(kind).itemsize)
    pixels = np.frombuffer(content, dtype=kind).reshape(shape)
    mask = np.asarray((pixels & _IN_OPTIMAL_APERTURE) != 0, dtype=np.bool_)
    return mask if mask.any() else None


def aperture_unit(units: list[Unit]) -> Unit | None:
    """The APERTURE image of a file, None where it has none."""
    images = [u for u in units if not u.columns and fits_file.integer(u.header, "NAXIS") == 2]
    return next((u for u in images if u.name.upper() == "APERTURE"), None)
