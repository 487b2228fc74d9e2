"""Which files are taken when nobody chooses."""

from __future__ import annotations

from data.archives.products import (
    KnownPlanet,
    MissionName,
    Product,
    ProductList,
    choose_default,
    planets_in_words,
)


def product(
    author: str, number: int | None, seconds: float = 120.0, mission: MissionName = "TESS", name: str = ""
) -> Product:
    name = name or f"{mission}-{author}-{number}-{seconds:.0f}_lc.fits"
    return Product(f"mast:X/{name}", name, mission, number, author, seconds, 1000, 2020)


def test_two_minutes_before_twenty_seconds_before_full_frames() -> None:
    files = [product("QLP", 5, 1800), product("SPOC", 5, 20), product("TESS-SPOC", 5, 1800), product("SPOC", 5, 120)]
    for best in (files[3], files[1], files[2], files[0]):
        assert choose_default(files) == (best,)
        files = [p for p in files if p is not best]
    assert choose_default(files) == ()


def test_one_file_a_sector_in_order() -> None:
    files = [product("SPOC", 13), product("QLP", 2, 1800), product("SPOC", 4), product("QLP", 4, 1800)]
    assert [(p.label, p.author) for p in choose_default(files)] == [("S2", "QLP"), ("S4", "SPOC"), ("S13", "SPOC")]


def test_pipelines_we_cannot_read_are_never_chosen() -> None:
    assert choose_default([product("CDIPS", 7, 1800)]) == ()


def test_missions_are_not_mixed() -> None:
    tess, kepler = product("SPOC", 14), product("Kepler", 3, 1800, "Kepler")
    short = product("Kepler", 3, 60, "Kepler")
    assert choose_default([tess, short, kepler]) == (kepler,)
    assert choose_default([tess, short, kepler], "TESS") == (tess,)
    assert choose_default([tess, kepler], "K2") == (kepler,)


def test_lists_are_sorted_and_carry_their_note() -> None:
    listed = ProductList.of([product("QLP", 3, 600), product("SPOC", 1), product("SPOC", 3)], "old")
    assert [(p.number, p.author) for p in listed] == [(1, "SPOC"), (3, "SPOC"), (3, "QLP")]
    assert listed.note == "old"
    assert isinstance(listed, tuple)


def test_the_spelling_of_the_star_decides_the_mission() -> None:
    tess, kepler = product("SPOC", 14), product("Kepler", 3, 1800, "Kepler")
    assert choose_default(ProductList.of([tess, kepler], preferred="TESS")) == (tess,)
    assert choose_default(ProductList.of([tess, kepler])) == (kepler,)
    assert choose_default(ProductList.of([kepler], preferred="TESS")) == (kepler,)


def planet(status: str) -> KnownPlanet:
    return KnownPlanet("x", status, 1.0, None, None, None, None, "test")  # type: ignore[arg-type]


def test_known_planets_in_words() -> None:
    words = {
        (): "",
        ("false positive",): "",
        ("confirmed",): "One planet is already known here.",
        ("confirmed", "confirmed"): "Two planets are already known here.",
        ("candidate",): "One candidate is already known here.",
        ("confirmed", "candidate", "false positive"): "One planet and one candidate are already known here.",
        ("confirmed",) * 12: "12 planets are already known here.",
    }
    for statuses, sentence in words.items():
        assert planets_in_words([planet(status) for status in statuses]) == sentence


def test_both_halves_of_a_divided_k2_campaign() -> None:
    halves = [product("K2", 10, 1800, "K2", f"ktwo229227264-c10{half}_llc.fits") for half in (1, 2)]
    other = product("K2SFF", 10, 1800, "K2", "hlsp_k2sff_k2_lightcurve_229227264-c102_kepler_v1_llc.fits")
    assert choose_default([other, *halves]) == tuple(halves)
    assert product("K2", 5, 1800, "K2", "ktwo211436265-c05_llc.fits").part == ""
