"""The composition root of the API: everything it consists of, put together in one place."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.types import Middleware

from infra.clock import SYSTEM_CLOCK, Clock
from infra.embedded import Servers
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.listening import AUTHENTICATION_IS_OFF
from infra.openings import OpeningWriter, prepare_openings
from infra.postgres import async_pool, connect, sync_pool
from infra.settings import Settings
from infra.vault import AsyncVault, Vault, prepare_vault
from projections import registry
from services.api.auth.middleware import Authentication
from services.api.auth.permissions import check_complete
from services.api.auth.tokens import token_verifier
from services.api.command_queue import CommandQueue
from services.api.eraser import Eraser
from services.api.http.application import Api, Guard
from services.api.http.metrics import Metrics
from services.api.http.opening_recorder import OpeningRecorder
from services.api.http.rate_limits import address_of, rate_limit, subject_of
from services.api.http.server import check_port_is_free, listen, listening_address
from services.api.http.workers import further_workers
from services.api.reading_process import ReadingProcess
from services.api.resources.access import guard
from services.api.resources.openings import opening_of_request
from services.api.resources.route_handlers import ROUTE_HANDLERS
from services.api.state import AppState
from services.read_models.tables import Tables

log = structlog.get_logger(__name__)

#: Only the writer's thread seals, and seldom more than one.
SEALING_CONNECTIONS_MAX = 2


def create_app(
    settings: Settings,
    servers: Servers,
    *,
    clock: Clock = SYSTEM_CLOCK,
    route_handlers: tuple[HTTPRouteHandler, ...] = ROUTE_HANDLERS,
) -> Api:
    """The application on these servers; its connections are open while it runs."""
    with connect(settings, servers.database_url, name="api start") as connection:
        master_key = prepare_vault(settings, connection)
        prepare_openings(connection)
    events = EventLog(servers.database_url)
    metrics = Metrics()
    sealing = sync_pool(settings, servers.database_url, name="api seals", size_max=SEALING_CONNECTIONS_MAX)
    opening = async_pool(settings, servers.database_url, name="api openings", check=False, size_max=1)
    openings = OpeningWriter(opening, settings.openings_days)
    reading = async_pool(
        settings,
        servers.database_url,
        name="api reads",
        size_max=settings.api_reading_connections,
        check=False,
        snapshots=True,
    )
    vault = Vault(sealing, master_key)
    handler = CommandHandler(events, vault, clock, conflict_retries_max=settings.command_retries_max)
    eraser = Eraser(vault)
    beside = ReadingProcess(settings, servers)
    commands = CommandQueue(
        handler.handle_each,
        waiting_max=settings.api_commands_waiting_max,
        batch_max=settings.api_commit_commands_max,
        observer=metrics,
    )

    @asynccontextmanager
    async def resources() -> AsyncGenerator[None]:
        with events, sealing:
            async with reading, opening:
                commands.start()
                beside.start()
                working = [asyncio.create_task(each.run()) for each in (eraser, openings)]
                try:
                    yield
                finally:
                    # Also when it is cancelled: a process waits for its children before it ends.
                    beside.close()
                for task in working:
                    task.cancel()
                await commands.close(settings.shutdown_seconds)

    app = AppState(
        settings=settings,
        servers=servers,
        log=events,
        tables=Tables(reading, wait_seconds=settings.api_read_wait_seconds),
        keys=AsyncVault(reading, master_key),
        commands=commands,
        eraser=eraser,
        beside=beside,
        clock=clock,
        metrics=metrics,
        projections=frozenset(registry.BY_NAME),
    )
    # The address first: also requests whose token is refused count.
    middleware: list[Middleware] = [*rate_limit(address_of, settings.api_address_requests_per_minute)]
    guards: list[Guard] = []
    if settings.auth == "on":
        check_complete(route_handlers)
        middleware += [
            DefineMiddleware(Authentication, verifier=token_verifier(settings, clock)),
            *rate_limit(subject_of, settings.api_subject_requests_per_minute),
        ]
        guards = [guard]
    middleware.append(OpeningRecorder(openings.record, opening_of_request))
    return Api(
        route_handlers,
        app=app,
        settings=settings,
        metrics=metrics,
        resources=resources(),
        middleware=middleware,
        guards=guards,
    )


async def serve(settings: Settings, servers: Servers) -> None:
    """Serve in this process until cancelled."""
    application = create_app(settings, servers)
    scheme = "http" if settings.tls_certificate is None else "https"
    address = f"{scheme}://{settings.api_host}:{settings.api_port}"
    log.info("The API listens", address=address, authentication=settings.auth)
    if settings.auth == "off":
        log.warning(AUTHENTICATION_IS_OFF)
    await listen(application, host=settings.api_host, port=settings.api_port)


async def run(settings: Settings, servers: Servers) -> None:
    """The service: serve until cancelled, in as many processes as the settings ask for."""
    check_port_is_free(listening_address(settings.api_host), settings.api_port)
    async with further_workers(serve, settings, servers, settings.api_workers - 1):
        await serve(settings, servers)
