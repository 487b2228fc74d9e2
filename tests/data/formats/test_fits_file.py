"""The reader of FITS tables: equal to astropy's on good files, and safe on bad ones."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from data.examples import list_examples
from data.formats import fits_file, read
from data.formats.errors import (
    DamagedFile,
    EmptyFile,
    NotALightCurve,
    TooManyRows,
    TruncatedFile,
    UnreadableFile,
)

from . import building


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "curve.fits"
    path.write_bytes(data)
    return path


def assert_equal_to_astropy(data: bytes) -> None:
    with fits.open(io.BytesIO(data)) as theirs:
        ours = fits_file.walk(io.BytesIO(data), len(data))
        assert len(ours) == len(theirs)
        for unit, other in zip(ours, theirs, strict=True):
            for key in ("EXTNAME", "TELESCOP", "OBJECT", "TICID", "SECTOR", "TEFF", "RA_OBJ", "BJDREFI", "PROCVER"):
                expected = other.header.get(key)
                assert unit.header.get(key) == (None if isinstance(expected, fits.card.Undefined) else expected)
            if not isinstance(other, fits.BinTableHDU):
                continue
            assert unit.rows == len(other.data)
            for name in unit.names:
                found = fits_file.numbers(io.BytesIO(data), unit, name)
                np.testing.assert_array_equal(found, np.asarray(other.data[name], dtype=np.float64))


def test_examples_read_as_astropy_reads_them() -> None:
    for example in list_examples():
        assert_equal_to_astropy(gzip.decompress(example.path.read_bytes()))


def test_real_files_of_every_pipeline_read_as_astropy_reads_them(realdata: Path) -> None:
    folders = ("tess_ffi", "tess_2min_lightkurve_export", "k2", "kepler")
    files = [sorted((realdata / "lightcurves" / f).glob("*.fits.gz"))[:7] for f in folders]
    files.append(list((realdata / "lightcurves" / "tess_2min").glob("*dvt.fits.gz")))
    for path in (p for group in files for p in group):
        assert_equal_to_astropy(gzip.decompress(path.read_bytes()))


def test_scaled_integers_nulls_and_logicals() -> None:
    values = np.array([1, 2, -99, 4])
    data = building.primary() + building.table(
        {"A": ("J", values), "B": ("L", np.array([True, False, True, False])), "C": ("B", values % 200)},
        TSCAL1=0.5, TZERO1=10.0, TNULL1=-99,
    )  # fmt: skip
    unit = fits_file.walk(io.BytesIO(data), len(data))[1]
    np.testing.assert_array_equal(fits_file.numbers(io.BytesIO(data), unit, "a"), [10.5, 11.0, np.nan, 12.0])
    np.testing.assert_array_equal(fits_file.numbers(io.BytesIO(data), unit, "B"), [1, 0, 1, 0])
    with pytest.raises(KeyError):
        fits_file.numbers(io.BytesIO(data), unit, "D")


def test_header_values() -> None:
    text = "".join(
        f"{line:<80}"
        for line in (
            "SIMPLE  =                    T / standard",
            "NAXIS   =                    0",
            "A       = 'it''s /here '       / comment",
            "B       = -1.5D+3 / number",
            "C       =",
            "D       = 'open",
            "A       = 'second'",
            "E       = '218795833'",
            "END",
        )
    ).ljust(2880)
    head = fits_file.walk(io.BytesIO(text.encode()), 2880)[0].header
    assert (head["A"], head["B"], head["C"], head["D"]) == ("it's /here", -1500.0, None, "open")
    assert fits_file.integer(head, "E") == 218795833
    assert fits_file.number(head, "A") is None


GOOD = building.light_curve_file()

BAD: list[tuple[bytes, type[UnreadableFile], str]] = [
    (GOOD[:-2880], TruncatedFile, "cut off"),
    (GOOD[:5000], TruncatedFile, "middle of a header"),
    (GOOD[:2880], NotALightCurve, "no binary table"),
    (GOOD[:100], TruncatedFile, "middle of a header"),
    (building.light_curve_file(NAXIS2=10**12), TooManyRows, "1,000,000,000,000 rows"),
    (building.light_curve_file(NAXIS2=5_000_001), TooManyRows, "5,000,001 rows"),
    (building.light_curve_file(NAXIS2=-1), DamagedFile, "NAXIS2"),
    (building.light_curve_file(NAXIS1=10**11), TruncatedFile, "cut off"),
    (building.light_curve_file(NAXIS1=4), DamagedFile, "wider than its rows"),
    (building.light_curve_file(TFIELDS=100_000), DamagedFile, "100,000 columns"),
    (building.light_curve_file(TFORM1="9999999999D"), DamagedFile, "unknown kind"),
    (building.light_curve_file(TFORM1="Z"), DamagedFile, "unknown kind"),
    (building.light_curve_file(BITPIX=7), DamagedFile, "BITPIX"),
    (building.light_curve_file(NAXIS=999), DamagedFile, "NAXIS"),
    (building.light_curve_file(PCOUNT=2**39), TruncatedFile, "cut off"),
    (building.light_curve_file(building.spoc(0)), EmptyFile, "no rows"),
    (GOOD.replace(b"XTENSION", b"XTENTION"), DamagedFile, "does not begin"),
    (building.primary() + b"".join(building.header({"XTENSION": "IMAGE", "BITPIX": 8, "NAXIS": 0}) for _ in range(101)),
     DamagedFile, "more than 100 parts"),
    (building.header({"SIMPLE": True, **{f"K{i}": i for i in range(1100)}}), DamagedFile, "1000 lines"),
    (building.header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 2, "NAXIS1": 2880, "NAXIS2": 1}) + b"\0" * 2880,
     NotALightCurve, "images and no table"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "error", "words"), BAD)
def test_bad_files_are_refused_with_a_sentence(
    tmp_path: Path, data: bytes, error: type[UnreadableFile], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        read(written(tmp_path, data))
    assert str(caught.value).endswith(".")


def test_a_file_that_promises_more_than_it_holds_costs_no_memory(tmp_path: Path) -> None:
    path = written(tmp_path, building.light_curve_file(NAXIS2=4_999_999))
    tracemalloc.start()
    with pytest.raises(TruncatedFile):
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_packed_tables_are_never_unpacked(tmp_path: Path) -> None:
    """A tile-compressed table is a table of variable-length arrays: it has no columns of numbers, so it is refused."""
    compressed = fits.CompImageHDU(np.zeros((2000, 2000), dtype=np.int16))
    path = tmp_path / "packed.fits"
    fits.HDUList([fits.PrimaryHDU(), compressed]).writeto(path)
    with pytest.raises(NotALightCurve, match="may be packed"):
        read(path)
