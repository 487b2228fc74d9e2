"""Whatever bytes come in, the reader answers with a light curve or with one sentence, and never with anything else.

LARUN_FUZZ_EXAMPLES sets how many inputs each test tries (default 150).
"""

from __future__ import annotations

import gzip
import io
import os
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data.examples import list_examples
from data.formats import UnreadableFile, read
from data.formats.errors import TruncatedFile
from data.requests import ColumnChoice

from . import building

FITS = building.light_curve_file(building.spoc(60))
MAGIC = [FITS[:80], FITS[:3000], b"PK\x03\x04", b"PAR1", b"\x93NUMPY\x01\x00", b"\x1f\x8b\x08\x00", b"time,flux\n"]
EXAMPLES = int(os.environ.get("LARUN_FUZZ_EXAMPLES", "150"))
quiet = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "upload"


def answer(place: Path, data: bytes, choice: ColumnChoice = ColumnChoice()) -> None:
    """Read, and check that what comes back can be searched, or that the refusal can be shown."""
    place.write_bytes(data)
    try:
        result = read(place, columns=choice)
    except UnreadableFile as refusal:
        sentence = str(refusal)
        assert sentence.isprintable()
        assert sentence.endswith(".")
        assert 20 < len(sentence) < 700
        return
    for curve in result.curves:
        n = len(curve.time_bjd)
        assert n > 0
        assert len(curve.flux) == len(curve.flux_err) == len(curve.quality) == len(curve.usable) == n
        assert np.isfinite(curve.time_bjd).all()
        assert np.all(np.diff(curve.time_bjd) > 0)
        assert np.isfinite(curve.flux[curve.usable]).all()
        assert curve.cadence_days > 0
    result.inspection.model_dump_json()


@quiet
@given(data=st.binary(max_size=3000))
@example(b"SIMPLE  =")
@example(b"PK\x03\x04")
@example(b"PAR1")
@example(b"\x93NUMPY")
@example(b"\x1f\x8b")
@example(b"\xff\xfe\x00")
def test_random_bytes(place: Path, data: bytes) -> None:
    answer(place, data)


@quiet
@given(data=st.binary(max_size=500), magic=st.sampled_from(MAGIC))
def test_random_bytes_after_a_good_beginning(place: Path, data: bytes, magic: bytes) -> None:
    answer(place, magic + data)


@quiet
@given(st.data())
def test_a_fits_file_with_changed_bytes(place: Path, data: st.DataObject) -> None:
    changed = bytearray(FITS)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    answer(place, bytes(changed))


CARDS = ["NAXIS", "NAXIS1", "NAXIS2", "BITPIX", "PCOUNT", "GCOUNT", "TFIELDS", "TFORM1", "TTYPE1", "TFORM4", "TSCAL4"]
CARDS += ["TZERO1", "TNULL6", "BJDREFI", "BJDREFF", "TIMEDEL", "NUM_FRM", "FRAMETIM", "CROWDSAP", "XTENSION", "EXTNAME"]
STAR_CARDS = ["TELESCOP", "MISSION", "OBJECT", "TICID", "KEPLERID", "SECTOR", "QUARTER", "CAMPAIGN", "CAMERA", "TEFF"]
STAR_CARDS += ["LOGG", "RADIUS", "RA_OBJ", "DEC_OBJ", "DATA_REL", "PROCVER", "ORIGIN", "CREATOR"]
NAMES = ["time", "BTJD", "flux", "flux (ppt)", "err", "mag", "quality", "TIC", "phase", "x", ""]
numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.sampled_from([0, 1, -1, 2**31, 2**63])


@quiet
@given(
    cards=st.dictionaries(st.sampled_from(CARDS), numbers | st.text("ABDEJKPQX0123456789'() ", max_size=12), max_size=4)
)
def test_a_fits_file_with_changed_headers(place: Path, cards: dict[str, object]) -> None:
    answer(place, building.light_curve_file(building.spoc(60), **cards))


@quiet
@given(
    cards=st.dictionaries(
        st.sampled_from(STAR_CARDS),
        numbers | st.text("TESKeplrQLAO0123456789./' -é", max_size=20),
        max_size=5,
    )
)
def test_a_fits_file_that_tells_odd_things_about_its_star(place: Path, cards: dict[str, object]) -> None:
    data = building.light_curve_file(building.spoc(60))
    head = building.primary(**{k: v for k, v in cards.items() if str(v).isascii()})
    answer(place, head + data[2880:])


cells = (
    st.floats().map(repr)
    | st.integers(-(10**30), 10**30).map(str)
    | st.sampled_from(
        ["", "nan", "=1+1", "TIC 1", "S1", "2457000", "1325.5", "1,5", '"', "'", "#", "-", "1e999", "\x00"]
    )
    | st.text(max_size=8)
)


@quiet
@given(
    header=st.lists(st.sampled_from(NAMES) | st.text(max_size=10), max_size=5),
    rows=st.lists(st.lists(cells, max_size=6), max_size=30),
    mark=st.sampled_from([",", ";", "\t", " ", "|"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-16", "latin-1"]),
)
def test_any_table_of_text(
    place: Path, header: list[str], rows: list[list[str]], mark: str, end: str, encoding: str
) -> None:
    text = end.join(mark.join(r) for r in [header, *rows])
    answer(place, text.encode(encoding, "replace"))


@quiet
@given(
    times=st.lists(st.floats(-1e8, 1e8) | st.floats(), min_size=12, max_size=40),
    scale=st.sampled_from([1.0, 1e-300, 1e300, 1e6]),
    offset=st.sampled_from([0.0, 1325.0, 2457000.0, 57000.0, 7000.0]),
    choice=st.builds(
        ColumnChoice,
        time_system=st.sampled_from([None, "BTJD", "BKJD", "BJD", "JD", "MJD"]),
        flux_unit=st.sampled_from([None, "relative", "electron_per_s", "ppm", "ppt", "percent", "magnitude"]),
    ),
)
def test_any_numbers_in_a_good_table(
    place: Path, times: list[float], scale: float, offset: float, choice: ColumnChoice
) -> None:
    rng = np.random.default_rng(len(times))
    rows = [
        f"{t + offset!r},{v!r},{abs(v) / 9!r}"
        for t, v in zip(times, rng.standard_normal(len(times)) * scale, strict=True)
    ]
    answer(place, ("time,flux,err\n" + "\n".join(rows)).encode(), choice)


@quiet
@given(st.data())
def test_an_npz_with_changed_bytes(place: Path, data: st.DataObject) -> None:
    out = io.BytesIO()
    np.savez(out, time=1400 + np.arange(60) / 48, flux=1 + np.arange(60) / 1e4)
    changed = bytearray(out.getvalue())
    for _ in range(data.draw(st.integers(1, 5))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    answer(place, bytes(changed))


@quiet
@given(header=st.binary(max_size=200), body=st.binary(max_size=300))
def test_an_npz_with_any_array_header(place: Path, header: bytes, body: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("time.npy", "flux.npy"):
            archive.writestr(name, b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body)
    answer(place, out.getvalue())


@pytest.mark.parametrize("packed", [True, False])
def test_every_truncation_of_a_real_file_is_told(place: Path, packed: bool) -> None:
    """Downloads break off anywhere; a part of a light curve must never pass for the whole."""
    data = list_examples()[0].path.read_bytes()
    data = data if packed else gzip.decompress(data)
    # The last block of an unpacked file is mostly padding, without which nothing is lost.
    for stop in np.linspace(1, len(data) - (1 if packed else 2880), 40).astype(int):
        place.write_bytes(data[:stop])
        with pytest.raises(UnreadableFile) as caught:
            read(place)
        if stop > 3000:
            assert isinstance(caught.value, TruncatedFile)


def test_reading_a_sector_takes_little_memory() -> None:
    path = list_examples()[0].path
    read(path)
    tracemalloc.start()
    read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000
