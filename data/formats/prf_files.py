"""Read the official pixel response functions that the missions publish, from a folder that somebody filled.

TESS (SPOC): `tess<date>-prf-<camera>-<ccd>-row<row>-col<column>.fits`, one place of a CCD a file, 117 by 117 samples at
nine a pixel, five by five places; the set of an early date holds for sectors 1 to 3, the later one from sector 4 on.
Kepler: `kplr<module>.<output>_<date>_prf.fits`, five images at fifty samples a pixel: four corners and the middle.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from data.formats import fits_file
from data.formats.errors import DamagedFile, UnreadableFile
from data.formats.fits_file import Header, Unit
from data.formats.opening import opened
from science.lightcurve import FloatArray, Mission
from science.pixels import PixelCube
from science.prf import Prf, PrfTable, prf_for, table_of

TESS_SAMPLES_PER_PIXEL = 9
_TESS_NAME = re.compile(r"tess(\d+)-prf-(\d)-(\d)-row(\d+)-col(\d+)\.fits(\.gz)?$")
_KEPLER_NAME = re.compile(r"kplr0?(\d{1,2})\.(\d)_\d+_prf\.fits(\.gz)?$")
_LAST_SECTOR_OF_FIRST_SET = 3
_PIXEL_TYPES = {-32: ">f4", -64: ">f8"}
_LARGEST_SIDE = 2000


class NotAPrf(UnreadableFile):
    """A FITS file without images of a pixel response function."""


def prfs_for(folder: Path | str, cubes: Sequence[PixelCube]) -> dict[str, Prf]:
    """The official PRF of every movie, by its label, at the middle of its pixels; movies without files are left out.

    This is what `science.vetting.pixels.vet.vet_pixels` takes: sectors lie on different cameras and CCDs. Raises a
    subclass of `errors.UnreadableFile` for a PRF file that holds none.
    """
    tables: dict[tuple[object, ...], PrfTable | None] = {}
    found: dict[str, Prf] = {}
    for cube in cubes:
        early = cube.number is not None and cube.number <= _LAST_SECTOR_OF_FIRST_SET
        key = (cube.mission, cube.camera, cube.ccd, early)
        if key not in tables:
            tables[key] = find_prf(folder, cube.mission, cube.camera, cube.ccd, cube.number)
        table = tables[key]
        if table is not None:
            rows, columns = cube.shape
            place = (cube.corner[0] + 0.5 * (columns - 1), cube.corner[1] + 0.5 * (rows - 1))
            found[cube.label] = prf_for(cube.mission, table, place)
    return found


def find_prf(
    folder: Path | str, mission: Mission, camera: int | None, ccd: int | None, number: int | None = None
) -> PrfTable | None:
    """The PRF of one detector from the files in `folder` and below it, None where they are not there.

    For TESS `camera` and `ccd` name the detector and `number` is the sector; for Kepler and K2 `camera` is the module
    and `ccd` the output. Raises a subclass of `errors.UnreadableFile` for a file of that name that holds none.
    """
    folder = Path(folder)
    if camera is None or ccd is None or not folder.is_dir():
        return None
    if mission == "TESS":
        return _find_tess(folder, camera, ccd, number)
    if mission in ("Kepler", "K2"):
        for path in sorted(folder.rglob("kplr*_prf.fits*")):
            match = _KEPLER_NAME.search(path.name)
            if match and (int(match[1]), int(match[2])) == (camera, ccd):
                return read_kepler_prf(path)
    return None


def _find_tess(folder: Path, camera: int, ccd: int, sector: int | None) -> PrfTable | None:
    sets: dict[str, list[tuple[Path, float, float]]] = {}
    for path in sorted(folder.rglob(f"tess*-prf-{camera}-{ccd}-row*-col*.fits*")):
        match = _TESS_NAME.search(path.name)
        if match:
            # The date tells the sets apart; within one it differs by a digit between CCDs only.
            sets.setdefault(match[1][:7], []).append((path, float(match[5]), float(match[4])))
    if not sets:
        return None
    dates = sorted(sets)
    early = sector is not None and sector <= _LAST_SECTOR_OF_FIRST_SET
    chosen = sets[dates[0] if early else dates[-1]]
    tables = [read_tess_prf(path) for path, _, _ in chosen]
    try:
        return table_of(tables, [c for _, c, _ in chosen], [r for _, _, r in chosen], TESS_SAMPLES_PER_PIXEL)
    except ValueError as error:
        raise DamagedFile(f"The PRF files of camera {camera}, CCD {ccd} do not fit together.") from error


def read_tess_prf(path: Path) -> FloatArray:
    """Samples of one SPOC file, shape (117, 117), rows first. Raises a subclass of `errors.UnreadableFile`."""
    with opened(path) as content:
        if content.kind != "fits":
            raise NotAPrf("This is not a FITS file.").in_file(path.name)
        for unit in fits_file.walk(content.stream, content.size):
            if unit.header.get("NAXIS") == 2 and not unit.columns:
                return _checked(_image(content.stream, unit), path)
    raise NotAPrf("This FITS file holds no image of a pixel response function.").in_file(path.name)


def read_kepler_prf(path: Path) -> PrfTable:
    """The five tables of one Kepler module output. Raises a subclass of `errors.UnreadableFile`."""
    samples, columns, rows, steps = [], [], [], set()
    with opened(path) as content:
        if content.kind != "fits":
            raise NotAPrf("This is not a FITS file.").in_file(path.name)
        for unit in fits_file.walk(content.stream, content.size)[1:]:
            header = unit.header
            if header.get("NAXIS") != 2 or unit.columns:
                continue
            step = _number(header, "CDELT1P")
            if step is None or step <= 0:
                raise NotAPrf("A PRF image does not say how finely it is sampled (CDELT1P).").in_file(path.name)
            samples.append(_checked(_image(content.stream, unit), path))
            columns.append(_number(header, "CRVAL1P") or 0.0)
            rows.append(_number(header, "CRVAL2P") or 0.0)
            steps.add(round(1.0 / step))
    if not samples or len(steps) != 1:
        raise NotAPrf("This FITS file holds no images of a pixel response function.").in_file(path.name)
    try:
        return table_of(samples, columns, rows, steps.pop())
    except ValueError as error:
        raise DamagedFile("The images of this PRF file differ in size.").in_file(path.name) from error


def _number(header: Header, name: str) -> float | None:
    value = header.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _image(stream: IO[bytes], unit: Unit) -> FloatArray:
    columns, rows, bits = (unit.header.get(k) for k in ("NAXIS1", "NAXIS2", "BITPIX"))
    if not (isinstance(columns, int) and isinstance(rows, int) and isinstance(bits, int) and bits in _PIXEL_TYPES):
        raise NotAPrf("The image of this FITS file is not made of decimal numbers.")
    if not (3 <= columns <= _LARGEST_SIDE and 3 <= rows <= _LARGEST_SIDE):
        raise NotAPrf(f"The image of this FITS file is {columns} by {rows}: no pixel response function.")
    kind = np.dtype(_PIXEL_TYPES[bits])
    stream.seek(unit.data_start)
    raw = stream.read(columns * rows * kind.itemsize)
    return np.frombuffer(raw, kind).reshape(rows, columns).astype(np.float64)


def _checked(image: FloatArray, path: Path) -> FloatArray:
    if not np.all(np.isfinite(image)) or not image.sum() > 0:
        raise DamagedFile("The PRF image holds values that are not numbers, or no light.").in_file(path.name)
    return image
