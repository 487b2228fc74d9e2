"""The doorbell: a Huey queue that carries job ids. SQLite in the home folder by default, Redis by LARUN_QUEUE_URL."""

from __future__ import annotations

import logging
from functools import cache

from huey import Huey, PriorityRedisHuey, SqliteHuey
from huey.api import TaskWrapper

from data.home import Settings, SettingsError, settings

logger = logging.getLogger(__name__)

QUEUE_NAME = "larun"


def queue(config: Settings | None = None) -> Huey:
    """The queue of these settings, with its one task. Raises SettingsError for an address that is not Redis."""
    config = config or settings()
    return _made(config.queue_url, str(config.queue_file))[0]


def ring(job_id: str, priority: int = 0, delay_seconds: float | None = None) -> bool:
    """Announce a job to the workers. False when the queue cannot be reached: the sweeper will announce it later."""
    config = settings()
    try:
        huey, task = _made(config.queue_url, str(config.queue_file))
        huey.enqueue(task.s(job_id, priority=priority, delay=delay_seconds))
    except Exception:
        # the job row is already stored; failing the request now would only make the person ask twice
        logger.exception("The queue could not be rung for job %s; it will be announced again.", job_id)
        return False
    return True


def announced() -> set[str]:
    """Ids of the jobs the queue knows of, now or later. Empty when the queue cannot be reached."""
    try:
        huey = queue()
        return {str(task.args[0]) for task in (*huey.pending(), *huey.scheduled()) if task.args}
    except Exception:
        logger.exception("The queue could not be read.")
        return set()


@cache
def _made(queue_url: str, queue_file: str) -> tuple[Huey, TaskWrapper]:
    if not queue_url:
        huey: Huey = SqliteHuey(QUEUE_NAME, filename=queue_file, results=False, timeout=15)
    elif queue_url.startswith(("redis://", "rediss://", "unix://")):
        huey = PriorityRedisHuey(QUEUE_NAME, url=queue_url, results=False)
    else:
        raise SettingsError("LARUN_QUEUE_URL must begin with redis://, rediss:// or unix://.")
    # retries are the ledger's business: a second counter here would run a job more often than it says
    return huey, huey.task(retries=0, name="work_on")(_work_on)


def _work_on(job_id: str) -> None:
    from jobs.work import work_on  # only workers need it, and it loads the science

    work_on(job_id)
