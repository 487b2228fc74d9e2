"""From the arrays of the data pack to sectors and quarters, with the release whose clock their times follow."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from .kepler_fits import QuarterData, quarter_rows
from .sectors import SECTORS
from .spoc_fits import SectorData, cut_into_sectors

Clock = Literal["first", "reprocessed"]

#: File, TIC number, sectors, name of the time array, and the clock. Time stamps of the first processing are 2 s late
#: up to sector 19. Which one an array has was measured against real files of known release: pi Mensae S1 (-2.000 s to
#: the release-42 file), AU Mic S1 (+2.01 s to release 42, by the barycentric correction fitted to six stars), TOI-540
#: S5 (-0.30 s to a release-7 star on another camera); TOI-1798 S16 has no step to S22, whose clock is right.
MULTISECTOR: tuple[tuple[str, int, tuple[int, ...], str, Clock], ...] = (
    ("pimen_tess_2min_s1_4_8_11_12_13.npz", 261136679, (4, 8, 11, 12, 13), "time_bjd", "first"),
    ("toi1798_tess_2min_s16_22_23_49_50.npz", 198153540, (16, 22, 23, 49, 50), "time_btjd", "reprocessed"),
    ("toi540_tess_2min_s4_s5_s6.npz", 200322593, (4, 5, 6), "time_bjd", "first"),
    ("tic368287008_tess_2min_single_sector.npz", 368287008, (24,), "time_btjd", "reprocessed"),
    ("aumic_tess_s1_clean.npz", 441420236, (1,), "time_tbjd", "first"),
)

_REPROCESSED = 42  # sectors 1-13, Data Release Notes 42; for later ones it only says that the clock is right


def release_of(sector: int, clock: Clock) -> int | None:
    """Data release of a sector's times, None where nothing depends on it (sectors observed with the right clock)."""
    if clock == "first":
        return SECTORS[sector].first_release
    return _REPROCESSED if sector < 20 else None


def of_npz(
    path: Path,
    tic_id: int,
    sector: int,
    time_key: str,
    *,
    history: str,
    release: int | None,
    camera: int | None = None,
    ccd: int | None = None,
) -> SectorData:
    """One sector of an npz file of the pack."""
    with np.load(path) as arrays:
        time = arrays[time_key].astype(float)
        flux_key = "pdcsap_flux" if "pdcsap_flux" in arrays else "flux"
        flux = arrays[flux_key].astype(float)
        error = arrays[f"{flux_key}_err"].astype(float) if f"{flux_key}_err" in arrays else np.full(time.size, np.nan)
        quality = arrays["quality"].astype(np.int32) if "quality" in arrays else np.zeros(time.size, np.int32)
    if np.nanmedian(time) > 2e6:
        time = time - 2457000.0
    starts = {number: entry.start_btjd for number, entry in SECTORS.items()}
    rows = cut_into_sectors(time, starts)[sector]
    relative = bool(np.nanmedian(flux) < 10)
    return SectorData(
        tic_id,
        sector,
        time[rows],
        flux[rows],
        error[rows],
        quality[rows],
        relative,
        history,
        camera,
        ccd,
        release,
    )


def of_export(path: Path, tic_id: int, sector: int) -> SectorData:
    """A SPOC light curve that lightkurve wrote out again."""
    from astropy.io import fits

    with fits.open(path, memmap=False) as units:
        data: Any = units[1].data
        time, flux, error = (np.asarray(data[name], dtype=float) for name in ("TIME", "FLUX", "FLUX_ERR"))
        quality = np.asarray(data["QUALITY"], dtype=np.int32)
    if np.nanmedian(time) > 2e6:
        time = time - 2457000.0
    relative = bool(np.nanmedian(flux) < 10)
    history = f"PDCSAP of TESS sector {sector}, exported by lightkurve."
    return SectorData(
        tic_id, sector, time, flux, error, quality, relative, history, release=release_of(sector, "reprocessed")
    )


def of_whole_mission(path: Path, kic: int, quarter: int) -> QuarterData:
    """A quarter of an eclipsing binary of the pack."""
    with np.load(path) as arrays:
        rows = quarter_rows(arrays["time_bkjd"], quarter)
        time, flux = arrays["time_bkjd"][rows].astype(float), arrays["flux"][rows].astype(float)
        error = float(arrays["flux_err_median"])
    return QuarterData(kic, quarter, time, flux, error, f"Relative flux of Kepler quarter {quarter}, from {path.name}.")
