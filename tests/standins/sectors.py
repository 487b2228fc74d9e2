"""When TESS observed which sector, for cutting long light curves back into the files that MAST has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sector:
    """A sector: first time stamp (BTJD), stamp and id in its file names, data release of the first processing."""

    number: int
    start_btjd: float
    stamp: str
    scid: str
    first_release: int | None


_TABLE = (
    (1, 1325.0, "2018206045859", "0120", 1),
    (2, 1353.6, "2018234235059", "0121", 2),
    (3, 1381.8, "2018263035959", "0123", 4),
    (4, 1410.0, "2018292075959", "0124", 5),
    (5, 1437.2, "2018319095959", "0125", 7),
    (6, 1464.8, "2018349182459", "0126", 8),
    (7, 1490.8, "2019006130736", "0131", 9),
    (8, 1516.7, "2019032160000", "0136", 10),
    (9, 1542.6, "2019058134432", "0139", 11),
    (10, 1569.0, "2019085135100", "0140", 14),
    (11, 1596.2, "2019112060037", "0143", 16),
    (12, 1624.4, "2019140104343", "0144", 17),
    (13, 1653.4, "2019169103026", "0146", 18),
    (14, 1683.0, "2019198215352", "0150", None),
    (16, 1738.0, "2019253231442", "0152", None),
    (17, 1764.0, "2019279210107", "0161", None),
    (22, 1899.0, "2020049080258", "0174", None),
    (23, 1927.5, "2020078014623", "0177", None),
    (24, 1955.5, "2020106103520", "0180", None),
    (25, 1983.0, "2020133194932", "0182", None),
    (49, 2637.0, "2022057073128", "0221", None),
    (50, 2664.8, "2022085151738", "0222", None),
    (51, 2692.5, "2022112184951", "0223", None),
)

SECTORS = {row[0]: Sector(*row) for row in _TABLE}


def sector_of(time_btjd: float) -> Sector:
    """The sector that was being observed at a time of the table above."""
    started = [sector for sector in SECTORS.values() if sector.start_btjd <= time_btjd]
    if not started:
        raise ValueError(f"BTJD {time_btjd} is before the first sector")
    return max(started, key=lambda sector: sector.number)


def file_name(tic_id: int, sector: int) -> str:
    """The name of the SPOC 2-min light curve of a star and sector at MAST."""
    entry = SECTORS[sector]
    return f"tess{entry.stamp}-s{sector:04d}-{tic_id:016d}-{entry.scid}-s_lc.fits"
