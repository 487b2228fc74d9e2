"""npz, npy and Parquet: numbers come through, and nothing is unpickled, run or allocated beyond the file."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import duckdb
import numpy as np
import pytest

from data.formats import read
from data.formats.errors import (
    DamagedFile,
    EmptyFile,
    NotALightCurve,
    TooLarge,
    TooManyRows,
    TwoStars,
    UnreadableFile,
)
from data.requests import ColumnChoice

N = 400
TIME = 1325.3 + np.arange(N) / 720
FLUX = 1 + 3e-4 * np.random.default_rng(5).standard_normal(N)


def npz(tmp_path: Path, **arrays: object) -> Path:
    path = tmp_path / "curve.npz"
    np.savez_compressed(path, **{k: np.asarray(v) for k, v in arrays.items()})
    return path


def raw_npz(tmp_path: Path, **members: bytes) -> Path:
    path = tmp_path / "curve.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return path


def npy_head(shape: str, descr: str = "'<f8'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def test_npz_with_star_sector_and_scalars(tmp_path: Path) -> None:
    path = npz(tmp_path, time_btjd=TIME, flux=FLUX, flux_err=FLUX * 3e-4, quality=np.arange(N) % 64 == 32,
               tic_id=261136679, sector=1, note="made at home", other=np.arange(7.0))  # fmt: skip
    result = read(path)
    assert result.star.tic_id == 261136679
    assert result.curves[0].label == "S1"
    assert any("other" in n for n in result.inspection.notes)
    np.testing.assert_allclose(result.curves[0].flux, FLUX)


def test_time_and_value_arrays_without_telling_names(tmp_path: Path) -> None:
    result = read(npz(tmp_path, time=TIME, value=FLUX - 1))
    assert result.inspection.columns.flux == "value"
    np.testing.assert_allclose(result.curves[0].flux, FLUX)


@pytest.mark.parametrize("packed", [False, True])
def test_npy_and_two_dimensional_arrays(tmp_path: Path, packed: bool) -> None:
    both = np.column_stack([TIME, FLUX])
    path = tmp_path / "curve"
    if packed:
        path = npz(tmp_path, data=both.T)
    else:
        with path.open("wb") as out:
            np.save(out, both)
    np.testing.assert_allclose(read(path).curves[0].flux, FLUX)


def test_record_arrays(tmp_path: Path) -> None:
    rows = np.rec.fromarrays([TIME, FLUX], names="time,flux")
    path = tmp_path / "curve.npy"
    np.save(path, rows)
    np.testing.assert_allclose(read(path).curves[0].flux, FLUX)


class _Mischief:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("raise SystemExit('unpickled')",))


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    evil = np.array([_Mischief()], dtype=object)
    out = io.BytesIO()
    np.lib.format.write_array(out, evil, allow_pickle=True)
    with pytest.raises(NotALightCurve, match="no plain arrays"):
        read(raw_npz(tmp_path, time=out.getvalue()))
    plain = io.BytesIO()
    np.save(plain, TIME)
    light = io.BytesIO()
    np.save(light, FLUX)
    result = read(raw_npz(tmp_path, time=plain.getvalue(), flux=light.getvalue(), evil=out.getvalue()))
    assert "evil" not in result.inspection.columns_found
    path = tmp_path / "curve.pkl"
    path.write_bytes(pickle.dumps({"time": TIME}))
    with pytest.raises(UnreadableFile):
        read(path)


BROKEN: list[tuple[dict[str, bytes], type[UnreadableFile], str]] = [
    ({"time": npy_head("(5000001,)") + bytes(8), "flux": npy_head("(5000001,)")}, TooManyRows, "5,000,001 rows"),
    ({"time": npy_head("(4999999,)") + bytes(8), "flux": npy_head("(4999999,)")}, DamagedFile, "cut off"),
    ({"time": npy_head("(-3,)")}, DamagedFile, "negative"),
    ({"time": npy_head("__import__('os').getpid()")}, DamagedFile, "no readable header"),
    ({"time": npy_head("(4,)", "'|O'")}, NotALightCurve, "no plain arrays"),
    ({"time": b"\x93NUMPY\x01\x00\xff\xff{}"}, DamagedFile, "too long"),
    ({"time": b"nonsense"}, DamagedFile, "does not begin"),
    ({"time": npy_head("(0,)"), "flux": npy_head("(0,)")}, EmptyFile, "empty"),
    ({"time": npy_head("()") + bytes(8)}, EmptyFile, "one value each"),
    ({f"a{i}": npy_head("(0,)") for i in range(101)}, DamagedFile, "101 arrays"),
    ({"image": npy_head("(600, 700)") + bytes(600 * 700 * 8)}, NotALightCurve, "image-like"),
]


@pytest.mark.parametrize(("members", "error", "words"), BROKEN)
def test_broken_npz(tmp_path: Path, members: dict[str, bytes], error: type[UnreadableFile], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        read(raw_npz(tmp_path, **members))
    assert str(caught.value).endswith(".")


def test_an_npz_bomb_is_refused_by_what_it_declares(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="unpacks to 40 MB"):
        read(npz(tmp_path, time=np.zeros(2_500_000), flux=np.zeros(2_500_000)))


def test_every_cut_of_an_npz_is_told(tmp_path: Path) -> None:
    data = npz(tmp_path, time=TIME, flux=FLUX).read_bytes()
    path = tmp_path / "cut"
    for stop in range(0, len(data), 97):
        path.write_bytes(data[:stop])
        with pytest.raises(UnreadableFile):
            read(path)


def parquet(path: Path, select: str, **columns: np.ndarray) -> Path:
    with duckdb.connect() as db:
        for name, values in columns.items():
            db.register(f"v_{name}", {"v": values})
        names = list(columns)
        joined = " POSITIONAL JOIN ".join(f"v_{n} AS t_{n}" for n in names)
        fields = select or ", ".join(f't_{n}.v AS "{n}"' for n in names)
        db.execute(f"COPY (SELECT {fields} FROM {joined}) TO '{path}' (FORMAT parquet)")
    return path


def test_parquet_plain_and_packed(tmp_path: Path) -> None:
    import gzip

    path = parquet(tmp_path / "curve.parquet", "", BTJD=TIME, flux=FLUX, quality=np.zeros(N, dtype=np.int32))
    for source in (path, tmp_path / "packed"):
        if source is not path:
            source.write_bytes(gzip.compress(path.read_bytes()))
        result = read(source)
        np.testing.assert_allclose(result.curves[0].flux, FLUX)
        np.testing.assert_allclose(result.curves[0].time_bjd, TIME + 2457000)
        assert result.inspection.format == "Parquet table"


def test_parquet_nulls_text_and_odd_names(tmp_path: Path) -> None:
    select = (
        't_time.v AS time, CASE WHEN t_f.v > 1.0005 THEN NULL ELSE t_f.v END AS "fl""ux [ppm] ; DROP", \'x\' AS word'
    )
    path = parquet(tmp_path / "odd [name]*.parquet", select, time=TIME, f=FLUX)
    result = read(path, columns=ColumnChoice(flux='fl"ux [ppm] ; DROP', flux_unit="relative"))
    assert result.inspection.columns_found == ("time", 'fl"ux [ppm] ; DROP')
    assert result.inspection.n_usable == int(np.count_nonzero(FLUX <= 1.0005))


def test_two_stars_in_a_parquet_table(tmp_path: Path) -> None:
    path = parquet(tmp_path / "two.parquet", "", tic=np.arange(N) % 2 + 100000, time=TIME, flux=FLUX)
    with pytest.raises(TwoStars, match="100000, 100001"):
        read(path)


def test_broken_parquet(tmp_path: Path) -> None:
    path = parquet(tmp_path / "curve.parquet", "", time=TIME, flux=FLUX)
    data = path.read_bytes()
    for cut in (data[:-10], data[:200], b"PAR1" + bytes(400)):
        path.write_bytes(cut)
        with pytest.raises(DamagedFile, match="Parquet"):
            read(path)


def test_parquet_rows_are_counted_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet(tmp_path / "curve.parquet", "", time=TIME, flux=FLUX)
    monkeypatch.setattr("data.formats.limits.MAX_ROWS", 399)
    with pytest.raises(TooManyRows, match="400 rows"):
        read(path)


def test_reading_parquet_opens_no_other_file(tmp_path: Path) -> None:
    """The database that reads uploads is locked to the one file."""
    from data.formats.parquet_table import read_parquet

    path = parquet(tmp_path / "curve.parquet", "", time=TIME, flux=FLUX)
    other = parquet(tmp_path / "secret.parquet", "", time=TIME, flux=FLUX)
    with path.open("rb") as stream, read_parquet(stream, path) as table:
        assert table.n_rows == N
        db = table.load.__closure__[0].cell_contents  # type: ignore[union-attr]
        assert isinstance(db, duckdb.DuckDBPyConnection)
        with pytest.raises(duckdb.PermissionException):
            db.execute("SELECT * FROM read_parquet(?)", [str(other)])
        with pytest.raises(duckdb.Error):
            db.execute("SET enable_external_access = true")
