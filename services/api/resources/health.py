"""The health of the whole system: the database, NATS, the services and the projections."""

import asyncio
import time
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from infra.embedded import nats_address
from infra.postgres import retried
from infra.projection_store.catalog import GenerationStatus, generation_statuses_async
from infra.projection_store.health import Health, ProjectionLine, health_of
from infra.projection_store.heartbeats import Heartbeat, heartbeats_async
from services.api.http.deadlines import within
from services.api.stall_watch import Projected
from services.api.state import AppState

NATS_PORT: Final = 4222
ASK_SECONDS_MAX: Final = 2.0
Reason = tuple[str, str]


class SystemHealth(NamedTuple):
    """The end of the log, the position of each projection, and the health of the services."""

    log_position: int
    projected: list[Projected]
    health: Health


async def system_health(app: AppState) -> SystemHealth:
    """The health by the tables, the catalog and the heartbeats.

    The end of the log is read last, so that no lag is negative.
    """

    async def ask() -> tuple[list[GenerationStatus], list[Heartbeat]]:
        async with app.tables.pool.connection() as connection:
            return await generation_statuses_async(connection), await heartbeats_async(connection)

    reached = await app.tables.positions()
    generation_statuses, heartbeats = await retried(app.tables.pool, ask)
    log_position = await app.tables.end_of_log()
    health = health_of(
        sorted(app.projections),
        generation_statuses,
        heartbeats,
        log_position=log_position,
        now=app.clock.now(),
        heartbeat_seconds=app.settings.service_heartbeat_seconds,
    )
    return SystemHealth(log_position, projected(reached, log_position), health)


def projected(reached: dict[str, int], log_position: int) -> list[Projected]:
    """The lag of each projection, by name."""
    return [
        Projected(projection=name, position=position, lag_events=max(0, log_position - position))
        for name, position in sorted(reached.items())
    ]


async def check_health(app: AppState) -> SystemHealth | list[Reason]:
    """The health when all is well, else the reasons, as (part, sentence). Returns in time, whoever hangs."""
    found, about_nats = await asyncio.gather(_reached_health(app), _about_nats(app))
    about_system = _about_system(app, found) if isinstance(found, SystemHealth) else [found]
    reasons = [*about_system, *about_nats]
    return found if isinstance(found, SystemHealth) and not reasons else reasons


async def _reached_health(app: AppState) -> SystemHealth | Reason:
    try:
        return await within(ASK_SECONDS_MAX, system_health(app))
    except Exception as error:
        # Whatever it is. Its own words may name hosts and users.
        return "database", f"The database does not answer ({type(error).__name__})."


def _about_system(app: AppState, found: SystemHealth) -> list[Reason]:
    about_tables = _about_tables(app, found.projected)
    named = {part for part, _ in about_tables}
    return [*about_tables, *(reason for reason in _about_services(found.health) if reason[0] not in named)]


def _about_tables(app: AppState, projected: list[Projected]) -> list[Reason]:
    missing = sorted(app.projections - {one.projection for one in projected})
    now = time.monotonic()
    limit_seconds = app.settings.projector_stalled_seconds
    if not projected:
        return [("projector", "No projection has begun; the projector makes their tables.")]
    return [
        *((name, f"{name} has not begun; the projector makes its tables.") for name in missing),
        *(
            (one.projection, f"{one.projection} is {one.lag_events} positions behind and has not moved.")
            for one in projected
            if app.stalls.still_seconds(one, now) > limit_seconds
        ),
    ]


def _about_services(health: Health) -> list[Reason]:
    # A service that was stopped in order is not silent; the tables show what that leads to. A silent
    # projector is named by each projection.
    relay = health.relay or {}
    return [
        *([("relay", f"The relay is {relay.get('doing')} and stalled.")] if relay.get("stalled") else []),
        *(
            (name, f"The {name} have said nothing for too long.")
            for name in health.silent
            if name in ("reactions", "webhooks")
        ),
        *((line.name, sentence) for line in health.projections if (sentence := _about_projection(line))),
    ]


def _about_projection(line: ProjectionLine) -> str | None:
    if line.parked_keys:
        return f"{line.name} has {line.parked_keys} parked keys; see `clienteling dead-letters list`."
    if line.trouble:
        return f"{line.name}: {line.trouble}."
    if line.stalled:
        return f"{line.name} is {line.doing} and stalled at position {line.position}."
    return None


async def _about_nats(app: AppState) -> list[Reason]:
    for address in nats_address(app.settings, app.servers.nats_url).urls:
        if await _answers(address):
            return []
    return [("nats", "NATS does not answer; what is written reaches the tables later.")]


async def _answers(address: str) -> bool:
    """Whether a NATS server greets who connects. By WebSocket it waits, so there a connection is enough."""
    try:
        return await within(ASK_SECONDS_MAX, _greets(address))
    except (OSError, TimeoutError):
        return False


async def _greets(address: str) -> bool:
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or NATS_PORT)
    try:
        return parts.scheme in ("ws", "wss") or (await reader.read(5)) == b"INFO "
    finally:
        writer.close()
