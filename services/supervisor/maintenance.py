"""Carrying out what operators ask of the house over the API, one thing after the other.

It takes the rights of the owner, which the API has not (docs/adr/0050): the task that waits for longest is
taken from a table, and its command line is run as a process, whose words and exit code are the outcome. Of
several processes one works; the others stand by.
"""

import asyncio
import sys
from contextlib import suppress
from typing import Any, Final

import msgspec
import structlog

from infra.embedded import Servers
from infra.maintenance import Task, end_task, give_up_running, prepare_maintenance, take_next
from infra.postgres import LockHeld, LockLost, connect, hold_lock
from infra.postgres.failures import DatabaseError
from infra.settings import Settings
from services.supervisor.stopping import stop

LOOK_SECONDS: Final = 1.0
#: After a failure, or while another process works.
PAUSE_SECONDS: Final = 5.0
OUTCOME_LENGTH_MAX: Final = 2_000

log = structlog.get_logger(__name__)


class _Retried(msgspec.Struct):
    """What `dead-letters retry --json` prints."""

    taken_in: int
    waiting: int
    reason: str | None


async def run(settings: Settings, servers: Servers) -> None:
    """Carry out what is asked for until cancelled."""
    while True:
        try:
            await _work(settings, servers.database_url)
        except LockHeld:
            log.debug("Another process carries out maintenance tasks")
        except (DatabaseError, LockLost) as error:
            log.warning("Maintenance tasks wait for the database", error=repr(error))
        except Exception as error:
            # Whatever it is: the services beside this one go on, and the task says it was interrupted.
            log.exception("Maintenance begins anew", error=repr(error))
        await asyncio.sleep(PAUSE_SECONDS)


async def _work(settings: Settings, database_url: str) -> None:
    locked = hold_lock(settings, database_url, "maintenance")
    lock = await asyncio.to_thread(locked.__enter__)
    try:
        with connect(settings, database_url, name="maintenance") as connection:
            await asyncio.to_thread(_prepare, connection)
            while True:
                task = await asyncio.to_thread(take_next, connection)
                if task is None:
                    await asyncio.sleep(LOOK_SECONDS)
                    continue
                lock.check()
                done, outcome = await _carried_out(task)
                await asyncio.to_thread(end_task, connection, task.task_id, done=done, outcome=outcome)
                log.info("A maintenance task has ended", kind=task.kind, done=done, outcome=outcome)
    finally:
        with suppress(DatabaseError):
            locked.__exit__(None, None, None)


def _prepare(connection: Any) -> None:
    prepare_maintenance(connection)
    give_up_running(connection)


def arguments_of(task: Task) -> tuple[str, ...]:
    """The command line of a task."""
    if task.kind == "rebuild":
        return ("projections", "rebuild", *task.projections, f"--task={task.task_id}", "--json")
    return ("dead-letters", task.kind, task.source or "", task.key or "", "--json")


async def _carried_out(task: Task) -> tuple[bool, str]:
    """Whether it was done, and what came of it in words."""
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.cli.main", *arguments_of(task),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return False, f"no process could be started for it ({error}): ask for it again"
    try:
        printed, said = await process.communicate()
    except asyncio.CancelledError:
        await stop(process)
        raise
    return process.returncode == 0, _outcome(printed, said)[:OUTCOME_LENGTH_MAX]


def _outcome(printed: bytes, said: bytes) -> str:
    with suppress(msgspec.MsgspecError):
        found = msgspec.json.decode(printed, type=_Retried)
        behind = f", {found.waiting} still wait: {found.reason}" if found.waiting else ""
        return f"{found.taken_in} taken in{behind}"
    return " ".join(said.decode("utf-8", "replace").split()) or "it is done"
