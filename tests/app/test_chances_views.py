"""How likely each explanation is, in the words of pages, terminal and summary: rules in plain Python."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import matplotlib
import pytest

from data.report import SignalReport
from data.validation_report import ScenarioProbabilities, ValidationReport, ValidationVerdict
from jobs import summary_words
from jobs.chance_words import (
    SCENARIO_WORDS,
    SHORT_WORDS,
    VERDICT_CHIPS,
    VERDICT_TONES,
    VERDICT_WORDS,
    chances_sentence,
    plain_reason,
    still_untested,
    told_probability,
    with_error_words,
)
from jobs.summary_chances import chance_figures, scenario_lines
from jobs.summary_page import RC, draw_page
from larun_app.learn.chance_terms import SCENARIO_KEY
from larun_app.learn.glossary import TERMS, term_of
from larun_app.results.wording import result_view
from larun_app.ui.chance_ruler import place
from larun_app.validation.chances import FIRST, MOST, NOT_ASKED, NOT_OF_THIS, chances_view
from larun_app.validation.ensemble import EnsembleView, ensemble_view
from larun_app.validation.evidence import MOST as MOST_LINES
from larun_app.validation.priors import PRIORS
from larun_app.validation.wording import CHANGES, CHECKS_CHANGE, validation_view
from science.rounding import THIN
from tests.app.validated_runs import (
    A_NEIGHBOUR,
    A_PAIR,
    A_PLANET,
    AGAINST,
    NOT_DECIDED,
    NOT_RUN,
    REFUSED,
    TOGETHER,
    stars,
    with_chances,
)
from tests.app.vetted_runs import bare_report, binary_report, planet_report
from tests.jobs.test_summary_pdf import in_agg, left_the_page, page

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def signal() -> SignalReport:
    return planet_report()[0].signals[0]


def told(signal: SignalReport, found: ValidationReport | None, **more: Any) -> SignalReport:
    return signal.model_copy(update={"validation": found, **more})


@pytest.mark.parametrize(
    ("probability", "error", "words"),
    [
        (0.0044, 2.1e-4, "0.440 % ± 0.021 %"),
        (0.68, 0.012, "68.0 % ± 1.2 %"),
        (0.0, 0.0, "under 0.01 %"),
        (9.4e-5, 1e-6, "under 0.01 %"),
        (5e-5, 3e-4, "0.005 % ± 0.030 %"),
        (8e-4, 2e-6, "0.08 % ± 0.01 %"),
        (0.5, None, "50.00 %"),
        (1.0, 0.0, "over 99.9 %"),
        (0.9999, 1e-5, "over 99.9 %"),
        (0.9995, 0.0008, "over 99.7 %"),
    ],
)
def test_a_probability_never_claims_more_than_is_known(probability: float, error: float | None, words: str) -> None:
    assert with_error_words(probability, error) == words.replace(" %", f"{THIN}%")


def test_nothing_is_ever_certain() -> None:
    for p in (0.999, 0.9991, 0.99999, 1.0):
        for error in (0.0, 1e-6, 1e-4, 1e-2, 0.3):
            assert "100" not in told_probability(p, error)[0]


def test_a_validated_planet_says_that_no_mass_was_measured(signal: SignalReport) -> None:
    view = chances_view(told(signal, A_PLANET))
    assert view.headline == "Statistically validated on this platform: no mass has been measured here"
    assert (view.tone, view.chip, view.missing) == ("pass", "Statistically validated", "")
    assert view.reason == "", "the two numbers stand beside it"
    assert (view.fpp.value, view.fpp.error) == (f"0.442{THIN}%", f"0.021{THIN}%")
    assert view.fpp.spoken == "0.442 percent plus or minus 0.021 percent"
    assert (view.nfpp.value, view.nfpp.error) == (f"under 0.01{THIN}%", "")
    assert [b.words for b in view.bars][:2] == ["A planet around this star", "Two stars eclipsing far behind it"]
    assert len(view.bars) == 8
    assert [b.kind for b in view.bars] == ["good", *[""] * 7]
    assert view.bars[1].exact == "background eclipsing binary, BEB"
    last = view.bars[-1]
    assert (last.share, last.error, last.width, last.error_width) == (f"under 0.01{THIN}%", "", "0.0%", "")
    assert view.ruler.needle == f"{place(A_PLANET.fpp or 0):.1f}%"
    assert "0.442 percent" in view.ruler.spoken


def test_the_scale_has_four_decades() -> None:
    assert [round(place(p), 6) for p in (0.0, 1e-9, 1e-4, 1e-3, 1e-2, 0.1, 1.0)] == [0, 0, 0, 25, 50, 75, 100]


def test_who_is_not_a_planet_gets_no_green(signal: SignalReport) -> None:
    view = chances_view(told(signal, A_PAIR))
    assert (view.headline, view.tone) == ("Likely not a planet", "fail")
    assert view.bars[0].words == "A companion star eclipsing this one"
    assert {b.kind for b in view.bars} == {"best", ""}
    assert view.reason == "A companion star explains depth, length and the second dip best."


def test_neighbours_are_sorted_and_folded_after_five(signal: SignalReport) -> None:
    view = chances_view(told(signal, A_NEIGHBOUR)).neighbours
    assert (len(view.first), len(view.rest), view.more) == (FIRST, 2, "2 stars more")
    assert (view.first[0].name, view.first[0].chance) == ("TIC 200100", f"93.0{THIN}% ± 9.3{THIN}%")
    assert view.said == f"7 stars in the same light, 94.20{THIN}% ± 0.80{THIN}% in all"
    assumed = chances_view(told(signal, A_PLANET)).neighbours.first[1]
    assert assumed.note == "size not known, the Sun’s assumed"
    many = A_NEIGHBOUR.model_copy(update={"neighbours": stars(*[k / 1000 for k in range(MOST + 3)])})
    long = chances_view(told(signal, many)).neighbours
    assert (len(long.first) + len(long.rest), long.first[0].name) == (MOST, f"TIC {200100 + MOST + 2}")
    assert long.beyond.startswith("3 stars more")
    assert chances_view(told(signal, A_PAIR)).neighbours.said == ""


def test_what_is_not_decided_says_why_and_asks_for_a_look_at_the_times(signal: SignalReport) -> None:
    view = chances_view(told(signal, NOT_DECIDED))
    assert (view.headline, view.tone) == ("Not decided", "warn")
    assert view.reason == "Within the error it may be validated or likely planet."
    facts = {f.name: (f.value, f.note) for f in view.timing.facts}
    assert facts["Dips come early or late by"] == (f"21{THIN}min", "over 9 dips; more than their errors")
    assert facts["Of a dip’s length"] == (f"14{THIN}%", "")
    assert facts["Chance not a planet, strictly periodic"][0] == f"2.31{THIN}% ± 0.19{THIN}%"
    assert facts["Chance not a planet, each dip at its own time"][0] == f"1.48{THIN}% ± 0.16{THIN}%"
    assert "by eye" in view.timing.warning
    assert view.notes == ["The stars behind are counted from a model of the Galaxy."]
    quiet = chances_view(told(signal, A_PLANET)).timing
    assert quiet.warning == ""
    assert [f.name for f in quiet.facts] == ["Dips come early or late by", "Of a dip’s length"]


@pytest.mark.parametrize(
    ("reason", "plain"),
    [
        ("FPP 0.0044 ± 0.0002, NFPP 2e-06 ± 1e-07.", ""),
        ("FPP 1 ± 0, NFPP 0 ± 0.", ""),
        ("FPP 0.01 ± 0.02, NFPP 0.1 ± 5e-05: within the error it may be a or b.", "Within the error it may be a or b."),
        ("FPP 0.1 ± 0.02, NFPP 0 ± 0, but at 9.1 Earths it may be a star.", "At 9.1 Earths it may be a star."),
        ("FPP 0.1 ± 0.02, NFPP 0 ± 0. Too few draws.", "Too few draws."),
        ("The light is too noisy.", "The light is too noisy."),
    ],
)  # fmt: skip
def test_a_reason_does_not_repeat_the_numbers_beside_it(reason: str, plain: str) -> None:
    assert plain_reason(reason) == plain


def test_what_was_not_weighed_is_one_sentence_without_bars(signal: SignalReport) -> None:
    view = chances_view(told(signal, NOT_RUN))
    assert view.missing == f"Not worked out. {REFUSED}"
    assert (view.bars, view.headline, view.chip, view.evidence) == ([], "", "", [])
    assert chances_view(signal).missing == NOT_ASKED
    assert chances_view(signal, others_have=True).missing == NOT_OF_THIS


def test_evidence_is_listed_and_says_what_no_draw_explains(signal: SignalReport) -> None:
    view = chances_view(told(signal, A_PLANET))
    assert [row.code for row in view.evidence][:2] == ["TP", "BEB"]
    assert view.evidence[0].ln_z == "−402.310 ± 0.021"
    assert view.evidence[-1].ln_z == "no draw makes such a dip"
    assert view.evidence_said == ""
    assert view.drawn == (
        f"1{THIN}840{THIN}000 draws, seed 20261122, 47{THIN}s of processor time. "
        "The same seed on the same light gives the same numbers."
    )
    many = A_PLANET.model_copy(update={"evidence": A_PLANET.evidence * 20})
    long = chances_view(told(signal, many))
    assert len(long.evidence) == MOST_LINES
    assert long.evidence_said.startswith(f"{20 * len(A_PLANET.evidence) - MOST_LINES} lines more")


def test_the_page_no_longer_says_that_chances_are_missing() -> None:
    report = planet_report()[0]
    before = validation_view(report)
    assert any("No chance has been worked out" in line for line in before.not_told)
    assert before.would_change_title == CHANGES
    after = validation_view(with_chances(report, A_PLANET, TOGETHER))
    assert not any("chance" in line.lower() for line in after.not_told)
    assert after.would_change_title == CHECKS_CHANGE
    assert after.chances.headline == VERDICT_WORDS["validated"]
    assert after.ensemble.recommendation == TOGETHER.recommendation
    second = validation_view(with_chances(report, A_PLANET), 2)
    assert second.chances.missing.endswith(REFUSED)
    refused = validation_view(with_chances(report, NOT_RUN))
    assert any("No chance has been worked out" in line for line in refused.not_told)


def test_signals_without_checks_show_chances_only_where_there_are_some() -> None:
    report = bare_report()[0]
    bare = report.model_copy(update={"signals": (report.signals[0].model_copy(update={"vetting": {}}),)})
    assert not validation_view(bare).chances.shown
    assert validation_view(with_chances(bare, A_PLANET)).chances.chip == "Statistically validated"


def test_the_overview_has_a_line_and_drops_the_old_sentence() -> None:
    report = planet_report()[0]
    old = "How likely each explanation is in numbers, a planet or two eclipsing stars. No chance has been worked out."
    verdict = report.verdict.model_copy(update={"not_done": ("Something else.", old)})
    report = report.model_copy(update={"verdict": verdict, "signals": report.signals[:1]})
    assert result_view(report).not_done == ["Something else.", old]
    assert result_view(report).signals[0].chances.words == ""
    view = result_view(with_chances(report, A_PLANET))
    line = view.signals[0].chances
    assert line.words == f"0.442{THIN}% ± 0.021{THIN}%. {VERDICT_WORDS['validated']}."
    assert (line.tone, line.done) == ("pass", True)
    assert view.not_done == ["Something else."]
    refused = result_view(with_chances(report, NOT_RUN))
    assert refused.signals[0].chances.words == f"Not worked out. {REFUSED}"
    assert (refused.signals[0].chances.done, refused.not_done) == (False, ["Something else.", old])
    assert still_untested([old], ()) == [old]


def test_all_opinions_together() -> None:
    signal = with_chances(planet_report()[0], NOT_DECIDED, AGAINST).signals[0]
    view = ensemble_view(signal)
    assert [(f.name, f.value) for f in view.facts] == [
        ("How far the opinions agree", f"31{THIN}%"),
        ("Planet of this star, all together", f"58{THIN}%"),
    ]
    assert len(view.disagreements) == 2
    assert view.missing == ["The small network was not asked."]
    assert ensemble_view(signal.model_copy(update={"ensemble": None})) == EnsembleView()


def test_every_name_has_its_words() -> None:
    verdicts = set(ValidationVerdict.__args__)  # type: ignore[attr-defined]
    assert set(VERDICT_WORDS) == set(VERDICT_CHIPS) == set(VERDICT_TONES) == verdicts
    names = set(ScenarioProbabilities.model_fields)
    assert set(SCENARIO_WORDS) == set(SHORT_WORDS) == names
    for name in names:
        assert term_of(SCENARIO_KEY.format(name)).word == SCENARIO_WORDS[name]  # type: ignore[index]
    for key in ("fpp", "nfpp", "scenario", "statistically-validated", "prior", "evidence"):
        assert len(term_of(key).plain) < 260, key
    assert len({t.key for t in TERMS}) == len(TERMS)
    assert not any("confirmed" in words or "100" in words for words in VERDICT_WORDS.values())


def test_the_priors_on_the_page_are_those_of_the_document() -> None:
    text = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8").split("## Priors")[1].split("\n## ")[0]
    listed = [line.split("|")[1].strip() for line in text.splitlines() if re.match(r"\|(?! of |---)", line)]
    assert [prior.of for prior in PRIORS] == listed


def test_the_summary_has_a_short_block() -> None:
    report = with_chances(planet_report()[0], A_PLANET)
    first = report.signals[0]
    assert chance_figures(first) == [
        ("Chance not a planet (FPP)", f"0.442{THIN}% ± 0.021{THIN}%"),
        ("… and a neighbouring star’s (NFPP)", f"under 0.01{THIN}%"),
    ]
    assert len(scenario_lines(first)) == 8
    assert summary_words.NO_PROBABILITY not in summary_words.not_done(report, first)
    assert f"Chance not a planet: 0.442{THIN}%" in summary_words.alternative(report, first)
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(RC)
        for found, words in ((A_PLANET, "Chance not a planet (FPP)"), (A_PAIR, "Likely not a planet")):
            made = with_chances(binary_report()[0], found)
            figure, said = page(made, made.signals[0])
            assert words in said
            assert "EB, companion star" in said
            assert left_the_page(in_agg(figure)) == []
        refused = with_chances(bare_report()[0], NOT_RUN)
        figure = draw_page(refused, refused.signals[0], None, None)
        said = page(refused, refused.signals[0])[1]
    assert f"Not worked out. {REFUSED}" in said
    assert summary_words.NO_PROBABILITY in said
    plain = planet_report()[0]
    assert "How likely each explanation is" not in page(plain, plain.signals[0])[1]


def test_one_sentence_for_other_places(signal: SignalReport) -> None:
    assert chances_sentence(signal) == ""
    assert chances_sentence(told(signal, NOT_RUN)) == f"Not worked out. {REFUSED}"
    assert chances_sentence(told(signal, A_NEIGHBOUR)) == (
        f"Likely a neighbour’s dips. Chance not a planet (FPP): 95.90{THIN}% ± 0.20{THIN}%; "
        f"of a neighbouring star (NFPP): 94.20{THIN}% ± 0.80{THIN}%."
    )
