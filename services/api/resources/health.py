"""How the whole house is: the database, NATS, the services, and projections that move. Asked for by people and monitors."""

import asyncio
import time
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from infra.embedded import nats_address
from infra.postgres.failures import is_missing_table
from infra.projection_store.catalog import GenerationStatus, generation_statuses_async
from infra.projection_store.health import Health, ProjectionLine, health_of
from infra.projection_store.heartbeats import Heartbeat, heartbeats_async
from services.api.http.deadlines import within
from services.api.stall_watch import Projected
from services.api.state import AppState

NATS_PORT: Final = 4222
ASK_SECONDS_MAX: Final = 2.0
Reason = tuple[str, str]


class House(NamedTuple):
    """Where the log ends, where each projection stands, and how relay and projector are: all seen at one moment."""

    log_position: int
    projected: list[Projected]
    health: Health


async def house_now(app: AppState) -> House:
    """How the house is, by what the tables, the catalog and the services' last words say.

    Where the log ends is asked last, so that no lag is negative and no table seems to be ahead of it.
    """

    async def ask() -> tuple[list[GenerationStatus], list[Heartbeat]]:
        async with app.tables.pool.connection() as connection:
            return await generation_statuses_async(connection), await heartbeats_async(connection)

    reached = await app.tables.positions()
    generation_statuses, heartbeats = await app.tables.retried(ask)
    log_position = await app.tables.end_of_log()
    health = health_of(
        sorted(app.projections),
        generation_statuses,
        heartbeats,
        log_position=log_position,
        now=app.clock.now(),
        heartbeat_seconds=app.settings.service_heartbeat_seconds,
    )
    return House(log_position, projected(reached, log_position), health)


def projected(reached: dict[str, int], log_position: int) -> list[Projected]:
    """Where each projection stands behind the log, by name."""
    return [
        Projected(projection=name, position=position, lag_events=max(0, log_position - position))
        for name, position in sorted(reached.items())
    ]


async def health_of_house(app: AppState) -> House | list[Reason]:
    """How the house is when all is well, else what is wrong, as (part, sentence). Answered in time, whoever hangs."""
    house, about_nats = await asyncio.gather(_answering_house(app), _about_nats(app))
    about_house = _about_house(app, house) if isinstance(house, House) else [house]
    reasons = [*about_house, *about_nats]
    return house if isinstance(house, House) and not reasons else reasons


async def _answering_house(app: AppState) -> House | Reason:
    try:
        return await within(ASK_SECONDS_MAX, house_now(app))
    except Exception as error:
        if is_missing_table(error):
            return "projector", "No projection has begun; the projector makes their tables."
        # Whatever it is. Its own words may name hosts and users.
        return "database", f"The database does not answer ({type(error).__name__})."


def _about_house(app: AppState, house: House) -> list[Reason]:
    about_tables = _about_tables(app, house.projected)
    told = {part for part, _ in about_tables}
    return [*about_tables, *(reason for reason in _about_services(house.health) if reason[0] not in told)]


def _about_tables(app: AppState, projected: list[Projected]) -> list[Reason]:
    missing = sorted(app.projections - {one.projection for one in projected})
    now = time.monotonic()
    limit_seconds = app.settings.projector_stalled_seconds
    return [
        *((name, f"{name} has not begun; the projector makes its tables.") for name in missing),
        *(
            (one.projection, f"{one.projection} is {one.lag_events} positions behind and has not moved.")
            for one in projected
            if app.stalls.still_seconds(one, now) > limit_seconds
        ),
    ]


def _about_services(health: Health) -> list[Reason]:
    # Whoever has stopped in good order is not missed here: what that leads to is seen by the tables. That the projector is
    # silent is said of each projection.
    relay = health.relay or {}
    return [
        *([("relay", f"The relay is {relay.get('doing')} and stalled.")] if relay.get("stalled") else []),
        *(
            (name, f"The {name} have said nothing for too long.")
            for name in health.silent
            if name == "reactions"
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
    """Whether a NATS server greets whoever connects (by WebSocket it waits to be spoken to: then connecting is enough)."""
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
