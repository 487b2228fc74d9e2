"""Read target pixel files and cut-outs of full-frame images: a small image for every moment, and where it points."""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO

import numpy as np

from data.formats import fits_file, limits, pixel_frames, pixel_grid
from data.formats.errors import AllMasked, EmptyFile, NotPixels, UnreadableFile, WrongTimes
from data.formats.fits_file import Header, Unit, integer, number, text
from data.formats.fits_products import exposure_days, mission_of, positive, share, simulated_note, time_zero_bjd
from data.formats.opening import opened
from data.formats.star_header import identifiers, name_from_file_name
from data.requests import QualityMask
from science import quality as quality_bits
from science.folding import tess_time_correction_seconds
from science.lightcurve import BKJD_OFFSET_DAYS, BTJD_OFFSET_DAYS, Mission
from science.pixels import PixelCube

#: Exposures shorter than a minute are added up to this length unless the caller wants otherwise.
BIN_SECONDS = 120.0
_SHORT_SECONDS = 60.0
_FULL_FRAME_SECONDS = 150.0
_EARLIEST_BJD, _LATEST_BJD = 2454833.0, 2488070.0


def read_pixels(
    path: Path, name: str = "", quality: QualityMask = "default", bin_seconds: float | None = BIN_SECONDS
) -> PixelCube:
    """Read one file of pixels: TESS SPOC and TESS-SPOC target pixels, TESScut cut-outs, Kepler and K2 target pixels.

    `name` is the name that the user knows the file by. Times come back as BJD_TDB, with the known errors of early
    TESS time stamps put right; frames without a time are left out. The images of target pixel files have had their
    background subtracted by the pipeline; for cut-outs it is done here, with a note. Exposures shorter than a minute
    are added up to `bin_seconds` (None: every frame as it is). Raises a subclass of `errors.UnreadableFile`, whose text
    is one sentence for the user; OSError where the file cannot be opened at all.
    """
    shown = "".join(c for c in (name or path.name) if c.isprintable())[:120] or "file"
    try:
        if path.is_dir():
            raise NotPixels("This is a folder; choose the target pixel files in it.")
        with opened(path, limits.MAX_PIXEL_FILE_BYTES) as content:
            if content.kind != "fits":
                raise NotPixels("This is not a FITS file, so it holds no target pixels (those end in _tp.fits).")
            return read_stream(content.stream, content.size, shown, content.sha256, quality, bin_seconds)
    except UnreadableFile as error:
        raise error.in_file(shown) from error.__cause__


def read_stream(
    stream: IO[bytes],
    size: int,
    shown: str = "file",
    sha256: str = "",
    quality: QualityMask = "default",
    bin_seconds: float | None = BIN_SECONDS,
) -> PixelCube:
    """As `read_pixels`, of an open FITS file of `size` bytes."""
    units = fits_file.walk(stream, size)
    table, column = _pixel_table(units)
    if table.rows == 0:
        raise EmptyFile("This pixel file holds no images; choose another file, or download it again.")
    primary = units[0].header
    aperture = pixel_grid.aperture_unit(units)
    shape = pixel_frames.image_shape(table, column, _shape_of(aperture))
    grid, grid_note = pixel_grid.sky_grid(table, column, aperture, shape)

    first_image = _first_text(stream, table, "FFI_FILE")
    cut_out = first_image is not None or "astrocut" in text(primary, "CREATOR").lower()
    mission: Mission = mission_of(primary, table.header) or "other"
    number_ = _number(primary, mission, first_image or shown)
    short = exposure_days(table.header)
    step_seconds = (number(table.header, "TIMEDEL") or 0.0) * 86400.0
    full_frame = cut_out or step_seconds > _FULL_FRAME_SECONDS
    pipeline = "TESS-SPOC" if full_frame and mission == "TESS" else "SPOC" if mission == "TESS" else mission
    bits = quality_bits.table_for(mission, pipeline, number_)

    wanted = bin_seconds if bin_seconds and _step(stream, table, step_seconds) < _SHORT_SECONDS else None
    frames = pixel_frames.read_frames(stream, table, column, shape, bits.mask_value(quality), wanted)
    notes = [*simulated_note(primary), *([grid_note] if grid_note else [])]
    if frames.untimed:
        notes.append(f"{frames.untimed:,} images have no time and were left out.")
    if frames.added > 1:
        notes.append(f"Every {frames.added} images were averaged, to steps of about {wanted:.0f} s.")

    time = frames.time + _time_zero(table, mission)
    if float(time.min()) < _EARLIEST_BJD or float(time.max()) > _LATEST_BJD:
        raise WrongTimes(
            f"The times of this pixel file ({float(time.min()):.1f} to {float(time.max()):.1f}) cannot be dates of "
            "Kepler or TESS; download it again."
        )
    camera, ccd = _detector(primary, mission)
    if mission == "TESS":
        release, version = integer(primary, "DATA_REL"), text(primary, "PROCVER")
        shift = tess_time_correction_seconds(number_, release, version, full_frame, camera, ccd)
        if shift:
            time = time + shift / 86400.0
            notes.append(
                "The time stamps of this early TESS data release are known to be late; we moved them by "
                f"{shift:+.3f} s."
            )

    usable = np.asarray(frames.good & np.isfinite(frames.flux).any(axis=(1, 2)), dtype=np.bool_)
    if not usable.any():
        raise AllMasked(f"None of the {time.size:,} images of this pixel file is good enough to be used.")
    flux, subtracted = frames.flux, not cut_out and table.header.get("BACKAPP") is not False
    if not subtracted:
        flux, level, n_faint = pixel_frames.without_background(flux, usable)
        subtracted = n_faint > 0
        notes.append(_background_note(float(np.nanmedian(level)), n_faint))
    mask = None if cut_out else pixel_grid.aperture_mask(stream, aperture, shape)
    if mask is None and not cut_out:
        notes.append("This file does not say in which pixels the star was measured.")

    ids = identifiers(primary)
    target = ids[0] if ids else name_from_file_name(shown)
    ra, dec = number(primary, "RA_OBJ"), number(primary, "DEC_OBJ")
    letter = {"TESS": "S", "Kepler": "Q", "K2": "C"}.get(mission)
    return PixelCube(
        target=target or ("" if ra is None or dec is None else f"{ra:.4f} {dec:+.4f}"),
        label=f"{letter}{number_}" if letter and number_ is not None else shown[:40],
        mission=mission,
        number=number_,
        time_bjd=time,
        flux=flux,
        flux_err=frames.flux_err,
        quality=frames.quality,
        usable=usable,
        grid=grid,
        aperture=mask,
        pos_corr=frames.pos_corr,
        corner=pixel_grid.corner(table, column, aperture),
        exposure_days=(short if short else _step(stream, table, step_seconds) / 86400.0) * frames.added,
        kind="full-frame cut-out" if cut_out else "target pixels",
        background_subtracted=subtracted,
        camera=camera,
        ccd=ccd,
        crowding=share(number(table.header, "CROWDSAP")),
        flux_fraction=share(number(table.header, "FLFRCSAP")),
        source=shown,
        sha256=sha256,
        notes=tuple(notes),
    )


def _pixel_table(units: list[Unit]) -> tuple[Unit, int]:
    """The table with the images, and the number of its FLUX column (from 1). Raises NotPixels."""
    for unit in units:
        for index, column in enumerate(unit.columns, start=1):
            if column.name.upper() == "FLUX" and column.count > 1:
                return unit, index
    scalar = {name.upper() for unit in units for name in unit.names}
    if "TIME" in scalar and any("FLUX" in name for name in scalar):
        raise NotPixels(
            "This is a light curve, not a pixel file; choose the target pixels (the name ends in _tp.fits)."
        )
    if any(column.count > 1 for unit in units for column in unit.columns):
        raise NotPixels("This FITS file has no column of images called FLUX, so it is not a target pixel file.")
    if any((integer(unit.header, "NAXIS") or 0) > 1 and not unit.columns for unit in units):
        raise NotPixels(
            "This FITS file holds single images, not one for every moment; choose the target pixels "
            "(the name ends in _tp.fits, lpd-targ.fits or astrocut.fits)."
        )
    raise NotPixels("This FITS file holds no table of images, so it is not a target pixel file.")


def _shape_of(aperture: Unit | None) -> tuple[int, int] | None:
    if aperture is None:
        return None
    rows, columns = integer(aperture.header, "NAXIS2"), integer(aperture.header, "NAXIS1")
    return None if rows is None or columns is None else (rows, columns)


def _first_text(stream: IO[bytes], table: Unit, name: str) -> str | None:
    """The first value of a column of text (the name of the full-frame image of a cut-out), None without the column."""
    column = next((c for c in table.columns if c.name.upper() == name and c.letter == "A"), None)
    if column is None:
        return None
    stream.seek(table.data_start + column.offset)
    return stream.read(min(column.count, 200)).decode("ascii", "replace")


def _number(primary: Header, mission: Mission, name: str) -> int | None:
    """Sector, quarter or campaign; the sector of early cut-outs stands only in the names of their images."""
    if mission == "Kepler":
        return integer(primary, "QUARTER")
    if mission == "K2":
        return integer(primary, "CAMPAIGN")
    found = positive(integer(primary, "SECTOR"))
    in_name = re.search(r"-s(\d{4})-", name)
    return found if found is not None or in_name is None else int(in_name[1])


def _detector(primary: Header, mission: Mission) -> tuple[int | None, int | None]:
    """(camera, CCD) of TESS, (module, output) of Kepler and K2; None where the file does not say.

    Two CCDs make a Kepler module, each read out through two outputs: the pair names the detector as the official PRF
    files do (Kepler Archive Manual KDMC-10008).
    """
    first, second = ("MODULE", "OUTPUT") if mission in ("Kepler", "K2") else ("CAMERA", "CCD")
    return positive(integer(primary, first)), positive(integer(primary, second))


def _step(stream: IO[bytes], table: Unit, announced_seconds: float) -> float:
    """Seconds from one frame to the next: announced in the header, else measured."""
    if 0 < announced_seconds < 86400.0 or "TIME" not in {name.upper() for name in table.names}:
        return announced_seconds
    time = fits_file.numbers(stream, table, "TIME")
    steps = np.diff(np.sort(time[np.isfinite(time)]))
    return float(np.median(steps[steps > 0])) * 86400.0 if np.any(steps > 0) else 0.0


def _time_zero(table: Unit, mission: Mission) -> float:
    """BJD of time 0: by the header, else by the unit of the column ("BJD - 2457000"), else by the mission."""
    if (zero := time_zero_bjd(table.header)) is not None:
        return zero
    unit = next((c.unit for c in table.columns if c.name.upper() == "TIME"), "")
    if said := re.search(r"-\s*(24\d{5})", unit):
        return float(said[1])
    return {"TESS": BTJD_OFFSET_DAYS, "Kepler": BKJD_OFFSET_DAYS, "K2": BKJD_OFFSET_DAYS}.get(mission, 0.0)


def _background_note(level: float, n_pixels: int) -> str:
    if n_pixels == 0:
        return "Too few pixels have data to measure the background, so it is still in these images."
    return (
        f"The background of each image was taken from its {n_pixels} faintest pixels (usually {level:,.1f} electrons a "
        "second in a pixel) and subtracted."
    )
