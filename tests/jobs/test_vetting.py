"""The vetting inside the pipeline: with the archives, without them, and with archives that are down."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.examples import get_example
from data.report import Report
from data.requests import DataChoice, GivenSignal, RunRequest, VetChoice
from jobs.context import MemoryContext
from jobs.pipeline import analyse
from jobs.vetting import sectors_by_dips
from jobs.why_not_asked import NO_CATALOGUES_ASKED, NO_PIXELS_ASKED
from science.vetting.light.table import TESTS
from science.vetting.pixels.table import PIXEL_TESTS
from tests.app.made_light import INNER, OUTER, made_light
from tests.app.stored_runs import signal_report
from tests.standins.mast_server import MastStandIn
from tests.standins.realdata import MISSING_REASON, has_realdata

WASP4 = GivenSignal(period_days=1.338231, epoch_bjd=2458368.5669, duration_hours=2.16)
PIXEL_NAMES = [t.name for t in PIXEL_TESTS]


def request(**changes: object) -> RunRequest:
    return RunRequest(
        data=DataChoice(kind="archive", target="TIC 402026209"),
        signal=WASP4,
        **changes,  # type: ignore[arg-type]
    )


def example(vet: VetChoice) -> Report:
    known = get_example("wasp-4")
    assert known is not None
    asked = RunRequest(data=DataChoice(kind="example", example="wasp-4"), signal=WASP4, vet=vet)
    return analyse(asked, MemoryContext())


@pytest.fixture(scope="module")
def with_archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, MemoryContext]:
    if not has_realdata():
        pytest.skip(MISSING_REASON)
    with MastStandIn() as mast, pytest.MonkeyPatch.context() as patch:
        patch.delenv("LARUN_OFFLINE", raising=False)
        patch.setenv("LARUN_HOME", str(tmp_path_factory.mktemp("home")))
        for name, value in mast.env.items():
            patch.setenv(name, value)
        context = MemoryContext()
        return analyse(request(), context), context


def test_a_known_planet_passes_with_its_neighbours_and_pixels(with_archives: tuple[Report, MemoryContext]) -> None:
    report, _ = with_archives
    [signal] = report.signals
    assert [name for name, t in signal.vetting.items() if t.outcome == "fail"] == []
    assert signal.vetting["on_target"].outcome == "pass"
    assert signal.vetting["host_star"].outcome == "pass"
    assert signal.vetting["neighbours_capable"].outcome != "not_run"
    assert signal.vetting["known_object"].reason.startswith("It is WASP-4 b")
    assert signal.vetting_verdict is not None
    assert signal.vetting_verdict.outcome in ("passed", "look")
    assert signal.pixels is not None
    assert signal.pixels.offset_sigma is not None
    assert signal.pixels.offset_sigma < 3
    assert report.field is not None
    assert report.field.pixels == ("S2",)
    assert 2 in report.field.sectors_observed
    assert report.variability is not None
    assert report.variability.label in ("constant", "not_decided", "rotation")


def test_every_test_has_its_line_and_sentence(with_archives: tuple[Report, MemoryContext]) -> None:
    report, _ = with_archives
    lines = report.signals[0].vetting
    expected = {t.name for t in TESTS} | set(PIXEL_NAMES)
    expected |= {"light_from_neighbours", "neighbours_capable", "star_variability", "known_object"}
    assert set(lines) == expected
    for name, line in lines.items():
        assert line.reason.strip().endswith("."), name
        assert line.title, name


def test_the_pictures_of_the_pixels_are_kept(with_archives: tuple[Report, MemoryContext]) -> None:
    _, context = with_archives
    [sector] = context.documents["sky-1"]["sectors"]  # type: ignore[misc]
    assert len(sector["difference"]) == sector["rows"] * sector["columns"]  # type: ignore[index]
    assert any(star["is_target"] for star in sector["stars"])  # type: ignore[index]


def test_without_archives_nothing_passes_silently() -> None:
    report = example(VetChoice())
    lines = report.signals[0].vetting
    for name in (*PIXEL_NAMES, "neighbours_capable", "known_object"):
        assert lines[name].outcome == "not_run", name
        assert "LARUN_OFFLINE" in lines[name].reason, name
    assert lines["odd_even_depth"].outcome == "pass"
    assert report.verdict.not_done[0].startswith("Whether the dips come from this star")


def test_what_was_switched_off_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LARUN_OFFLINE")
    lines = example(VetChoice(neighbours=False, pixels=False)).signals[0].vetting
    assert lines["on_target"].reason == NO_PIXELS_ASKED
    assert NO_CATALOGUES_ASKED in lines["neighbours_capable"].reason


def test_archives_that_are_down_are_named_and_cost_no_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LARUN_OFFLINE")
    for name in ("LARUN_MAST_URL", "LARUN_RESOLVER_URL", "LARUN_NEA_URL", "LARUN_GAIA_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    report = example(VetChoice())
    lines = report.signals[0].vetting
    assert lines["on_target"].outcome == "not_run"
    assert "MAST" in lines["on_target"].reason
    assert report.field is not None
    assert report.field.why_no_field


def test_sectors_with_most_dips_come_first() -> None:
    curve = made_light((INNER, OUTER))
    signal = signal_report(curve, INNER, 1)
    only_last = signal.model_copy(update={"transit_times_bjd": signal.transit_times_bjd[-3:]})
    assert sectors_by_dips(curve, [only_last]) == ("S28",)
    assert set(sectors_by_dips(curve, [signal])) == {"S1", "S2", "S28"}
