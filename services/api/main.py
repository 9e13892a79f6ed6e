"""The composition root of the API: everything it consists of, put together in one place."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog
from litestar.handlers import HTTPRouteHandler
from litestar.types import Middleware

from infra.clock import SYSTEM_CLOCK, Clock
from infra.embedded import Servers
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.listening import AUTHENTICATION_IS_OFF
from infra.maintenance import prepare_maintenance
from infra.openings import OpeningWriter, prepare_openings
from infra.postgres import async_pool, connect, migrate, sync_pool
from infra.projection_store import heartbeats
from infra.reaction_store.kept_messages import prepare_kept_messages
from infra.sessions import prepare_sessions
from infra.settings import Settings
from infra.vault import AsyncVault, MasterKey, Vault, prepare_vault
from infra.webhook_store import endpoints
from projections import registry
from services.api.auth.middleware import Authentication, subject_of
from services.api.auth.permissions import check_complete
from services.api.auth.sign_in import SignIn, sign_in_of
from services.api.command_queue import CommandQueue
from services.api.epochs import Epochs
from services.api.eraser import Eraser
from services.api.http.application import Api
from services.api.http.metrics import Metrics
from services.api.http.naming import Naming
from services.api.http.opening_recorder import OpeningRecorder
from services.api.http.rate_limits import address_of, rate_limit
from services.api.http.representations import Representations
from services.api.http.server import check_port_is_free, listen, listening_address
from services.api.http.workers import further_workers
from services.api.live_feed import LiveFeed
from services.api.over_nats import CommandsOverNats
from services.api.reading_process import ReadingProcess
from services.api.resources.access import guard
from services.api.resources.app_pages import ROUTE_HANDLERS as APP_PAGES
from services.api.resources.blind_index import keep_up
from services.api.resources.customer_tokens import require_known_region
from services.api.resources.live import audiences_of
from services.api.resources.names import names_of
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
    require_known_region(settings)
    if settings.auth == "on":
        check_complete(route_handlers)
    master_key = _prepared(settings, servers.database_url)
    events = EventLog(servers.database_url)
    metrics = Metrics()
    sealing = sync_pool(settings, servers.database_url, name="api seals", size_max=SEALING_CONNECTIONS_MAX)
    opening = async_pool(settings, servers.database_url, name="api openings", check=False, size_max=1)
    keeping = async_pool(settings, servers.database_url, name="api entries", size_max=1)
    openings = OpeningWriter(opening, settings.openings_days)
    reading = async_pool(
        settings,
        servers.reading_url,
        name="api reads",
        size_max=settings.api_reading_connections,
        check=False,
        snapshots=True,
    )
    tables = Tables(reading, wait_seconds=settings.api_read_wait_seconds)
    sign_in = sign_in_of(settings, servers.database_url, clock) if settings.auth == "on" else None
    vault = Vault(sealing, master_key)
    handler = CommandHandler(events, vault, clock, conflict_retries_max=settings.command_retries_max)
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
            async with AsyncExitStack() as opened:
                for each in (reading, opening, keeping, *(sign_in.resources if sign_in else ())):
                    await opened.enter_async_context(each)
                commands.start()
                beside.start()
                working = [asyncio.create_task(each.run()) for each in (app.eraser, openings)]
                working.append(asyncio.create_task(keep_up(app, beside)))
                over_nats = asyncio.create_task(CommandsOverNats(app, vault, sealing).run())
                try:
                    yield
                finally:
                    # Also when it is cancelled: a process waits for its children before it ends.
                    beside.close()
                for task in (over_nats, *working):
                    task.cancel()
                # What it has taken is answered, or given back, before the queue is closed.
                await asyncio.wait([over_nats], timeout=settings.shutdown_seconds)
                await commands.close(settings.shutdown_seconds)

    app = AppState(
        settings=settings,
        servers=servers,
        log=events,
        tables=tables,
        keys=AsyncVault(reading, master_key),
        entries=keeping,
        commands=commands,
        eraser=Eraser(vault),
        beside=beside,
        live=LiveFeed(tables, events, audiences_of),
        epochs=Epochs(tables),
        clock=clock,
        metrics=metrics,
        projections=frozenset(registry.BY_NAME),
        sign_in=sign_in,
    )
    return Api(
        route_handlers,
        undocumented=APP_PAGES,
        app=app,
        settings=settings,
        metrics=metrics,
        resources=resources(),
        middleware=_middleware(app, sign_in, openings),
        guards=[] if sign_in is None else [guard],
    )


def _prepared(settings: Settings, database_url: str) -> MasterKey:
    """See that the tables are there, and the key of keys."""
    with connect(settings, database_url, name="api start") as connection:
        master_key = prepare_vault(settings, connection)
        prepare_openings(connection)
        prepare_sessions(connection)
        prepare_kept_messages(connection)
        prepare_maintenance(connection)
        for migrations in (heartbeats.MIGRATIONS, endpoints.MIGRATIONS):
            migrate(connection, migrations)
    return master_key


def _middleware(app: AppState, sign_in: SignIn | None, openings: OpeningWriter) -> list[Middleware]:
    settings = app.settings
    # What is opened and named is so, whether or not it goes over the wire. Behind that the address: also
    # requests whose token is refused count.
    middleware: list[Middleware] = [
        Representations(),
        *rate_limit(address_of, settings.api_address_requests_per_minute),
    ]
    if sign_in is not None:
        middleware += [
            Authentication(sign_in.verifier, sign_in.sessions),
            *rate_limit(subject_of, settings.api_subject_requests_per_minute),
        ]
    # Whoever is named beside an answer has been opened, too.
    return [
        *middleware,
        OpeningRecorder(openings.record, opening_of_request),
        Naming(partial(names_of, app)),
    ]


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
