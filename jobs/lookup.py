"""Work of one job of kind "lookup": what do the archives know of this star?"""

from __future__ import annotations

from data.archives.targets import parse_target
from jobs import failures
from jobs.handle import JobHandle, RunProblem
from jobs.reporting import stellar_report
from jobs.start import FoundProduct, KnownPlanetReport, LookupResult
from science.stars import complete


def run_lookup(_run_id: str, handle: JobHandle) -> None:
    """Resolve the name, list the light curves and the known planets; the answer goes into the job row."""
    try:
        handle.answer(look_up(str(handle.payload["text"])).model_dump(mode="json"))
    except Exception as error:
        known = failures.explain(error)
        if known is None:
            raise
        raise RunProblem(known[1]) from error


def look_up(text: str) -> LookupResult:
    """Ask the archives. Raises data.archives errors with one sentence each."""
    from data.archives import mast
    from data.archives.products import choose_default

    resolved = mast.resolve(parse_target(text))
    products = mast.list_products(resolved)
    chosen = {p.uri for p in choose_default(products)}
    return LookupResult(
        state="done",
        name=resolved.name,
        sentence=resolved.known_planets_note,
        star=stellar_report(complete(resolved.star)),
        products=tuple(
            FoundProduct(
                id=p.uri,
                sector=p.number,
                label=p.label,
                author=p.author,
                cadence_seconds=p.cadence_seconds,
                bytes=p.size_bytes,
                year=p.year,
                chosen=p.uri in chosen,
            )
            for p in products
        ),
        known_planets=tuple(
            KnownPlanetReport(
                name=k.name,
                period_days=k.period_days,
                epoch_bjd=k.epoch_bjd,
                duration_hours=k.duration_hours,
                disposition=k.status,
            )
            for k in resolved.known_planets or ()
        ),
        from_cache=resolved.note or products.note,
    )
