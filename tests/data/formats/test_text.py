"""Tables in text: every way a person writes one, and every way it can be wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from data.formats import read
from data.formats.errors import (
    ConstantFlux,
    DamagedFile,
    EmptyFile,
    FoldedCurve,
    NoFlux,
    NotALightCurve,
    NoTimes,
    OnlyDuplicates,
    OnlyNaN,
    TooFewPoints,
    TooManyRows,
    TwoStars,
    UnreadableFile,
    WrongColumns,
    WrongTimes,
)
from data.formats.reading import ReadResult
from data.requests import ColumnChoice

N = 400
TIME = 1325.3 + np.arange(N) / 720
RNG = np.random.default_rng(7)
FLUX = 1 + 3e-4 * RNG.standard_normal(N)


def table(header: str, columns: list[np.ndarray], mark: str = ",", fmt: str = "%.9f") -> str:
    rows = "\n".join(mark.join(fmt % v for v in row) for row in zip(*columns, strict=True))
    return f"{header}\n{rows}\n" if header else rows + "\n"


def written(tmp_path: Path, text: str | bytes, name: str = "curve.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def given(tmp_path: Path, text: str | bytes, **choice: str) -> ReadResult:
    return read(written(tmp_path, text), columns=ColumnChoice(**choice))


def assert_same_light(result: ReadResult) -> None:
    curve = result.curves[0]
    assert len(result.curves) == 1
    np.testing.assert_allclose(curve.time_bjd, TIME + 2457000, atol=1e-6)
    np.testing.assert_allclose(curve.flux / np.median(curve.flux), FLUX / np.median(FLUX), atol=2e-7)


HEADERS = [
    ("BJD - 2457000, Flux (ppt), error", 0.0, 1e3, "ppt", "BTJD"),
    ("time [BTJD],flux,flux_err", 0.0, None, "relative", "BTJD"),
    ("BTJD,rel. flux,sigma", 0.0, None, "relative", "BTJD"),
    ("BJD,flux [ppm],e_flux", 2457000.0, 1e6, "ppm", "BJD"),
    ("BJD_TDB,normalized_flux,err", 2457000.0, None, "relative", "BJD"),
    ("Time (BKJD),flux,err", 2457000.0 - 2454833.0, None, "relative", "BKJD"),
    ("MJD,flux,err", 2457000.0 - 2400000.5, None, "relative", "MJD"),
    ("Date (BJD-2400000),flux,err", 57000.0, None, "relative", "BJD − 2400000"),
    ("2450000+,flux,err", 7000.0, None, "relative", "BJD − 2450000"),
    ("time,flux (%),err", 0.0, 1e2, "cent", "BTJD"),
    ("Time;Brightness (ppm);Unc.", 0.0, 1e6, "ppm", "BTJD"),
    ("time\tpdcsap_flux\tpdcsap_flux_err", 0.0, None, "relative", "BTJD"),
]


@pytest.mark.parametrize(("header", "zero", "full", "unit", "system"), HEADERS)
def test_headers_as_people_write_them(
    tmp_path: Path, header: str, zero: float, full: float | None, unit: str, system: str
) -> None:
    mark = next(m for m in "\t;," if m in header)
    flux, err = (FLUX, np.full(N, 3e-4)) if full is None else ((FLUX - 1) * full, np.full(N, 3e-4 * full))
    result = given(tmp_path, table(header, [TIME + zero, flux, err], mark))
    assert_same_light(result)
    assert unit in result.inspection.flux_unit
    assert result.inspection.time_system.startswith(system)
    assert result.inspection.columns.flux_err is not None
    np.testing.assert_allclose(result.curves[0].flux_err, 3e-4, rtol=1e-3)
    assert result.curves[0].label == "S1"


@pytest.mark.parametrize("mark", [",", "\t", " ", "  ", ";", "|"])
@pytest.mark.parametrize("named", [True, False])
def test_every_delimiter(tmp_path: Path, mark: str, named: bool) -> None:
    header = mark.join(("time", "flux", "flux_err")) if named else ""
    assert_same_light(given(tmp_path, table(header, [TIME, FLUX, np.full(N, 3e-4)], mark)))


@pytest.mark.parametrize("n_columns", [2, 3, 4])
def test_without_a_header_two_three_or_four_columns(tmp_path: Path, n_columns: int) -> None:
    columns = [TIME, FLUX, np.full(N, 3e-4), np.zeros(N)][:n_columns]
    result = given(tmp_path, table("", columns, " "))
    assert_same_light(result)
    assert result.inspection.columns.flux == "column 2"
    assert result.inspection.columns.flux_err == ("column 3" if n_columns > 2 else None)


def test_brightness_before_time_without_a_header(tmp_path: Path) -> None:
    result = given(tmp_path, table("", [FLUX, TIME]))
    assert result.inspection.columns.time == "column 2"
    assert_same_light(result)


@pytest.mark.parametrize(
    "header",
    [
        "BJD - 2457000   Flux (ppt)   error",
        "BJD - 2457000 Flux (ppt) error",
        "# BJD - 2457000, Flux (ppt), error",
        "# BJD-2457000 Flux [ppt] error",
        "time, flux_ppt, error",
        "Light curve of my star\ntime flux_ppt error",
        "time flux err\nBTJD ppt ppt",
        "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: time, unit: d, datatype: float64}\ntime flux_ppt flux_err",
    ],
)
def test_headers_above_columns_of_blanks(tmp_path: Path, header: str) -> None:
    result = given(tmp_path, table(header, [TIME, (FLUX - 1) * 1e3, np.full(N, 0.3)], "  "))
    assert_same_light(result)
    assert "ppt" in result.inspection.flux_unit
    np.testing.assert_allclose(result.curves[0].flux_err, 3e-4)


def test_a_line_of_units_below_the_names(tmp_path: Path) -> None:
    result = given(tmp_path, table("time,flux,flux_err\ndays,ppt,ppt", [TIME, (FLUX - 1) * 1e3, np.full(N, 0.3)]))
    assert result.inspection.columns_found == ("time", "flux", "flux_err")
    assert result.inspection.flux_unit == "ppt around 0"


NAMED = [
    ("HJD,UT Date,mag,mag_err,flux(mJy),flux_err", "flux(mJy)", "flux_err"),
    ("#TYPE=EXTENDED\n#DATE=JD\n#DATE,X,MAG,MERR,K,L", "MAG", "MERR"),
    ("# time,a,flux,flux_err,b,c\n# BJD_TDB,a,relative,relative,b,c", "flux", "flux_err"),
    ("JD_UTC,BJD_TDB,rel_flux_T1,rel_flux_err_T1,rel_flux_C2,AIRMASS", "rel_flux_T1", "rel_flux_err_T1"),
    ("time,flux,sap_flux,flux_err,pdcsap_flux,pdcsap_flux_err", "pdcsap_flux", "pdcsap_flux_err"),
    ("MJD,Mag,Magerr,RA,Dec,Blend", "Mag", "Magerr"),
]


@pytest.mark.parametrize(("header", "flux", "err"), NAMED)
def test_columns_of_tables_that_other_programs_write(tmp_path: Path, header: str, flux: str, err: str) -> None:
    zero = 57000 - 0.5 if "MJD" in header else 2457000
    columns = [TIME + zero, *(FLUX * k for k in (1.5, 2.1, 0.02, 3.1, 0.05))]
    found = given(tmp_path, table(header, columns)).inspection.columns
    assert (found.flux, found.flux_err) == (flux, err)


def test_light_relative_to_other_stars_keeps_its_level(tmp_path: Path) -> None:
    result = given(tmp_path, table("BJD_TDB,rel_flux_T1", [TIME + 2457000, 0.2 * FLUX]))
    assert_same_light(result)
    assert "around 0.2" in result.inspection.flux_unit


def test_millimagnitudes(tmp_path: Path) -> None:
    result = given(tmp_path, table("BTJD,mag [mmag],err", [TIME, -2500 * np.log10(FLUX), np.full(N, 0.3)]))
    assert_same_light(result)
    np.testing.assert_allclose(result.curves[0].flux_err, 3e-4 * 0.4 * np.log(10), rtol=2e-3)


def test_magnitudes_become_linear_and_positive_going(tmp_path: Path) -> None:
    magnitude = 11.2 - 2.5 * np.log10(FLUX)
    result = given(tmp_path, table("HJD,V mag,mag_err", [TIME + 2457000, magnitude, np.full(N, 0.001)], fmt="%.10f"))
    assert_same_light(result)
    np.testing.assert_allclose(result.curves[0].flux_err, 0.001 * 0.4 * np.log(10), rtol=2e-3)
    assert "HJD" in result.inspection.time_system
    assert any("heliocentric" in w for w in result.inspection.warnings)


@pytest.mark.parametrize(
    ("text", "unit"),
    [((FLUX - 1) * 1e6, "ppm"), ((FLUX - 1) * 1e3, "ppt"), (FLUX - 1, "relative"), (FLUX * 8e3, "counts")],
)
def test_units_told_from_the_numbers_are_shown_for_confirmation(tmp_path: Path, text: np.ndarray, unit: str) -> None:
    result = given(tmp_path, table("time,flux", [TIME, text]))
    if unit != "relative" and unit != "ppt":  # 0.3 ppt and 3e-4 relative cannot be told apart by size alone
        assert unit in result.inspection.flux_unit
        assert_same_light(result)
    assert result.inspection.needs_confirmation == (unit != "counts")


def test_the_user_overrides_unit_system_and_columns(tmp_path: Path) -> None:
    text = table("a,b,c,d", [np.arange(N), TIME - 1320, (FLUX - 1) * 1e3, np.full(N, 0.3)])
    with pytest.raises(NoTimes, match="found a, b, c, d"):
        given(tmp_path, text)
    result = given(tmp_path, text, time="b", flux="c", flux_err="d", time_system="BTJD", flux_unit="ppt")
    np.testing.assert_allclose(result.curves[0].time_bjd, TIME - 1320 + 2457000, atol=1e-6)
    np.testing.assert_allclose(result.curves[0].flux, FLUX, atol=1e-8)
    np.testing.assert_allclose(result.curves[0].flux_err, 3e-4)
    with pytest.raises(WrongColumns, match="a, b, c, d"):
        given(tmp_path, text, time="zeit")
    with pytest.raises(WrongTimes, match="1880"):
        given(tmp_path, text, time="b", flux="c", time_system="BJD")


def test_comments_name_the_columns_the_zero_point_and_the_star(tmp_path: Path) -> None:
    head = "# TIC 261136679, sector 1\n# T = BJD - 2457000\n# time flux flux_err"
    result = given(tmp_path, table(head, [TIME, FLUX, np.full(N, 3e-4)], " "))
    assert_same_light(result)
    assert result.star.tic_id == 261136679
    assert result.inspection.columns.flux_err == "flux_err"
    assert result.inspection.time_system_sure


def test_a_remark_about_the_star_is_no_unit(tmp_path: Path) -> None:
    head = "# star of magnitude 10.5 with 200 ppm noise\ntime,flux"
    assert "around 1" in given(tmp_path, table(head, [TIME, FLUX])).inspection.flux_unit


def test_decimal_commas(tmp_path: Path) -> None:
    rows = "\n".join(f"{t:.8f};{f:.8f}".replace(".", ",") for t, f in zip(TIME, FLUX, strict=True))
    assert_same_light(given(tmp_path, "Zeit BTJD;Flux\n" + rows))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, newline: str) -> None:
    text = table("# Sternwarte Zürich\ntime,flux", [TIME, FLUX]).replace("\n", newline)
    assert_same_light(given(tmp_path, text.encode(encoding)))


def test_empty_and_odd_cells_are_missing_values(tmp_path: Path) -> None:
    lines = table("time,flux,err", [TIME, FLUX, np.full(N, 3e-4)]).splitlines()
    lines[10] = f"{TIME[9]},,3e-4"
    lines[11] = f"{TIME[10]},bad,3e-4"
    lines[12] = f"{TIME[11]},NaN,3e-4"
    lines[13] = '"' + lines[13].replace(",", '","') + '"'
    result = given(tmp_path, "\n".join(lines))
    assert result.inspection.n_rows == N
    assert result.inspection.n_usable == N - 3
    assert any("1 cells of “flux” are not numbers" in w for w in result.inspection.warnings)


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "@SUM(1)", "+HYPERLINK(1)", "-2+3+cmd|' /C calc'!A0"])
def test_formulas_are_never_run_and_told(tmp_path: Path, cell: str) -> None:
    lines = table("time;flux", [TIME, FLUX], ";").splitlines()
    lines[5] = f"{TIME[4]};{cell}"
    result = given(tmp_path, "\n".join(lines))
    assert result.inspection.n_usable == N - 1
    assert any("formulas" in w for w in result.inspection.warnings)


def test_unsorted_and_repeated_times(tmp_path: Path) -> None:
    order = RNG.permutation(N)
    columns = [np.append(TIME[order], TIME[:5]), np.append(FLUX[order], np.full(5, 9.0))]
    result = given(tmp_path, table("time,flux", columns))
    assert_same_light(result)
    assert any("not in order" in n for n in result.inspection.notes)
    assert any(n.startswith("5 rows repeat") for n in result.inspection.notes)


def test_several_instruments_are_not_mixed(tmp_path: Path) -> None:
    rows = [f"{t:.8f} {f:.8f} 0.0003 {'K2' if i % 4 else 'B'}" for i, (t, f) in enumerate(zip(TIME, FLUX, strict=True))]
    result = given(tmp_path, "\n".join(rows))
    assert result.inspection.n_rows == N - N // 4
    assert any("mixes 2 sets" in w and "“K2”" in w for w in result.inspection.warnings)


def test_a_column_of_sector_names_keeps_all_rows(tmp_path: Path) -> None:
    rows = [f"{t:.8f},{f:.8f},{'S1' if i < 200 else 'S2'}" for i, (t, f) in enumerate(zip(TIME, FLUX, strict=True))]
    assert given(tmp_path, "time,flux,sector\n" + "\n".join(rows)).inspection.n_rows == N


@pytest.mark.parametrize("column", ["TIC", "target", "star"])
def test_two_stars_in_one_table(tmp_path: Path, column: str) -> None:
    names = ("261136679", "402026209") if column == "TIC" else ("pi Men", "WASP-4")
    rows = [f"{names[i % 2]},{t:.8f},{f:.8f}" for i, (t, f) in enumerate(zip(TIME, FLUX, strict=True))]
    with pytest.raises(TwoStars, match=names[1]):
        given(tmp_path, f"{column},time,flux\n" + "\n".join(rows))


def test_one_star_in_a_column(tmp_path: Path) -> None:
    rows = [f"261136679,{t:.8f},{f:.8f}" for t, f in zip(TIME, FLUX, strict=True)]
    assert given(tmp_path, "tic_id,time,flux\n" + "\n".join(rows)).star.tic_id == 261136679


def test_packed_text_is_read_whatever_its_name(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(table("time,flux", [TIME, FLUX]).encode()), "picture.png")
    assert_same_light(read(path, name="mein Stern.csv.gz"))


WRONG = [
    ("", EmptyFile, "0 bytes"),
    ("time,flux\n", EmptyFile, "no rows"),
    ("# nothing\n# here\n", EmptyFile, "no rows"),
    (table("flux,err,flag", [FLUX, FLUX * 3e-4, FLUX * 0]), NoTimes, "found flux, err, flag"),
    (table("time,quality", [TIME, FLUX * 0]), NoFlux, "found time, quality"),
    (table("time,flux", [TIME, FLUX * np.nan]), OnlyNaN, "no numbers"),
    (table("time,flux", [TIME * np.nan, FLUX]), NoTimes, "no numbers"),
    (table("time,flux", [TIME, FLUX * 0 + 1]), ConstantFlux, "is the same"),
    (table("time,flux", [TIME * 0 + 1400, FLUX]), OnlyDuplicates, "same time"),
    (table("time,flux", [TIME[:4], FLUX[:4]]), TooFewPoints, "Only 4"),
    (table("", [np.linspace(-0.1, 0.1, N), FLUX]), FoldedCurve, "folded"),
    (table("phase,flux", [np.linspace(0, 1, N), FLUX]), FoldedCurve, "phase"),
    (table("time,rv,err", [TIME, FLUX, FLUX]), NotALightCurve, "velocities"),
    ("\n".join(f"{t:.6f} {v:.2f} 3.0 HARPS" for t, v in zip(TIME, FLUX, strict=True)), NotALightCurve, "velocities"),
    ("Dear sir,\nI saw a planet last night.\nIt was round, and red.\n", NotALightCurve, "no columns of numbers"),
    ("<!DOCTYPE html><html><body>404</body></html>", NotALightCurve, "web page"),
    ('{"time": [1, 2], "flux": [1, 1]}', NotALightCurve, "JSON"),
    ("<?xml version='1.0'?><VOTABLE/>", NotALightCurve, "VOTable"),
    (table("", [np.linspace(0.03, 3.3, 100), FLUX[:100]]), NoTimes, "no dates"),
    ("time,flux\n" + "1," * 60000 + "\n", DamagedFile, "lines far too long|columns"),
    (b"1.0" * 40000, DamagedFile, "lines far too long"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "error", "words"), WRONG)
def test_what_is_wrong_is_said_in_one_sentence(
    tmp_path: Path, text: str | bytes, error: type[UnreadableFile], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        given(tmp_path, text)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert caught.value.kind == error.__name__
    assert caught.value.file_name == "curve.csv"


def test_too_many_rows_are_counted_before_memory_is_spent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.formats.limits.MAX_ROWS", 300)
    with pytest.raises(TooManyRows, match="more than 300 rows"):
        given(tmp_path, table("time,flux", [TIME, FLUX]))


def test_days_from_an_unknown_zero_are_read_with_a_warning(tmp_path: Path) -> None:
    days = np.arange(2000) / 48
    light = 1 + 1e-3 * RNG.standard_normal(2000)
    result = given(tmp_path, table("time,flux", [days, light]))
    assert any("unknown day" in w for w in result.inspection.warnings)
    assert not result.inspection.time_system_sure


def test_long_tables_are_read_in_pieces(tmp_path: Path) -> None:
    n = 120_001
    time = 1325.3 + np.arange(n) * 1e-4
    flux = 1 + 1e-3 * RNG.standard_normal(n)
    result = given(tmp_path, table("time,flux", [time, flux]))
    assert result.inspection.n_rows == n
    np.testing.assert_allclose(np.concatenate([c.flux for c in result.curves]), flux, atol=1e-9)
