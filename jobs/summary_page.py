"""The one page of a signal, put together: verdict, light, dips, pixels, chances, checks, neighbours, provenance.

A4, landscape. Everything is told by words and shapes too, so that a print in grey loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from data.report import Report, SignalReport
from jobs import summary_words as words
from jobs.summary_chances import draw_chances
from jobs.summary_light import (
    Columns,
    draw_dip,
    draw_light,
    draw_odd_even,
    draw_orbit,
    draw_second,
    used_light,
    without_others,
)
from jobs.summary_sky import draw_sky
from jobs.summary_text import INK2, INK3, Column, Style, fit, put, rule, width_of, wrap
from jobs.summary_words import CheckLine
from science.rounding import chance, number, significant

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE = (11.69, 8.27)  # A4 landscape, inches
_LEFT, _RIGHT, _SPLIT = 0.42, 11.37, 7.72  # the pictures end and the checks begin at the split
_TABLE_TOP, _TABLE_END = 1.30, 7.58
_BLOCK_TOP, _BLOCK_END = 6.10, 7.58
_TONES = {"pass": "#146B4F", "warn": "#8A5200", "fail": "#B8123A", "none": INK2, "info": INK2, "not_run": "#63635E"}
_TONE_SIGNS = {"pass": "✓", "warn": "△", "fail": "✗", "none": "○", "info": "○"}
#: Sizes of the table’s text and lines of a reason, from the most comfortable to the tightest; the first to fit counts.
_SIZES = ((7.0, 6), (6.6, 6), (6.2, 6), (6.2, 4), (5.9, 3), (5.6, 3), (5.3, 2), (5.0, 2), (4.7, 1), (4.4, 1))
_HEAD = Style(6.8, "bold", INK2)
#: Style of the page, whatever the person's own settings of matplotlib are.
RC: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 5.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK2,
    "axes.labelcolor": INK2,
    "axes.linewidth": 0.6,
    "xtick.color": INK2,
    "ytick.color": INK2,
    "xtick.labelsize": 5.5,
    "ytick.labelsize": 5.5,
    "xtick.major.size": 2.0,
    "ytick.major.size": 2.0,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.pad": 1.5,
    "ytick.major.pad": 1.5,
    "axes.formatter.useoffset": False,
    "axes.formatter.limits": [-6, 7],
    "pdf.fonttype": 42,  # whole letters, so that the text can be searched and copied
    "figure.dpi": 100,
    "savefig.dpi": 220,
    "svg.hashsalt": "larun",
}


def draw_page(report: Report, signal: SignalReport, light: Columns | None, sky: Mapping[str, Any] | None) -> Figure:
    """The page of `signal`. `light` are the columns of the stored "lightcurve", `sky` the document `sky-<signal>`;
    None where they are not stored, which the page says in words. Call inside `matplotlib.rc_context(RC)`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=PAGE)
    _header(figure, report, signal)
    t, flux = used_light(light)
    draw_light(_axes(figure, 0.88, 1.48, 6.62, 1.12), report, signal, t, flux)
    t, flux = without_others(t, flux, report, signal)
    draw_orbit(_axes(figure, 0.88, 3.00, 6.62, 0.88), signal, t, flux)
    draw_dip(_axes(figure, 0.88, 4.30, 1.34, 0.84), _axes(figure, 0.88, 5.18, 1.34, 0.36), signal, t, flux)
    draw_odd_even(_axes(figure, 2.68, 4.30, 1.34, 1.24), signal, t, flux)
    draw_second(_axes(figure, 4.48, 4.30, 1.34, 1.24), signal, t, flux)
    draw_sky(_axes(figure, 6.16, 4.30, 1.34, 1.24), report, signal, sky)
    _parameters(figure, signal)
    _star(figure, report)
    _neighbours(figure, report, signal)
    _checks(figure, signal)
    _footer(figure, report, signal)
    return figure


def _axes(figure: Figure, left: float, top: float, width: float, height: float) -> Any:
    """Axes at a place in inches from the upper left corner of the page."""
    page_width, page_height = PAGE
    return figure.add_axes(
        (left / page_width, 1 - (top + height) / page_height, width / page_width, height / page_height)
    )


def _header(figure: Figure, report: Report, signal: SignalReport) -> None:
    width = _RIGHT - _LEFT
    name = Style(14, "bold")
    told = Style(7, colour=INK2)
    sub = words.subtitle(report, signal)
    simulated = "Simulated light, not observed" if report.simulated else ""
    chip = Style(8, "bold", _TONES["warn"])
    right = max(width_of(sub, told), width_of(simulated, chip))
    sub = fit(sub, 0.6 * width, told)
    right = min(right, 0.6 * width)
    put(figure, fit(report.title or report.target, width - right - 0.3, name), _LEFT, 0.25, name)
    put(figure, sub, _RIGHT, 0.24, told, "right")
    if simulated:
        put(figure, simulated, _RIGHT, 0.38, chip, "right")
    rule(figure, _LEFT, 0.56, width)
    said, tone = words.headline(report, signal)
    verdict = Style(13, "bold", _TONES[tone], "DejaVu Serif")
    sign = Style(13, "bold", _TONES[tone])
    put(figure, _TONE_SIGNS[tone], _LEFT, 0.62, sign)
    indent = 0.24
    ended = Style(7, "bold", INK2)
    counted = words.counts(signal)
    room = width - indent - width_of(counted, ended) - 0.3
    put(figure, fit(said, room, verdict), _LEFT + indent, 0.62, verdict)
    put(figure, counted, _RIGHT, 0.68, ended, "right")
    column = Column(figure, _LEFT + indent, 0.87, width - indent)
    column.line(words.sentences(report, signal), told, most=3)


def _table_lines(
    lines: Sequence[CheckLine], width: float, style: Style, most_reason: int
) -> list[tuple[CheckLine | None, str]]:
    """Lines of the table: (check, "") for its row, (None, text) for a line of words below it."""
    small = _below(style)
    table: list[tuple[CheckLine | None, str]] = []
    for line in lines:
        if line.outcome == "not_run":
            titles = wrap(line.title, width, style)
            table.append((CheckLine("not_run", titles[0] if titles else ""), ""))
            table += [(None, f"\0{more}") for more in titles[1:]]
        else:
            table.append((line, ""))
        if line.reason:
            table += [(None, text) for text in wrap(line.reason, width, small, most_reason)]
    return table


def _below(style: Style) -> Style:
    return Style(style.size - 0.4, colour=INK2)


def _checks(figure: Figure, signal: SignalReport) -> None:
    column = Column(figure, _SPLIT, _TABLE_TOP, _RIGHT - _SPLIT)
    draw_chances(column, signal, _HEAD, _TONES)
    column.line("The checks: what must hold, what was measured, the limit", _HEAD)
    column.rule()
    lines = words.check_lines(signal)
    if not lines:
        column.line(words.UNCHECKED, Style(6.5, colour=INK2), most=0)
        return
    room = _TABLE_END - column.y
    for size, most in _SIZES:
        style = Style(size)
        indent = 0.086 * size  # behind sign and word
        table = _table_lines(lines, column.width - indent, style, most)
        if len(table) * style.leading <= room:
            break
    fitting = int(room / style.leading)
    if len(table) > fitting:
        kept = table[: fitting - 1]
        left = sum(line is not None for line, _ in table[fitting - 1 :])
        table = [*kept, (None, f"… and {left} more lines; the report on its page has them all.")]
    for line, text in table:
        if line is None:
            plain = text.startswith("\0")
            column.row([(text.lstrip("\0"), indent, "left")], style if plain else _below(style))
        else:
            _check_row(column, line, indent, style)


def _check_row(column: Column, line: CheckLine, indent: float, style: Style) -> None:
    tone = _TONES[line.outcome]
    heavy = Style(style.size, "bold" if line.outcome in ("fail", "warn") else "normal")
    coloured = Style(style.size, heavy.weight, tone)
    quiet = Style(style.size, colour=INK3)
    column.put(words.SIGNS[line.outcome], column.left, coloured)
    column.put(words.WORDS[line.outcome], column.left + 0.021 * style.size, coloured)
    limit_left = 0.78 * column.width
    value_right = limit_left - 0.08
    room = column.width - indent
    if line.value or line.limit:
        room = value_right - indent - width_of(line.value, style) - 0.1
    title = fit(line.title, room, heavy)
    column.put(title, column.left + indent, heavy)
    used = width_of(title, heavy) + 0.06
    if line.what and room - used > 0.3:
        column.put(fit(line.what, room - used, quiet), column.left + indent + used, quiet)
    if line.value:
        column.put(line.value, column.left + value_right, style, "right")
    column.row([(fit(line.limit, column.width - limit_left, quiet), limit_left, "left")], quiet)


def _pairs(column: Column, pairs: Sequence[tuple[str, str]], name_width: float) -> None:
    style = Style(6.0)
    fits = int((_BLOCK_END - column.y) / style.leading)
    for name, value in pairs[:fits]:
        told = fit(value, column.width - name_width, style)
        column.row([(name, 0.0, "left"), (told, name_width, "left")], Style(6.0))


def _parameters(figure: Figure, signal: SignalReport) -> None:
    column = Column(figure, _LEFT, _BLOCK_TOP, 2.42)
    column.line("The dips", _HEAD)
    column.rule()
    _pairs(column, words.fit_lines(signal), 1.05)


def _star(figure: Figure, report: Report) -> None:
    column = Column(figure, _LEFT + 2.56, _BLOCK_TOP, 2.10)
    heading = f"The star: {report.stellar.words}" if report.stellar.words else "The star"
    column.line(heading, _HEAD)
    column.rule()
    lines = words.star_lines(report)
    kind = words.kind_words(report)
    if not lines and not kind:
        column.line("Nothing is known of the star.", Style(6.0, colour=INK2))
    _pairs(column, lines, 0.66)
    column.line(kind, Style(6.0), most=2)


def _neighbours(figure: Figure, report: Report, signal: SignalReport) -> None:
    column = Column(figure, _LEFT + 4.80, _BLOCK_TOP, _SPLIT - _LEFT - 4.80 - 0.16)
    column.line("Who else is in the picture", _HEAD)
    column.rule()
    style, quiet = Style(6.0), Style(5.6, colour=INK2)
    column.line(words.field_sentence(report, signal), style, most=3)
    able = words.suspects(signal)
    if able:
        column.gap(0.02)
        # name left, numbers right
        ends = (0.86, 1.20, 1.66, column.width)
        column.row([("star", 0.0, "left"), ("mag", ends[0] + 0.12, "right"), ("away", ends[1] + 0.1, "right"),
                    ("must lose", ends[2] + 0.06, "right"), ("its dips?", ends[3], "right")], quiet)  # fmt: skip
        for n in able[:5]:
            name = fit(words.star_name(n), ends[0] - 0.14, style)
            host = "–" if n.host_probability is None else chance(n.host_probability)
            host = fit(host, ends[3] - ends[2] - 0.1, style)
            column.row(
                [
                    (name, 0.0, "left"),
                    (number(n.tmag, 1), ends[0] + 0.12, "right"),
                    (f"{significant(n.separation_arcsec, 2)}″", ends[1] + 0.1, "right"),
                    (words.dims(n.needed_depth), ends[2] + 0.06, "right"),
                    (host, ends[3], "right"),
                ],
                style,
            )
        if len(able) > 5:
            column.line(f"and {len(able) - 5} more on the report’s page", quiet)
    share = signal.contamination.sentence if signal.contamination is not None else ""
    column.gap(0.04)
    left = int((_BLOCK_END - column.y) / style.leading)
    column.line(share or "How much light comes from other stars was not worked out.", style, most=max(1, left))


def _footer(figure: Figure, report: Report, signal: SignalReport) -> None:
    rule(figure, _LEFT, _TABLE_END + 0.05, _RIGHT - _LEFT)
    column = Column(figure, _LEFT, _TABLE_END + 0.09, _RIGHT - _LEFT)
    column.line(words.not_done(report, signal), Style(6.0, "bold", INK2), most=2)
    style = Style(5.2, colour=INK3)
    for text in words.provenance_lines(report):
        column.line(text, style)
