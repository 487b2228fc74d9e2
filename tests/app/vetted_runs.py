"""Runs with checks for tests: a planet, two eclipsing stars, a blend, and a star without pixels or catalogue.

Everything is made: tests with pictures, neighbours, and images of a few pixels, all from one seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlmodel import Session

from data import lake
from data.classification_report import BranchChange, Classification, ClassProbabilities
from data.home import settings
from data.report import Report, SignalReport, Verdict
from data.session import LOCAL_USER_ID, dispose_engines, migrate, session_scope
from data.vetting_report import (
    ContaminationReport,
    FieldReport,
    FlareReport,
    NeighbourReport,
    PictureSeries,
    TestPicture,
    VariabilityReport,
    VettingTest,
    VettingVerdict,
)
from jobs.why_not_asked import NO_PIXELS_ASKED
from tests.app.made_light import INNER, OUTER, Planet, made_light
from tests.app.made_sky import field_of, pixels_of, sky_document
from tests.app.stored_runs import _file, made_report, signal_report, store, store_all


def fold_picture(depth: float, even: float | None = None) -> TestPicture:
    """Odd and even dips over a model."""
    rng = np.random.default_rng(4)
    x = np.linspace(-5, 5, 24)

    def dip(deep: float) -> tuple[float, ...]:
        return tuple((np.where(np.abs(x) < 1.6, -deep, 0.0) + rng.normal(0, 0.06 * depth, len(x))).tolist())

    line = np.linspace(-5, 5, 60)
    return TestPicture(
        series=(
            PictureSeries(style="odd", x=tuple(x.tolist()), y=dip(depth), label="odd dips"),
            PictureSeries(style="even", x=tuple((x + 0.1).tolist()), y=dip(even or depth), label="even dips"),
            PictureSeries(
                style="line", x=tuple(line.tolist()), y=tuple(np.where(np.abs(line) < 1.6, -depth, 0.0).tolist())
            ),
        ),
        x_label="hours from the middle of the dip",
        y_label="brightness, ppm",
        summary="Odd and even dips laid over each other: they have one depth."
        if even is None
        else "Odd and even dips laid over each other: the even ones are shallower.",
    )


def depths_picture(depth: float) -> TestPicture:
    """Every dip's own depth with its error, and their mean."""
    rng = np.random.default_rng(5)
    n = 12
    y = depth + rng.normal(0, 0.1 * depth, n)
    return TestPicture(
        series=(
            PictureSeries(
                style="dots", x=tuple(float(k) for k in range(n)), y=tuple(y.tolist()), err=(0.1 * depth,) * n
            ),
            PictureSeries(style="level", x=(0.0, float(n - 1)), y=(depth, depth), label="mean"),
        ),
        x_label="number of the dip",
        y_label="depth, ppm",
        summary="Twelve dips, each with its own depth: they agree within their errors.",
    )


def check(title: str, outcome: str = "pass", **more: Any) -> VettingTest:
    """A check with everything the page shows."""
    given: dict[str, Any] = {"group": "light", "reason": "Measured, and as it should be.", **more}
    return VettingTest(title=title, outcome=outcome, **given)  # type: ignore[arg-type]


def windows(signal: SignalReport, every: int = 1) -> tuple[tuple[float, float], ...]:
    """The stretches of time of a signal's dips."""
    half = signal.duration_hours / 48
    return tuple((t - half, t + half) for t in signal.transit_times_bjd[::every])


def planet_checks(signal: SignalReport) -> dict[str, VettingTest]:
    """All pass but one to look at."""
    depth = signal.depth_ppm
    pointing = {"value": 1.4, "threshold": 3.0, "unit": "σ"}
    return {
        "signal_strength": check(
            "Strong enough", value=41.2, threshold=6.2, limit="at_least",
            reason="The dips together stand 41 times above the noise.", picture=depths_picture(depth),
        ),
        "odd_even_depth": check(
            "Odd and even dips match", **pointing, question="Is every other dip deeper, as when two stars take turns?",
             reason="Odd 735 ± 84 ppm, even 883 ± 58 ppm: they differ by 1.4 σ.",
            picture=fold_picture(depth), windows_bjd=windows(signal, 2),
        ),
        "secondary": check(
            "No second dip half-way", "warn", value=2.5, threshold=3.0, unit="σ",
            reason="108 ± 42 ppm at half the orbit. Faint, and below the limit; more data would settle it.",
            picture=depths_picture(100.0),
            windows_bjd=tuple((a + 2.1, b + 2.1) for a, b in windows(signal)[:3]),
        ),
        "v_shape": check(
            "Flat bottom, not V-shaped", value=0.62, threshold=1.5, reason="Path across the star plus size: 0.62.",
            picture=fold_picture(depth),
        ),
        "consistent_events": check(
            "Same depth every time", value=6.6, threshold=7.8, reason="Twelve dips agree within their errors.",
            picture=depths_picture(depth),
        ),
        "near_gaps": check("Not beside gaps", value=0.08, threshold=0.5, reason="One dip of twelve lies at a gap."),
        "size": check("No larger than a planet", value=4.1, threshold=22.0, unit="Earths",
                        reason="4.1 ± 0.3 times the size of Earth."),
        "on_target": check(
            "Dips come from this star", group="pixels", value=0.3, threshold=3.0, unit="σ",
            reason="The missing light lies 0.4 ± 1.3″ from the star, in three sectors together.",
        ),
        "light_from_neighbours": check(
            "Little light from neighbours", group="neighbours", value=0.0024, threshold=0.05, unit="share",
            reason="0.24 % of the light comes from others; the size is corrected for it.",
        ),
        "star_variability": check(
            "The star itself does not make them", group="star", reason="A quiet star, without a rhythm near the dips."
        ),
    }  # fmt: skip


FIELD = FieldReport(
    catalogues=("Gaia DR3", "TIC 8.2"), radius_arcsec=200, n_stars=32, gaia_id="99", ruwe=1.02, non_single_star=0,
    sectors_observed=(1, 2, 28), pixels=("S1", "S2", "S28"),
)  # fmt: skip
A_PLANET = Classification(
    outcome="done", label="planet", planet_with_vetting=0.96, model_version="1",
    probabilities=ClassProbabilities(planet=0.93, eb=0.04, beb=0.01, variable=0.002, artifact=0.016, no_signal=0.002),
    student_probabilities=ClassProbabilities(
        planet=0.9, eb=0.06, beb=0.01, variable=0.01, artifact=0.02, no_signal=0.0
    ),
    explanation=(
        BranchChange(branch="global", change=-0.21), BranchChange(branch="local", change=-0.52),
        BranchChange(branch="secondary", change=0.04), BranchChange(branch="scalars", change=-0.01),
    ),
)  # fmt: skip
NOT_ASKED = Classification(outcome="not_run", reason="The model service could not be reached.")
QUIET = VariabilityReport(
    label="constant",
    words="A quiet star",
    probabilities={"constant": 0.83, "rotation": 0.11, "flares": 0.04, "systematics": 0.02, "eb_detached": 0.001},
    amplitude_ppm=210,
    sentence="It changes by less than a dip of Earth’s size would.",
)
RESTLESS = VariabilityReport(
    label="rotation",
    words="Spots turning with the star",
    probabilities={"rotation": 0.91, "flares": 0.06, "constant": 0.03},
    rotation_period_days=4.86,
    rotation_period_days_err=0.07,
    amplitude_ppm=5200,
    flares=(FlareReport(time_bjd=2458340.2, amplitude=0.021, duration_minutes=38),),
    sentence="It turns once in 4.9 days; its spots change the light by half a per cent.",
)


def with_checks(report: Report, signals: tuple[SignalReport, ...], **more: Any) -> Report:
    """The report with these signals and what else was found."""
    return report.model_copy(update={"signals": signals, **more})


def verdict(
    checks: dict[str, VettingTest], outcome: str, headline: str, *sentences: str, **more: Any
) -> VettingVerdict:
    """What the checks say together."""
    ended = [test.outcome for test in checks.values()]
    return VettingVerdict(
        outcome=outcome,  # type: ignore[arg-type]
        headline=headline,
        sentences=sentences,
        n_pass=ended.count("pass"),
        n_warn=ended.count("warn"),
        n_fail=ended.count("fail"),
        n_not_run=ended.count("not_run"),
        **more,
    )


def _signal(base: SignalReport, checks: dict[str, VettingTest], told: VettingVerdict, **more: Any) -> SignalReport:
    return base.model_copy(update={"vetting": checks, "vetting_verdict": told, **more})


def planet_report(run_id: str = "vetplanet222") -> tuple[Report, dict[int, dict[str, Any]]]:
    """A planet, one check to look at; a second signal whose checks all pass. With the pictures of the pixels."""
    light = made_light()
    first, second = signal_report(light, INNER, 1), signal_report(light, OUTER, 2)
    around = field_of(31, {5: 0.6})
    checks = planet_checks(first)
    light_share = ContaminationReport(
        target_share=0.9976, aperture="pipeline aperture", crowding=0.998, already_corrected=True, radius_earth=4.12,
        radius_earth_err=0.31, sentence="The measured light is already corrected for the 0.24 % of others.",
    )  # fmt: skip
    told = verdict(
        checks, "look", "Nothing speaks against a planet, one check needs a look",
        "Nine of ten checks pass.", "A faint second dip half-way would mean two stars; it stays under the limit.",
        worst_test="secondary",
    )  # fmt: skip
    signals = (
        _signal(
            first,
            checks,
            told,
            neighbours=around,
            pixels=pixels_of(0.3, -0.3, 0.3),
            contamination=light_share,
            classification=A_PLANET,
        ),
        _second(second, around, light_share),
    )
    report = made_report(light, run_id, title="Vetted planet", signals=signals, verdict=_FOUND)
    pictures = {n: sky_document(around, None, ("S1", "S2", "S28")) for n in (1, 2)}
    return with_checks(report, signals, field=FIELD, variability=QUIET), pictures


def _second(base: SignalReport, around: tuple[NeighbourReport, ...], light: ContaminationReport) -> SignalReport:
    checks = {k: t for k, t in planet_checks(base).items() if t.outcome == "pass"}
    told = verdict(checks, "passed", "All checks passed")
    return _signal(base, checks, told, neighbours=around, pixels=pixels_of(0.2, 0.4, 0.4), contamination=light)


def binary_report(run_id: str = "vetbinary222") -> tuple[Report, dict[int, dict[str, Any]]]:
    """Two stars: odd and even dips differ, and there is a second dip."""
    pair = Planet(2.6, 1326.2, 3.5, 60000.0, even_depth_ppm=35000.0)
    light = made_light(planets=(pair,), seed=6)
    base = signal_report(light, pair, 1, kind="binary", convincing=False)
    checks = planet_checks(base) | {
        "odd_even_depth": check(
            "Odd and even dips match", "fail", value=312.0, threshold=3.0, unit="σ", fault="eclipsing_binary",
            reason="Odd 6.00 ± 0.01 %, even 3.50 ± 0.01 %: they differ by 312 σ.",
            picture=fold_picture(60000, 35000), windows_bjd=windows(base, 2),
        ),
        "secondary": check(
            "No second dip half-way", "fail", value=88.0, threshold=9.0, unit="σ", fault="eclipsing_binary",
            reason="A second dip of 1.2 % half-way: a planet does not shine that much.",
            picture=depths_picture(12000), windows_bjd=windows(base)[3:4],
        ),
        "size": check("No larger than a planet", "fail", value=31.0, threshold=22.0, unit="Earths", decisive=False,
                        fault="too_large", reason="31 ± 3 times the size of Earth."),
    }  # fmt: skip
    told = verdict(
        checks, "failed", "Two stars, not a planet", "Every second dip is shallower: two stars take turns.",
        fault="eclipsing_binary", worst_test="odd_even_depth",
    )  # fmt: skip
    around = field_of(4, {})
    signal = _signal(base, checks, told, neighbours=around, pixels=pixels_of(0.1, 0.2, 0.2))
    report = made_report(light, run_id, title="Vetted pair", signals=(signal,), verdict=_PAIR)
    kind = RESTLESS.model_copy(
        update={
            "label": "not_decided", "words": "Not decided", "probabilities": {"eb_detached": 0.46, "rotation": 0.44}
        }
    )  # fmt: skip
    return with_checks(report, (signal,), field=FIELD, variability=kind), {1: sky_document(around, None, ("S1",))}


def blend_report(run_id: str = "vetblend2222") -> tuple[Report, dict[int, dict[str, Any]]]:
    """The dips are neighbour B's."""
    light = made_light((INNER,), seed=9)
    base = signal_report(light, INNER, 1)
    around = field_of(40, {0: 0.9, 2: 0.31}, {-1: 0.01, 0: 0.02, 2: 0.97})
    b = around[3]
    angle = np.radians(b.position_angle_deg)
    east, north = b.separation_arcsec * float(np.sin(angle)), b.separation_arcsec * float(np.cos(angle))
    checks = planet_checks(base) | {
        "on_target": check(
            "Dips come from this star", "fail", group="pixels", value=24.0, threshold=3.0, unit="σ", fault="neighbour",
            reason=f"The dips come from {b.name}, {b.separation_arcsec:.0f}″ away, not from this star.",
        ),
        "neighbours_capable": check(
            "No neighbour could fake it", "warn", group="neighbours", value=2.0, threshold=0.0, unit="stars",
            reason="Stars A and B are bright enough.",
        ),
    }  # fmt: skip
    told = verdict(
        checks, "failed", "A neighbour’s dips", f"The missing light lies on {b.name}, {b.separation_arcsec:.0f}″ away.",
        fault="neighbour", worst_test="on_target",
    )  # fmt: skip
    light_share = ContaminationReport(
        target_share=0.871, aperture="pipeline aperture", radius_earth=4.4, radius_earth_err=0.4,
        sentence="13 % of the light comes from others.",
    )  # fmt: skip
    signal = _signal(
        base, checks, told, neighbours=around, pixels=pixels_of(east, north, 24.0), contamination=light_share
    )
    report = made_report(light, run_id, title="Vetted blend", signals=(signal,), verdict=_FOUND)
    pictures = {1: sky_document(around, 2, ("S1", "S2", "S28"))}
    return with_checks(report, (signal,), field=FIELD, variability=RESTLESS), pictures


def bare_report(run_id: str = "vetbare22222") -> tuple[Report, dict[int, dict[str, Any]]]:
    """No pixels, no catalogue: what needs them was not run."""
    light = made_light((INNER,), seed=11)
    base = signal_report(light, INNER, 1)
    missing = "The archive did not answer, so no star catalogue was read."
    checks = planet_checks(base) | {
        "secondary": check("No second dip half-way", value=0.6, threshold=3.0, unit="σ", reason="Nothing there."),
        "on_target": check("Dips come from this star", "not_run", group="pixels",
                             reason=NO_PIXELS_ASKED),
        "light_from_neighbours": check("Little light from neighbours", "not_run", group="neighbours",
                                         reason=missing),
        "single_event": check("No single dip carries it", "not_run", reason="Needs three dips; two were seen."),
    }  # fmt: skip
    told = verdict(checks, "look", "Nothing speaks against it, but three checks are missing", "Not run is not passed.")
    report = made_report(light, run_id, title="Vetted without pixels", signals=(base,), verdict=_FOUND)
    field = FieldReport(why_no_field=missing, why_no_pixels=NO_PIXELS_ASKED)
    return with_checks(report, (_signal(base, checks, told, classification=NOT_ASKED),), field=field), {}


_FOUND = Verdict(kind="signal", tone="pass", headline="A dip that repeats every 4.2 days")
_PAIR = Verdict(kind="binary", tone="fail", headline="Two stars, not a planet")


def store_vetted(session: Session, owner_id: str = LOCAL_USER_ID) -> dict[str, str]:
    """All four in database and lake; name → run id."""
    runs = {}
    for name, made, planets, seed in (
        ("planet", planet_report, (INNER, OUTER), 1),
        ("pair", binary_report, (Planet(2.6, 1326.2, 3.5, 60000.0, even_depth_ppm=35000.0),), 6),
        ("blend", blend_report, (INNER,), 9),
        ("bare", bare_report, (INNER,), 11),
    ):
        report, pictures = made()
        run = store(
            session, made_light(planets, seed=seed), owner_id=owner_id, run_id=report.run_id, title=report.title,
            report=report,
        )  # fmt: skip
        if name == "bare":
            run.request = {**run.request, "vet": {"pixels": False, "neighbours": True}}
        for number, document in pictures.items():
            _file(session, run, f"sky-{number}", lake.write_document(f"sky-{number}", document))
        session.flush()
        runs[name] = run.id
    return runs


@contextmanager
def vetted_home(home: Path) -> Iterator[dict[str, str]]:
    """A home folder with these runs and those of `store_all`, for a module of tests that leave it as it was."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LARUN_HOME", str(home))
        patch.delenv("LARUN_DATABASE_URL", raising=False)
        settings().make_folders()
        migrate()
        with session_scope() as session:
            runs = store_all(session) | store_vetted(session)
        dispose_engines()
    yield runs


@contextmanager
def damaged(files: Iterable[Path]) -> Iterator[None]:
    """Files with something else in them, put right afterwards."""
    kept = {file: file.read_bytes() for file in files}
    assert kept
    try:
        for file in kept:
            file.write_text("{}")
        yield
    finally:
        for file, content in kept.items():
            file.write_bytes(content)
