"""What people type is understood, or refused with a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.archives.targets import NotATarget, parse_target, without_planet_letter


@pytest.mark.parametrize(
    "text",
    ["TIC 261136679", "tic261136679", "TIC-261136679", "TIC: 261136679", "TIC ID 261136679", "TICID 261136679",
     "  tic\u00a0 261136679 ", "261136679", "261 136 679", "tess 261136679", "TIC 0261136679", "“TIC 261136679”"],
)  # fmt: skip
def test_spellings_of_a_tic_number(text: str) -> None:
    target = parse_target(text)
    assert (target.kind, target.number, target.text) == ("tic", 261136679, "TIC 261136679")


@pytest.mark.parametrize(
    ("text", "kind", "number", "shown"),
    [
        ("KIC 06541920", "kic", 6541920, "KIC 6541920"),
        ("kplr006541920", "kic", 6541920, "KIC 6541920"),
        ("EPIC206103150", "epic", 206103150, "EPIC 206103150"),
        ("ktwo206103150", "epic", 206103150, "EPIC 206103150"),
        ("TOI-1798", "toi", 1798, "TOI-1798"),
        ("toi 1798.02", "toi", 1798, "TOI-1798"),
        ("TOI-1798 b", "toi", 1798, "TOI-1798"),
    ],
)
def test_other_numbers(text: str, kind: str, number: int, shown: str) -> None:
    target = parse_target(text)
    assert (target.kind, target.number, target.text) == (kind, number, shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("pi Mensae", "pi Mensae"), ("π Mensae", "pi Mensae"), ("  WASP-4 ", "WASP-4"), ("Barnard's star",) * 2,
     ("BD+20 594",) * 2, ("2MASS J04143073+1234567",) * 2, ("K2-3", "K2-3"), ("TICKET 5", "TICKET 5")],
)  # fmt: skip
def test_names_stay_names(text: str, shown: str) -> None:
    target = parse_target(text)
    assert (target.kind, target.text) == ("name", shown)


@pytest.mark.parametrize(
    ("text", "ra_deg", "dec_deg"),
    [
        ("84.2912 -80.4691", 84.2912, -80.4691),
        ("84.2912, -80.4691", 84.2912, -80.4691),
        ("0 +0.5", 0.0, 0.5),
        ("360 -90", 0.0, -90.0),
        ("05:37:09.9 -80:28:09", 84.29125, -80.469167),
        ("05h37m09.9s −80°28′09″", 84.29125, -80.469167),
        ("05 37 09.9 -80 28 09", 84.29125, -80.469167),
        ("05:37:09.9 -00:28:09", 84.29125, -0.469167),
    ],
)
def test_positions(text: str, ra_deg: float, dec_deg: float) -> None:
    target = parse_target(text)
    assert target.kind == "position"
    assert target.ra_deg == pytest.approx(ra_deg, abs=1e-5)
    assert target.dec_deg == pytest.approx(dec_deg, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("TIC 12345678901", "TIC numbers have at most ten digits"),
        ("99999999999", "TIC numbers have at most ten digits"),
        ("TIC 0", "begin at 1"),
        ("TIC", "missing"),
        ("TIC 1.5", "whole and positive"),
        ("TIC 12a4", "digits only"),
        ("KIC 99999999", "between 1 and"),
        ("EPIC 5", "EPIC numbers lie between"),
        ("TOI-x1 9", ""),
        ("TOI-1798.001", "TOI numbers look like"),
        ("", "Type a star's name"),
        ("   ", "Type a star's name"),
        ("12 95", "Declination"),
        ("400 10", "Right ascension"),
        ("25:00:00 10:00:00", "below 24"),
        ("10:61:00 10:00:00", "below 60"),
        ("84.29", "neither a star's number nor coordinates"),
        ("<script>alert(1)</script>", "no such signs"),
        ("*", "not a star's name"),
        ("x" * 500, "too long"),
    ],
)
def test_refusals_say_why(text: str, part: str) -> None:
    if not part:
        assert parse_target(text).kind == "name"
        return
    with pytest.raises(NotATarget, match=part) as caught:
        parse_target(text)
    assert caught.value.sentence.endswith(".")


@given(st.text(max_size=60))
def test_any_text_is_a_target_or_a_sentence(text: str) -> None:
    try:
        target = parse_target(text)
    except NotATarget:
        return
    again = parse_target(target.text)
    assert (again.kind, again.number) == (target.kind, target.number)


@given(st.integers(1, 9_999_999_999))
def test_every_tic_number_is_understood(number: int) -> None:
    assert parse_target(f"TIC {number}").number == number


@given(st.floats(0, 359.9999), st.floats(-90, 90))
def test_written_positions_are_read_back(ra_deg: float, dec_deg: float) -> None:
    target = parse_target(f"{ra_deg:.6f} {dec_deg:+.6f}")
    assert target.kind == "position"
    assert target.ra_deg == pytest.approx(ra_deg, abs=1e-5) or ra_deg > 359.9999
    assert target.dec_deg == pytest.approx(dec_deg, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "mission"),
    [("TIC 5", "TESS"), ("KIC 5", "Kepler"), ("Kepler-11", "Kepler"), ("KOI-157", "Kepler"), ("K2-3", "K2"),
     ("EPIC 206103150", "K2"), ("TOI-144", "TESS"), ("pi Mensae", None), ("KELT-9", None)],
)  # fmt: skip
def test_the_spelling_tells_the_mission(text: str, mission: str | None) -> None:
    assert parse_target(text).preferred_mission == mission


@pytest.mark.parametrize(
    ("name", "host"),
    [("WASP-4 b", "WASP-4"), ("Kepler-11b", "Kepler-11"), ("pi Mensae c", "pi Mensae"), ("K2-3", None), ("Gl b", None)],
)
def test_planets_stand_for_their_stars(name: str, host: str | None) -> None:
    assert without_planet_letter(name) == host
