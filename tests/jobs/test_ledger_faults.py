"""Whatever happens to workers and messages, in whatever order, every run ends exactly once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import col, select

from data.session import local_user, read_scope, session_scope
from data.tables import Job, Run, utc_now
from jobs import ledger
from jobs.handle import JobHandle, LeaseLost, RunSummary

RUNS = 3
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(("ring", "work", "finish", "fail", "freeze", "sweep", "cancel")), st.integers(0, RUNS - 1)
    ),
    max_size=25,
)


class World:
    """Three runs, any number of workers that may fall silent and wake up again."""

    def __init__(self) -> None:
        self.handles: list[list[JobHandle]] = [[] for _ in range(RUNS)]
        self.ends: Counter[int] = Counter()
        with session_scope() as session:
            owner = local_user(session).id
            runs = [ledger.create_run(session, owner, {}, target=f"TIC {i}") for i in range(RUNS)]
            self.runs = [run.id for run in runs]
            self.jobs = [ledger.enqueue(session, run, max_attempts=4).id for run in runs]

    def act(self, action: str, which: int) -> None:
        """One event; a worker is any that ever held the job, the newest last."""
        if action == "ring":
            handle = ledger.claim(self.jobs[which], f"w{len(self.handles[which])}")
            if handle is not None:
                self.handles[which].append(handle)
        elif action == "sweep":
            ledger.sweep()
        elif action == "cancel":
            ledger.request_cancel(self.runs[which], "local")
        elif action == "freeze":
            with session_scope() as session:
                session.execute(
                    update(Job)
                    .where(col(Job.id) == self.jobs[which], col(Job.state) == "running")
                    .values(lease_until=utc_now() - timedelta(seconds=1))
                )
        else:
            for handle in self.handles[which]:  # every worker that ever held it tries, dead or alive
                try:
                    if action == "work":
                        handle.stage_started("search")
                    elif action == "finish":
                        handle.finish(RunSummary("found", "signal", "pass"))
                        self.ends[which] += 1
                    elif handle.fail("broken") == "failed":
                        self.ends[which] += 1
                    else:
                        continue
                except LeaseLost:
                    continue
                assert handle is self.handles[which][-1], "a worker wrote that no longer held the job"

    def settle(self) -> None:
        """Everybody works properly from now on, until nothing is open."""
        for _ in range(10):
            for which in range(RUNS):
                self.act("freeze", which)
            ledger.sweep()
            for which in range(RUNS):
                handle = ledger.claim(self.jobs[which], "good")
                if handle is not None:
                    handle.finish(RunSummary("found", "signal", "pass"))
                    self.ends[which] += 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_every_run_ends_exactly_once(database: object, actions: list[tuple[str, int]]) -> None:
    world = World()
    for action, which in actions:
        world.act(action, which)
    world.settle()
    with read_scope() as session:
        runs = {run.id: run for run in session.exec(select(Run).where(col(Run.id).in_(world.runs)))}
        jobs = {job.id: job for job in session.exec(select(Job).where(col(Job.id).in_(world.jobs)))}
    for which in range(RUNS):
        run, job = runs[world.runs[which]], jobs[world.jobs[which]]
        assert run.state == job.state
        assert run.state in ("done", "failed", "cancelled")
        assert job.attempt <= job.max_attempts
        if run.state == "done":
            assert world.ends[which] == 1, "the run was finished more than once"
        assert world.ends[which] <= 1
        assert run.finished_at is not None
