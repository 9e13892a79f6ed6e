"""Status: how the house stands, looked at until what is behind moves."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import structlog

from infra.messaging.commands import commands_waiting
from infra.messaging.connection import answers
from infra.nats import NatsRole
from infra.runtime import Runtime
from projections.kernel import Projection
from services.read_models.house_status import StatusDocument, house_status

log = structlog.get_logger(__name__)

#: For so long at most what is behind is looked at.
STILL_SECONDS: Final = 3.0
LOOK_SECONDS: Final = 0.25


def watched_status(runtime: Runtime, chosen: Sequence[Projection[Any]]) -> StatusDocument:
    """How everything stands.

    What is behind is looked at until it moves, for some seconds: behind and still is not well.
    """
    found = status_of(runtime, chosen)
    began = {line.name: (line.generation, line.position) for line in found.projections}
    deadline = time.monotonic() + STILL_SECONDS
    while still := [
        line.name
        for line in found.projections
        if line.well and line.lag_events and (line.generation, line.position) == began[line.name]
    ]:
        if time.monotonic() > deadline:
            break
        time.sleep(LOOK_SECONDS)
        found = status_of(runtime, chosen)
    if not still:
        return found
    lines = [
        msgspec.structs.replace(line, trouble=f"it is behind and has not moved for {STILL_SECONDS:g} s")
        if line.name in still
        else line
        for line in found.projections
    ]
    return msgspec.structs.replace(found, healthy=False, projections=lines)


def status_of(runtime: Runtime, chosen: Sequence[Projection[Any]]) -> StatusDocument:
    """How these projections, the relay, the reactions, the webhooks and NATS stand at this moment."""
    nats_answers = answers(runtime.settings, runtime.servers.nats_url)
    with runtime.connect("status") as connection:
        return house_status(
            connection,
            runtime.log,
            [projection.name for projection in chosen],
            nats_answers=nats_answers,
            commands_waiting=_commands_waiting(runtime) if nats_answers else None,
            heartbeat_seconds=runtime.settings.service_heartbeat_seconds,
        )


def _commands_waiting(runtime: Runtime) -> int | None:
    url = runtime.servers.nats_url
    try:
        return asyncio.run(commands_waiting(runtime.settings, url, NatsRole.OPS))
    except Exception as error:
        # Also an operator without the key of `ops` is told the rest.
        log.debug("It is not known which commands wait", error=repr(error))
        return None
