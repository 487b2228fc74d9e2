"""Pictures of a finished run as PNG files: light curve, periodogram, and a fold for each signal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sqlmodel import select

from data import lake
from data.report import Report, SignalReport
from data.session import read_scope
from data.tables import StoredFile
from science.folding import phase_days
from science.lightcurve import BTJD_OFFSET_DAYS

# the light theme of the pages, so that pictures and pages look alike
_RAW, _BIN, _MODEL, _MARK, _INK = "#B9B8B1", "#1F5A96", "#C2410C", "#B7791F", "#55544F"
_DPI = 150


def write_plots(report: Report, folder: Path) -> list[Path]:
    """Write lightcurve.png, periodogram-<round>.png and fold-<signal>.png into `folder`; returns their paths."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams.update(
        {
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": _INK,
            "axes.labelcolor": _INK,
            "xtick.color": _INK,
            "ytick.color": _INK,
            "figure.constrained_layout.use": True,
        }
    )
    folder.mkdir(parents=True, exist_ok=True)
    light = _columns(report.run_id, "lightcurve")
    paths = [_plot_light(pyplot, report, light, folder / "lightcurve.png")]
    for line in report.periodograms:
        columns = _columns(report.run_id, f"periodogram-{line.round}")
        paths.append(_plot_periodogram(pyplot, line.threshold_sde, columns, folder / f"periodogram-{line.round}.png"))
    shown = report.signals or ((report.best_rejected,) if report.best_rejected else ())
    for signal in shown:
        paths.append(_plot_fold(pyplot, signal, light, folder / f"fold-{signal.index}.png"))
    pyplot.close("all")
    return paths


def _columns(run_id: str, kind: str) -> dict[str, np.ndarray]:
    with read_scope() as session:
        stored = session.exec(select(StoredFile).where(StoredFile.run_id == run_id, StoredFile.kind == kind)).one()
    return lake.read_columns(stored.path)


def _plot_light(pyplot: Any, report: Report, light: dict[str, np.ndarray], path: Path) -> Path:
    figure, axes = pyplot.subplots(figsize=(9, 3))
    used = (light["flags"] & 1) != 0
    axes.plot(light["t"][used], light["flux"][used], ".", ms=1, color=_RAW, rasterized=True, label="each measurement")
    t, mean, _ = binned(light["t"][used], light["flux"][used], 1 / 24)
    axes.plot(t, mean, ".", ms=2, color=_BIN, label="1-hour average")
    for signal in report.signals:
        times = np.array(signal.transit_times_bjd) - BTJD_OFFSET_DAYS
        axes.plot(times, np.full(len(times), axes.get_ylim()[0]), "^", ms=5, color=_MARK, clip_on=False)
    lo, hi = np.percentile(light["flux"][used], [0.05, 99.95])
    deepest = max((s.depth_ppm for s in report.signals), default=0.0)
    axes.set_ylim(min(lo, -1.3 * deepest), hi)
    axes.set(xlabel="day (BTJD)", ylabel="brightness, ppm", title=_title(report))
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    return _save(figure, path)


def _plot_periodogram(pyplot: Any, threshold: float, columns: dict[str, np.ndarray], path: Path) -> Path:
    figure, axes = pyplot.subplots(figsize=(6, 3))
    axes.plot(columns["period"], columns["power"], lw=0.6, color=_BIN)
    axes.axhline(threshold, ls="--", lw=0.8, color=_INK)
    axes.set_xscale("log")
    axes.set(xlabel="period, days", ylabel="strength (SDE)")
    return _save(figure, path)


def _plot_fold(pyplot: Any, signal: SignalReport, light: dict[str, np.ndarray], path: Path) -> Path:
    figure, axes = pyplot.subplots(figsize=(6, 3))
    used = (light["flags"] & 1) != 0
    hours = 24 * phase_days(light["t"][used], signal.period_days, signal.epoch_bjd - BTJD_OFFSET_DAYS)
    near = np.abs(hours) < min(3 * signal.duration_hours, 12 * signal.period_days)
    axes.plot(hours[near], light["flux"][used][near], ".", ms=1.5, color=_RAW, rasterized=True)
    x, mean, err = binned(hours[near], light["flux"][used][near].astype(float), signal.duration_hours / 8)
    axes.errorbar(x, mean, err, fmt=".", ms=5, lw=0.8, color=_BIN, label="average")
    if signal.model_phase_hours:
        axes.plot(signal.model_phase_hours, signal.model_ppm, lw=1.6, color=_MODEL, label="best transit shape")
    axes.set_ylim(-2.2 * max(signal.depth_ppm, 1), 1.4 * max(signal.depth_ppm, 1))
    axes.set(
        xlabel="hours from mid-transit",
        ylabel="brightness, ppm",
        title=f"Signal {signal.index}, {signal.period_days:.5f} d",
    )
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    return _save(figure, path)


def binned(x: np.ndarray, y: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means of `y` in steps of `width` in `x`, with the standard error of each mean; empty steps are left out."""
    index = np.floor((x - x.min()) / width).astype(int)
    count = np.bincount(index)
    keep = count > 0
    total, square = np.bincount(index, y), np.bincount(index, y * y)
    mean = total[keep] / count[keep]
    variance = np.maximum(square[keep] / count[keep] - mean**2, 0.0)
    centre = np.bincount(index, x)[keep] / count[keep]
    return centre, mean, np.sqrt(variance / np.maximum(count[keep] - 1, 1))


def _title(report: Report) -> str:
    return f"{report.title} (simulated)" if report.simulated else report.title


def _save(figure: Any, path: Path) -> Path:
    # dates and versions in the metadata would make two pictures of the same run differ
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})
    return path
