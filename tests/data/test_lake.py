"""The lake gives back exactly what was put in, keeps nothing half-written, and reads nothing it does not own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from data import lake
from data.home import settings as home_settings
from data.lake import LakeError

pytestmark = pytest.mark.usefixtures("larun_home")

DTYPES = ("f8", "f4", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?")


@st.composite
def columns(draw: st.DrawFn) -> dict[str, np.ndarray]:
    rows = draw(st.integers(0, 40))
    names = draw(st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True), min_size=1, max_size=4, unique=True))
    return {name: draw(stn.arrays(np.dtype(draw(st.sampled_from(DTYPES))), rows)) for name in names}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_columns=columns())
def test_every_number_comes_back_as_it_was(given_columns: dict[str, np.ndarray]) -> None:
    info = lake.write_columns("lightcurve", given_columns)
    read = lake.read_columns(info.path)
    assert list(read) == list(given_columns)
    assert info.rows == next(iter(given_columns.values())).size
    for name, values in given_columns.items():
        assert read[name].dtype == values.dtype
        np.testing.assert_array_equal(read[name], values, strict=True)  # NaN equals NaN
        if values.dtype.kind == "f":
            zeros = values == 0
            np.testing.assert_array_equal(np.signbit(read[name][zeros]), np.signbit(values[zeros]))


def test_reserved_words_and_strides_are_no_trouble() -> None:
    wide = np.arange(12.0).reshape(6, 2)
    given_columns = {"select": wide[:, 0], "order": wide[::-1, 1], "big": np.arange(6, dtype=">f8")}
    read = lake.read_columns(lake.write_columns("lightcurve", given_columns).path)
    for name, values in given_columns.items():
        np.testing.assert_array_equal(read[name], values)


def test_some_columns_in_the_order_asked_for() -> None:
    info = lake.write_columns("lightcurve", {"t": np.arange(3.0), "f": np.ones(3), "q": np.zeros(3, "u1")})
    assert list(lake.read_columns(info.path, ["q", "t"])) == ["q", "t"]
    assert lake.read_columns(info.path, []) == {}
    with pytest.raises(KeyError, match="no column 'x'; it has t, f, q"):
        lake.read_columns(info.path, ["t", "x"])


def test_row_order_is_kept_over_many_row_groups() -> None:
    order = np.random.default_rng(1).permutation(300_000)
    info = lake.write_columns("lightcurve", {"i": order})
    np.testing.assert_array_equal(lake.read_columns(info.path)["i"], order)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({}, "at least one column"),
        ({"t": np.zeros(2), "f": np.zeros(3)}, "differ in length: t 2, f 3"),
        ({"t": np.zeros((2, 2))}, "2 dimensions"),
        ({"t": np.array(["a"])}, "type <U1"),
        ({"t": np.array([object()])}, "type object"),
        ({"T; DROP TABLE": np.zeros(1)}, "cannot name a column"),
        ({'a"b': np.zeros(1)}, "cannot name a column"),
    ],
)
def test_what_cannot_be_kept_is_refused_before_anything_is_written(bad: dict[str, np.ndarray], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        lake.write_columns("lightcurve", bad)
    assert list(lake.stored_paths()) == []


@pytest.mark.parametrize("kind", ["", "../x", "A", "a/b", "a b", "1a"])
def test_kinds_are_plain_words(kind: str) -> None:
    with pytest.raises(ValueError, match="cannot name a kind"):
        lake.write_columns(kind, {"t": np.zeros(1)})


def test_equal_content_is_one_file_and_writing_it_again_is_harmless() -> None:
    first = lake.write_columns("lightcurve", {"t": np.arange(9.0)}, {"sector": 1})
    second = lake.write_columns("lightcurve", {"t": np.arange(9.0)}, {"sector": 2})
    other = lake.write_columns("lightcurve", {"t": np.arange(8.0)})
    assert first.path == second.path != other.path
    assert (first.meta, second.meta) == ({"sector": 1}, {"sector": 2})
    assert sorted(lake.stored_paths()) == sorted({first.path, other.path})
    assert lake.absolute(first.path).stat().st_size == first.bytes
    assert Path(first.path).stem == first.sha256


def test_meta_must_be_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        lake.write_columns("lightcurve", {"t": np.zeros(1)}, {"x": float("nan")})
    assert list(lake.stored_paths()) == []


def test_documents_are_kept_byte_for_byte() -> None:
    text = '{ "b": 1.50,\n "a": "π" }'
    info = lake.write_document("report", text)
    assert lake.read_document(info.path) == text
    assert info.rows == 0
    assert json.loads(lake.read_document(lake.write_document("report", {"a": [1, None]}).path)) == {"a": [1, None]}
    for bad in ("{", {"a": float("inf")}):
        with pytest.raises(ValueError):  # noqa: PT011 (json's own error, whatever it says)
            lake.write_document("report", bad)


def test_a_failed_write_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def disk_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", disk_full)
    with pytest.raises(OSError, match="No space"):
        lake.write_columns("lightcurve", {"t": np.zeros(5)})
    assert [path for path in home_settings().lake.rglob("*") if path.is_file()] == []


def test_a_writer_killed_at_any_moment_leaves_no_broken_file(larun_home: Path) -> None:
    """Only complete files ever carry a final name."""
    program = (
        "import numpy as np\nfrom data import lake\nprint('go', flush=True)\n"
        "for i in range(10**6): lake.write_columns('lightcurve', {'t': np.full(20000, float(i))})"
    )
    for delay in (0.02, 0.11, 0.25):
        writer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=Path.cwd())
        assert writer.stdout is not None
        writer.stdout.readline()
        threading.Event().wait(delay)
        writer.kill()
        writer.wait()
        writer.stdout.close()
    written = list(lake.stored_paths())
    assert written
    for path in written:
        values = lake.read_columns(path)["t"]
        assert values.size == 20000
        assert np.all(values == values[0])


@pytest.mark.parametrize(
    "path",
    [
        "../larun.db",
        "/etc/passwd",
        "lightcurve/aa/../../larun.db",
        "report/ab/" + "a" * 64 + ".json/../../../larun.db",
        "lightcurve/ab/" + "A" * 64 + ".parquet",
        "lightcurve/ab/*.parquet",
        "",
    ],
)
def test_paths_that_are_not_ours_are_refused(path: str) -> None:
    for read in (lake.read_columns, lake.read_document, lake.absolute):
        with pytest.raises(LakeError, match="not the path of a stored file"):
            read(path)


def test_missing_and_damaged_files_are_said() -> None:
    info = lake.write_columns("lightcurve", {"t": np.arange(1000.0)})
    file = lake.absolute(info.path)
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(LakeError, match="cannot be read"):
        lake.read_columns(info.path)
    file.unlink()
    with pytest.raises(LakeError, match="is missing"):
        lake.read_columns(info.path)
    report = lake.write_document("report", {"a": 1})
    lake.absolute(report.path).write_text('{"a":2}')
    with pytest.raises(LakeError, match="does not match its name"):
        lake.read_document(report.path)


def test_sql_sees_the_lake_and_nothing_else(larun_home: Path) -> None:
    outside = larun_home / "secret.csv"
    outside.write_text("a\n1\n")
    lake.write_columns("lightcurve", {"t": np.zeros(1)})
    with lake._connection(home_settings().lake) as db:
        for statement in (
            f"SELECT * FROM read_csv('{outside}')",
            f"COPY (SELECT 1) TO '{larun_home / 'stolen.parquet'}'",
            f"ATTACH '{larun_home / 'x.duckdb'}'",
            "SET enable_external_access = true",
            "INSTALL httpfs",
        ):
            with pytest.raises(duckdb.Error):
                db.execute(statement)


def test_a_quote_in_the_home_folder_is_no_way_into_the_sql(larun_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = larun_home / "it's; DROP"
    monkeypatch.setenv("LARUN_HOME", str(odd))
    home_settings().make_folders()
    info = lake.write_columns("lightcurve", {"t": np.arange(3.0)})
    np.testing.assert_array_equal(lake.read_columns(info.path)["t"], np.arange(3.0))
    assert lake.query([info.path], "t")["t"].tolist() == [0.0, 1.0, 2.0]


def test_one_question_over_many_files() -> None:
    infos = [lake.write_columns("lightcurve", {"t": np.arange(4.0) + 10 * i, "f": np.full(4, i)}) for i in range(5)]
    infos.append(lake.write_columns("lightcurve", {"t": np.array([99.0]), "extra": np.array([1.0])}))
    found = lake.query([i.path for i in infos], "file, t", "t >= ? AND t < ?", [12, 22])
    assert sorted(found["t"].tolist()) == [12.0, 13.0, 20.0, 21.0]
    assert set(found["file"]) == {infos[1].path, infos[2].path}
    counts = lake.query([i.path for i in infos], "count(*) AS n")
    assert counts["n"].tolist() == [21]
    assert lake.query([], "t") == {}


def test_readers_and_writers_do_not_disturb_each_other() -> None:
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(6):
                values = np.full(5000, number * 100 + step, dtype="f8")
                np.testing.assert_array_equal(
                    lake.read_columns(lake.write_columns("lightcurve", {"t": values}).path)["t"], values
                )
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
