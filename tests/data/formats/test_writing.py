"""Exports: what is written is what was given, any tool can read it, and nothing in it acts."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from data.formats import read, safe_cell, write_csv, write_fits
from science.lightcurve import DetrendedCurve, Segment, StitchedCurve
from science.stars import Star, Value

STAR = Star("pi Men", 261136679, 84.291188, -80.469119, 5.1054, teff_k=Value(5992.1, 30.0, "TIC v8 – Köln"))


def stitched(
    time: np.ndarray, flux: np.ndarray, labels: tuple[str, ...] = ("S1",), target: str = "TIC 261136679"
) -> StitchedCurve:
    n = len(time)
    filled = np.zeros(n, dtype=np.bool_)
    filled[n // 2] = True
    return StitchedCurve(
        target, time, flux, np.full(n, 2e-4), (np.arange(n, dtype=np.int32) % 7 == 3).astype(np.int32) * 4096,
        np.zeros(n, dtype=np.int32), filled, labels,
        (Segment(0, n, labels[0], 1 / 720, 1 / 720, 2e-4),), ("Levels were matched.",),
    )  # fmt: skip


def curve(n: int = 600) -> DetrendedCurve:
    rng = np.random.default_rng(11)
    time = 2458325.3 + np.arange(n) / 720
    trend = 1 + 0.002 * np.sin(time)
    base = stitched(time, trend * (1 + 2e-4 * rng.standard_normal(n)))
    use = ~base.filled
    return DetrendedCurve(base, base.flux / trend, trend, use, 0.8, "biweight", notes=("Window 0.8 d.",))


@pytest.mark.parametrize("write", [write_fits, write_csv])
def test_round_trip(tmp_path: Path, write: object) -> None:
    path, given_curve = tmp_path / "out", curve()
    assert callable(write)
    write(path, given_curve, STAR, {"run": "42"})
    result = read(path)
    back = result.curves[0]
    np.testing.assert_allclose(back.time_bjd, given_curve.curve.time_bjd, rtol=0, atol=1e-9)
    np.testing.assert_allclose(back.flux, given_curve.flux, rtol=1e-11)
    np.testing.assert_allclose(back.flux_err, 2e-4 / given_curve.trend, rtol=1e-11)
    np.testing.assert_array_equal(back.usable, ~given_curve.curve.filled)
    np.testing.assert_array_equal(back.quality & 4096, given_curve.curve.quality)
    assert result.star.tic_id == 261136679
    assert result.inspection.time_system_sure
    assert result.inspection.flux_unit_sure
    assert back.label == "S1"


values = st.floats(0.5, 1.5, allow_nan=False) | st.just(float("nan"))


@settings(max_examples=40, deadline=None)
@given(
    fluxes=st.lists(values, min_size=30, max_size=80).filter(lambda f: len({v for v in f if v == v}) > 15),
    start=st.floats(2458325, 2461000),
    target=st.text(max_size=30),
    remark=st.text(max_size=60),
    data_form=st.sampled_from(["fits", "csv"]),
)
def test_whatever_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    fluxes: list[float],
    start: float,
    target: str,
    remark: str,
    data_form: str,
) -> None:
    path = tmp_path_factory.mktemp("round") / "out"
    flux = np.array(fluxes)
    time = start + np.arange(len(flux)) / 48
    base = stitched(time, flux, target=target)
    (write_fits if data_form == "fits" else write_csv)(path, base, Star(name=target), {remark: remark})
    curves = read(path, quality="none").curves
    np.testing.assert_allclose(np.concatenate([c.time_bjd for c in curves]), time, rtol=0, atol=1.1e-9)
    np.testing.assert_allclose(np.concatenate([c.flux for c in curves]), flux, rtol=1e-11)


def test_fits_is_standard_and_carries_everything(tmp_path: Path) -> None:
    path = tmp_path / "out.fits"
    write_fits(path, curve(), STAR, {"settings": "window 0.8 d ± 0.1 “auto” − ok"})
    with fits.open(path, checksum=True) as units:
        units.verify("exception")
        head, table = units[0].header, units["LIGHTCURVE"]
        assert (head["OBJECT"], head["TICID"], head["TEFF"]) == ("pi Men", 261136679, 5992.1)
        assert "TIC v8" in head.comments["TEFF"]
        assert 'settings: window 0.8 d +/- 0.1 "auto" - ok' in "".join(head["HISTORY"])
        assert "note: Window 0.8 d." in list(head["HISTORY"])
        assert table.columns["TIME"].unit == "BJD - 2457000, days"
        assert (table.header["TIMESYS"], table.header["BJDREFI"], table.header["SECT0"]) == ("TDB", 2457000, "S1")
        np.testing.assert_array_equal(table.data["USED"], curve().use)
    first = path.read_bytes()
    write_fits(path, curve(), STAR, {"settings": "window 0.8 d ± 0.1 “auto” − ok"})
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


def test_csv_never_acts_in_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    time = 2458325.3 + np.arange(50) / 720
    base = stitched(time, 1 + 1e-4 * np.arange(50), labels=("=HYPERLINK(1)",), target="@evil\nTIC 1")
    write_csv(path, base, Star(name="=cmd|' /C calc'!A0"), {"=a\n=b": "\n+c"})
    lines = path.read_text(encoding="utf-8").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    rows = list(csv.reader(line for line in lines if not line.startswith("#")))
    assert len(comments) + 51 == len(lines)
    for cell in (c for row in rows for c in row):
        assert cell == "" or (cell[0] not in "=+@\t\r" and not (cell[0] == "-" and not cell[1:2].isdigit()))


@given(st.text(max_size=40))
def test_safe_cells(text: str) -> None:
    cell = next(csv.reader(io.StringIO(safe_cell(text))), [""])
    assert len(cell) <= 1
    assert not (cell and cell[0].lstrip().startswith(("=", "+", "-", "@", "\t", "\r")))


def test_a_failed_export_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before")
    broken = curve()
    object.__setattr__(broken, "trend", np.ones(3))
    with pytest.raises(ValueError):  # noqa: PT011
        write_csv(target, broken, STAR)
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]
