"""Figures of a fit for a paper, PNG and PDF: corner, fold with band and residuals, traces, observed minus calculated.

As a program, for callers that do not want the drawing in their own process: `python -m jobs.fit_plots RUN SIGNAL
FOLDER`. Exit code 2: there is no such run, or no fit of this signal. The same stored fit gives the same bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlmodel import col, select

from data import lake
from data.fit_report import FitReport
from data.session import read_scope
from data.stored_report import fit_kind, read_report
from data.tables import StoredFile
from jobs.fit_corner import contour_levels
from jobs.fit_names import ParameterName, name_of
from jobs.fit_table import latex_value

#: Of the drawing; part of the name of cached files.
LAYOUT_VERSION = "1"
FORMATS = ("png", "pdf")
FIGURES = ("corner", "fold", "trace", "times")
_NO_SUCH_FIT = 2
_DPI = 200
_INK, _FAINT, _DATA, _MODEL, _BAND = "#202020", "#B9B8B1", "#1F5A96", "#C2410C", "#F0B89A"
_ENSEMBLES = ("#1F5A96", "#C2410C", "#4D7C0F", "#7E22CE", "#0F766E", "#B7791F", "#9D174D", "#475569")
#: Axes of these count from the median: factor from days, and the unit.
_OFFSETS = {"period_days": (86400.0, "s"), "epoch_bjd": (1440.0, "min")}
_RC = {
    "font.size": 8,
    "axes.linewidth": 0.6,
    "axes.edgecolor": _INK,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "svg.hashsalt": "larun",
    "pdf.fonttype": 42,  # text stays text
    "axes.unicode_minus": True,
}


class NoSuchFit(ValueError):
    """There is nothing to draw; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept of a fit, as far as it is."""

    title: str
    signal: int
    fit: FitReport
    corner: dict[str, Any] | None
    trace: tuple[dict[str, np.ndarray], dict[str, Any]] | None
    band: dict[str, np.ndarray] | None
    fold: dict[str, np.ndarray] | None


def write_fit_plots(run_id: str, signal: int, folder: Path, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write `fit-<signal>-<figure>.<format>` for each figure that the stored fit has light for; returns their paths.

    Raises NoSuchFit where the run has no fit of this signal, data.lake.LakeError when a file is damaged.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    stored = read_stored(run_id, signal)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)  # type: ignore[arg-type]
        for name, draw in (("corner", _corner), ("fold", _fold), ("trace", _trace), ("times", _times)):
            figure = draw(pyplot, stored)
            if figure is None:
                continue
            for ending in formats:
                path = folder / f"{fit_kind(signal)}-{name}.{ending}"
                # dates and versions in the metadata would make two pictures of the same fit differ
                nothing = {"Software": None} if ending == "png" else {"CreationDate": None, "Producer": None}
                figure.savefig(path, dpi=_DPI, metadata=nothing)
                paths.append(path)
            pyplot.close(figure)
    return paths


def read_stored(run_id: str, signal: int) -> Stored:
    """All that is kept of the fit of a signal. Raises NoSuchFit, data.lake.LakeError."""
    kind = fit_kind(signal)
    with read_scope() as session:
        report = read_report(session, run_id)
        rows = session.exec(
            select(StoredFile).where(StoredFile.run_id == run_id, col(StoredFile.kind).startswith(f"{kind}-"))
        ).all()
    signals = () if report is None else report.signals or ((report.best_rejected,) if report.best_rejected else ())
    fit = next((s.fit for s in signals if s is not None and s.index == signal), None)
    if report is None or fit is None:
        raise NoSuchFit(f"Run {run_id!r} has no fit of signal {signal}.")
    files = {row.kind.removeprefix(f"{kind}-"): row for row in rows}

    def columns(name: str) -> dict[str, np.ndarray] | None:
        return None if name not in files else lake.read_columns(files[name].path)

    trace = columns("trace")
    return Stored(
        title=report.title + (" (simulated)" if report.simulated else ""),
        signal=signal,
        fit=fit,
        corner=json.loads(lake.read_document(files["corner"].path)) if "corner" in files else None,
        trace=None if trace is None else (trace, dict(files["trace"].meta)),
        band=columns("band"),
        fold=columns("fold"),
    )


def _title(stored: Stored) -> str:
    title = f"{stored.title}, signal {stored.signal}"
    return title if stored.fit.converged else f"{title}: NOT CONVERGED, not a result"


def _symbol(names: ParameterName) -> str:
    return f"${names.symbol}$".replace(r"\star", r"\ast")  # the star of these fonts is no larger than a full stop


def _label(axis: dict[str, Any]) -> str:
    names = name_of(axis["name"])
    symbol = axis["name"] if names is None else _symbol(names)
    if axis["offset"]:
        symbol += " − median"
    return f"{symbol} ({axis['unit']})" if axis["unit"] else symbol


def _corner(pyplot: Any, stored: Stored) -> Any | None:
    from scipy.ndimage import gaussian_filter

    axes_of = [] if stored.corner is None else stored.corner["parameters"]
    n = len(axes_of)
    if stored.corner is None or n < 2:
        return None
    size = 1.15 * n + 0.9
    figure = pyplot.figure(figsize=(size, size))
    places = figure.add_gridspec(n, n, left=0.1, right=0.98, bottom=0.1, top=0.94, wspace=0.06, hspace=0.06)
    pairs = {(p["x"], p["y"]): np.asarray(p["counts"], dtype=float) for p in stored.corner["pairs"]}
    for j in range(n):
        for i in range(j + 1):
            axes = figure.add_subplot(places[j, i])
            x = np.asarray(axes_of[i]["edges"])
            axes.set_xlim(x[0], x[-1])
            if i == j:
                axes.stairs(axes_of[i]["counts"], x, color=_INK, lw=0.8)
                low, middle, high = axes_of[i]["quantiles"][1:4]
                for at, style in ((low, ":"), (middle, "-"), (high, ":")):
                    axes.axvline(at, ls=style, lw=0.7, color=_MODEL)
                axes.set_yticks([])
                known = stored.fit.parameters.get(axes_of[i]["name"])
                if known is not None:
                    axes.set_title(latex_value(known).replace(r"\pm", r"\pm "), fontsize=6.5)
            else:
                _pair(axes, gaussian_filter, pairs[(i, j)], x, np.asarray(axes_of[j]["edges"]))
            _corner_ticks(axes, i, j, n, axes_of)
    figure.suptitle(_title(stored), x=0.98, y=0.98, ha="right", fontsize=10)
    return figure


def _pair(axes: Any, smooth: Any, counts: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    rows, columns = counts.shape
    xs, ys = np.linspace(x[0], x[-1], columns + 1), np.linspace(y[0], y[-1], rows + 1)
    axes.imshow(
        counts, extent=(x[0], x[-1], y[0], y[-1]), origin="lower", aspect="auto", interpolation="nearest",
        cmap="Greys", vmin=0, vmax=1.4 * max(counts.max(), 1),
    )  # fmt: skip
    soft = smooth(counts, 0.9)
    levels = sorted(set(contour_levels(soft)))
    if levels and levels[-1] > 0 and levels[0] < soft.max():
        axes.contour(
            0.5 * (xs[1:] + xs[:-1]), 0.5 * (ys[1:] + ys[:-1]), soft, levels=levels, colors=_DATA, linewidths=0.8
        )
    axes.set_ylim(y[0], y[-1])


def _corner_ticks(axes: Any, i: int, j: int, n: int, axes_of: list[dict[str, Any]]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(3, prune="both"))
    axes.tick_params(labelsize=6)
    if j == n - 1:
        axes.set_xlabel(_label(axes_of[i]), fontsize=7)
        axes.tick_params(axis="x", rotation=40)
    else:
        axes.set_xticklabels([])
    if i != j:
        axes.yaxis.set_major_locator(MaxNLocator(3, prune="both"))
        if i == 0:
            axes.set_ylabel(_label(axes_of[j]), fontsize=7)
        else:
            axes.set_yticklabels([])


def _fold(pyplot: Any, stored: Stored) -> Any | None:
    band, fold = stored.band, stored.fold
    if band is None or fold is None:
        return None
    figure, (top, bottom) = pyplot.subplots(
        2, 1, figsize=(5.2, 4.2), sharex=True, height_ratios=(3, 1), layout="constrained"
    )
    top.fill_between(
        band["hours"], band["lo68_ppm"], band["hi68_ppm"], color=_BAND, lw=0, label="68 % of the posterior"
    )
    top.plot(band["hours"], band["median_ppm"], color=_MODEL, lw=1.2, label="median model")
    style = {"fmt": ".", "ms": 3, "lw": 0.6, "color": _DATA}
    top.errorbar(fold["hours"], fold["mean_ppm"], fold["err_ppm"], **style, label="averages of the light")
    top.set_ylabel("brightness (ppm)")
    top.legend(frameon=False, fontsize=7, loc="lower right")
    top.set_title(_title(stored), fontsize=9)
    bottom.axhline(0, color=_MODEL, lw=0.8)
    bottom.errorbar(fold["hours"], fold["residual_ppm"], fold["err_ppm"], **style)
    bottom.set(xlabel="hours from mid-transit", ylabel="residual (ppm)")
    top.set_xlim(fold["hours"].min(), fold["hours"].max())
    return figure


def _trace(pyplot: Any, stored: Stored) -> Any | None:
    if stored.trace is None:
        return None
    columns, meta = stored.trace
    names: dict[str, str] = meta["columns"]
    figure, grid = pyplot.subplots(
        len(names), 1, figsize=(6, 1.0 * len(names) + 0.8), sharex=True, squeeze=False, layout="constrained"
    )
    for axes, (column, name) in zip(grid[:, 0], names.items(), strict=True):
        scale, unit = _OFFSETS.get(name, (1.0, ""))
        offset = float(np.median(columns[column])) if unit else 0.0
        low, middle, high = (
            (columns[c].astype(np.float64) - offset) * scale for c in (f"{column}_lo68", column, f"{column}_hi68")
        )
        for e in np.unique(columns["ensemble"]):
            mine = columns["ensemble"] == e
            colour = _ENSEMBLES[int(e) % len(_ENSEMBLES)]
            step = columns["step"][mine]
            axes.fill_between(step, low[mine], high[mine], color=colour, alpha=0.12, lw=0)
            axes.plot(step, middle[mine], lw=0.6, color=colour)
        axes.axvline(int(meta["discarded"]), color=_INK, lw=0.7, ls="--")
        names_of = name_of(name)
        label = name.replace("_", " ") if names_of is None else _symbol(names_of)
        axes.set_ylabel(label + (f" − median\n({unit})" if unit else ""), fontsize=7)
        axes.tick_params(labelsize=6)
    grid[-1, 0].set_xlabel("step (dashed: what lies before is not used)")
    grid[0, 0].set_title(_title(stored), fontsize=9)
    return figure


def _times(pyplot: Any, stored: Stored) -> Any | None:
    times = stored.fit.transit_times
    if len(times) < 2:
        return None
    figure, axes = pyplot.subplots(figsize=(5.2, 2.8), layout="constrained")
    axes.axhline(0, color=_FAINT, lw=0.8)
    axes.errorbar(
        [t.time_bjd - 2457000.0 for t in times],
        [t.minutes_late for t in times],
        [1440.0 * t.error_days for t in times],
        fmt=".", ms=4, lw=0.7, color=_DATA,
    )  # fmt: skip
    axes.set(xlabel="mid-transit (BJD − 2 457 000)", ylabel="observed − calculated (min)")
    axes.set_title(_title(stored), fontsize=9)
    return figure


def main(argv: Sequence[str]) -> int:
    """RUN SIGNAL FOLDER. Whoever calls has made sure that the run is the asking person's."""
    run_id, signal, folder = argv
    try:
        write_fit_plots(run_id, int(signal), Path(folder))
    except NoSuchFit as reason:
        print(reason, file=sys.stderr)
        return _NO_SUCH_FIT
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
