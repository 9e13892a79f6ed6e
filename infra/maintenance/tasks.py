"""The table of maintenance tasks: asked for by the API, carried out by `serve all` or `serve maintenance`."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from psycopg import Connection
from psycopg.rows import tuple_row

from infra.ids import new_id
from infra.postgres.migrations import Migrations, migrate

MIGRATIONS: Final = Migrations("maintenance", Path(__file__).parent / "migrations")
_COLUMNS: Final = (
    "task_id, kind, nullif(source, ''), nullif(key, ''), projections, reason, actor, role, "
    "asked_at, begun_at, ended_at, status, folded_events, expected_events, outcome"
)
_ASK: Final = (
    "INSERT INTO maintenance.tasks (task_id, kind, source, key, projections, reason, actor, role) "
    "VALUES (%(task_id)s, %(kind)s, %(source)s, %(key)s, %(projections)s, %(reason)s, %(actor)s, %(role)s) "
    "ON CONFLICT DO NOTHING"
)
_OPEN: Final = (
    f"SELECT {_COLUMNS} FROM maintenance.tasks WHERE status IN ('waiting', 'running') AND kind = %(kind)s "
    "AND source = %(source)s AND key = %(key)s AND projections = %(projections)s"
)
_ONE: Final = f"SELECT {_COLUMNS} FROM maintenance.tasks WHERE task_id = %s"
_BEFORE: Final = (
    f"SELECT {_COLUMNS} FROM maintenance.tasks WHERE (%(before)s::text IS NULL OR task_id < %(before)s) "
    "ORDER BY task_id DESC LIMIT %(limit)s"
)
_TAKE: Final = (
    "UPDATE maintenance.tasks SET status = 'running', begun_at = clock_timestamp() WHERE task_id = ("
    "SELECT task_id FROM maintenance.tasks WHERE status = 'waiting' ORDER BY task_id LIMIT 1) "
    f"RETURNING {_COLUMNS}"
)
_PROGRESS: Final = (
    "UPDATE maintenance.tasks SET folded_events = %s, expected_events = %s "
    "WHERE task_id = %s AND status = 'running'"
)
_END: Final = (
    "UPDATE maintenance.tasks SET status = %s, outcome = %s, ended_at = clock_timestamp() WHERE task_id = %s"
)
_GIVE_UP: Final = (
    "UPDATE maintenance.tasks SET status = 'failed', ended_at = clock_timestamp(), "
    "outcome = 'it was interrupted: ask for it again' WHERE status = 'running'"
)

Kind = Literal["retry", "discard", "rebuild"]
Status = Literal["waiting", "running", "done", "failed"]


class NewTask(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: to retry or discard the dead letter of `source` and `key`, for a `reason`; or to
    rebuild `projections`. `actor` asks for it, in a role.
    """

    kind: Kind
    actor: str
    role: str | None
    source: str = ""
    key: str = ""
    projections: Sequence[str] = ()
    reason: str | None = None


class Task(msgspec.Struct, frozen=True):
    """A task as it stands. `folded_events` of about `expected_events` are done, of a rebuild; `outcome` says
    in words what came of it.
    """

    task_id: str
    kind: Kind
    source: str | None
    key: str | None
    projections: list[str]
    reason: str | None
    actor: str
    role: str | None
    asked_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    status: Status
    folded_events: int
    expected_events: int
    outcome: str | None


def prepare_maintenance(connection: Connection[Any]) -> None:
    """Make the table when it is missing."""
    migrate(connection, MIGRATIONS)


def ask_for(connection: Connection[Any], task: NewTask) -> Task:
    """The task that is kept from now on; where the same waits or runs already, that one."""
    task_id = new_id("tsk")
    asked = {**msgspec.structs.asdict(task), "projections": sorted(task.projections), "task_id": task_id}
    while True:
        connection.execute(_ASK, asked)
        if found := task_of(connection, task_id) or next(iter(_tasks(connection, _OPEN, asked)), None):
            return found
        # The other one has ended between the two statements.


def task_of(connection: Connection[Any], task_id: str) -> Task | None:
    """One task."""
    return next(iter(_tasks(connection, _ONE, (task_id,))), None)


def tasks_before(connection: Connection[Any], before: str | None, limit: int) -> list[Task]:
    """The last tasks that were asked for (before one of them), at most `limit`, the newest first."""
    return _tasks(connection, _BEFORE, {"before": before, "limit": limit})


def take_next(connection: Connection[Any]) -> Task | None:
    """The task that waits for longest; it is running now. For one process at a time."""
    return next(iter(_tasks(connection, _TAKE, ())), None)


def note_progress(connection: Connection[Any], task_id: str, folded: int, expected: int) -> None:
    """Write how far a running task is, in events."""
    connection.execute(_PROGRESS, (folded, expected, task_id))


def end_task(connection: Connection[Any], task_id: str, *, done: bool, outcome: str) -> None:
    """Write what came of a task."""
    connection.execute(_END, ("done" if done else "failed", outcome, task_id))


def give_up_running(connection: Connection[Any]) -> None:
    """Say of tasks that are left running, by a process that is gone, that they were interrupted."""
    connection.execute(_GIVE_UP)


def _tasks(connection: Connection[Any], query: str, parameters: Any) -> list[Task]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return [Task(*row) for row in cursor.execute(query.encode(), parameters).fetchall()]
