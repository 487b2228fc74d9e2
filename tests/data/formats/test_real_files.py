"""Every real light curve we have reads, and what is read folds as the catalogues say."""

from __future__ import annotations

import csv
import re
import time
from pathlib import Path

import numpy as np
import pytest

from data.formats import read, read_many
from data.formats.errors import FoldedCurve, NotALightCurve, NoTimes, UnreadableFile
from science.lightcurve import LightCurve

#: Files that are no light curves, or were folded before, and what is said of them.
REFUSED = {
    "juliet__rvs_toi141.dat.gz": (NotALightCurve, "radial velocities"),
    "triceratops__Kepler10b_lightcurve.csv.gz": (FoldedCurve, "already folded"),
    "triceratops__TOI1228_folded_lightcurve.csv.gz": (FoldedCurve, "x_fold"),
    "triceratops__TOI411_02_lightcurve.csv.gz": (FoldedCurve, "already folded"),
    "triceratops__TOI465_01_lightcurve.csv.gz": (FoldedCurve, "already folded"),
    "triceratops__TOI465_01_contrastcurve.csv.gz": (NoTimes, "0.0333333 to 3.33003"),
    "vespa__2704.02.txt.gz": (FoldedCurve, "already folded"),
    "vespa__signal.txt.gz": (FoldedCurve, "already folded"),
}


@pytest.fixture(scope="module")
def index(realdata: Path) -> dict[str, dict[str, str]]:
    with (realdata / "lightcurves" / "INDEX.csv").open(newline="") as lines:
        return {row["file"]: row for row in csv.DictReader(lines) if row["file"].startswith("lightcurves/")}


def test_every_file_reads_or_is_refused_for_a_good_reason(realdata: Path, index: dict[str, dict[str, str]]) -> None:
    assert len(index) > 320
    problems = []
    for name, row in index.items():
        path = realdata / name
        if path.name in REFUSED:
            kind, words = REFUSED[path.name]
            with pytest.raises(kind, match=words):
                read(path)
            continue
        try:
            result = read(path)
        except UnreadableFile as refusal:
            problems.append(f"{name}: {refusal}")
            continue
        problems.extend(f"{name}: {p}" for p in disagreements(result.curves, result.star.name, row))
    assert problems == []


def disagreements(curves: tuple[LightCurve, ...], star: str, row: dict[str, str]) -> list[str]:
    """Where our reading differs from the index that comes with the files."""
    found = []
    span = curves[-1].time_bjd[-1] - curves[0].time_bjd[0]
    if row["span_d"] and abs(span - float(row["span_d"])) > 0.3:
        found.append(f"span {span:.2f} d, not {row['span_d']}")
    if row["cadence_min"] and abs(curves[0].cadence_days * 1440 / float(row["cadence_min"]) - 1) > 0.01:
        found.append(f"cadence {curves[0].cadence_days * 1440:.3f} min, not {row['cadence_min']}")
    wanted = re.fullmatch(r"(TIC|KIC|EPIC)(\d+)", row["star"])
    if star and wanted and star != f"{wanted[1]} {wanted[2]}":
        found.append(f"star {star}, not {row['star']}")
    if row["sector_quarter"] and [str(c.number) for c in curves] != [row["sector_quarter"]]:
        found.append(f"labels {[c.label for c in curves]}, not {row['sector_quarter']}")
    n_points = int(row["n_points"] or 0)
    # The index counts rows with a time, of which K2SFF, QLP and others have left out bad ones.
    if n_points > 0 and "fit_examples" not in row["file"] and sum(len(c.time_bjd) for c in curves) > n_points:
        found.append(f"{sum(len(c.time_bjd) for c in curves)} rows, not {n_points}")
    return found


def test_sectors_of_one_file_are_told_apart(realdata: Path) -> None:
    folder = realdata / "lightcurves"
    pimen = read(folder / "multisector" / "pimen_tess_2min_s1_4_8_11_12_13.npz")
    assert [c.label for c in pimen.curves] == ["S1", "S4", "S8", "S11", "S12", "S13"]
    assert all(np.isnan(c.flux_err).all() for c in pimen.curves)  # 1.0 for every point is no error
    toi1798 = read(folder / "multisector" / "toi1798_tess_2min_s16_22_23_49_50.npz")
    assert [c.number for c in toi1798.curves] == [16, 22, 23, 49, 50]
    binary = read(folder / "kepler_eb" / "eb02.npz")
    assert [c.label for c in binary.curves] == [f"Q{i}" for i in range(18)]


def test_a_star_with_thirteen_sectors(realdata: Path) -> None:
    files = sorted((realdata / "lightcurves" / "tess_2min_ucd").glob("tic220429097_*.npz"))
    result = read_many(files)
    assert [c.label for c in result.curves] == [f"S{int(f.stem[-4:])}" for f in files]
    assert result.star.tic_id == 220429097


def depth_ppm(curves: tuple[LightCurve, ...], period: float, epoch: float, hours: float) -> float:
    """Mean depth within half the duration, against the light within three durations around."""
    depths = []
    for curve in curves:
        phase = (curve.time_bjd - epoch) / period
        away = np.abs(phase - np.round(phase)) * period * 24
        inside, around = curve.usable & (away < hours * 0.35), curve.usable & (away > hours * 0.7) & (away < hours * 2)
        if inside.sum() > 3 and around.sum() > 10:
            depths.append((1 - np.median(curve.flux[inside]) / np.median(curve.flux[around])) * 1e6)
    return float(np.median(depths))


#: file (part of the name), period d, epoch BJD, duration h, catalogue depth ppm: NASA TOI and EB catalogues
EPHEMERIDES = [
    ("tess_2min/*402026209*", 1.33823135800679, 2458355.184421, 2.156, 27137.0),
    ("tess_2min/*160148385*", 3.42525631340766, 2458354.319774, 2.462, 14223.0),
    ("tess_2min/*413248763*", 3.9306027, 2460011.629018, 1.71, 1048.0),
    ("multisector/toi540*", 1.2391491, 2458411.82601, 0.51, 2319.0),
]


@pytest.mark.parametrize(("pattern", "period", "epoch", "hours", "expected"), EPHEMERIDES)
def test_transits_come_when_the_catalogue_says(
    realdata: Path, pattern: str, period: float, epoch: float, hours: float, expected: float
) -> None:
    curves = read(next((realdata / "lightcurves").glob(pattern))).curves
    assert depth_ppm(curves, period, epoch, hours) == pytest.approx(expected, rel=0.3)
    # Half a period away there is nothing, so the dates are right and not only the period.
    assert abs(depth_ppm(curves, period, epoch + period / 4, hours)) < 0.2 * expected


def test_kepler_binaries_eclipse_when_the_catalogue_says(realdata: Path) -> None:
    """The catalogue's epoch is BJD - 2400000, the files' BKJD: a wrong zero point would miss the eclipse."""
    with (realdata / "lightcurves" / "kepler_eb" / "index.csv").open(newline="") as lines:
        rows = [r for r in csv.DictReader(lines) if r["kebc_morph"] and float(r["var_ratio"]) < 0.05]
    assert len(rows) > 8
    for row in rows:
        curves = read(realdata / "lightcurves" / "kepler_eb" / row["file"]).curves
        time = np.concatenate([c.time_bjd for c in curves])
        flux = np.concatenate([c.flux for c in curves])
        phase = (time - 2400000 - float(row["kebc_bjd0"])) / float(row["kebc_period_d"])
        index = np.floor((phase - np.floor(phase)) * 50).astype(int)
        folded = np.array([np.median(flux[index == i]) for i in range(50)])
        deepest = (np.argmin(folded) + 0.5) / 50
        # The two eclipses of a contact binary are alike, so the second may be the deeper one in the data.
        assert min(abs(deepest - p) for p in (0.0, 0.5, 1.0)) < 0.05


def test_pulsators_with_reduced_dates_match_the_mission_calendar(realdata: Path) -> None:
    """Dates written as BJD - 2400000: all eighteen quarters fall into their limits, which half a day would break."""
    for path in sorted((realdata / "lightcurves" / "kepler_variable").glob("*.npz")):
        result = read(path)
        assert result.inspection.time_system == "BJD − 2400000"
        assert not result.inspection.time_system_sure
        assert result.curves[0].mission == "Kepler"
        assert all(c.label.startswith("Q") for c in result.curves)
        assert np.median(result.curves[0].flux) == pytest.approx(1, abs=0.02)


def test_one_sector_reads_in_half_a_second(realdata: Path) -> None:
    path = next((realdata / "lightcurves" / "tess_2min").glob("*402026209*"))
    best = min(_seconds(path) for _ in range(3))
    assert best < 0.5


def _seconds(path: Path) -> float:
    start = time.perf_counter()
    read(path)
    return time.perf_counter() - start
