"""Runs with probabilities for tests: a planet, two eclipsing stars, a neighbour's dips, a case that is not decided, and
one that was refused. All numbers are made up; no search and no engine ran.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from data import lake
from data.home import settings
from data.report import Report, SignalReport
from data.session import LOCAL_USER_ID, dispose_engines, migrate, session_scope
from data.validation_report import (
    EnsembleReport,
    EvidenceLine,
    NeighbourChance,
    ScenarioProbabilities,
    ScenarioProbability,
    TimingReport,
    ValidationReport,
)
from tests.app.made_light import INNER, OUTER, Planet, made_light
from tests.app.stored_runs import _file, store
from tests.app.vetted_runs import bare_report, binary_report, blend_report, planet_report

REFUSED = "The star’s size is not known, so no explanation can be weighed."
CODES = {
    "planet": "TP", "eb": "EB", "beb": "BEB", "heb": "SEB", "neb": "NEB", "btp": "STP",
}  # fmt: skip


def scenarios(errors: dict[str, float] | None = None, **chances: float) -> ScenarioProbabilities:
    """The named ones; the planet gets what is left unless it is named."""
    given = dict.fromkeys(ScenarioProbabilities.model_fields, 0.0) | chances
    if "planet" not in chances:
        given["planet"] = 1.0 - sum(given.values())
    spread = errors or {}
    return ScenarioProbabilities(
        **{n: ScenarioProbability(probability=p, error=spread.get(n, 0.05 * p * (1 - p))) for n, p in given.items()}
    )


def stars(*chances: float, assumed: int = -1) -> tuple[NeighbourChance, ...]:
    """Neighbours with these probabilities, as the engine lists them: by distance."""
    return tuple(
        NeighbourChance(
            name=f"TIC {200100 + k}",
            separation_arcsec=14.5 + 9 * k,
            tmag=13.2 + 0.4 * k,
            light_share=0.08 / (k + 1),
            probability=chance,
            error=0.1 * chance,
            assumed=k == assumed,
        )
        for k, chance in enumerate(chances)
    )


def evidence(found: ScenarioProbabilities, target: str = "TIC 1") -> tuple[EvidenceLine, ...]:
    """One line a scenario that the engine itself weighs, and one that no draw explains."""
    lines = [
        EvidenceLine(
            code=code, scenario=name, star=target, ln_z=-402.31 - 3 * k, ln_z_err=0.021 * (k + 1),
            effective_size=5321.4 / (k + 1), draws=200_000, probability=getattr(found, name).probability,
        )
        for k, (name, code) in enumerate(CODES.items())
    ]  # fmt: skip
    return (
        *lines,
        EvidenceLine(
            code="NEBx2P", scenario="neb", star="TIC 200101", ln_z=None, ln_z_err=0.0, effective_size=0.0,
            draws=20_000, probability=0.0,
        ),
    )  # fmt: skip


def validation(found: ScenarioProbabilities, verdict: str, reason: str, **more: Any) -> ValidationReport:
    """A validation that was done."""
    planet, nearby = found.planet, found.neb
    given: dict[str, Any] = {
        "fpp": 1 - planet.probability,
        "fpp_err": planet.error,
        "nfpp": nearby.probability,
        "nfpp_err": nearby.error,
        "evidence": evidence(found),
        "seed": 20261122,
        "draws": 1_840_000,
        "cpu_seconds": 47.3,
        **more,
    }
    return ValidationReport(outcome="done", reason=reason, verdict=verdict, scenarios=found, **given)  # type: ignore[arg-type]


A_PLANET = validation(
    scenarios(beb=0.0032, btp=0.0008, heb=0.0004, eb=2e-5, neb=2e-6, errors={"planet": 2.1e-4, "beb": 2e-4}),
    "validated",
    "FPP 0.0044 ± 0.0002, NFPP 2e-06 ± 1e-07.",
    neighbours=stars(1.4e-6, 4e-7, 1e-7, 9e-8, 2e-8, 1e-8, 0.0, assumed=1),
    timing=TimingReport(
        amplitude_minutes=2.13, amplitude_over_duration=0.0118, amplitude_over_period=3.5e-4, transits=12,
        significant=False,
    ),
    would_change=(
        "A second dip of more than 130 ppm half-way round: two stars instead.",
        "An image sharper than 0.5″ that shows another star.",
    ),
    notes=("The star’s mass is that of a dwarf of its temperature.", "No sharp image: companions up to 2.2″ may hide."),
)  # fmt: skip
A_PAIR = validation(
    scenarios(eb=0.9712, heb=0.021, beb=0.006, planet=0.0018),
    "likely false positive",
    "A companion star explains depth, length and the second dip best.",
    would_change=("Equal odd and even dips in new light.",),
)
A_NEIGHBOUR = validation(
    scenarios(neb=0.942, planet=0.041, eb=0.011, beb=0.006, errors={"neb": 0.008}),
    "likely nearby false positive",
    "TIC 200100 is bright enough, and common pairs on it fit the dips.",
    neighbours=stars(0.93, 0.011, 9e-4, 5e-5, 2e-6, 0.0, 0.0),
    would_change=("A light curve of TIC 200100 by itself, without the dips.",),
)
NOT_DECIDED = validation(
    scenarios(planet=0.9852, beb=0.0101, heb=0.003, btp=0.0012, neb=0.0005, errors={"planet": 0.0016, "neb": 4e-4}),
    "not decided",
    "FPP 0.015 ± 0.002, NFPP 0.0005 ± 0.0004: within the error it may be validated or likely planet.",
    neighbours=stars(4e-4, 1e-4),
    timing=TimingReport(
        amplitude_minutes=21.4, amplitude_over_duration=0.137, amplitude_over_period=0.0031, transits=9,
        significant=True, fpp_folded=0.0231, fpp_folded_err=0.0019, fpp_aligned=0.0148, fpp_aligned_err=0.0016,
        scrutinise=True,
    ),
    would_change=("More draws: the error straddles the bar.",),
    notes=("The stars behind are counted from a model of the Galaxy.",),
)  # fmt: skip
NOT_RUN = ValidationReport(outcome="not_run", reason=REFUSED)

TOGETHER = EnsembleReport(
    agreement=0.94, planet=0.991, recommendation="Worth a proper look: all opinions point to a planet.",
    missing=("Sharp images: none were given.",),
)  # fmt: skip
AGAINST = EnsembleReport(
    agreement=0.31, planet=0.58, recommendation="Do not decide yet.",
    disagreements=(
        "The classifier takes it for a planet (93 %), the chances for a pair of stars.",
        "One check needs a look: a faint second dip half-way.",
    ),
    missing=("The small network was not asked.",),
)  # fmt: skip


def with_chances(
    report: Report, found: ValidationReport, together: EnsembleReport | None = None, run_id: str = ""
) -> Report:
    """The report with these probabilities on its first signal; further signals are refused."""
    first, *others = report.signals
    rest: list[SignalReport] = [s.model_copy(update={"validation": NOT_RUN}) for s in others]
    told = first.model_copy(update={"validation": found, "ensemble": together})
    return report.model_copy(update={"signals": (told, *rest), "run_id": run_id or report.run_id})


def store_validated(session: Session, owner_id: str = LOCAL_USER_ID) -> dict[str, str]:
    """All five in database and lake; name → run id."""
    pair = Planet(2.6, 1326.2, 3.5, 60000.0, even_depth_ppm=35000.0)
    made = (
        ("valid", planet_report("validplanet2"), A_PLANET, TOGETHER, (INNER, OUTER), 1),
        ("pair", binary_report("validpair222"), A_PAIR, None, (pair,), 6),
        ("neighbour", blend_report("validblend22"), A_NEIGHBOUR, None, (INNER,), 9),
        ("undecided", planet_report("validopen222"), NOT_DECIDED, AGAINST, (INNER, OUTER), 1),
        ("refused", bare_report("validnot2222"), NOT_RUN, None, (INNER,), 11),
    )
    runs = {}
    for name, (report, pictures), found, together, planets, seed in made:
        told = with_chances(report, found, together)
        light = made_light(planets, seed=seed)
        run = store(session, light, owner_id=owner_id, run_id=told.run_id, title=told.title, report=told)
        for number, document in pictures.items():
            _file(session, run, f"sky-{number}", lake.write_document(f"sky-{number}", document))
        session.flush()
        runs[name] = run.id
    return runs


@contextmanager
def validated_home(home: Path) -> Iterator[dict[str, str]]:
    """A home folder with these runs, for a module of tests that leave it as it was."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LARUN_HOME", str(home))
        patch.delenv("LARUN_DATABASE_URL", raising=False)
        settings().make_folders()
        migrate()
        with session_scope() as session:
            runs = store_validated(session)
        dispose_engines()
    yield runs
