"""What the wizard says of a star, of archive products and of files."""

from __future__ import annotations

from data.report import Quantity, StellarReport
from jobs.start import FoundProduct, KnownPlanetReport, LookupResult
from larun_app.wizard.draft import Draft
from larun_app.wizard.views import archive_times, authors, data_words, planet_choices, product_chips, star_card


def found_product(sector: int, author: str = "SPOC", *, chosen: bool = True, seconds: float = 120.0) -> FoundProduct:
    return FoundProduct(
        id=f"{sector}-{author}",
        sector=sector,
        label=f"S{sector}",
        author=author,
        cadence_seconds=seconds,
        bytes=1_900_000,
        year=2018 + sector // 14,
        chosen=chosen,
    )


def answer(**changes: object) -> LookupResult:
    star = StellarReport(
        name="TOI-1798",
        tic_id=198153540,
        tmag=10.5,
        distance_pc=113.2,
        teff_k=Quantity(value=5165, error=104, source="TIC"),
        radius_sun=Quantity(value=0.784, error=0.041, source="TIC"),
        words="Orange dwarf, 10.5 mag",
    )
    given: dict[str, object] = {
        "state": "done",
        "name": "TOI-1798",
        "star": star,
        "products": tuple(found_product(n) for n in (16, 22, 23)),
        "known_planets": (
            KnownPlanetReport(name="b", period_days=8.02, epoch_bjd=2459000.1, duration_hours=2.0),
            KnownPlanetReport(name="c", period_days=None),
        ),
    }
    return LookupResult.model_validate(given | changes)


def test_the_star_in_words() -> None:
    card = star_card(answer())
    assert card.words == (
        "TIC 198153540, 369 light-years away. An orange dwarf, smaller and cooler than the Sun (dashed circle)."
    )
    assert (card.brightness, card.size, card.size_err) == ("10.5", "0.784", "± 0.041 Suns")
    assert (card.watched, card.watched_unit) == ("3", "sectors")
    assert card.coverage_words == "Sectors 16, 22 and 23 of 14 to 25"
    assert [i + 14 for i, on in enumerate(card.coverage) if on] == [16, 22, 23]
    assert "Two planets or candidates are already known" in card.planets


def test_an_unknown_star_claims_nothing() -> None:
    card = star_card(answer(star=None, known_planets=(), products=(found_product(5),)))
    assert (card.brightness, card.size, card.surface, card.planets) == ("", "", "", "")
    assert (card.watched, card.watched_unit) == ("1", "sector")
    assert "than the Sun" not in card.words


def test_one_chip_a_sector_unless_an_author_is_chosen() -> None:
    products = [found_product(1), found_product(1, "QLP", chosen=False, seconds=600.0), found_product(2, "QLP")]
    assert [(c.label, c.on) for c in product_chips(Draft(), products)] == [("S1", True), ("S2", True)]
    only = product_chips(Draft(author="QLP", products=("1-QLP",)), products)
    assert [(c.id, c.on) for c in only] == [("1-QLP", True), ("2-QLP", False)]
    # switched off, a sector stays in sight
    assert [c.on for c in product_chips(Draft(products=("1-SPOC",)), products)] == [True, False]


def test_authors_are_offered_only_where_there_is_a_choice() -> None:
    assert authors([found_product(1), found_product(2)]) == []
    offered = authors([found_product(1), found_product(2), found_product(2, "QLP", chosen=False)])
    assert [key for key, _ in offered] == ["", "SPOC", "QLP"]


def test_what_is_switched_on() -> None:
    products = [found_product(1), found_product(2)]
    assert data_words(Draft(), products).startswith("2 sectors, 2")
    assert data_words(Draft(products=()), products) == "nothing chosen"
    watched = archive_times(Draft(), [found_product(1), found_product(13)])
    assert watched is not None
    assert watched.stretches == 2
    assert watched.watched_days < watched.span_days
    assert archive_times(Draft(products=()), products) is None


def test_only_planets_with_known_times_can_be_hidden() -> None:
    b, c = planet_choices(Draft(hide_planets=("b",)), answer())
    assert (b.possible, b.on) == (True, True)
    assert not c.possible
    assert "unknown" in c.words
