"""The light of the one-page summary: all of it, folded over the orbit, the dip, odd against even, and a second dip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from data.report import OddEven, Report, SignalReport
from data.vetting_report import TestPicture
from jobs.plots import binned
from jobs.summary_text import INK2, INK3
from jobs.summary_words import measured
from science.folding import phase_days
from science.lightcurve import BTJD_OFFSET_DAYS
from science.rounding import MINUS, THIN, significant

Columns = Mapping[str, np.ndarray]

# the light theme of the pages
RAW, BIN, MODEL, MARK, ODD, EVEN = "#B9B8B1", "#1F5A96", "#C2410C", "#B7791F", "#0B6BB0", "#A85B00"
TITLE_SIZE, LABEL_SIZE = 6.5, 5.5
#: Stretches further apart than this are drawn next to each other, with a line between.
_GAP_DAYS = 20.0
_MOST_RAW = 150_000  # more dots than this are thinned: nothing more can be seen
_PERCENT_FROM_PPM = 20_000.0
_BKJD_OFFSET_DAYS = 2454833.0  # how Kepler counts its days
_NO_LIGHT = "The cleaned light is not stored."


def used_light(columns: Columns | None) -> tuple[np.ndarray, np.ndarray]:
    """Times (BTJD) and brightness (ppm) of the measurements that were used, in order of time."""
    if columns is None:
        return np.empty(0), np.empty(0)
    keep = ((columns["flags"] & 1) != 0) & np.isfinite(columns["flux"])
    t, flux = columns["t"][keep].astype(float), columns["flux"][keep].astype(float)
    order = np.argsort(t, kind="stable")
    return t[order], flux[order]


def without_others(
    t: np.ndarray, flux: np.ndarray, report: Report, signal: SignalReport
) -> tuple[np.ndarray, np.ndarray]:
    """The light without the dips of the run's other signals."""
    keep = np.ones(len(t), dtype=bool)
    for other in report.signals:
        if other.index != signal.index:
            away = np.abs(phase_days(t, other.period_days, other.epoch_bjd - BTJD_OFFSET_DAYS))
            keep &= away > 0.6 * other.duration_hours / 24
    return t[keep], flux[keep]


def title(axes: Any, text: str) -> None:
    """Heading of a picture."""
    axes.set_title(text, loc="left", fontsize=TITLE_SIZE, fontweight="bold", color=INK2, pad=3, parse_math=False)


def say(axes: Any, text: str) -> None:
    """An empty frame with the reason in it."""
    from jobs.summary_text import Style, wrap

    style = Style(LABEL_SIZE, colour=INK2)
    box = axes.get_position()
    width = 0.9 * box.width * axes.figure.get_size_inches()[0]
    axes.text(
        0.5, 0.5, "\n".join(wrap(text, width, style, 8)), transform=axes.transAxes, ha="center", va="center",
        fontsize=style.size, color=style.colour, parse_math=False, linespacing=1.5,
    )  # fmt: skip
    axes.set(xticks=[], yticks=[])
    for side in axes.spines.values():
        side.set(visible=True, linestyle=(0, (2, 2)), color="#CFCECA")


def labels(axes: Any, x: str, y: str = "") -> None:
    """Names of the axes; deep dips are told in per cent instead of ppm, whose numbers would be too long."""
    axes.set_xlabel(x, fontsize=LABEL_SIZE, labelpad=1.5, parse_math=False)
    if not y:
        return
    if max(map(abs, axes.get_ylim())) >= _PERCENT_FROM_PPM:
        axes.yaxis.set_major_formatter(lambda ppm, _: f"{ppm / 1e4:g}".replace("-", MINUS))
        y = y.replace("ppm", "%")
    axes.set_ylabel(y, fontsize=LABEL_SIZE, labelpad=2, parse_math=False)


def _dots(axes: Any, x: np.ndarray, y: np.ndarray, size: float = 1.0) -> None:
    step = 1 + len(x) // _MOST_RAW
    axes.plot(x[::step], y[::step], ".", ms=size, mew=0, color=RAW, rasterized=True)


def draw_light(axes: Any, report: Report, signal: SignalReport, t: np.ndarray, flux: np.ndarray) -> None:
    """All of the light, with a triangle under every dip."""
    title(axes, "All of the light; triangles mark the dips")
    if not len(t):
        say(axes, _NO_LIGHT)
        return
    cuts = np.flatnonzero(np.diff(t) > _GAP_DAYS) + 1
    starts, stops = t[np.r_[0, cuts]], t[np.r_[cuts - 1, len(t) - 1]]
    room = 0.012 * float(np.sum(stops - starts)) or 1.0
    begins = np.cumsum(np.r_[0.0, (stops - starts)[:-1] + room])

    def place(times: np.ndarray) -> np.ndarray:
        group = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, len(starts) - 1)
        placed: np.ndarray = begins[group] + times - starts[group]
        return placed

    x = place(t)
    total = float(x[-1]) or 1.0
    _dots(axes, x, flux)
    mean_x, mean, _ = binned(x, flux, max(1 / 24, total / 1200))
    axes.plot(mean_x, mean, ".", ms=1.6, mew=0, color=BIN, rasterized=True)
    lo, hi = np.percentile(flux, [0.1, 99.9])
    lo = min(lo, -1.2 * signal.depth_ppm)
    axes.set_ylim(lo - 0.12 * (hi - lo), hi + 0.14 * (hi - lo))
    axes.set_xlim(-0.5 * room, total + 0.5 * room)
    times = np.array(signal.transit_times_bjd) - BTJD_OFFSET_DAYS
    seen = times[np.any((times[:, None] >= starts - 0.1) & (times[:, None] <= stops + 0.1), axis=1)]
    size = 4.0 if len(seen) < 60 else 2.0
    axes.plot(place(seen), np.full(len(seen), 0.03), "^", ms=size, mew=0, color=MARK, transform=_across(axes))
    for edge in begins[1:]:
        axes.axvline(edge - room / 2, lw=0.5, ls=":", color=INK3)
    kepler = bool(report.sectors) and all(s.mission in ("Kepler", "K2") for s in report.sectors)
    offset = _BKJD_OFFSET_DAYS if kepler else BTJD_OFFSET_DAYS
    shift = BTJD_OFFSET_DAYS - offset
    _day_ticks(axes, starts + shift, stops + shift, begins, total)
    _sector_labels(axes, report, place, starts, stops, total)
    breaks = "; dotted lines: breaks left out" if len(cuts) else ""
    labels(axes, f"day (BJD − {offset:.0f}){breaks}", "brightness, ppm")


def _across(axes: Any) -> Any:
    from matplotlib.transforms import blended_transform_factory

    return blended_transform_factory(axes.transData, axes.transAxes)


def _day_ticks(axes: Any, starts: np.ndarray, stops: np.ndarray, begins: np.ndarray, total: float) -> None:
    from matplotlib.ticker import MaxNLocator

    ticks, words, last = [], [], -np.inf
    for start, stop, begin in zip(starts, stops, begins, strict=True):
        share = (stop - start) / total
        for day in MaxNLocator(max(1, round(12 * share)), steps=[1, 2, 5, 10]).tick_values(start, stop):
            at = begin + day - start
            # a number needs a twentieth of the width
            if start <= day <= stop and at - last > 0.055 * total:
                ticks.append(at)
                words.append(f"{day:g}")
                last = at
    axes.set_xticks(ticks, words)


def _sector_labels(axes: Any, report: Report, place: Any, starts: np.ndarray, stops: np.ndarray, total: float) -> None:
    last = -np.inf
    for sector in sorted(report.sectors, key=lambda s: s.start_bjd):
        begin = sector.start_bjd - BTJD_OFFSET_DAYS
        if not np.any((begin >= starts - 1) & (begin <= stops + 1)):
            continue
        at = float(place(np.array([np.clip(begin, starts[0], stops[-1])]))[0])
        room = (0.012 + 0.0065 * len(sector.label)) * total
        if at - last < room or len(sector.label) > 12:
            continue
        axes.text(at, 0.99, sector.label, transform=_across(axes), fontsize=5, color=INK3, ha="left", va="top",
                  parse_math=False)  # fmt: skip
        last = at


def second_phase(signal: SignalReport) -> tuple[float, float | None, float | None]:
    """Phase, depth and error (ppm) of the strongest dip besides the main one; phase 0.5 where none was searched for."""
    test = signal.vetting.get("secondary")
    phase = None if test is None else test.numbers.get("secondary_phase")
    if test is None or phase is None:
        return 0.5, signal.secondary_ppm, signal.secondary_ppm_err
    return phase % 1.0, test.numbers.get("secondary_depth_ppm"), test.numbers.get("secondary_depth_err_ppm")


def draw_orbit(axes: Any, signal: SignalReport, t: np.ndarray, flux: np.ndarray) -> None:
    """The whole orbit, folded; the dip at 0 and the strongest other dip marked."""
    period = signal.period_days
    title(axes, f"The whole orbit of {significant(period, 6)} days laid over itself")
    if not len(t):
        say(axes, _NO_LIGHT)
        return
    x = (phase_days(t, period, signal.epoch_bjd - BTJD_OFFSET_DAYS) / period + 0.25) % 1.0 - 0.25
    width = float(np.clip(signal.duration_hours / 24 / period / 4, 1 / 800, 1 / 100))
    at, mean, _ = binned(x, flux, width)
    _dots(axes, x, flux)
    axes.plot(at, mean, ".", ms=2.6, mew=0, color=BIN)
    scatter = float(np.std(mean[np.abs(at) > signal.duration_hours / 24 / period])) if len(mean) > 4 else 0.0
    lo = min(-1.15 * signal.depth_ppm, float(np.min(mean)), -4 * scatter)
    hi = max(float(np.percentile(mean, 99.5)), 4 * scatter, 0.15 * signal.depth_ppm, 1.0)
    axes.set_ylim(lo - 0.15 * (hi - lo), hi + 0.08 * (hi - lo))
    axes.set_xlim(-0.25, 0.75)
    axes.axhline(0, lw=0.4, color="#CFCECA", zorder=0)
    axes.plot([0], [0.045], "^", ms=4, mew=0, color=MARK, transform=_across(axes))
    phase, _, _ = second_phase(signal)
    second = (phase + 0.25) % 1.0 - 0.25
    axes.plot([second], [0.045], "D", ms=3.2, mfc="white", mew=0.8, color=MARK, transform=_across(axes))
    labels(axes, "part of the orbit since the dip (triangle); diamond: where a second dip would be", "brightness, ppm")


def draw_dip(axes: Any, under: Any, signal: SignalReport, t: np.ndarray, flux: np.ndarray) -> None:
    """The dip with the model over it, and below what is left when the model is taken away."""
    title(axes, "Dip, model, leftover")
    if not len(t):
        under.set_visible(False)
        say(axes, _NO_LIGHT)
        return
    hours = 24 * phase_days(t, signal.period_days, signal.epoch_bjd - BTJD_OFFSET_DAYS)
    half = min(2.5 * signal.duration_hours, 12 * signal.period_days)
    near = np.abs(hours) < half
    if not np.any(near):
        under.set_visible(False)
        say(axes, "No measurement lies near the dips.")
        return
    x, y = hours[near], flux[near]
    _dots(axes, x, y, 1.4)
    at, mean, err = binned(x, y, signal.duration_hours / 8)
    axes.errorbar(at, mean, err, fmt=".", ms=3.4, lw=0.6, mew=0, color=BIN)
    depth = max(signal.depth_ppm, 1.0)
    if len(signal.model_phase_hours) > 1:
        mx, my = np.array(signal.model_phase_hours), np.array(signal.model_ppm)
        axes.plot(mx, my, lw=1.3, color=MODEL)
        rest = mean - np.interp(at, mx, my)
        under.errorbar(at, rest, err, fmt=".", ms=3, lw=0.6, mew=0, color=BIN)
        reach = 1.25 * float(np.max(np.abs(rest) + err)) or 1.0
        under.set_ylim(-reach, reach)
    under.axhline(0, lw=0.8, color=MODEL)
    lo, hi = min(-1.35 * depth, float(np.min(mean - err))), max(0.6 * depth, float(np.max(mean + err)))
    axes.set_ylim(lo, hi)
    for a in (axes, under):
        a.set_xlim(-half, half)
    axes.set_xticklabels([])
    labels(under, "hours from mid-dip", "left, ppm")
    labels(axes, "", "ppm")


def draw_odd_even(axes: Any, signal: SignalReport, t: np.ndarray, flux: np.ndarray) -> None:
    """Odd and even dips over each other, as the test saw them or else from the light."""
    pair = _depths(signal)
    title(axes, "Odd (filled), even (open)")
    test = signal.vetting.get("odd_even_depth")
    if test is not None and test.picture is not None:
        _draw_picture(axes, test.picture)
    elif not len(t):
        say(axes, _NO_LIGHT)
        return
    else:
        _fold_parity(axes, signal, t, flux)
    for depth, colour, style in ((pair.odd_ppm, ODD, "-"), (pair.even_ppm, EVEN, "--")):
        if depth is not None:
            axes.axhline(-depth, lw=0.7, ls=style, color=colour)
    labels(axes, "hours from mid-dip", "ppm")
    if pair.odd_ppm is None and pair.even_ppm is None:
        note(axes, "Only odd or only even dips were seen.")
        return
    apart = "" if pair.sigma is None else f"; apart by {significant(pair.sigma, 2)}{THIN}σ"
    note(
        axes,
        f"odd {measured(pair.odd_ppm, pair.odd_ppm_err, 'ppm')}",
        f"even {measured(pair.even_ppm, pair.even_ppm_err, 'ppm')}{apart}",
    )


def _depths(signal: SignalReport) -> OddEven:
    """Depths of odd and even dips as the test measured them, else as the search did."""
    test = signal.vetting.get("odd_even_depth")
    if test is None or test.numbers.get("odd_depth_ppm") is None:
        return signal.odd_even
    n = test.numbers
    return OddEven(
        odd_ppm=n["odd_depth_ppm"],
        odd_ppm_err=n.get("odd_depth_err_ppm"),
        even_ppm=n.get("even_depth_ppm"),
        even_ppm_err=n.get("even_depth_err_ppm"),
        sigma=test.value,
    )


def _fold_parity(axes: Any, signal: SignalReport, t: np.ndarray, flux: np.ndarray) -> None:
    epoch = signal.epoch_bjd - BTJD_OFFSET_DAYS
    hours = 24 * phase_days(t, signal.period_days, epoch)
    turn = np.round((t - epoch) / signal.period_days).astype(int) % 2
    near = np.abs(hours) < min(2 * signal.duration_hours, 12 * signal.period_days)
    for parity, shape, colour, face in ((1, "o", ODD, ODD), (0, "s", EVEN, "white")):
        rows = near & (turn == parity)
        if np.any(rows):
            x, mean, err = binned(hours[rows], flux[rows], signal.duration_hours / 6)
            axes.errorbar(x, mean, err, fmt=shape, ms=2.6, lw=0.6, mew=0.7, color=colour, mfc=face)


def _draw_picture(axes: Any, picture: TestPicture) -> None:
    shapes = {"dots": (".", BIN, BIN), "odd": ("o", ODD, ODD), "even": ("s", EVEN, "white"), "mark": ("^", MARK, MARK)}
    for layer in picture.series:
        if layer.style in ("line", "level"):
            axes.plot(layer.x, layer.y, lw=1.0, ls="-" if layer.style == "line" else "--", color=MODEL)
            continue
        shape, colour, face = shapes[layer.style]
        axes.errorbar(layer.x, layer.y, layer.err, fmt=shape, ms=2.6, lw=0.6, mew=0.7, color=colour, mfc=face)


def draw_second(axes: Any, signal: SignalReport, t: np.ndarray, flux: np.ndarray) -> None:
    """The light around the strongest other dip, on its own scale."""
    phase, depth, err = second_phase(signal)
    title(axes, f"Second dip? Phase {phase:.2f}")
    if not len(t):
        say(axes, _NO_LIGHT)
        return
    epoch = signal.epoch_bjd - BTJD_OFFSET_DAYS + phase * signal.period_days
    hours = 24 * phase_days(t, signal.period_days, epoch)
    half = min(2.5 * signal.duration_hours, 12 * signal.period_days)
    # the main dip close by would only set the scale
    main = np.abs(phase_days(t, signal.period_days, signal.epoch_bjd - BTJD_OFFSET_DAYS))
    near = (np.abs(hours) < half) & (main > 0.6 * signal.duration_hours / 24)
    if not np.any(near):
        say(axes, "No measurement lies at this phase.")
        return
    x, y = hours[near], flux[near]
    at, mean, mean_err = binned(x, y, signal.duration_hours / 6)
    _dots(axes, x, y, 1.4)
    axes.errorbar(at, mean, mean_err, fmt=".", ms=3.4, lw=0.6, mew=0, color=BIN)
    lo, hi = float(np.min(mean - mean_err)), float(np.max(mean + mean_err))
    if depth is not None:
        axes.plot([-signal.duration_hours / 2, signal.duration_hours / 2], [-depth, -depth], lw=1.3, color=MODEL)
        lo, hi = min(lo, -depth), max(hi, -depth)
    room = (hi - lo) or 1.0
    axes.set_ylim(lo - 0.5 * room, hi + 0.5 * room)
    axes.set_xlim(-half, half)
    axes.axhline(0, lw=0.4, color="#CFCECA", zorder=0)
    labels(axes, "hours from that phase", "ppm")
    if depth is not None:
        note(axes, f"{measured(depth, err, 'ppm')} deep there")


def note(axes: Any, *lines: str, below: float = 23.0) -> None:
    """Lines of words under the axis name, `below` points under the picture, kept to the picture's width."""
    from jobs.summary_text import Style, fit

    style = Style(LABEL_SIZE, colour=INK2)
    width = axes.get_position().width * axes.figure.get_size_inches()[0] + 0.4
    for number, text in enumerate(lines):
        axes.annotate(
            fit(text, width, style), (0.5, 0), xytext=(0, -below - 7.5 * number), xycoords="axes fraction",
            textcoords="offset points", ha="center", va="baseline", fontsize=style.size, color=style.colour,
            annotation_clip=False, parse_math=False,
        )  # fmt: skip
