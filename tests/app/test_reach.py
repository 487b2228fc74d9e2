"""What the wizard says could be found, before any data are there."""

from __future__ import annotations

import math

import pytest

from larun_app.wizard.draft import Watched
from larun_app.wizard.reach import COLUMNS, LEVELS, ROWS, noise_ppm, reach_of, share_found

MONTH = Watched(span_days=27.4, watched_days=27.4, stretches=1, points=17_000)
YEAR = Watched(span_days=350.0, watched_days=328.0, stretches=12, points=200_000)

#: TESS magnitude and one-hour CDPP (ppm) in headers of SPOC light curves: pi Men, TIC 270501383, WASP-4, TIC 358108509.
HEADERS = [(5.11, 34.3), (8.06, 87.7), (11.78, 566.9), (14.33, 4944.4)]


@pytest.mark.parametrize(("tmag", "cdpp"), HEADERS)
def test_noise_is_that_of_real_light_curves(tmag: float, cdpp: float) -> None:
    assert 0.55 < noise_ppm(tmag) / cdpp < 1.8


def test_signal_to_noise_by_hand() -> None:
    """A planet of 2 Earths with a year of 10 days around a Sun of 10 mag, watched for a year."""
    depth = 1e6 * (2 * 0.009168) ** 2
    hours = math.pi / 4 * 13.0 * (10 / 365.25) ** (1 / 3)
    snr = depth / noise_ppm(10.0) * math.sqrt(hours * 0.85 * 328 / 10)
    expected = 0.5 * math.erfc((7.1 - snr) / math.sqrt(2))
    assert share_found(2.0, 10.0, 10.0, 1.0, 1.0, 328.0) == pytest.approx(expected)


def test_one_dip_is_no_repeat() -> None:
    assert share_found(10.0, 25.0, 8.0, 1.0, 1.0, 27.4) == 0.0
    assert share_found(10.0, 5.0, 8.0, 1.0, 1.0, 27.4) > 0.99


def test_larger_planets_more_data_and_smaller_stars_help() -> None:
    for smaller, larger in (
        (share_found(1.5, 5.0, 11.0, 1.0, 1.0, 27.4), share_found(3.0, 5.0, 11.0, 1.0, 1.0, 27.4)),
        (share_found(2.5, 5.0, 11.0, 1.0, 1.0, 27.4), share_found(2.5, 5.0, 11.0, 1.0, 1.0, 328.0)),
        (share_found(2.0, 5.0, 11.0, 1.0, 1.0, 27.4), share_found(2.0, 5.0, 11.0, 0.5, 4.0, 27.4)),
    ):
        assert smaller < larger


def test_the_map_has_every_cell_once() -> None:
    reach = reach_of(10.5, 0.78, 0.85, YEAR, (0.5, 50.0))
    assert sum(level.d.count("M") for level in reach.levels) == ROWS * COLUMNS
    assert 3 <= len(reach.levels) <= LEVELS
    assert [tick.words for tick in reach.x_ticks] == ["0.5", "1", "2", "5", "10", "20", "50"]
    assert reach.sentence.startswith("Planets over about")


@pytest.mark.parametrize(
    ("tmag", "radius", "watched"), [(None, 1.0, MONTH), (10.0, None, MONTH), (10.0, 1.0, None), (16.0, 1.0, MONTH)]
)
def test_nothing_is_claimed_of_what_is_unknown(
    tmag: float | None, radius: float | None, watched: Watched | None
) -> None:
    assert reach_of(tmag, radius, None, watched, (0.5, 13.0)).levels == []
