"""What operators have the house do: dead letters taken in once more or left out, projections made anew.

The API keeps what is asked for; a process with the owner's rights carries it out (docs/adr/0070).
"""

from typing import Annotated, Any, Final

import msgspec
from litestar import Response, post

from infra.dead_letters import DeadLetter, dead_letters
from infra.event_store.quarantine import EVERY_READER
from infra.maintenance import NewTask, Task, ask_for, task_of, tasks_before
from projections.registry import BY_NAME
from services.api.http.parameters import AnyRequest, Limit, Parameters
from services.api.http.problems import Problem, not_found
from services.api.http.route_handlers import Injected, json_response, read, route
from services.api.resources.bodies import read_body
from services.api.resources.commands import context_of_request
from services.api.resources.records import read_record
from services.api.state import AppState

TaskId = Annotated[str, msgspec.Meta(pattern=r"^tsk_[0-9a-f]{32}$")]
_ASKED: Final = ("invalid", "malformed_json", "not_json")


class RetryDeadLetter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which dead letter is to be taken in once more, with what waits behind it, by the list of them."""

    source: str
    key: str


class DiscardDeadLetter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which dead letter is to be left out, and why; those behind it are taken in."""

    source: str
    key: str
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000, pattern=r"\S")]


class RebuildProjections(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which projections are to be made anew from history, beside those that serve."""

    projections: Annotated[list[str], msgspec.Meta(min_length=1, max_length=50)]


class TasksWanted(Parameters, kw_only=True):
    """A page of tasks."""

    limit: Limit = 50
    after: TaskId | None = None


class OneTask(Parameters, kw_only=True):
    """No parameters."""


class TasksPage(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks, the newest first; `next` is what `after` is for the next page, null on the last."""

    tasks: list[Task]
    next: str | None


@read("/v1/maintenance-tasks", tag="house", summary="What operators asked for.", encrypted=True)
async def maintenance_tasks(app: Injected[AppState], params: Injected[TasksWanted]) -> Response[TasksPage]:
    """Retries, discards and rebuilds: who asked for what and why, how far it is, what came of it."""
    end = await app.tables.end_of_log()
    found = await read_record(
        app, lambda connection: tasks_before(connection, params.after, params.limit + 1)
    )
    page = found[: params.limit]
    answer = TasksPage(tasks=page, next=page[-1].task_id if len(found) > params.limit else None)
    return json_response(answer, position=end)


@read("/v1/maintenance-tasks/{task_id}", tag="house", summary="One task and its progress.", encrypted=True)
async def maintenance_task(
    app: Injected[AppState], params: Injected[OneTask], task_id: TaskId
) -> Response[Task]:
    """One task: a rebuild says how many events it has folded, of about how many."""
    end = await app.tables.end_of_log()
    found = await read_record(app, lambda connection: task_of(connection, task_id))
    if found is None:
        raise not_found("task", "task_unknown")
    return json_response(found, position=end)


@route(
    post,
    "/v1/dead-letters/retry",
    name="retry_dead_letter",
    tag="house",
    summary="Take a dead letter in once more.",
    problems=(*_ASKED, "nothing_parked"),
    answer=Task,
    body=RetryDeadLetter,
    status=202,
)
async def retry_dead_letter(request: AnyRequest, app: Injected[AppState]) -> Response[Task]:
    """What `clienteling dead-letters retry` does, begun soon: ask for the task to see what came of it. The
    same that waits or runs already is not asked for twice.
    """
    asked = await read_body(request, RetryDeadLetter)
    return await _asked_of(request, app, "retry", asked.source, asked.key, None)


@route(
    post,
    "/v1/dead-letters/discard",
    name="discard_dead_letter",
    tag="house",
    summary="Leave a dead letter out.",
    problems=(*_ASKED, "nothing_parked"),
    answer=Task,
    body=DiscardDeadLetter,
    status=202,
)
async def discard_dead_letter(request: AnyRequest, app: Injected[AppState]) -> Response[Task]:
    """What `clienteling dead-letters discard` does, begun soon. The log keeps an event; `retry` takes it in
    again. A message is given up.
    """
    asked = await read_body(request, DiscardDeadLetter)
    return await _asked_of(request, app, "discard", asked.source, asked.key, asked.reason)


@route(
    post,
    "/v1/projections/rebuild",
    name="rebuild_projections",
    tag="house",
    summary="Make projections anew.",
    problems=_ASKED,
    answer=Task,
    body=RebuildProjections,
    status=202,
)
async def rebuild_projections(request: AnyRequest, app: Injected[AppState]) -> Response[Task]:
    """What `clienteling projections rebuild` does, begun soon: readers notice nothing until the new tables
    serve.
    """
    asked = await read_body(request, RebuildProjections)
    if unknown := sorted({*asked.projections} - {*BY_NAME}):
        detail = f"No projection is called {unknown[0]!r}; there are {', '.join(BY_NAME)}."
        raise Problem(422, "invalid", detail, field="projections")
    return await _kept(request, app, kind="rebuild", projections=[*{*asked.projections}])


async def _asked_of(
    request: AnyRequest, app: AppState, kind: str, source: str, key: str, reason: str | None
) -> Response[Task]:
    def find(connection: Any) -> list[DeadLetter]:
        return [one for one in dead_letters(connection, source) if one.key == key]

    found = await read_record(app, find)
    if kind == "discard":
        found = [one for one in found if not one.left_out]
    if not found:
        raise Problem(404, "nothing_parked", "Nothing of this key waits there.")
    # What every reader leaves out is named by its position.
    named = str(found[0].position) if source == EVERY_READER else key
    return await _kept(request, app, kind=kind, source=source, key=named, reason=reason)


async def _kept(request: AnyRequest, app: AppState, **what: Any) -> Response[Task]:
    context = context_of_request(request.scope)
    task = NewTask(actor=str(context.actor), role=context.role, **what)
    return json_response(await read_record(app, lambda connection: ask_for(connection, task)), status=202)


ROUTE_HANDLERS: Final = (
    maintenance_tasks,
    maintenance_task,
    retry_dead_letter,
    discard_dead_letter,
    rebuild_projections,
)
