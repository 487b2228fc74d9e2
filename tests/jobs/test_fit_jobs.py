"""The life of a job of kind "fit": one at a time for a signal, beside a run that stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from data import lake
from data.report import Report
from data.requests import FitChoice
from data.session import local_user, read_scope, session_scope
from data.stored_report import read_report, read_text
from data.tables import Job, Run, RunStage, StoredFile, User, utc_now
from jobs import fit_start, fitting, housekeeping, ledger, queue
from jobs.handle import LeaseLost
from jobs.work import work_on
from tests.app.made_light import INNER, OUTER, made_light
from tests.app.stored_runs import CONVINCING, made_report, signal_report, store
from tests.standins.made_fit import stand_in

RUN = "twoplanets22"


@pytest.fixture(autouse=True)
def _run(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "fit_transits", stand_in())
    light = made_light()
    signals = signal_report(light, INNER, 1), signal_report(light, OUTER, 2)
    with session_scope() as session:
        local_user(session)
        session.add(User(id="stranger", name="Stranger", kind="account"))
        session.flush()
        store(session, light, run_id=RUN, report=made_report(light, RUN, signals=signals, verdict=CONVINCING))


def ask(signal: int = 1, **choice: object) -> str:
    with session_scope() as session:
        return fit_start.start_fit(session, "local", RUN, signal, FitChoice.model_validate(choice)).id


def now(signal: int = 1) -> fit_start.FitNow:
    with read_scope() as session:
        return fit_start.fit_now(session, "local", RUN, signal)


def report() -> Report:
    with read_scope() as session:
        found = read_report(session, RUN)
    assert found is not None
    return found


def of(model: type[Job] | type[Run], key: str) -> Job | Run:
    with read_scope() as session:
        found = session.get(model, key)
    assert found is not None
    return found


def kinds() -> list[str]:
    with read_scope() as session:
        return sorted(session.exec(select(StoredFile.kind).where(StoredFile.run_id == RUN)))


def test_a_fit_is_asked_for_made_and_read_in_the_report() -> None:
    before = of(Run, RUN)
    assert now().state == "none"
    job_id = ask(eccentric=False)
    assert queue.announced() == {job_id}
    waiting = now()
    assert (waiting.state, waiting.job_id, waiting.fit) == ("queued", job_id, None)
    assert work_on(job_id, may_exit=False) == "done"
    done = now()
    assert done.state == "done"
    assert done.fit is not None
    assert done.fit.converged
    assert done.progress is None
    job = of(Job, job_id)
    assert job.result == {"converged": True, "reason": "", "signals": [1]}
    assert [s.fit is not None for s in report().signals] == [True, False]
    after = of(Run, RUN)
    assert after == before, "the run itself was touched"
    with read_scope() as session:
        assert session.exec(select(RunStage).where(RunStage.run_id == RUN)).all() == []
    assert [k for k in kinds() if k.startswith("fit")] == [
        "fit-1", "fit-1-band", "fit-1-chain", "fit-1-corner", "fit-1-fold", "fit-1-trace",
    ]  # fmt: skip


def test_asking_twice_gives_the_same_job_until_it_has_ended() -> None:
    first = ask()
    assert ask(eccentric=True) == first
    assert ask(2) != first
    work_on(first, may_exit=False)
    second = ask()
    assert second not in (first, ask(2))
    with session_scope() as session:  # the first answer is tidied away: numbers go on all the same
        session.execute(update(Job).where(col(Job.id) == first).values(created_at=utc_now() - timedelta(days=9)))
    housekeeping.remove_old_answers()
    work_on(second, may_exit=False)
    third = ask()
    assert len({first, second, third}) == 3
    assert of(Job, third).idempotency_key == f"fit:{RUN}:1:3"


def test_two_fits_of_two_signals_do_not_race() -> None:
    one, two = ask(1), ask(2)
    handle = ledger.claim(one, "w1")
    assert handle is not None
    assert work_on(two, may_exit=False) == "done"
    with handle:
        from jobs.fit_run import run_fit

        run_fit("", handle)
    assert [s.fit is not None and s.fit.converged for s in report().signals] == [True, True]


def test_progress_can_be_read_while_it_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[fit_start.FitNow] = []
    monkeypatch.setattr("jobs.handle.PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(fitting, "fit_transits", stand_in(pause=lambda block: seen.append(now())))
    work_on(ask(), may_exit=False)
    assert [s.state for s in seen] == ["running"] * 4
    last = seen[-1].progress
    assert last is not None
    assert last.fraction == 0.75
    assert last.rhat == pytest.approx(1.5 - 0.49 * 0.75)
    assert [h[0] for h in last.history] == [20, 40, 60]


def test_a_waiting_fit_is_stopped_at_once_and_a_running_one_at_its_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.handle.CANCEL_CHECK_SECONDS", 0.0)
    assert fit_start.stop_fit("local", RUN, 1) is False
    waiting = ask()
    assert ledger.request_cancel_job(waiting, "stranger") is False
    assert fit_start.stop_fit("local", RUN, 1) is True
    assert (of(Job, waiting).state, now().state) == ("cancelled", "cancelled")
    assert work_on(waiting, may_exit=False) == "refused"

    def stop(block: int) -> None:
        if block == 1:
            assert fit_start.stop_fit("local", RUN, 1) is True
            assert now().stopping

    monkeypatch.setattr(fitting, "fit_transits", stand_in(pause=stop))
    running = ask()
    assert work_on(running, may_exit=False) == "cancelled"
    assert (of(Job, running).state, of(Run, RUN).state) == ("cancelled", "done")
    assert now().fit is None


def test_a_fit_that_fails_leaves_the_run_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(fitting, "fit_transits", broken)
    job_id = ask()
    assert work_on(job_id, may_exit=False) == "failed"
    assert now().error.startswith("Something went wrong inside the program, and the fit was stopped.")
    assert of(Run, RUN).state == "done"


def test_asking_for_the_run_again_or_stopping_it_never_meets_its_fits() -> None:
    job_id = ask()
    assert ledger.request_cancel(RUN, "local") is False
    with session_scope() as session:
        run = session.get(Run, RUN)
        assert run is not None
        other = ledger.enqueue(session, run)
        assert other.kind == "analysis"
    assert of(Job, job_id).state == "queued"


def test_a_deleted_run_takes_its_fits_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.handle.CANCEL_CHECK_SECONDS", 3600.0)  # it learns of it only when it stores

    def delete(block: int) -> None:
        if block == 3:
            with session_scope() as session:
                assert housekeeping.delete_run(session, RUN, "local")

    monkeypatch.setattr(fitting, "fit_transits", stand_in(pause=delete))
    running, waiting = ask(1), ask(2)
    assert work_on(running, may_exit=False) in ("cancelled", "failed")
    assert (of(Job, running).state, of(Job, waiting).state) == ("cancelled", "cancelled")
    with read_scope() as session:
        assert session.exec(select(StoredFile)).all() == []


def test_a_fit_is_its_owners_and_needs_a_finished_run_and_a_signal() -> None:
    def refused(owner: str = "local", run: str = RUN, signal: int = 1) -> tuple[int, str]:
        with session_scope() as session, pytest.raises(fit_start.CannotStart) as reason:
            fit_start.start_fit(session, owner, run, signal, FitChoice())
        return reason.value.status, str(reason.value)

    assert refused(owner="stranger") == (404, "There is no such run.")
    assert refused(run="nowhere") == (404, "There is no such run.")
    assert refused(signal=7) == (404, "This run has no signal 7.")
    with session_scope() as session:
        session.execute(update(Run).where(col(Run.id) == RUN).values(state="running"))
    assert refused()[0] == 409
    with session_scope() as session:
        session.execute(update(Run).where(col(Run.id) == RUN).values(state="done"))
        _forget(session, "detrended")
    assert refused() == (409, fit_start.NO_LIGHT)
    assert fit_start.stop_fit("local", RUN, 1) is False
    with pytest.raises(fit_start.CannotStart):
        fit_start.stop_fit("stranger", RUN, 1)


def _forget(session: Session, kind: str) -> None:
    session.delete(session.exec(select(StoredFile).where(StoredFile.run_id == RUN, StoredFile.kind == kind)).one())


ZOMBIE_WRITES: dict[str, Callable[[ledger.JobHandle], object]] = {
    "note": lambda zombie: zombie.note({"progress": None}, now=True),
    "answer": lambda zombie: zombie.answer({}),
    "forget": lambda zombie: zombie.forget("fit-1-checkpoint"),
    "store": lambda zombie: zombie.store("fit-1", lake.write_document("fit-1", {}), transient=True),
}


@pytest.mark.parametrize("write", ZOMBIE_WRITES)
def test_a_zombie_cannot_write_after_another_worker_took_over(write: str) -> None:
    job_id = ask()
    zombie = ledger.claim(job_id, "zombie")
    assert zombie is not None
    with session_scope() as session:
        session.execute(update(Job).where(col(Job.id) == job_id).values(lease_until=utc_now() - timedelta(seconds=1)))
    heir = ledger.claim(job_id, "heir")
    assert heir is not None
    with pytest.raises(LeaseLost):
        ZOMBIE_WRITES[write](zombie)
    heir.answer({"converged": True})
    assert of(Job, job_id).result == {"converged": True}


def test_what_is_written_often_leaves_no_files_behind() -> None:
    handle = ledger.claim(ask(), "w")
    assert handle is not None
    before = set(lake.stored_paths())
    for n in range(5):
        handle.store("fit-1-checkpoint", lake.write_document("fit-1-checkpoint", {"n": n}), transient=True)
    assert len(set(lake.stored_paths()) - before) == 1
    handle.forget("fit-1-checkpoint")
    assert set(lake.stored_paths()) == before


def test_a_report_without_new_fits_is_the_stored_text_and_one_with_them_another() -> None:
    with read_scope() as session:
        plain = read_text(session, RUN)
    work_on(ask(), may_exit=False)
    with read_scope() as session:
        fitted = read_text(session, RUN)
        assert read_text(session, RUN, "stranger") is None
    assert plain is not None
    assert fitted is not None
    assert plain.content != fitted.content
    assert Report.model_validate_json(fitted.text).signals[0].fit is not None
    monkey = ask(eccentric=True)
    work_on(monkey, may_exit=False)
    with read_scope() as session:
        again = read_text(session, RUN)
    assert again is not None
    assert again.content not in (plain.content, fitted.content)
