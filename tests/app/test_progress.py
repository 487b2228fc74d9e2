"""The progress page's words and pictures, and Home's lists, from the tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from data.session import read_scope, session_scope
from data.tables import STAGES, Run, RunStage, StoredFile, User
from larun_app.dashboard.lists import home_lists, recent_row
from larun_app.dashboard.thumbnails import dots, fold_dots
from larun_app.progress.early import draw
from larun_app.progress.stages import seconds_left, stage_rows, typical_seconds
from larun_app.progress.state import run_id_of, run_now
from larun_app.ui.numbers import about, bytes_words, cadence_words, took, when
from larun_app.wizard.estimates import Size, model_seconds, size_of, slowness_here

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)


def stage(position: int, state: str = "waiting", **values: object) -> RunStage:
    return RunStage(run_id="r", name=STAGES[position], position=position, state=state, **values)  # type: ignore[arg-type]


def test_stages_in_words() -> None:
    rows = stage_rows(
        [
            stage(1, "running", fraction=0.62, eta_seconds=25.0, fact="half way"),
            stage(0, "done", seconds=6.2, fact="5 sectors"),
            stage(2),
        ],
        {"search": 40.0},
        NOW,
    )
    assert [r.state for r in rows] == ["done", "running", "waiting"]
    assert [r.time for r in rows] == ["6\u202fs", "about 25\u202fs left", "about 40\u202fs"]
    assert rows[1].percent == 62
    assert rows[2].fact  # what it will do is said before it starts


def test_time_left_is_only_claimed_where_it_is_known() -> None:
    stages = [stage(0, "done"), stage(1, "running", eta_seconds=10.0), stage(2)]
    assert seconds_left(stages, {}, NOW) is None
    assert seconds_left(stages, {"search": 30.0}, NOW) == 40.0
    half = [stage(2, "running", fraction=0.6, started_at=NOW - timedelta(seconds=90))]
    assert seconds_left(half, {"search": 5.0}, NOW) == pytest.approx(60.0)  # how far it is says more than last time
    late = [stage(1, "running", started_at=NOW - timedelta(seconds=90))]
    assert seconds_left(late, {"clean": 30.0}, NOW) == 0.0


def keep(run: Run, *stages: tuple[str, float]) -> str:
    with session_scope() as session:
        if session.get(User, run.owner_id) is None:
            session.add(User(id=run.owner_id, name=run.owner_id))
            session.flush()
        session.add(run)
        session.flush()
        for position, (name, seconds) in enumerate(stages):
            session.add(RunStage(run_id=run.id, name=name, position=position, state="done", seconds=seconds))
    return run.id


def test_typical_times_are_of_this_person_and_preset(database: Path) -> None:
    quick = {"search": {"preset": "quick"}}
    for seconds in (10.0, 20.0, 90.0):
        keep(Run(owner_id="local", state="done", request=quick), ("search", seconds))
    keep(Run(owner_id="local", state="done", request={"search": {"preset": "thorough"}}), ("search", 900.0))
    keep(Run(owner_id="somebody", state="done", request=quick), ("search", 1.0))
    with read_scope() as session:
        assert typical_seconds(session, "local", "quick") == {"search": 20.0}
        assert typical_seconds(session, "local", "standard") == {}


def test_home_shows_only_ones_own(database: Path) -> None:
    mine = keep(Run(owner_id="local", state="running", title="TOI-540"), ("fetch", 1.0))
    keep(
        Run(
            owner_id="local", state="done", title="WASP-4", verdict_kind="signal", period_days=1.338, depth_ppm=27_500.0
        )
    )
    keep(Run(owner_id="somebody", state="running", title="theirs"))
    with read_scope() as session:
        lists = home_lists(session, "local", NOW)
        theirs = home_lists(session, "somebody", NOW)
    assert [row.id for row in lists.running] == [mine]
    assert lists.total == 2
    assert [row.facts for row in lists.recent] == ["1.34\u202fd, 2.75\u202f%"]
    assert [row.title for row in theirs.running] == ["theirs"]
    assert run_now("somebody", mine) is None
    assert run_now("local", mine) is not None


@pytest.mark.parametrize(
    ("state", "words", "href"),
    [("failed", "Could not finish", "/progress"), ("cancelled", "Stopped", "/progress"), ("done", "Nothing", "r1")],
)
def test_a_run_that_did_not_finish_leads_to_its_own_page(state: str, words: str, href: str) -> None:
    run = Run(id="r1", owner_id="local", state=state, verdict_kind="nothing", snr=4.9, created_at=NOW)
    row = recent_row(run, NOW)
    assert row.verdict.startswith(words)
    assert row.href.endswith(href)


def test_dots_fill_their_box() -> None:
    path = dots([0, 1, 2], [0.0, -10.0, None], 100, 50, 5)
    assert path == "M5.0 5.0h0M95.0 45.0h0"
    assert fold_dots(None) == ""
    assert fold_dots([1.0]) == ""


def test_a_flare_does_not_flatten_the_picture_but_a_dip_stays() -> None:
    y = [float(i % 7) for i in range(200)]
    flare, dip = [*y, 5000.0], [*y, -5000.0]
    x = list(range(201))
    assert dots(x, flare, 100, 50).count("M") == 200
    assert dots(x, dip, 100, 50).count("M") == 201


def test_the_early_look_says_what_it_shows() -> None:
    rng = np.random.default_rng(4)
    t = np.arange(0, 27, 1 / 720) + 1354.0
    t = np.r_[t, t[:2000] + 700]
    look = draw(t, rng.normal(0, 500, t.size))
    assert look is not None
    assert "2 stretches" in look.sentence
    assert "The longest of them is shown." in look.sentence
    assert 300 < look.path.count("M") <= 702
    assert all("1" in tick.words or "0" in tick.words for tick in look.x_ticks)
    assert draw(t[:3], t[:3]) is None


def test_times_and_sizes_in_words() -> None:
    assert about(24.0) == "about 25\u202fs"
    assert about(200.0) == "about 3\u202fmin"
    assert took(0.02) == "0.1\u202fs"
    assert when(NOW - timedelta(hours=6), NOW) == "Today, 09:00"
    assert when(NOW - timedelta(days=1), NOW) == "Yesterday"
    assert when(NOW - timedelta(days=40), NOW) == "23 Jan"
    assert when(NOW - timedelta(days=400), NOW) == "28 Jan 2025"
    assert bytes_words(1_900_000) == "1.9\u202fMB"
    assert cadence_words(120.3) == "2\u202fmin"
    assert cadence_words(20.0) == "20\u202fs"


def test_run_ids_are_taken_from_our_addresses_only() -> None:
    assert run_id_of("http://x/runs/nnmg9am5jbh3/progress") == "nnmg9am5jbh3"
    assert run_id_of("http://x/runs/../../etc") == ""
    assert run_id_of("http://x/runs/NNMG'--/progress") == ""


def test_more_work_takes_longer() -> None:
    sector, six_sectors = size_of(18_000, 27.0, (0.5, 13.0)), size_of(110_000, 360.0, (0.5, 50.0))
    four_years = size_of(65_000, 1460.0, (0.5, 50.0))
    for preset in ("quick", "standard", "thorough"):
        assert model_seconds(preset, sector) < model_seconds(preset, six_sectors) < model_seconds(preset, four_years)
    for size in (sector, six_sectors, four_years):
        assert model_seconds("quick", size) < model_seconds("standard", size) < model_seconds("thorough", size)
    assert size_of(18_000, 27.0, (9.0, 2.0)).n_periods == 0


def test_a_slow_computer_is_learnt_from_ones_own_runs(database: Path) -> None:
    size = Size(18_000, 2_800)
    standard = {"search": {"preset": "standard"}}
    with read_scope() as session:
        assert slowness_here(session, "local") == 1.0
    for _ in range(3):
        run_id = keep(
            Run(owner_id="local", state="done", request=standard), ("search", 3 * model_seconds("standard", size))
        )
        with session_scope() as session:
            for kind, rows, meta in (("lightcurve", 18_000, {}), ("periodogram-1", 900, {"rows_searched": 2_800})):
                session.add(
                    StoredFile(
                        run_id=run_id, owner_id="local", kind=kind, path=kind, sha256="0", bytes=1, rows=rows, meta=meta
                    )
                )
    with read_scope() as session:
        assert slowness_here(session, "local") == pytest.approx(3.0)
        assert slowness_here(session, "somebody") == 1.0
