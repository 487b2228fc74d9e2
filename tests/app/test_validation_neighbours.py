"""The table of neighbours and what is said of the sky: who could make the dips, however many stars there are."""

from __future__ import annotations

from data.vetting_report import NeighbourReport
from larun_app.ui.sky_view import circle_arcsec, pixel_arcsec
from larun_app.validation.neighbours import MOST, dim_words, neighbour_table, share_words
from science.rounding import THIN
from tests.app.vetted_runs import planet_report


def _star(k: int, **more: object) -> NeighbourReport:
    given: dict[str, object] = {
        "name": f"TIC {k}",
        "ra_deg": 1.0,
        "dec_deg": 2.0,
        "separation_arcsec": 2.0 + k,
        "position_angle_deg": 10.0,
        "tmag": 15.0,
        "can_do_it": False,
        **more,
    }
    return NeighbourReport.model_validate(given)


def _signal_with(stars: list[NeighbourReport]) -> object:
    return planet_report()[0].signals[0].model_copy(update={"neighbours": tuple(stars)})


def test_five_thousand_neighbours_are_counted_and_not_all_listed() -> None:
    signal = _signal_with([_star(k, can_do_it=k in (4000, 7)) for k in range(5000)])
    short = neighbour_table(signal)  # type: ignore[arg-type]
    assert len(short.rows) == 12
    assert [row.name for row in short.rows[:3]] == ["TIC 7", "TIC 4000", "TIC 0"], "the able first, then the nearest"
    assert short.more == f"Show {MOST}"
    assert short.said.startswith("2 of 5000 stars within ")
    assert short.beyond.startswith("4988 stars more")
    everything = neighbour_table(signal, everything=True)  # type: ignore[arg-type]
    assert len(everything.rows) == MOST
    assert everything.more == ""
    assert everything.beyond.endswith("none of them can make the dips.")


def test_no_neighbour_hides_that_could_do_it() -> None:
    able = neighbour_table(_signal_with([_star(k, can_do_it=True) for k in range(30)]))  # type: ignore[arg-type]
    assert len(able.rows) == 30
    assert able.more == able.beyond == ""
    assert neighbour_table(_signal_with([])).rows == []  # type: ignore[arg-type]


def test_neighbour_of_which_little_is_known() -> None:
    row = neighbour_table(_signal_with([_star(1, can_do_it=None)])).rows[0]  # type: ignore[arg-type]
    assert (row.share, row.dim, row.host, row.tone, row.words) == ("–", "–", "", "none", "Not known")


def test_shares_and_dimming() -> None:
    assert share_words(0.00144) == f"0.14{THIN}%"
    assert share_words(2e-9) == f"under 0.001{THIN}%"
    assert share_words(0.0) == f"0{THIN}%"
    assert dim_words(0.6) == f"60{THIN}% of its light"
    assert dim_words(1.7) == "more than all its light"


def test_sky_words() -> None:
    assert pixel_arcsec(["Kepler"]) == 3.98
    assert pixel_arcsec([]) == 21.0
    assert circle_arcsec("circle of 3 pixels, since no pixels were fetched", 21.0) == 63.0
    assert circle_arcsec("pipeline aperture", 21.0) == 0.0
