"""Catch-up: wait until every projection has folded the log, with a relay and a projector where none runs.

After an import the tables lack most of the log. Then they are built in bulk, where no projector runs that
would take the same events in: it takes a fourth of the processor time that relay, NATS and projector need.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

import structlog

from infra.clock import SYSTEM_CLOCK
from infra.postgres import LockHeld, connect
from infra.projection_store.catalog import OtherHistory, generation_statuses, require_history_of_log
from infra.projection_store.heartbeats import heartbeats
from infra.runtime import Runtime
from projections.registry import BY_NAME
from services.projector.poison_event import PoisonEvent
from services.rebuild.rebuild import rebuild
from services.rebuild.switch import KeysParked

log = structlog.get_logger(__name__)

STILL_SECONDS_MAX = 120.0
#: In bulk the whole log is folded, whatever the tables lack of it: that takes less time where they lack so
#: many events, and at least this share of the log.
BULK_EVENTS_MIN = 20_000
BULK_SHARE_MIN = 0.25
POLL_SECONDS = 0.2


class CatchUpFailed(RuntimeError):
    """Raised when the projections cannot reach the end of the log; the message says why."""


def catch_up(
    runtime: Runtime,
    run_service: Callable[[str], AbstractContextManager[object]],
    on_progress: Callable[[int, int], None],
) -> None:
    """Wait until every projection has folded what is in the log now; services that do not run are run
    meanwhile.

    Calls `on_progress(position, end)`. Raises CatchUpFailed when no projection moves for two minutes, or when
    one holds events that the log has lost.
    """
    end = runtime.log.last_position()
    with (
        connect(runtime.settings, runtime.servers.database_url, name="catching up") as connection,
        ExitStack() as stack,
    ):
        for name in BY_NAME:
            try:
                require_history_of_log(connection, name)
            except OtherHistory as error:
                raise CatchUpFailed(str(error)) from error
        if reached(connection) >= end:
            return
        alive = services_alive(connection)
        if "projector" not in alive:
            _build_those_far_behind(runtime, connection, end, on_progress)
            if reached(connection) >= end:
                return
        for service in ("relay", "projector"):
            if service not in alive:
                stack.enter_context(run_service(service))
        last, moved_at = -1, time.monotonic()
        while (now := reached(connection)) < end:
            if now != last:
                last, moved_at = now, time.monotonic()
                on_progress(now, end)
            elif time.monotonic() - moved_at > STILL_SECONDS_MAX:
                raise CatchUpFailed(
                    f"the tables stand still at position {now} of {end}; see `clienteling projections status`"
                )
            time.sleep(POLL_SECONDS)
        on_progress(end, end)


def _build_those_far_behind(
    runtime: Runtime, connection: object, end: int, on_progress: Callable[[int, int], None]
) -> None:
    """Build the next generation of those that lack much. What cannot be built is left to the projector, which
    parks an event that cannot be folded.
    """
    active = {one.name: one for one in generation_statuses(connection) if one.status == "active"}  # type: ignore[arg-type]
    far_behind = [
        projection
        for name, projection in BY_NAME.items()
        if (one := active.get(name)) is None or (not one.paused and _is_far_behind(one.position, end))
    ]
    if not _is_far_behind(0, end) or not far_behind:
        return
    try:
        rebuild(
            runtime.settings,
            runtime.servers.database_url,
            far_behind,
            lambda folded, of: on_progress(min(end, end * folded // max(of, 1)), end),
            lambda _: None,
        )
    except (PoisonEvent, KeysParked, LockHeld) as error:
        log.info("The tables are not built in bulk", reason=str(error))


def _is_far_behind(position: int, end: int) -> bool:
    return end - position >= max(BULK_EVENTS_MIN, end * BULK_SHARE_MIN)


def reached(connection: object) -> int:
    """The position up to which every projection has folded the log; 0 while one has not begun."""
    active = {one.name: one.position for one in generation_statuses(connection) if one.status == "active"}  # type: ignore[arg-type]
    return min((active.get(name, 0) for name in BY_NAME), default=0)


def services_alive(connection: object) -> set[str]:
    """The services with a heartbeat within the last seconds."""
    now = SYSTEM_CLOCK.now()
    return {beat.service for beat in heartbeats(connection) if (now - beat.at).total_seconds() < 10}  # type: ignore[arg-type]
