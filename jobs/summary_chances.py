"""The block of the one-page summary that says how likely each explanation is."""

from __future__ import annotations

from data.report import SignalReport
from jobs.chance_words import (
    SHORT_WORDS,
    VERDICT_TONES,
    VERDICT_WORDS,
    listed_scenarios,
    not_weighed,
    weighed,
    with_error_words,
)
from jobs.summary_text import INK2, Column, Style, fit, width_of

_STYLE = Style(6.2)
_QUIET = Style(6.2, colour=INK2)
_SMALL = Style(5.8, colour=INK2)


def chance_figures(signal: SignalReport) -> list[tuple[str, str]]:
    """Name and value of both false-positive probabilities; none where they were not worked out."""
    found = signal.validation
    if found is None or found.fpp is None or found.nfpp is None or not weighed(signal):
        return []
    return [
        ("Chance not a planet (FPP)", with_error_words(found.fpp, found.fpp_err)),
        ("… and a neighbouring star’s (NFPP)", with_error_words(found.nfpp, found.nfpp_err)),
    ]


def scenario_lines(signal: SignalReport) -> list[tuple[str, str]]:
    """Name and probability of the eight explanations, the most likely first."""
    found = signal.validation
    if found is None:
        return []
    return [(SHORT_WORDS[name], with_error_words(p, error)) for name, p, error in listed_scenarios(found)]


def _cells(line: tuple[str, str], left: float, right: float) -> list[tuple[str, float, str]]:
    """A name that leaves room for its value, and the value."""
    name, value = line
    room = right - left - width_of(value, _SMALL) - 0.06
    return [(fit(name, room, _SMALL) if name else "", left, "left"), (value, right, "right")]


def draw_chances(column: Column, signal: SignalReport, head: Style, tones: dict[str, str]) -> None:
    """Heading, verdict, both probabilities and the eight explanations; nothing for runs older than them."""
    found = signal.validation
    if found is None:
        return
    column.line("How likely each explanation is", head)
    column.rule()
    figures = chance_figures(signal)
    if not figures or found.verdict is None:
        column.line(not_weighed(found), _QUIET, most=3)
        column.gap(0.08)
        return
    column.line(VERDICT_WORDS[found.verdict], Style(6.6, "bold", tones[VERDICT_TONES[found.verdict]]), most=2)
    for name, value in figures:
        column.row([(name, 0.0, "left"), (value, column.width, "right")], _STYLE)
    lines = scenario_lines(signal)
    half = (len(lines) + 1) // 2
    middle = column.width / 2
    for left, right in zip(lines[:half], [*lines[half:], ("", "")][:half], strict=True):
        cells = [*_cells(left, 0.0, middle - 0.1), *_cells(right, middle + 0.1, column.width)]
        column.row(cells, _SMALL)
    column.gap(0.08)
