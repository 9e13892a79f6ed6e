"""A server that hangs (SIGSTOP) holds nobody up for long, says what may have become of commands, and is used
again at once.
"""

import asyncio
import dataclasses
import os
import signal
import time
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from infra.clock import FixedClock
from infra.embedded import NatsServer, PostgresServer
from infra.embedded.server_processes import all_postgres_of
from infra.settings import Settings
from services.api.main import create_app
from tests.ports import free_port
from tests.services.api.conftest import client_of, projecting, running, servers_of
from tests.services.api.sending import answered, hire, send, until
from tests.services.api.serving import Server

SECONDS = 2.0
#: The slowest machine that tests run on is busy with others; without a deadline nothing comes within a
#: minute.
IN_TIME = 10.0


@contextmanager
def hung(postgres: PostgresServer) -> Generator[None]:
    """PostgreSQL with every process of it stopped, as when its disk hangs."""
    stopped: list[int] = []
    try:
        for pid in all_postgres_of(postgres.data):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                stopped.append(pid)
        yield
    finally:
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@pytest.fixture
async def server(own_postgres: PostgresServer, settings: Settings, tmp_path: Path) -> AsyncIterator[Server]:
    own = dataclasses.replace(settings, database_url=own_postgres.url())
    with Server(own, tmp_path / "api.log", free_port(), api_request_seconds=SECONDS) as running:
        await running.answers()
        yield running


async def a_book(settings: Settings, clock: FixedClock) -> str:
    """An associate with a book that the projections know."""
    application = create_app(settings, servers_of(settings), clock=clock)
    async with running(application), client_of(application) as client:
        associate_id = await hire(client)
        async with projecting(application, settings) as project:
            await project()
    return associate_id


async def test_whatever_is_asked_of_a_hung_database_is_answered_in_time(
    server: Server, own_postgres: PostgresServer, settings: Settings, clock: FixedClock
) -> None:
    anna = await a_book(dataclasses.replace(settings, database_url=own_postgres.url()), clock)
    paths = (
        f"/v1/associates/{anna}",
        f"/v1/associates/{anna}/book",
        f"/v1/associates/{anna}/book?at_least=1",
        f"/v1/associates/{anna}/book?as_of=2026-03-01",
        f"/v1/associates/{anna}/ledger",
    )
    async with server.client() as client:
        with hung(own_postgres):
            began = time.monotonic()
            # More than there are connections or threads.
            reads = [client.get(path) for path in paths * 8]
            commands = [send(client, "register-customer", key=f"hung {number}") for number in range(40)]
            answers = await asyncio.gather(*reads, *commands)
            assert time.monotonic() - began < IN_TIME
            assert {answer.status_code for answer in answers} == {503}
            assert all("Retry-After" in answer.headers for answer in answers)
            codes = {answer.json()["code"]: answer.json()["detail"] for answer in answers[-40:]}
            assert codes.keys() <= {"outcome_unknown", "too_slow"}
            assert (
                "may or may not have been recorded; send it again with the same key"
                in codes["outcome_unknown"]
            )

            began = time.monotonic()
            assert (await client.get("/healthz")).status_code == 200
            assert time.monotonic() - began < 1
            pages = await asyncio.gather(*map(client.get, ("/readyz", "/v1/health", "/metrics")))
            assert time.monotonic() - began < IN_TIME
            for page in pages[:2]:
                assert "database" in [error["field"] for error in page.json()["errors"]]
            assert "clienteling_database_reachable 0.0" in pages[2].text

        began = time.monotonic()
        replayed = [
            (await answered(client, "register-customer", key=f"hung {number}"))["replayed"]
            for number in range(40)
        ]
        assert any(replayed)
        for path in paths:
            assert (await client.get(path)).status_code == 200, path
        assert (await client.get("/readyz")).status_code == 200
        assert time.monotonic() - began < IN_TIME

    async def no_more_connections_than_before() -> bool:
        with psycopg.connect(own_postgres.url()) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
            ).fetchone()
        return row == (1,)

    await until(no_more_connections_than_before)


async def test_commands_that_wait_while_the_database_hangs_are_bounded_and_told_so(
    own_postgres: PostgresServer, settings: Settings, clock: FixedClock
) -> None:
    given = dataclasses.replace(
        settings,
        database_url=own_postgres.url(),
        api_request_seconds=SECONDS,
        api_commands_waiting_max=5,
    )
    application = create_app(given, servers_of(given), clock=clock)
    async with running(application), client_of(application) as client:
        await answered(client, "register-customer")
        with hung(own_postgres):
            answers = await asyncio.gather(
                *(send(client, "register-customer", key=f"k{number}") for number in range(30))
            )
            assert {answer.status_code for answer in answers} == {503}
            codes = [answer.json()["code"] for answer in answers]
            assert "too_many_commands" in codes
            assert (await client.get("/healthz")).status_code == 200
            # What was taken back makes room: others may wait instead.
            again = await send(client, "register-customer", key="later")
            assert again.json()["code"] == "too_slow"
        assert (await send(client, "register-customer", key="later")).status_code == 201


async def test_a_hung_nats_holds_up_nothing_but_the_word_about_itself(
    own_nats: NatsServer, settings: Settings, clock: FixedClock
) -> None:
    given = dataclasses.replace(settings, nats_url=own_nats.url)
    application = create_app(given, servers_of(given), clock=clock)
    async with running(application), client_of(application) as client:
        pid = own_nats.pid()
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            await answered(client, "register-customer")
            assert (await client.get("/readyz")).status_code == 200
            health = await client.get("/v1/health")
            assert time.monotonic() - began < IN_TIME
            assert "nats" in [error["field"] for error in health.json()["errors"]]
        finally:
            os.kill(pid, signal.SIGCONT)
