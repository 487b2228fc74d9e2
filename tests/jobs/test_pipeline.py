"""The whole pipeline on the bundled stars: what a first-time visitor gets when an example is opened."""

import numpy as np
import pytest

from data.examples import get_example
from data.requests import DataChoice, RunRequest, SearchChoice
from jobs.context import STAGES, MemoryContext
from jobs.pipeline import analyse


class RememberingContext(MemoryContext):
    """Keeps what each stage stored first, which is what an attempt leaves behind that dies later on."""

    def __init__(self):
        super().__init__()
        self.first_columns = {}

    def save_columns(self, kind, columns, meta):
        super().save_columns(kind, columns, meta)
        self.first_columns.setdefault(kind, self.columns[kind])


def run(example, preset="standard", **search):
    context = RememberingContext()
    request = RunRequest(data=DataChoice(kind="example", example=example), search=SearchChoice(preset=preset, **search))
    return analyse(request, context), context


@pytest.fixture(scope="module")
def wasp4():
    return run("wasp-4")


def test_the_clear_planet_is_found(wasp4):
    report, _ = wasp4
    known = get_example("wasp-4").known[0]
    signal = report.signals[0]
    assert report.verdict.kind == "signal"
    assert signal.period_days == pytest.approx(known.period_days, rel=1e-4)
    assert signal.depth_ppm == pytest.approx(known.depth_ppm, rel=0.1)
    # the published epoch is years away: compare the phase
    cycles = (signal.epoch_bjd - known.epoch_bjd) / known.period_days
    assert abs(cycles - round(cycles)) * known.period_days * 24 < 0.5
    assert signal.fap < 1e-3
    assert 13 < signal.radius_earth < 18


def test_all_opinions_are_weighed_together(wasp4):
    report, _ = wasp4
    together = report.signals[0].ensemble
    assert together is not None
    assert together.planet is not None
    assert any(sentence.startswith("No classifier: ") for sentence in together.missing), "no model service runs here"
    assert "validated" not in together.recommendation


def test_every_stage_ran_and_told_a_fact(wasp4):
    report, context = wasp4
    assert set(context.timings) == set(STAGES)
    assert all(context.facts[stage] for stage in STAGES)
    assert set(report.provenance.timings) >= set(STAGES[:-1])


def test_the_fitted_curve_has_the_measured_depth(wasp4):
    report, _ = wasp4
    signal = report.signals[0]
    assert min(signal.model_ppm) == pytest.approx(-signal.depth_ppm, rel=0.15)
    assert max(signal.model_ppm) == pytest.approx(0.0, abs=0.05 * signal.depth_ppm)


@pytest.mark.parametrize("died_in", ["clean", "test", "measure", "conclude"])
def test_a_resumed_run_gives_the_same_numbers(wasp4, died_in):
    report, first = wasp4
    resumed = MemoryContext()
    if died_in != "clean":
        resumed.columns = dict(first.columns if died_in == "conclude" else first.first_columns)
        tested = ["search", "recovery", "vetting"]
        kept = {"test": ["search"], "measure": tested, "conclude": tested}[died_in]
        resumed.documents = {kind: first.documents[kind] for kind in kept}
    request = RunRequest(data=DataChoice(kind="example", example="wasp-4"))
    again = analyse(request, resumed)
    assert again.signals == report.signals
    assert again.verdict == report.verdict
    assert again.recovery == report.recovery
    assert again.sectors == report.sectors


def test_depths_are_measured_with_the_dips_masked_in_the_trend(wasp4):
    report, context = wasp4
    searched = context.first_columns["detrended"][0]["detrended"]
    measured = context.columns["detrended"][0]["detrended"]
    # the first trend bends into the dips of a deep planet, the second must not
    deep = searched < 0.98
    assert deep.sum() > 500
    assert measured[deep].mean() < searched[deep].mean()
    assert report.signals[0].depth_ppm > 1e6 * (1 - searched[deep].mean()) * 0.95


def test_the_same_request_gives_the_same_numbers_again(wasp4):
    report, _ = wasp4
    again, _ = run("wasp-4")
    assert again.signals == report.signals


def test_a_flaring_dwarf_is_nothing_convincing():
    report, _ = run("flaring-dwarf")
    assert report.signals == ()
    assert report.verdict.kind == "nothing"
    assert report.verdict.headline == "Nothing convincing found"


def test_the_simulated_binary_is_two_stars_and_says_that_it_is_simulated():
    report, _ = run("simulated-binary")
    assert report.verdict.kind == "binary"
    assert report.simulated
    assert all(s.simulated for s in report.sectors)
    reasons = " ".join(report.verdict.sentences[1:])
    assert "that is a star, not a planet" in reasons
    assert "half an orbit later" in reasons

    assert report.best_rejected is not None
    verdict = report.best_rejected.vetting_verdict
    assert verdict is not None
    assert (verdict.outcome, verdict.fault) == ("failed", "eclipsing_binary")


def test_the_box_search_agrees_on_the_clear_planet():
    report, _ = run("wasp-4", preset="quick", engine="bls")
    assert report.periodograms[0].engine == "bls"
    assert report.signals[0].period_days == pytest.approx(1.33823, rel=1e-3)


def test_hidden_points_take_no_part():
    report, context = run("wasp-4")
    first = report.signals[0].transit_times_bjd[0]
    hidden = {"hidden": [{"start_bjd": first - 0.1, "stop_bjd": first + 0.1}]}
    request = RunRequest(data=DataChoice(kind="example", example="wasp-4"), clean=hidden)
    again = analyse(request, MemoryContext())
    assert again.signals[0].n_transits == report.signals[0].n_transits - 1
    assert again.sectors[0].points_used < report.sectors[0].points_used
    assert context.run_id == report.run_id


def test_light_that_names_no_star_is_called_by_its_file(tmp_path):
    path = tmp_path / "kitchen_telescope.csv"
    time = np.arange(1200) * 0.02
    flux = 1 + np.random.default_rng(3).normal(0, 1e-3, time.size)
    lines = "\n".join(f"{t + 2000:.5f},{f:.6f},0.001" for t, f in zip(time, flux, strict=True))
    path.write_text(f"btjd,flux,error\n{lines}\n")
    request = RunRequest(data=DataChoice(kind="files", paths=(str(path),)), search=SearchChoice(preset="quick"))
    report = analyse(request, MemoryContext())
    assert report.title == report.target == "kitchen_telescope.csv"
