"""The two tests of the neighbours' light, in numbers and words."""

import pytest

from science.stars import Star
from science.vetting.contamination.dilution import CrowdingOfSector
from science.vetting.contamination.findings import (
    CONTAMINATION_TESTS,
    agreement,
    contamination_findings,
    light_from_neighbours,
    neighbours_capable,
)
from science.vetting.contamination.shares import contamination
from tests.science.vetting.contamination.scenes import cube, dip, field, square, star

CORRECTED = (CrowdingOfSector("S1", corrected=True),)


def found(*others, told=CORRECTED, depth=1e-3, **target):
    stars = field(star(0, 0, 10.0, **target), *others)
    return contamination([cube(square())], stars, Star(), dip(depth), told)


def test_a_lonely_star_passes_both():
    light, capable = contamination_findings(found())
    assert light.outcome == capable.outcome == "pass"
    assert light.value == 0.0
    assert capable.value == 0.0


def test_faint_neighbours_pass_with_the_number():
    light, capable = contamination_findings(found(star(2.0, 0.0, 18.0)))
    assert light.outcome == capable.outcome == "pass"
    assert "1 neighbour adds" in light.reason
    assert "cannot make these dips of 1000 ppm" in capable.reason
    assert "times all its light" in capable.reason


def test_much_light_asks_for_a_look_and_never_fails():
    light = light_from_neighbours(found(star(1.0, 0.0, 9.0)))
    assert light.outcome == "warn"
    assert light.value > 5.0
    assert light.threshold == 5.0
    assert "TIC 1001 (21″ away" in light.reason
    assert "already corrected" in light.reason


@pytest.mark.parametrize(
    ("corrected", "words"),
    [(True, "already corrected"), (False, "we do it here"), (None, "do not know")],
)
def test_the_sentence_says_what_is_done(corrected, words):
    told = (CrowdingOfSector("S1", corrected=corrected),)
    assert words in light_from_neighbours(found(star(1.0, 0.0, 11.0), told=told)).reason


def test_capable_neighbours_are_named_with_what_they_need():
    finding = neighbours_capable(found(star(1.0, 0.0, 12.0), star(0.0, 1.5, 13.0), star(3.0, 0.0, 19.0)))
    assert finding.outcome == "warn"
    assert finding.value == 2.0
    assert finding.reason.startswith("2 of 3 neighbours could make these dips of 1000 ppm")
    assert "TIC 1001 (21″ away, dips of" in finding.reason
    assert finding.picture is not None
    assert finding.picture.series[0].x.size >= 2
    assert finding.numbers["smallest_needed_depth"] < 0.05


def test_an_open_possibility_is_a_look_too():
    finding = neighbours_capable(found(star(5.0, 0.0, 8.0)))
    assert finding.outcome == "warn"
    assert finding.value == 0.0
    assert "leave the possibility open" in finding.reason


def test_not_run_says_why():
    nothing = contamination([], None, Star(), dip())
    for finding in contamination_findings(nothing):
        assert finding.outcome == "not_run"
        assert "No star catalogue" in finding.reason
    only_file = contamination([], None, Star(), dip(), (CrowdingOfSector("S1", 0.9, None, True),))
    light, capable = contamination_findings(only_file)
    assert light.outcome == "warn"
    assert "CROWDSAP" in light.reason
    assert capable.outcome == "not_run"
    assert neighbours_capable(found(star(1.0, 0.0, 12.0), depth=-1e-4)).outcome == "not_run"


def test_agreement_in_words():
    close = agreement(found(told=(CrowdingOfSector("S1", 0.99, None, True),), contratio=0.01))
    assert close.endswith("they agree.")
    assert "CROWDSAP" in close
    assert "TESS Input Catalog" in close
    apart = agreement(found(told=(CrowdingOfSector("S1", 0.80, None, True),)))
    assert "differ by up to 20.0" in apart
    assert agreement(found()) == ""


def test_the_table_names_its_findings():
    for test, finding in zip(CONTAMINATION_TESTS, contamination_findings(found()), strict=True):
        assert test.name == finding.name
        assert test.title
        assert test.question.endswith("?")
