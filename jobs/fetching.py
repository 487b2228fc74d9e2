"""Stage 1: bring the light curves of one star together, from files, uploads, examples or the archive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data.archives.products import Product
from data.report import InputFile
from data.requests import RunRequest, StarChoice
from jobs.context import RunContext
from science import rounding
from science.lightcurve import LightCurve
from science.neighbours import StarField
from science.stars import Star, Value, complete, merge


class NoData(Exception):
    """The request names no light curve that exists. The message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file on this machine and the name its owner knows it by."""

    path: Path
    name: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Everything later stages need of the input. `notes` are sentences for the user."""

    target: str
    title: str
    curves: tuple[LightCurve, ...]
    star: Star
    inputs: tuple[InputFile, ...]
    simulated: bool
    notes: tuple[str, ...]
    files: tuple[SourceFile, ...] = ()  # where the curves were read from


#: Turns upload ids into files, checking that they belong to the run's owner.
FindUploads = Callable[[Sequence[str]], tuple[SourceFile, ...]]


def no_uploads(ids: Sequence[str]) -> tuple[SourceFile, ...]:
    """For runs without an owner (benchmarks): there is nothing uploaded."""
    raise NoData("This run has no uploaded files.")


def fetch(request: RunRequest, context: RunContext, find_uploads: FindUploads = no_uploads) -> Fetched:
    """Read or download all light curves that the request names.

    Raises NoData, data.formats.errors.UnreadableFile or data.archives.ArchiveUnavailable, each with one sentence.
    """
    if request.data.kind == "archive":
        return _from_archive(request, context)
    if request.data.kind == "example":
        return _from_example(request, context)
    if request.data.kind == "upload":
        files = find_uploads(request.data.upload_ids)
    else:
        files = tuple(SourceFile(Path(p), Path(p).name) for p in request.data.paths)
    if not files:
        raise NoData("No file was given. Choose at least one light curve.")
    return _from_files(files, request, context)


def _from_files(
    files: tuple[SourceFile, ...],
    request: RunRequest,
    context: RunContext,
    *,
    star: Star | None = None,
    target: str = "",
    title: str = "",
    simulated: bool = False,
    notes: tuple[str, ...] = (),
) -> Fetched:
    from data import formats

    context.progress(0.1, f"reading {len(files)} file{'s' if len(files) != 1 else ''}")
    result = formats.read_many(
        [(f.path, f.name) for f in files], columns=request.data.columns, quality=request.clean.quality
    )
    known = merge(star, result.star) if star is not None else result.star
    known = complete(merge(_given(request.star), known))
    name = target or request.data.target or known.name or result.curves[0].target or files[0].name
    origins = {f.name: f.origin for f in files}
    inputs = tuple(
        InputFile(name=c.source, sha256=c.sha256, origin=origins.get(c.source, ""))
        for c in _one_per_file(result.curves)
    )
    # a note said once is enough, however many files share it
    said = dict.fromkeys([*notes, *result.inspection.notes, *result.inspection.warnings])
    return Fetched(
        target=name,
        title=request.title or title or name,
        curves=result.curves,
        star=known,
        inputs=inputs,
        simulated=simulated or any("simulated" in n.lower() for c in result.curves for n in c.notes),
        notes=tuple(said),
        files=files,
    )


def _one_per_file(curves: tuple[LightCurve, ...]) -> list[LightCurve]:
    return list({(c.source, c.sha256): c for c in curves}.values())


def _from_example(request: RunRequest, context: RunContext) -> Fetched:
    from data import examples

    example = examples.get_example(request.data.example)
    return _from_files(
        (SourceFile(example.path, example.path.name, example.origin),),
        request,
        context,
        star=example.star,
        target=example.target,
        title=short_title(example.title),
        simulated=example.simulated,
    )


def short_title(title: str) -> str:
    """The star in a card's title: "WASP-4: a clear planet" is WASP-4."""
    return title.partition(":")[0].strip()


def _from_archive(request: RunRequest, context: RunContext) -> Fetched:
    from data.archives import mast
    from data.archives.products import choose_default
    from data.archives.targets import parse_target

    resolved = mast.resolve(parse_target(request.data.target), with_planets=False)
    products = mast.list_products(resolved, author=request.data.author or None)
    wanted: tuple[Product, ...] = choose_default(products)
    if request.data.products:
        asked = set(request.data.products)
        wanted = tuple(p for p in products if p.uri in asked)
    if not wanted:
        raise NoData(f"The archive holds none of the chosen light curves of {resolved.name} any more. Choose again.")
    files = []
    for i, product in enumerate(wanted):
        fact = f"{product.label} from the MAST archive, {i} of {len(wanted)} here"

        def tell(done: int, total: int | None, i: int = i, fact: str = fact) -> None:
            context.progress((i + (done / total if total else 0.0)) / len(wanted), fact)

        tell(0, None)
        files.append(SourceFile(mast.download(product, tell), product.file_name, f"MAST, {product.author}"))
    notes = tuple(n for n in (resolved.note, products.note) if n)
    return _from_files(
        tuple(files),
        request,
        context,
        star=resolved.star,
        target=resolved.name,
        title=resolved.common_name or resolved.name,
        notes=notes,
    )


def with_field(fetched: Fetched, field: StarField | None) -> Fetched:
    """The same with what the field's catalogues know of the star: gaps filled from the TIC, then estimated from Gaia's
    colour and parallax and marked so."""
    target = None if field is None else field.target
    if target is None:
        return fetched
    from science.stellar_estimates import estimate_star

    known = Star(
        tic_id=target.tic_id,
        tmag=target.tmag,
        teff_k=target.teff_k,
        radius_sun=target.radius_sun,
        mass_sun=target.mass_sun,
    )
    return replace(fetched, star=complete(estimate_star(complete(merge(fetched.star, known)), target)))


def _given(choice: StarChoice) -> Star:
    def value(number: float | None) -> Value | None:
        return None if number is None else Value(number, None, "given by you")

    return Star(radius_sun=value(choice.radius_sun), mass_sun=value(choice.mass_sun), teff_k=value(choice.teff_k))


def fact(fetched: Fetched) -> str:
    """One line for the progress page: "5 sectors, 73 518 measurements"."""
    points = sum(len(c.time_bjd) for c in fetched.curves)
    n = len(fetched.curves)
    unit = {"TESS": "sector", "Kepler": "quarter", "K2": "campaign"}.get(fetched.curves[0].mission, "part")
    return f"{n} {unit}{'s' if n != 1 else ''}, {rounding.number(points)} measurements"
