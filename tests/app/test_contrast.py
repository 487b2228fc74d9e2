"""The contrast curve that `--contrast` reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from data.requests import VetChoice
from larun_app.commands.contrast import read_contrast
from larun_app.commands.failures import WrongUse


@pytest.mark.parametrize("text", ["# made at a telescope\n0.1, 2\n1.0, 6\n", "arcsec dmag\n0.1 2\n1.0 6\n"])
def test_two_columns_are_read_with_names_and_remarks(tmp_path: Path, text: str) -> None:
    path = tmp_path / "curve.txt"
    path.write_text(text)
    assert read_contrast(str(path)) == ((0.1, 2.0), (1.0, 6.0))
    assert read_contrast(None) == ()


@pytest.mark.parametrize("text", ["", "0.1 2\n", "0.1 2\nfar away\n"])
def test_what_is_no_curve_is_told_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "curve.txt"
    path.write_text(text)
    with pytest.raises(WrongUse, match=r"curve\.txt"):
        read_contrast(str(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="nowhere"):
        read_contrast(str(tmp_path / "nowhere"))


@pytest.mark.parametrize("curve", [((1.0, 2.0), (0.5, 3.0)), ((0.1, 2.0),), ((0.1, 2.0), (0.2, 40.0))])
def test_curves_that_make_no_sense_are_refused(curve: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValidationError):
        VetChoice(contrast=curve)
