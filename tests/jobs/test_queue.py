"""The doorbell, on SQLite and on a real Redis."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.home import Settings, SettingsError
from jobs import queue


@pytest.fixture(params=["sqlite", "redis"])
def _bell(request: pytest.FixtureRequest, larun_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "redis":
        monkeypatch.setenv("LARUN_QUEUE_URL", request.getfixturevalue("redis_url"))
        for lane in queue.LANES:
            queue.queue(lane).storage.flush_all()


def waiting(lane: str) -> list[str]:
    taken = []
    while (task := queue.queue(lane).dequeue()) is not None:
        taken.append(task.args[0])
    return taken


@pytest.mark.usefixtures("_bell")
def test_the_important_is_announced_first_and_equals_in_their_order() -> None:
    for job_id, priority in (("a", 0), ("b", 0), ("urgent", 10), ("later", -5), ("c", 0)):
        assert queue.ring(job_id, "analysis", priority)
    assert queue.announced() == {"a", "b", "urgent", "later", "c"}
    assert waiting("search") == ["urgent", "a", "b", "c", "later"]


@pytest.mark.usefixtures("_bell")
def test_lanes_do_not_mix() -> None:
    queue.ring("run", "analysis")
    queue.ring("question", "lookup")
    assert queue.announced() == {"run", "question"}
    assert waiting("io") == ["question"]
    assert waiting("search") == ["run"]


@pytest.mark.usefixtures("_bell")
def test_a_delayed_announcement_is_known_but_waits_its_time() -> None:
    queue.ring("later", "analysis", 0, 3600)
    assert queue.announced() == {"later"}
    bell = queue.queue("search")
    task = bell.dequeue()
    assert bell.ready_to_run(task) is False
    bell.execute(task)  # as a worker does: it sets the message aside until its time
    assert [kept.args[0] for kept in bell.scheduled()] == ["later"]
    assert queue.announced() == {"later"}


def test_every_kind_of_job_has_a_lane() -> None:
    from jobs.work import RUNNERS

    assert {queue.lane_of(kind) for kind in RUNNERS} <= set(queue.LANES)
    assert queue.lane_of("analysis") == "search"
    assert queue.lane_of("lookup") == "io"


def test_an_address_that_is_no_redis_is_refused_in_words() -> None:
    with pytest.raises(SettingsError, match="must begin with redis://"):
        queue.queue("search", Settings(queue_url="http://somewhere/"))


def test_a_queue_that_cannot_be_reached_is_no_error_for_the_person(
    larun_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LARUN_QUEUE_URL", "redis://127.0.0.1:1/0")
    assert queue.ring("x") is False
    assert queue.announced() == set()
