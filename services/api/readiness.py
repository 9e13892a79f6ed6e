"""Is everything there that an answer needs? The database, NATS, and projections that move."""

import asyncio
import time
from typing import Final
from urllib.parse import urlsplit

from infra.projection_store.catalog import Standing, standings_async
from infra.projection_store.health import Health, health_of
from infra.projection_store.heartbeats import Heartbeat, heartbeats_async
from services.api.shop import Shop
from services.api.tables import once_more, position_of_log, positions
from services.api.watching import Projected

NATS_PORT: Final = 4222
ASK_SECONDS_MAX: Final = 2.0
Reason = tuple[str, str]


async def projections_now(shop: Shop) -> tuple[int, list[Projected]]:
    """Where the log ends and where each projection stands. Asks the projections first, so that no lag is negative."""
    reached = await positions(shop)
    log_position = await position_of_log(shop)
    return log_position, [
        Projected(projection=name, position=position, lag_events=max(0, log_position - position))
        for name, position in sorted(reached.items())
    ]


async def services_now(shop: Shop) -> Health:
    """How relay and projector are, by what they said last and what the catalog says."""

    async def ask() -> tuple[list[Standing], list[Heartbeat]]:
        async with shop.tables.connection() as connection:
            return await standings_async(connection), await heartbeats_async(connection)

    standings, heartbeats = await once_more(shop, ask)
    return health_of(
        sorted(shop.projections),
        standings,
        heartbeats,
        log_position=await position_of_log(shop),
        now=shop.clock.now(),
        heartbeat_seconds=shop.settings.service_heartbeat_seconds,
    )


async def reasons_not_to_be_ready(shop: Shop) -> list[Reason]:
    """What is missing, as (part, sentence); nothing when all is well."""
    about_tables, about_services, about_nats = await asyncio.gather(
        _about_tables(shop), _about_services(shop), _about_nats(shop)
    )
    told = {part for part, _ in about_tables}
    return [*about_tables, *(reason for reason in about_services if reason[0] not in told), *about_nats]


async def _about_tables(shop: Shop) -> list[Reason]:
    try:
        async with asyncio.timeout(ASK_SECONDS_MAX):
            _, projected = await projections_now(shop)
    except Exception as error:
        # Whatever it is: without the database there is nothing to answer with. Its own words may name hosts and users.
        return [("database", f"The database does not answer ({type(error).__name__}).")]
    missing = sorted(shop.projections - {one.projection for one in projected})
    now = time.monotonic()
    limit_seconds = shop.settings.projector_stalled_seconds
    return [
        *((name, f"{name} has not begun; the projector makes its tables.") for name in missing),
        *(
            (one.projection, f"{one.projection} is {one.lag_events} positions behind and has not moved.")
            for one in projected
            if shop.watched.still_seconds(one, now) > limit_seconds
        ),
    ]


async def _about_services(shop: Shop) -> list[Reason]:
    # Whoever has stopped in good order is not missed here: what that leads to is seen by the tables.
    try:
        async with asyncio.timeout(ASK_SECONDS_MAX):
            health = await services_now(shop)
    except Exception:
        return [("database", "The database does not answer.")]
    relay = health.relay or {}
    return [
        *([("relay", f"The relay is {relay.get('doing')} and stalled.")] if relay.get("stalled") else []),
        *(
            (line.name, f"{line.name} is {line.doing} and stalled at position {line.position}.")
            for line in health.projections
            if line.stalled
        ),
    ]


async def _about_nats(shop: Shop) -> list[Reason]:
    for address in shop.servers.nats_url.split(","):
        if await _answers(address.strip()):
            return []
    return [("nats", "NATS does not answer; what is written reaches the tables later.")]


async def _answers(address: str) -> bool:
    """Whether a NATS server greets whoever connects (by WebSocket it waits to be spoken to: then connecting is enough)."""
    parts = urlsplit(address)
    try:
        async with asyncio.timeout(ASK_SECONDS_MAX):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port or NATS_PORT)
            try:
                return parts.scheme in ("ws", "wss") or (await reader.read(5)) == b"INFO "
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
