"""The sentences a visitor reads: a found dip is never called a planet, and nothing untested is left unsaid."""

import pytest

from data.report import RecoveryMap, SectorReport, SignalReport, StellarReport
from jobs.verdict import conclude, reach_sentence


def signal(**changes):
    values = {
        "index": 1,
        "period_days": 6.2678,
        "epoch_bjd": 2458325.5,
        "duration_hours": 3.0,
        "depth_ppm": 310.0,
        "sde": 20.0,
        "snr": 17.0,
        "snr_white": 18.0,
        "fap": 0.0001,
        "fap_lo": 0.00005,
        "fap_hi": 0.0002,
        "fap_method": "white-noise table",
        "n_transits": 4,
        "radius_earth": 2.1,
        "kind": "dip",
        "convincing": True,
    }
    return SignalReport(**{**values, **changes})


def sector(points=18000, days=27.0):
    return SectorReport(
        label="S1",
        mission="TESS",
        cadence_seconds=120,
        exposure_seconds=120,
        points=points,
        points_used=points,
        start_bjd=2458325.0,
        stop_bjd=2458325.0 + days,
    )


STAR = StellarReport()
REACH = RecoveryMap(
    period_days=(0.5, 5.0, 13.0),
    radius_earth=(0.8, 1.6, 3.2),
    share=((0.2, 0.1, 0.0), (0.99, 0.93, 0.2), (1.0, 1.0, 0.9)),
)


def test_a_found_dip_is_not_called_a_planet():
    verdict = conclude((signal(),), None, (sector(),), STAR, REACH)
    assert verdict.kind == "signal"
    assert verdict.tone == "info"
    assert verdict.headline == "A dip comes back every 6.27 days"
    assert "If a planet makes them, it is 2.1 times as wide as Earth." in verdict.sentences[0]
    assert len(verdict.not_done) == 2


def test_several_dips_are_counted_and_named():
    verdict = conclude((signal(), signal(index=2, period_days=0.438)), None, (sector(),), STAR, None)
    assert verdict.headline.startswith("Two dips come back")
    assert any("0.438" in s for s in verdict.sentences)


def test_a_pair_of_dips_is_not_said_to_repeat():
    pair = signal(n_transits=2, period_days=22.3)
    verdict = conclude((pair,), None, (sector(),), STAR, None)
    assert verdict.headline == "Two dips alike, 22.3 days apart"
    verdict = conclude((signal(), pair.model_copy(update={"index": 2})), None, (sector(),), STAR, None)
    assert verdict.sentences[2].startswith("Signal 2 is two dips 22.3 days apart")


def test_without_a_stellar_radius_no_size_is_claimed():
    verdict = conclude((signal(radius_earth=None),), None, (sector(),), STAR, None)
    assert "cannot be said" in verdict.sentences[0]


def test_a_binary_is_said_with_its_reason():
    eclipses = signal(kind="binary", convincing=False, reasons=("Odd and even dips differ by 40 σ.",))
    verdict = conclude((), eclipses, (sector(),), STAR, None)
    assert (verdict.kind, verdict.tone) == ("binary", "fail")
    assert "Odd and even dips differ by 40 σ." in verdict.sentences


def test_a_binary_with_many_reasons_is_said_with_the_first_three():
    reasons = tuple(f"Reason {n}." for n in range(1, 6))
    eclipses = signal(kind="binary", convincing=False, reasons=(*reasons[:2], *reasons))
    verdict = conclude((), eclipses, (sector(),), STAR, None)
    assert verdict.sentences[1:] == reasons[:3]


@pytest.mark.parametrize("kind", ["rotation", "pulsation"])
def test_the_star_itself_is_no_planet(kind):
    verdict = conclude((), signal(kind=kind, convincing=False), (sector(),), STAR, None)
    assert verdict.kind == "star"
    assert "not because something crosses it" in verdict.sentences[0]


def test_nothing_is_a_calm_answer_with_its_reach():
    verdict = conclude(
        (), signal(convincing=False, snr=4.9, fap=0.38, fap_lo=0.3, fap_hi=0.46), (sector(),), STAR, REACH
    )
    assert (verdict.kind, verdict.tone) == ("nothing", "none")
    assert verdict.sentences[0] == "The best dip repeats every 6.27 days."  # its numbers stand in the reasons
    assert verdict.sensitivity == "Planets over 1.6 Earths with a year under 10 days would have shown."


def test_what_the_copies_cannot_tell_is_a_bound():
    tabled = conclude((signal(fap=1e-4, fap_hi=1.5e-4),), None, (sector(),), STAR, None)
    assert tabled.sentences[1] == "Noise alone would do as well less than once in 10\u202f000 searches."
    shuffled = conclude(
        (signal(fap=1e-4, fap_hi=1.5e-4, fap_method="shuffled n=40 + inverted"),), None, (sector(),), STAR, None
    )
    assert shuffled.sentences[1] == "Noise alone would do as well once in 10\u202f000 searches."


def test_two_unequal_dips_are_no_rhythm_yet():
    pair = signal(convincing=False, snr=53.0, fap=0.089, n_transits=2, period_days=11.17)
    verdict = conclude((), pair, (sector(),), STAR, None)
    assert verdict.sentences[0].startswith("Two dips lie 11.2 days apart at a signal to noise of 53")


def test_too_little_light_is_not_judged():
    verdict = conclude((), None, (sector(points=140),), STAR, None)
    assert verdict.kind == "not_judged"
    assert "140" in verdict.sentences[0]


def test_reach_says_when_even_large_planets_are_out_of_reach():
    blind = REACH.model_copy(update={"share": ((0.0,) * 3,) * 3})
    assert "Even large planets" in reach_sentence(blind)
    assert reach_sentence(None) == ""


def test_reach_is_told_for_shorter_years_where_gaps_hide_the_longer():
    gappy = REACH.model_copy(update={"share": ((0.2, 0.1, 0.0), (0.99, 0.7, 0.2), (1.0, 0.8, 0.5))})
    assert reach_sentence(gappy) == "Planets over 1.6 Earths with a year under 2 days would have shown."


def test_reach_says_when_the_size_of_the_star_is_assumed():
    assumed = REACH.model_copy(update={"assumed_radius": True})
    assert "if the star is as big as the Sun" in reach_sentence(assumed)
