"""Quality tables: the bits, the masks and the words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science import quality


def test_tess_masks_have_the_documented_sums() -> None:
    assert quality.TESS_SPOC.mask_value("default") == 17087
    assert quality.TESS_SPOC.mask_value("hard") == 17087 + 64 + 1024 + 2048 + 4096
    assert quality.TESS_SPOC.mask_value("none") == 0


def test_masks_agree_with_lightkurve() -> None:
    utils = pytest.importorskip("lightkurve.utils")
    for table, theirs in ((quality.TESS_SPOC, utils.TessQualityFlags), (quality.KEPLER, utils.KeplerQualityFlags)):
        assert table.default == theirs.OPTIONS["default"]
        assert table.hard == theirs.OPTIONS["hard"]
        assert {bit.value for bit in table.bits} == set(theirs.STRINGS)


@pytest.mark.parametrize("table", quality.TABLES, ids=lambda table: table.key)
def test_tables_are_powers_of_two_in_order_with_words(table: quality.QualityTable) -> None:
    values = [bit.value for bit in table.bits]
    assert values == sorted(set(values))
    assert all(value & (value - 1) == 0 for value in values)
    assert all(bit.name and bit.meaning.endswith(".") for bit in table.bits)
    assert table.default & table.hard == table.default


def test_qlp_changes_at_sector_56() -> None:
    early = quality.table_for("TESS", "QLP", 13)
    late = quality.table_for("TESS", "QLP", 56)
    assert quality.decode(4096, early) == ("low precision (QLP)",)
    assert quality.decode(4096, late) == ("stray light (found automatically)",)
    assert quality.decode(1 << 30, late) == ("low precision (QLP)",)
    assert not quality.is_good(np.array([1 << 30], dtype=np.int32), late, "hard")[0]


def test_table_for_each_pipeline() -> None:
    assert quality.table_for("TESS", "SPOC", 1) is quality.TESS_SPOC
    assert quality.table_for("TESS", "TESS-SPOC", 1) is quality.TESS_SPOC
    assert quality.table_for("TESS", "GSFC-ELEANOR-LITE", 1) is quality.TESS_ELEANOR
    assert quality.table_for("TESS", "TASOC", 1) is quality.TESS_TASOC
    assert quality.table_for("TESS", "TGLC", 7) is quality.TESS_TGLC
    assert quality.table_for("K2", "K2SFF", 1) is quality.KEPLER
    assert quality.table_for("other") is quality.UNKNOWN


def test_decode_names_unknown_bits_by_value() -> None:
    assert quality.decode(0, quality.TESS_SPOC) == ()
    assert quality.decode(32 + 65536, quality.TESS_SPOC) == ("momentum dump", "unknown bit 65536")


def test_unknown_table_treats_any_bit_as_bad_unless_none() -> None:
    values = np.array([0, 1, 1 << 20], dtype=np.int32)
    assert quality.is_good(values, quality.UNKNOWN).tolist() == [True, False, False]
    assert quality.is_good(values, quality.UNKNOWN, "none").all()


def test_sentence_counts_and_names() -> None:
    values = np.array([0, 32, 32, 160, 4096], dtype=np.int32)
    sentence = quality.mask_sentence(values, quality.TESS_SPOC, "default")
    assert sentence == ("The quality mask “default” leaves out 3 of 5 rows: momentum dump (3), manual exclude (1).")
    assert quality.mask_sentence(values, quality.TESS_SPOC, "none") == "The quality mask leaves out no rows."


def test_wrong_mask_name_is_refused() -> None:
    with pytest.raises(ValueError, match="no quality mask called 'hardest'"):
        quality.TESS_SPOC.mask_value("hardest")  # type: ignore[arg-type]


@given(st.lists(st.integers(0, 2**31 - 1), max_size=40), st.integers(0, 2**31 - 1))
def test_counts_and_mask_agree_bit_by_bit(values: list[int], mask: int) -> None:
    array = np.array(values, dtype=np.int32)
    good = quality.is_good(array, quality.TESS_SPOC, mask)
    assert good.tolist() == [value & mask == 0 for value in values]
    for name, bit, rows in quality.count_bits(array, quality.TESS_SPOC):
        assert rows == sum(1 for value in values if value & bit)
        assert name in quality.decode(bit, quality.TESS_SPOC)
