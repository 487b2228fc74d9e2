"""What a file says about its star: FITS header keywords, comment lines, names in the file name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from data.formats.fits_file import Header, integer, number, text
from science.stars import Star, Value, complete

SOURCE = "FITS header"

#: Ranges outside of which a header value is a placeholder (0, 999, -9999 …) and not a star.
_RANGES = {
    "TEFF": (1500.0, 60000.0),
    "LOGG": (-1.0, 9.0),
    "RADIUS": (0.01, 500.0),
    "MASS": (0.01, 200.0),
    "TESSMAG": (-5.0, 25.0),
}

_NAME = re.compile(r"(?<![A-Za-z0-9])(TIC|KIC|EPIC)(?:[\s_-]?ID)?[\s_:=#-]{0,3}0*(\d{4,12})(?!\d)", re.IGNORECASE)
_FILE_NAMES = (
    (re.compile(r"tess\d{10,}-s\d{4}-(?:s\d{4}-)?0*(\d{3,12})-\d", re.I), "TIC"),
    (
        re.compile(r"hlsp_(?:tess|qlp|tasoc|gsfc|cdips)\S*?[_-](?:tic)?0*(\d{6,12})[-_]s?\d{2,4}", re.I),
        "TIC",
    ),
    (re.compile(r"-0*(\d{6,12})_tess_v", re.I), "TIC"),
    (re.compile(r"kplr0*(\d{5,9})(?!\d)", re.I), "KIC"),
    (re.compile(r"ktwo0*(\d{9})(?!\d)", re.I), "EPIC"),
    (re.compile(r"k2_(?:lightcurve|llc)_0*(\d{9})(?!\d)", re.I), "EPIC"),
    (re.compile(r"(?<![a-z])(tic|kic|epic)[\s_-]?0*(\d{4,12})(?!\d)", re.I), ""),
)


def star_from_header(primary: Header) -> Star:
    """Star of a light-curve file: identifier, position, brightness, temperature, gravity, radius, and the mass and
    density that follow from them. Nothing that the header does not state."""
    names = identifiers(primary)
    tic = integer(primary, "TICID") or integer(primary, "TIC_ID")
    kepler = text(primary, "TELESCOP").lower() == "kepler"
    if tic is None:
        tic = next((found for n in names if (found := _tic_number(n)) is not None), None)
    return complete(
        Star(
            name=names[0] if names else "",
            tic_id=tic if tic and tic > 0 else None,
            ra_deg=_between(number(primary, "RA_OBJ"), 0.0, 360.0),
            dec_deg=_between(number(primary, "DEC_OBJ"), -90.0, 90.0),
            tmag=_plain(primary, "TESSMAG"),
            teff_k=_value(primary, "TEFF"),
            logg_cgs=_value(primary, "LOGG"),
            radius_sun=_value(primary, "RADIUS"),
            mass_sun=_value(primary, "MASS"),
            band="Kepler" if kepler else "TESS",
        )
    )


def identifiers(primary: Header) -> tuple[str, ...]:
    """Catalogue names in a header, the most useful first: TIC, KIC or EPIC, then whatever OBJECT says."""
    found: list[str] = []
    tic = integer(primary, "TICID") or integer(primary, "TIC_ID")
    if tic and tic > 0:
        found.append(f"TIC {tic}")
    kepler = integer(primary, "KEPLERID")
    if kepler and kepler > 0:
        found.append(f"EPIC {kepler}" if kepler > 200_000_000 else f"KIC {kepler}")
    name = text(primary, "OBJECT")
    if name and not found and name.isdecimal():
        mission = "TIC" if text(primary, "TELESCOP") == "TESS" else "KIC" if len(name) < 9 else "EPIC"
        found.append(f"{mission} {int(name)}")
    elif name:
        found.extend(names_in([name]) or (name,))
    return tuple(dict.fromkeys(found))


def names_in(lines: Iterable[str]) -> tuple[str, ...]:
    """Catalogue names ("TIC 261136679") in lines of text, in order, each once."""
    hits = [f"{kind.upper()} {int(digits)}" for line in lines for kind, digits in _NAME.findall(line)]
    return tuple(dict.fromkeys(hits))


def name_from_file_name(file_name: str) -> str:
    """The star that a file is named after ("kplr006541920-2009166043257_llc.fits" -> "KIC 6541920"), or ""."""
    for pattern, kind in _FILE_NAMES:
        if hit := pattern.search(file_name):
            groups = hit.groups()
            return f"{(kind or groups[0]).upper()} {int(groups[-1])}"
    return ""


def star_named(name: str) -> Star:
    """A star of which only the name is known."""
    return Star(name=name, tic_id=_tic_number(name), band="Kepler" if name.startswith(("KIC ", "EPIC ")) else "TESS")


def _tic_number(name: str) -> int | None:
    digits = name.removeprefix("TIC ")
    return int(digits) if digits != name and digits.isdecimal() and len(digits) < 13 else None


def _between(value: float | None, low: float, high: float) -> float | None:
    return value if value is not None and low <= value <= high else None


def _plain(primary: Header, key: str) -> float | None:
    low, high = _RANGES[key]
    value = number(primary, key)
    # Cut-outs write 0.0 for "not known"; no star we can measure has exactly that brightness.
    return None if value == 0.0 else _between(value, low, high)


def _value(primary: Header, key: str) -> Value | None:
    value = _between(number(primary, key), *_RANGES[key])
    return None if value is None or value == 0.0 else Value(value, None, SOURCE)
