"""The doorbell: a Huey queue that carries job ids. SQLite in the home folder by default, Redis by LARUN_QUEUE_URL."""

from __future__ import annotations

import logging
from functools import cache

from huey import Huey, PriorityRedisHuey, SqliteHuey
from huey.api import TaskWrapper

from data.home import Settings, SettingsError, settings

logger = logging.getLogger(__name__)

#: Searches and fits occupy a core for a minute, look-ups wait for the network: neither may stand behind the other.
LANES = ("search", "io")
_LANE_OF_KIND = {"analysis": "search", "fit": "search"}


def lane_of(kind: str) -> str:
    """The lane that does this kind of job: what is neither search nor fit is short."""
    return _LANE_OF_KIND.get(kind, "io")


def queue(lane: str = "search", config: Settings | None = None) -> Huey:
    """The queue of a lane, with its one task. Raises SettingsError for an address that is not Redis."""
    config = config or settings()
    return _made(lane, config.queue_url, str(config.queue_file))[0]


def ring(job_id: str, kind: str = "analysis", priority: int = 0, delay_seconds: float | None = None) -> bool:
    """Announce a job to the workers. False when the queue cannot be reached: the sweeper will announce it later."""
    config = settings()
    try:
        huey, task = _made(lane_of(kind), config.queue_url, str(config.queue_file))
        huey.enqueue(task.s(job_id, priority=priority, delay=delay_seconds))
    except Exception:
        # the job row is already stored; failing the request now would only make the person ask twice
        logger.exception("The queue could not be rung for job %s; it will be announced again.", job_id)
        return False
    return True


def announced() -> set[str]:
    """Ids of the jobs the queue knows of, now or later. Empty when the queue cannot be reached."""
    try:
        waiting = [task for lane in LANES for task in (*queue(lane).pending(), *queue(lane).scheduled())]
        return {str(task.args[0]) for task in waiting if task.args}
    except Exception:
        logger.exception("The queue could not be read.")
        return set()


@cache
def _made(lane: str, queue_url: str, queue_file: str) -> tuple[Huey, TaskWrapper]:
    name = f"larun-{lane}"
    if not queue_url:
        huey: Huey = SqliteHuey(name, filename=queue_file, results=False, timeout=15)
    elif queue_url.startswith(("redis://", "rediss://", "unix://")):
        huey = PriorityRedisHuey(name, url=queue_url, results=False)
    else:
        raise SettingsError("LARUN_QUEUE_URL must begin with redis://, rediss:// or unix://.")

    def do(job_id: str) -> None:
        from jobs.work import work_on  # only workers need it, and it loads the science

        work_on(job_id, may_exit=lane == "search")  # the processes of the other lane do several jobs at once

    # retries are the ledger's business: a second counter here would run a job more often than it says
    return huey, huey.task(retries=0, name="work_on")(do)
