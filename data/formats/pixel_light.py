"""A file of target pixels taken as a light curve: the light in its aperture added up."""

from __future__ import annotations

from typing import IO

import numpy as np

from data.formats import fits_file
from data.formats.errors import NotALightCurve
from data.formats.fits_file import Unit
from data.formats.pixel_files import read_stream
from data.formats.star_header import identifiers, star_from_header
from data.formats.table import FloatColumn, Meaning, Table
from science.aperture_light import aperture_light

#: The name of the column that is made here; the dilution by neighbours is still in it.
SUM_COLUMN = "APERTURE_SUM"


def is_pixel_table(unit: Unit) -> bool:
    """Whether a table holds an image in each row and no light curve beside it."""
    names = {c.name.upper() for c in unit.columns}
    wide = {c.name.upper() for c in unit.columns if c.count > 1 and c.letter in "IJED"}
    return bool(wide & {"FLUX", "RAW_CNTS"}) and "PDCSAP_FLUX" not in names


def read_pixel_light(stream: IO[bytes], size: int) -> Table:
    """The light curve of a pixel file. Raises a subclass of UnreadableFile, as `read_pixels` does."""
    cube = read_stream(stream, size)
    try:
        flux, err, aperture = aperture_light(cube)
    except ValueError as error:
        raise NotALightCurve(f"{error} Choose the light curve of the same star (its name ends in _lc.fits).") from error
    primary = fits_file.walk(stream, size)[0].header
    columns: dict[str, FloatColumn] = {
        "TIME": cube.time_bjd,
        SUM_COLUMN: flux,
        "APERTURE_SUM_ERR": err,
        "QUALITY": cube.quality.astype(np.float64),
    }
    where = "the pipeline's aperture" if cube.aperture is not None else "a patch of bright pixels that we chose"
    notes = (
        f"The light curve was made from pixels: {int(aperture.sum())} of them in {where} were added up. Drifts of the "
        "camera and the light of neighbours are still in it.",
        *cube.notes,
    )
    return Table(
        format=f"{cube.kind}, {cube.mission}",
        names=tuple(columns),
        n_rows=cube.time_bjd.size,
        load=columns.__getitem__,
        meaning=Meaning("TIME", SUM_COLUMN, "APERTURE_SUM_ERR", "QUALITY", "electron_per_s"),
        star=star_from_header(primary),
        ids=identifiers(primary),
        mission=cube.mission,
        pipeline=cube.kind,
        number=cube.number,
        camera=cube.camera,
        ccd=cube.ccd,
        crowding=cube.crowding,
        exposure_days=cube.exposure_days,
        time_zero_bjd=0.0,
        notes=notes,
    )
