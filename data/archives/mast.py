"""MAST: from what a person typed to a star with its parameters, the list of its light curves, and the files.

Everything here waits for the network, so it belongs into workers. Questions go through the real astroquery client
(`portal`), files through our own resumable download (`downloads`). Answers are kept on disk: a recent one is used
without asking, an old one only when MAST cannot be reached, and then says so.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from science.stars import Star, Value

from . import downloads, exoplanet_archive
from .answers import Answer, AnswerStore, age_in_words
from .circuit import Circuit
from .errors import ArchiveUnavailable, NoLightCurves, TargetNotFound
from .mast_files import KINDS_OF_FILES, product_from_rows
from .portal import MastPortal, Row
from .products import (
    PIPELINES,
    KnownPlanet,
    MissionName,
    Product,
    ProductList,
    ResolvedStar,
    choose_default,
    planets_in_words,
)
from .settings import ArchiveSettings
from .targets import Target, without_planet_letter
from .tic import choose_tic_row, star_from_tic

__all__ = [
    "Product",
    "ProductList",
    "ResolvedStar",
    "choose_default",
    "download",
    "list_pixel_files",
    "list_products",
    "resolve",
]

#: A name's position and the TIC's agree to well under this for all but the fastest stars.
CONE_ARCSEC = 20.0
WIDE_CONE_ARCSEC = 90.0
NOT_FOUND_FRESH_SECONDS = 900.0
#: Kepler and K2 list a star at its catalogue position.
PRODUCT_CONE_ARCSEC = 4.0


def resolve(target: Target, settings: ArchiveSettings | None = None, *, with_planets: bool = True) -> ResolvedStar:
    """Find the star that `target` means, with its TIC parameters and, `with_planets`, the planets already known.

    Names go to MAST's resolver (TOI numbers first to the NASA Exoplanet Archive), positions to the TIC. Star
    parameters carry the source "TIC"; the planets are left None where their archive does not answer.
    Raises TargetNotFound, ArchiveUnavailable.
    """
    settings = settings or ArchiveSettings.from_env()
    store = _store(settings)
    key = f"{target.kind} {target.text.lower()}"

    def ask() -> dict[str, Any] | None:
        # names go to the resolver first, whose silence says nothing of MAST
        of_mast = target.kind in ("tic", "kic", "position")
        with Circuit(settings, "mast").guard() if of_mast else contextlib.nullcontext():
            return _star_to_json(_resolve_live(target, settings))

    stored, note = _answer(store, "resolve", key, settings.star_fresh_seconds, ask)
    star = _star_from_json(stored, target)
    if star is None:
        raise TargetNotFound(_not_found_sentence(target))
    planets: tuple[KnownPlanet, ...] | None = None
    if with_planets and star.tic_id is not None:
        planets = exoplanet_archive.known_planets(star.tic_id, settings)
    return dataclasses.replace(
        star, known_planets=planets, known_planets_note=planets_in_words(planets or ()), note=note
    )


def list_products(
    resolved: ResolvedStar,
    mission: MissionName | None = None,
    author: str | None = None,
    settings: ArchiveSettings | None = None,
) -> ProductList:
    """All light-curve files of a star at MAST, of every pipeline that we read (or of `author`, any case).

    Sorted by mission, sector and quality. Raises NoLightCurves where there is none of this kind, ArchiveUnavailable.
    """
    settings = settings or ArchiveSettings.from_env()
    products, note = _listed(resolved, "products", settings)
    if author:
        products = [p for p in products if p.author.lower() == author.lower()]
    else:
        products = [p for p in products if p.author in PIPELINES[p.mission]]
    if mission is not None:
        products = [p for p in products if p.mission == mission]
    if not products:
        kind = " ".join(word for word in (author, mission) if word)
        wanted = f"{kind} light curve" if kind else "light curve"
        raise NoLightCurves(
            f"{resolved.name} is known, but the archive has no {wanted} of it that we can read. "
            "It may not have been observed yet; a file of your own can be uploaded."
        )
    return ProductList.of(products, note, resolved.target.preferred_mission)


def list_pixel_files(resolved: ResolvedStar, settings: ArchiveSettings | None = None) -> ProductList:
    """All target pixel files of a star at MAST, of the pipelines and cadences whose light curves we read; may be empty.

    They come with the list of light curves, so whoever has just asked for that does not ask again. Raises
    ArchiveUnavailable.
    """
    settings = settings or ArchiveSettings.from_env()
    products, note = _listed(resolved, "pixels", settings)
    return ProductList.of(
        (p for p in products if p.author in PIPELINES[p.mission]), note, resolved.target.preferred_mission
    )


def list_cut_out_sectors(
    ra_deg: float, dec_deg: float, settings: ArchiveSettings
) -> tuple[list[tuple[int, int, int]], str]:
    """(sector, camera, CCD) of the full-frame images that show a place, and a note where the list is an old one.

    Raises ArchiveUnavailable.
    """

    def ask() -> list[list[int]]:
        with Circuit(settings, "mast").guard():
            rows = _portal(settings).cut_out_sectors(ra_deg, dec_deg)
        return [[int(row[name]) for name in ("sector", "camera", "ccd")] for row in rows]

    key = f"{ra_deg:.6f} {dec_deg:+.6f}"
    rows, note = _answer(_store(settings), "cut-outs", key, settings.list_fresh_seconds, ask)
    return [(sector, camera, ccd) for sector, camera, ccd in rows], note


def download(
    product: Product,
    progress: Callable[[int, int | None], None] | None = None,
    settings: ArchiveSettings | None = None,
) -> Path:
    """The file of `product` on this machine, fetched unless it is in the cache. See `downloads.fetch`."""
    settings = settings or ArchiveSettings.from_env()
    return downloads.fetch(product.uri, settings, expected_bytes=product.size_bytes, progress=progress)


# --- asking -----------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=4)
def _portal(settings: ArchiveSettings) -> MastPortal:
    return MastPortal(settings)


def _store(settings: ArchiveSettings) -> AnswerStore:
    # answers of a stand-in must never be taken for those of the real archive
    return AnswerStore(settings.cache_dir / "answers" / re.sub(r"[^A-Za-z0-9.]+", "-", settings.mast_url))


def _answer(store: AnswerStore, kind: str, key: str, fresh_seconds: float, ask: Callable[[], Any]) -> tuple[Any, str]:
    """The answer to a question and a note: from the cache while fresh, else live, else an old one with its age.

    That something was not found is believed for a short time only: a resolver may have had a bad day.
    """
    stored: Answer | None = store.get(kind, key)
    if stored is not None and not stored.value:
        fresh_seconds = min(fresh_seconds, NOT_FOUND_FRESH_SECONDS)
    if stored is not None and stored.age_seconds < fresh_seconds:
        return stored.value, ""
    try:
        value = ask()
    except ArchiveUnavailable as error:
        if stored is None or not stored.value:
            raise
        return stored.value, f"From the cache, {age_in_words(stored.age_seconds)} old: {error.sentence}"
    store.put(kind, key, value)
    return value, ""


def _resolve_live(target: Target, settings: ArchiveSettings) -> ResolvedStar | None:
    portal = _portal(settings)
    match target.kind:
        case "tic":
            row = portal.tic_by_number(target.number or 0)
            return _from_tic(row, target, target.text) if row else None
        case "kic":
            row = portal.tic_by_kic(target.number or 0)
            if row:
                return dataclasses.replace(_from_tic(row, target, target.text), kic_id=target.number)
            return _from_observations(portal, target, f"kplr{target.number:09d}")
        case "epic":
            return _from_observations(portal, target, f"ktwo{target.number:09d}") or _by_name(portal, target)
        case "position":
            assert target.ra_deg is not None
            assert target.dec_deg is not None
            return _at_place(portal, target, target.ra_deg, target.dec_deg, "")
        case "toi":
            tic_id = exoplanet_archive.tic_of_toi(target.number or 0, settings)
            row = portal.tic_by_number(tic_id) if tic_id else None
            return _from_tic(row, target, target.text) if row else _by_name(portal, target)
        case _:
            return _by_name(portal, target)


def _by_name(portal: MastPortal, target: Target) -> ResolvedStar | None:
    """Through the name resolver; a planet's name stands for its star."""
    place = portal.resolve_name(target.text)
    host = without_planet_letter(target.text)
    if place is None and host:
        place = portal.resolve_name(host)
        target = dataclasses.replace(target, text=host)
    if place is None:
        return None
    return _at_place(portal, target, float(place["ra"]), float(place["decl"]), target.text, bare_is_fine=True)


def _at_place(
    portal: MastPortal, target: Target, ra_deg: float, dec_deg: float, name: str, *, bare_is_fine: bool = False
) -> ResolvedStar | None:
    """The TIC star at a place. `bare_is_fine`: a resolved name is a star even where the TIC has no entry."""
    row = None
    for radius in (CONE_ARCSEC, WIDE_CONE_ARCSEC) if bare_is_fine else (CONE_ARCSEC,):
        row = choose_tic_row(portal.tic_cone(ra_deg, dec_deg, radius), ra_deg, dec_deg)
        if row is not None:
            break
    if row is not None:
        return _from_tic(row, target, name)
    if not bare_is_fine:
        return None
    return ResolvedStar(name, None, ra_deg, dec_deg, _bare_star(name, ra_deg, dec_deg, target), target)


def _from_observations(portal: MastPortal, target: Target, archive_name: str) -> ResolvedStar | None:
    """A Kepler or K2 star that the TIC does not tell us of, at the place of its observations."""
    for row in portal.observations(target_name=[archive_name], dataproduct_type=["timeseries", "cube"]):
        if row.get("s_ra") is None or row.get("s_dec") is None:
            continue
        ra_deg, dec_deg = float(row["s_ra"]), float(row["s_dec"])
        found = _at_place(portal, target, ra_deg, dec_deg, target.text)
        if found is None:
            bare = _bare_star(target.text, ra_deg, dec_deg, target)
            found = ResolvedStar(target.text, None, ra_deg, dec_deg, bare, target)
        if target.kind == "kic":
            return dataclasses.replace(found, kic_id=target.number)
        return dataclasses.replace(found, epic_id=target.number)
    return None


def _listed(resolved: ResolvedStar, kind: str, settings: ArchiveSettings) -> tuple[list[Product], str]:
    """A star's files of one kind, and a note where the list is an old one. One question fills all lists."""
    names = resolved.archive_names
    by_place = resolved.target.kind in ("name", "position", "epic") or not names
    key = f"{','.join(names)} {resolved.ra_deg:.5f} {resolved.dec_deg:+.5f} {by_place}"
    store = _store(settings)

    def ask() -> list[dict[str, Any]]:
        with Circuit(settings, "mast").guard():
            found = _list_live(resolved, by_place, settings)
        lists = {name: [dataclasses.asdict(p) for p in products] for name, products in found.items()}
        for other in lists.keys() - {kind}:
            store.put(other, key, lists[other])
        return lists[kind]

    stored, note = _answer(store, kind, key, settings.list_fresh_seconds, ask)
    return [Product(**fields) for fields in stored], note


def _list_live(resolved: ResolvedStar, by_place: bool, settings: ArchiveSettings) -> dict[str, list[Product]]:
    portal = _portal(settings)
    kinds = {"dataproduct_type": ["timeseries", "cube"], "project": ["TESS", "Kepler", "K2"]}
    rows: dict[str, Row] = {}
    if resolved.archive_names:
        for row in portal.observations(target_name=list(resolved.archive_names), **kinds):
            rows[str(row.get("obsid"))] = row
    if by_place:  # the only way from a name to K2's numbers
        kinds["project"] = ["Kepler", "K2"]
        for row in portal.observations_at(resolved.ra_deg, resolved.dec_deg, PRODUCT_CONE_ARCSEC, **kinds):
            rows[str(row.get("obsid"))] = row
    if not rows:
        return {kind: [] for kind in KINDS_OF_FILES}
    listed: dict[str, dict[str, Product]] = {kind: {} for kind in KINDS_OF_FILES}
    of_observation = {str(row.get("obs_id")): row for row in rows.values()}
    for row in portal.products(sorted(rows)):
        parent = rows.get(str(row.get("parent_obsid"))) or of_observation.get(str(row.get("obs_id")))
        for kind in KINDS_OF_FILES:
            product = product_from_rows(row, parent, kind) if parent is not None else None
            if product is not None:
                listed[kind][product.uri] = product
    return {kind: list(products.values()) for kind, products in listed.items()}


def _from_tic(row: Row, target: Target, name: str) -> ResolvedStar:
    tic_id = int(row["ID"])
    shown = name or f"TIC {tic_id}"
    band = "Kepler" if target.preferred_mission in ("Kepler", "K2") else "TESS"
    star = star_from_tic(row, shown, band)
    assert star.ra_deg is not None
    assert star.dec_deg is not None
    kic = row.get("KIC")
    return ResolvedStar(
        shown, tic_id, star.ra_deg, star.dec_deg, star, target, kic_id=int(kic) if kic is not None else None
    )


def _bare_star(name: str, ra_deg: float, dec_deg: float, target: Target) -> Star:
    band = "Kepler" if target.preferred_mission in ("Kepler", "K2") else "TESS"
    return Star(name=name, ra_deg=ra_deg, dec_deg=dec_deg, band=band)  # type: ignore[arg-type]


def _not_found_sentence(target: Target) -> str:
    match target.kind:
        case "tic":
            return f"No star has this number: the TESS Input Catalog has no {target.text}."
        case "kic" | "epic":
            return f"No star has this number: the archive has no {target.text}."
        case "toi":
            return f"{target.text} is not in the list of TESS objects of interest. Check the number."
        case "position":
            return f"There is no star within {CONE_ARCSEC:.0f} arcseconds of this place."
        case _:
            return f"No star of the name “{target.text}” was found. Check the spelling, or type its TIC number."


def _star_to_json(resolved: ResolvedStar | None) -> dict[str, Any] | None:
    if resolved is None:
        return None
    return {
        "name": resolved.name,
        "tic_id": resolved.tic_id,
        "ra_deg": resolved.ra_deg,
        "dec_deg": resolved.dec_deg,
        "kic_id": resolved.kic_id,
        "epic_id": resolved.epic_id,
        "star": dataclasses.asdict(resolved.star),
    }


def _star_from_json(document: dict[str, Any] | None, target: Target) -> ResolvedStar | None:
    if document is None:
        return None
    fields = dict(document["star"])
    for name in ("teff_k", "logg_cgs", "radius_sun", "mass_sun", "density_gcc"):
        if fields[name] is not None:
            fields[name] = Value(**fields[name])
    rest = {key: value for key, value in document.items() if key != "star"}
    return ResolvedStar(star=Star(**fields), target=target, **rest)
