"""The table of neighbours: who could make the dips, and what it would take."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from data.report import SignalReport
from data.vetting_report import NeighbourReport
from larun_app.ui.numbers import count
from science.rounding import THIN, chance, number, percent, significant

FIRST = 12
MOST = 200
#: From this probability on the dips are called the neighbour's own.
LIKELY_HOST = 0.5


@dataclasses.dataclass
class NeighbourRow:
    """One star of the picture, in words."""

    letter: str = ""
    name: str = ""
    brightness: str = ""
    distance: str = ""
    share: str = ""
    dim: str = ""
    host: str = ""
    tone: str = "none"
    words: str = ""


@dataclasses.dataclass
class NeighbourTable:
    """The first rows, how many there are in all, and what is said above and below them."""

    rows: list[NeighbourRow] = dataclasses.field(default_factory=list)
    said: str = ""
    more: str = ""  # on the button that shows the rest
    beyond: str = ""  # what even that does not list
    with_host: bool = False


def others(signal: SignalReport) -> list[NeighbourReport]:
    """The neighbours, those able to make the dips first (the likeliest before), then the nearest."""
    listed = [n for n in signal.neighbours if not n.is_target]
    # chances that differ by less than a part in a thousand do not order a table
    return sorted(listed, key=lambda n: (not n.can_do_it, -round(n.host_probability or 0.0, 3), n.separation_arcsec))


def neighbour_table(signal: SignalReport, everything: bool = False) -> NeighbourTable:
    """The table, short (FIRST rows, but every one that could do it up to MOST) or long (MOST rows)."""
    listed = others(signal)
    able = sum(bool(n.can_do_it) for n in listed)
    short = min(max(FIRST, able), MOST)
    shown = listed[:MOST] if everything else listed[:short]
    rest = len(listed) - len(shown)
    kept = min(len(listed), MOST)
    farthest = max((n.separation_arcsec for n in listed), default=0.0)
    return NeighbourTable(
        rows=[neighbour_row(n) for n in shown],
        said=_said(len(listed), able, farthest),
        more="" if everything or not rest else f"Show all {number(kept)}" if kept == len(listed) else f"Show {kept}",
        beyond=_beyond(listed, shown),
        with_host=any(n.host_probability is not None for n in listed),
    )


def _said(total: int, able: int, farthest: float) -> str:
    if not total:
        return "None known"
    who = "none" if not able else "all" if able == total else str(able)
    return f"{who} of {count(total, 'star')} within {significant(farthest, 2)}″ could"


def _beyond(listed: Sequence[NeighbourReport], shown: Sequence[NeighbourReport]) -> str:
    rest = listed[len(shown) :]
    if not rest:
        return ""
    able = sum(bool(n.can_do_it) for n in rest)
    what = "none of them can make the dips" if not able else f"{able} of them could make the dips"
    return f"{count(len(rest), 'star')} more in the catalogue; {what}."


def neighbour_row(star: NeighbourReport) -> NeighbourRow:
    """One star in words."""
    tone, words = _verdict(star)
    return NeighbourRow(
        letter=star.letter,
        name=star.name,
        brightness=number(star.tmag, 1),
        distance=f"{significant(star.separation_arcsec, 2 if star.separation_arcsec >= 1 else 1)}″",
        share=share_words(star.light_share),
        dim=dim_words(star.needed_depth),
        host="" if star.host_probability is None else chance(star.host_probability),
        tone=tone,
        words=words,
    )


def _verdict(star: NeighbourReport) -> tuple[str, str]:
    if star.host_probability is not None and star.host_probability >= LIKELY_HOST:
        return "fail", "Likely the source"
    if star.can_do_it is None:
        return "none", star.words or "Not known"
    return ("warn", star.words or "Possible") if star.can_do_it else ("pass", star.words or "Cannot do it")


def share_words(share: float | None) -> str:
    """Part of the light measured: "0.14 %", "under 0.001 %"."""
    if share is None:
        return "–"
    if share < 1e-5:
        return f"under 0.001{THIN}%" if share > 0 else f"0{THIN}%"
    return percent(share, 2)


def dim_words(needed: float | None) -> str:
    """How much of its own light it would have to lose at each dip."""
    if needed is None:
        return "–"
    return "more than all its light" if needed > 1 else f"{percent(needed, 2)} of its light"
