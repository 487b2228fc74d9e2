"""Thumbnails of what a check looked at: small, inside their box, and empty where there is nothing to draw."""

from __future__ import annotations

import math
import re

import pytest

from data.vetting_report import PictureSeries
from data.vetting_report import TestPicture as Picture
from larun_app.ui.picture import HEIGHT, MOST_CHARACTERS, WIDTH, thumbnail


def _picture(*series: PictureSeries) -> Picture:
    return Picture(series=series, x_label="x", y_label="y", summary="s")


def _numbers(path: str) -> list[float]:
    return [float(v) for v in re.findall(r"[ML]([\d.]+) ([\d.]+)", path) for v in v]


def test_thumbnails_stay_small_and_inside_their_box() -> None:
    n = 200
    x = tuple(k / 7 for k in range(n))
    noisy = tuple(math.sin(k) * 1e4 for k in range(n))
    styles = ("dots", "odd", "even", "line", "level", "mark")
    layers = tuple(PictureSeries(style=s, x=x, y=noisy, err=noisy) for s in styles)  # type: ignore[arg-type]
    made = thumbnail(_picture(*layers))
    assert 0 < made.size <= MOST_CHARACTERS
    for path in (made.dots, made.odd, made.line, made.level):
        places = _numbers(path)
        assert places
        assert all(0 <= a <= WIDTH for a in places[0::2])
        assert all(0 <= b <= HEIGHT for b in places[1::2])
    assert made.even.count("z") == made.even.count("M")
    assert made.mark


def test_thumbnail_of_two_points_is_where_they_are() -> None:
    made = thumbnail(_picture(PictureSeries(style="dots", x=(0, 1), y=(-5, 5), err=(1, 1))))
    assert made.dots == "M3.0 32.3h0M107.0 5.7h0", "left low, right high: y goes up"
    assert made.bars == "M3.0 35.0V29.7M107.0 8.3V3.0"


@pytest.mark.parametrize(
    "series",
    [
        (),
        (PictureSeries(style="dots", x=(), y=()),),
        (PictureSeries(style="dots", x=(math.nan,), y=(1.0,)),),
        (PictureSeries(style="mark", x=(1.0,), y=(0.0,)),),
    ],
)
def test_thumbnail_of_nothing_is_empty(series: tuple[PictureSeries, ...]) -> None:
    assert thumbnail(_picture(*series)).size == 0


def test_thumbnail_of_one_point_is_in_the_middle() -> None:
    assert thumbnail(_picture(PictureSeries(style="dots", x=(4.0,), y=(2.0,)))).dots == "M55.0 19.0h0"
