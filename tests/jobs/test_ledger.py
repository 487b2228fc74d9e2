"""The ledger's rules, one process: who may take a job, who may write, how it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from data import lake
from data.session import local_user, read_scope, session_scope
from data.tables import STAGES, Job, Run, RunStage, StoredFile, utc_now
from jobs import ledger, queue
from jobs.handle import Cancelled, JobHandle, LeaseLost, RunProblem, RunSummary
from jobs.work import RUNNERS, work_on

pytestmark = pytest.mark.usefixtures("database")

SUMMARY = RunSummary("A dip repeats every 3.5 days.", "signal", "pass", period_days=3.5, thumbnail=(0.0, -1.0))


def start_run(**options: int) -> tuple[str, str]:
    with session_scope() as session:
        run = ledger.create_run(session, local_user(session).id, {"seed": 1}, target="TIC 1", title="One")
        return run.id, ledger.enqueue(session, run, **options).id


def take(job_id: str, worker: str = "w") -> JobHandle:
    handle = ledger.claim(job_id, worker)
    assert handle is not None
    return handle


def job_of(job_id: str) -> Job:
    with read_scope() as session:
        return session.exec(select(Job).where(Job.id == job_id)).one()


def run_of(run_id: str) -> Run:
    with read_scope() as session:
        return session.exec(select(Run).where(Run.id == run_id)).one()


def stages_of(run_id: str) -> dict[str, str]:
    with read_scope() as session:
        rows = session.exec(select(RunStage).where(RunStage.run_id == run_id).order_by(col(RunStage.position)))
        return {row.name: row.state for row in rows}


def change_job(job_id: str, **values: object) -> None:
    with session_scope() as session:
        session.execute(update(Job).where(col(Job.id) == job_id).values(**values))


def let_lease_run_out(job_id: str) -> None:
    change_job(job_id, lease_until=utc_now() - timedelta(seconds=1))


def test_a_new_run_waits_with_all_its_stages_and_is_announced() -> None:
    run_id, job_id = start_run()
    assert run_of(run_id).state == "queued"
    assert stages_of(run_id) == dict.fromkeys(STAGES, "waiting")
    assert queue.announced() == {job_id}


def test_nothing_is_announced_when_the_request_is_rolled_back() -> None:
    def ask_and_fail() -> None:
        with session_scope() as session:
            run = ledger.create_run(session, local_user(session).id, {}, target="TIC 1")
            ledger.enqueue(session, run)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        ask_and_fail()
    assert queue.announced() == set()


def test_nobody_is_told_before_the_commit() -> None:
    with session_scope() as session:
        owner = local_user(session).id
        for number in range(3):  # each request makes a savepoint
            ledger.enqueue(session, ledger.create_run(session, owner, {}, target=f"TIC {number}"))
        assert queue.announced() == set()
    assert len(queue.announced()) == 3


def test_asking_twice_gives_the_same_job_until_it_has_ended() -> None:
    run_id, first = start_run()
    with session_scope() as session:
        run = session.get(Run, run_id)
        assert run is not None
        assert ledger.enqueue(session, run).id == first
    with take(first) as handle:
        handle.fail("The archive has no such star.")
    with session_scope() as session:
        run = session.get(Run, run_id)
        assert run is not None
        second = ledger.enqueue(session, run).id
    assert second != first
    assert (run_of(run_id).state, run_of(run_id).error) == ("queued", "")


def test_one_of_many_workers_gets_the_job() -> None:
    _, job_id = start_run()
    barrier = threading.Barrier(6)
    taken: list[JobHandle] = []

    def compete(name: str) -> None:
        barrier.wait()
        handle = ledger.claim(job_id, name)
        if handle is not None:
            taken.append(handle)

    threads = [threading.Thread(target=compete, args=(f"w{i}",)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1
    assert (job_of(job_id).attempt, job_of(job_id).fence) == (1, 1)


def test_progress_is_written_for_the_page_to_read() -> None:
    run_id, job_id = start_run()
    with take(job_id) as handle:
        handle.progress("fetch", 0.25, "1 of 4 sectors", eta_seconds=12.0)
        with read_scope() as session:
            row = session.exec(select(RunStage).where(RunStage.run_id == run_id, RunStage.name == "fetch")).one()
        assert (row.state, row.fraction, row.fact, row.eta_seconds) == ("running", 0.25, "1 of 4 sectors", 12.0)
        handle.stage_done("fetch", "4 sectors")
        with read_scope() as session:
            row = session.exec(select(RunStage).where(RunStage.run_id == run_id, RunStage.name == "fetch")).one()
        assert (row.state, row.fraction, row.fact, row.eta_seconds) == ("done", 1.0, "4 sectors", None)
        assert row.seconds is not None
        assert row.seconds >= 0
        assert handle.stages_done() == {"fetch"}
        with pytest.raises(KeyError):
            handle.stage_started("brew")


def test_progress_from_an_inner_loop_writes_seldom() -> None:
    _, job_id = start_run()
    with take(job_id) as handle:
        handle.progress("search", 0.0, "searching")
        before = job_of(job_id).lease_until
        for i in range(2000):
            handle.progress("search", i / 2000, "searching")
        with read_scope() as session:
            row = session.exec(select(RunStage).where(RunStage.name == "search")).one()
        assert row.fraction < 0.9, "each of two thousand calls was written"
        assert before is not None


def test_finish_records_the_summary_once() -> None:
    run_id, job_id = start_run()
    with take(job_id) as handle:
        for stage in STAGES:
            handle.stage_started(stage)
            handle.stage_done(stage)
        handle.finish(SUMMARY)
        finished_at = run_of(run_id).finished_at
        with pytest.raises(LeaseLost):
            handle.finish(RunSummary("Another answer.", "nothing", "none"))
    run = run_of(run_id)
    assert (run.state, run.headline, run.period_days, run.thumbnail) == ("done", SUMMARY.headline, 3.5, [0.0, -1.0])
    assert run.finished_at == finished_at
    assert job_of(job_id).state == "done"
    assert ledger.claim(job_id, "late") is None


def test_a_summary_never_stores_what_json_cannot_hold() -> None:
    run_id, job_id = start_run()
    with take(job_id) as handle:
        handle.finish(RunSummary("x", "nothing", "none", depth_ppm=float("nan"), thumbnail=(1.0, float("inf"))))
    assert (run_of(run_id).depth_ppm, run_of(run_id).thumbnail) == (None, [1.0])


ZOMBIE_WRITES: dict[str, Callable[[JobHandle], object]] = {
    "progress": lambda zombie: zombie.progress("search", 0.9, "late"),
    "stage_started": lambda zombie: zombie.stage_started("search"),
    "stage_done": lambda zombie: zombie.stage_done("search"),
    "store": lambda zombie: zombie.store("report", lake.write_document("report", {"from": "zombie"})),
    "describe": lambda zombie: zombie.describe(title="late"),
    "check": lambda zombie: zombie.check_cancelled(),
    "finish": lambda zombie: zombie.finish(SUMMARY),
    "cancelled": lambda zombie: zombie.cancelled(),
    "release": lambda zombie: zombie.release(),
}


@pytest.mark.parametrize("write", ZOMBIE_WRITES)
def test_a_zombie_cannot_write_after_another_worker_took_over(write: str) -> None:
    run_id, job_id = start_run()
    zombie = take(job_id, "zombie")
    zombie.stage_started("fetch")
    let_lease_run_out(job_id)
    heir = take(job_id, "heir")
    assert (heir.attempt, heir.fence) == (2, 2)
    assert stages_of(run_id)["fetch"] == "waiting", "the heir begins with what is stored"
    with pytest.raises(LeaseLost):
        ZOMBIE_WRITES[write](zombie)
    assert zombie.fail("late") == "lost"
    assert stages_of(run_id) == dict.fromkeys(STAGES, "waiting")
    assert (run_of(run_id).state, run_of(run_id).title, job_of(job_id).worker) == ("running", "One", "heir")
    with read_scope() as session:
        assert session.exec(select(StoredFile)).all() == []
    heir.finish(SUMMARY)
    assert run_of(run_id).state == "done"


def test_a_cancelled_job_is_not_taken_over() -> None:
    run_id, job_id = start_run()
    take(job_id)
    ledger.request_cancel(run_id, "local")
    let_lease_run_out(job_id)
    assert ledger.claim(job_id, "w2") is None


def test_a_file_stored_again_replaces_the_row() -> None:
    run_id, job_id = start_run()
    first = take(job_id)
    first.store("report", lake.write_document("report", {"n": 1}), "conclude")
    let_lease_run_out(job_id)
    second = take(job_id)
    info = lake.write_document("report", {"n": 2})
    second.store("report", info, "conclude")
    with read_scope() as session:
        rows = session.exec(select(StoredFile).where(StoredFile.run_id == run_id)).all()
    assert [(row.path, row.fence, row.owner_id) for row in rows] == [(info.path, 2, "local")]


def test_the_heartbeat_keeps_a_short_lease_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARUN_LEASE_SECONDS", "0.6")
    _, job_id = start_run()
    with take(job_id) as handle:
        threading.Event().wait(1.5)
        assert ledger.sweep().requeued == ()
        handle.finish(SUMMARY)
    assert job_of(job_id).attempt == 1


def test_without_a_heartbeat_the_sweeper_gives_the_job_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARUN_LEASE_SECONDS", "0.5")
    run_id, job_id = start_run()
    queue.queue().flush()
    handle = take(job_id)
    handle.stage_started("search")
    threading.Event().wait(0.7)
    assert ledger.sweep().requeued == (job_id,)
    assert queue.announced() == {job_id}
    assert (run_of(run_id).state, stages_of(run_id)["search"]) == ("queued", "waiting")
    assert ledger.sweep().requeued == (), "once is enough"
    with pytest.raises(LeaseLost):
        handle.finish(SUMMARY)


def test_a_run_that_kills_its_workers_is_given_up() -> None:
    run_id, job_id = start_run(max_attempts=2)
    for _ in range(2):
        take(job_id).stage_started("search")
        let_lease_run_out(job_id)
        swept = ledger.sweep()
    assert swept.failed == (job_id,)
    run = run_of(run_id)
    assert run.state == "failed"
    assert "stopped two times" in run.error
    assert stages_of(run_id)["search"] == "failed"
    assert ledger.claim(job_id, "w") is None


def test_the_last_attempt_is_the_last_even_when_a_message_comes_before_the_sweeper() -> None:
    _, job_id = start_run(max_attempts=1)
    take(job_id)
    let_lease_run_out(job_id)
    assert ledger.claim(job_id, "w") is None
    assert ledger.sweep().failed == (job_id,)


def test_a_lost_announcement_is_made_again() -> None:
    _, job_id = start_run()
    assert ledger.sweep().rung == (), "it has just been announced"
    change_job(job_id, queued_at=utc_now() - timedelta(minutes=10))
    assert ledger.sweep().rung == (), "it stands in the queue"
    queue.queue().flush()
    assert ledger.sweep().rung == (job_id,)
    assert queue.announced() == {job_id}
    assert ledger.sweep().rung == ()


def test_a_queue_that_is_down_does_not_lose_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARUN_QUEUE_URL", "redis://127.0.0.1:1/0")
    run_id, job_id = start_run()
    assert (run_of(run_id).state, job_of(job_id).state) == ("queued", "queued")


def test_a_waiting_run_is_cancelled_at_once_and_only_by_its_owner() -> None:
    run_id, job_id = start_run()
    assert ledger.request_cancel(run_id, "stranger") is False
    assert ledger.request_cancel(run_id, "local") is True
    assert (run_of(run_id).state, job_of(job_id).state) == ("cancelled", "cancelled")
    assert set(stages_of(run_id).values()) == {"skipped"}
    assert ledger.claim(job_id, "w") is None
    assert ledger.request_cancel(run_id, "local") is False


def test_a_running_run_is_cancelled_at_its_next_check() -> None:
    run_id, job_id = start_run()
    with take(job_id) as handle:
        handle.progress("fetch", 0.1)
        assert ledger.request_cancel(run_id, "local") is True
        handle._cancel_checked = 0.0  # as after a second
        with pytest.raises(Cancelled):
            handle.progress("fetch", 0.2)
        handle.cancelled()
    assert run_of(run_id).state == "cancelled"


def test_a_cancelled_run_whose_worker_died_ends_as_cancelled() -> None:
    run_id, job_id = start_run()
    take(job_id)
    ledger.request_cancel(run_id, "local")
    let_lease_run_out(job_id)
    assert ledger.sweep().cancelled == (job_id,)
    assert run_of(run_id).state == "cancelled"


def test_a_cancelled_run_that_does_not_listen_is_ended_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARUN_LEASE_SECONDS", "0.5")
    monkeypatch.setenv("LARUN_CANCEL_GRACE_SECONDS", "0.5")
    run_id, job_id = start_run()
    left = threading.Event()
    handle = take(job_id)
    handle.when_stuck = left.set
    with handle:
        ledger.request_cancel(run_id, "local")
        assert left.wait(5), "nobody ended the worker"
        assert run_of(run_id).state == "cancelled"


def test_a_retry_waits_its_time_and_counts() -> None:
    run_id, job_id = start_run(max_attempts=2)
    with take(job_id) as handle:
        assert handle.fail("The archive does not answer.", retry_after_seconds=60) == "retry"
    assert run_of(run_id).state == "queued"
    assert run_of(run_id).error == "The archive does not answer."
    assert ledger.claim(job_id, "early") is None
    change_job(job_id, not_before=utc_now())
    with take(job_id) as handle:
        assert run_of(run_id).error == ""
        assert handle.fail("The archive does not answer.", retry_after_seconds=60) == "failed"
    assert run_of(run_id).state == "failed"


# -- what the worker makes of a runner's end ---------------------------------------------------------------------------


def _does_nothing(run_id: str, job: JobHandle) -> None:
    job.stage_started("fetch")


def _has_a_bug(run_id: str, job: JobHandle) -> None:
    raise ZeroDivisionError


def _cannot_go_on(run_id: str, job: JobHandle) -> None:
    job.stage_started("fetch")
    raise RunProblem("The file has no flux column.")


def _is_interrupted(run_id: str, job: JobHandle) -> None:
    raise KeyboardInterrupt


def _finishes(run_id: str, job: JobHandle) -> None:
    job.finish(SUMMARY)


@pytest.mark.parametrize(
    ("runner", "outcome", "state", "words"),
    [
        (_finishes, "done", "done", ""),
        (_cannot_go_on, "failed", "failed", "The file has no flux column."),
        (_has_a_bug, "failed", "failed", "ZeroDivisionError"),
        (_does_nothing, "failed", "failed", "no result"),
    ],
)
def test_every_end_of_a_runner_is_recorded(
    monkeypatch: pytest.MonkeyPatch, runner: object, outcome: str, state: str, words: str
) -> None:
    monkeypatch.setitem(RUNNERS, "analysis", "jobs.ledger:the_runner")
    monkeypatch.setattr(ledger, "the_runner", runner, raising=False)
    run_id, job_id = start_run()
    assert work_on(job_id, may_exit=False) == outcome
    assert run_of(run_id).state == state
    assert words in run_of(run_id).error
    assert "running" not in stages_of(run_id).values()
    assert work_on(job_id, may_exit=False) == "refused"


def test_an_interrupted_worker_gives_the_job_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RUNNERS, "analysis", "jobs.ledger:the_runner")
    monkeypatch.setattr(ledger, "the_runner", _is_interrupted, raising=False)
    run_id, job_id = start_run()
    with pytest.raises(KeyboardInterrupt):
        work_on(job_id, may_exit=False)
    assert (job_of(job_id).state, job_of(job_id).attempt, run_of(run_id).state) == ("queued", 0, "queued")
    with take(job_id) as handle:
        handle.finish(SUMMARY)


def test_a_question_without_a_run_is_answered() -> None:
    with session_scope() as session:
        job_id = ledger.enqueue_lookup(session, local_user(session).id, "TIC 1").id
    assert queue.queue("search").pending() == [], "a look-up never waits behind searches"
    with take(job_id) as handle:
        assert handle.payload == {"text": "TIC 1"}
        handle.answer({"name": "pi Mensae"})
    assert (job_of(job_id).state, job_of(job_id).result) == ("done", {"name": "pi Mensae"})
