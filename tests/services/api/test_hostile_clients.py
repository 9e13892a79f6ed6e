"""What clients leave unfinished, leave unread or send too much of stops nobody else, and ends by itself. On a
real server process.
"""

import asyncio
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.settings import Settings
from services.api.http.connection import HEAD_BYTES_MAX
from tests.ports import free_port
from tests.services.api.attacking import (
    HALF_BODY,
    HALF_HEAD,
    HEAD,
    SILENT,
    attacked,
    connected,
    open_files,
    read_to_end,
    send_on,
    statuses,
    statuses_of_all,
    still_serves,
)
from tests.services.api.sending import send, until
from tests.services.api.serving import Server

Start = Callable[..., Server]
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
QUICK: dict[str, Any] = {"api_head_seconds": 2, "api_body_seconds": 4, "api_body_idle_seconds": 2}


@pytest.fixture(scope="module", autouse=True)
def many_files() -> None:
    """This process attacks with more connections than a process may have by default."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(8_192, hard)), hard))


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Start]:
    started: list[Server] = []

    def begin(**extra: Any) -> Server:
        server = Server(settings, tmp_path / f"api-{len(started)}.log", free_port(), **extra)
        started.append(server)
        return server

    yield begin
    for server in started:
        server.process.kill()
        server.process.wait()


@pytest.mark.parametrize(
    ("sent", "count", "last_words"),
    [(HALF_BODY, 520, [408]), (HALF_HEAD, 1_000, [408]), (SILENT, 1_000, [])],
    ids=["half bodies", "half heads", "silence"],
)
async def test_half_requests_stop_nobody_and_are_cut_off(
    start: Start, sent: bytes, count: int, last_words: list[int]
) -> None:
    server = start(**QUICK)
    await server.answers()
    before = open_files(server)
    with attacked(server, sent, count) as connections:
        await still_serves(server)
        answers = await statuses_of_all(connections)
    assert [one for one in answers if one != last_words] == []

    async def closed() -> bool:
        return open_files(server) <= before + 5

    await until(closed)
    await still_serves(server)
    assert "Traceback" not in server.log.read_text()


async def test_half_requests_that_never_end_stop_nobody_by_their_number_either(start: Start) -> None:
    server = start(api_head_seconds=600, api_body_seconds=600, api_body_idle_seconds=600)
    await server.answers()
    with attacked(server, HALF_BODY, 520), attacked(server, SILENT, 1_000):
        await still_serves(server)
        assert open_files(server) < 700


async def test_callers_at_work_are_not_among_those_that_are_pushed_out(start: Start) -> None:
    server = start(api_unfinished_requests_max=8)
    await server.answers()
    with attacked(server, SILENT, 50):
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        async with httpx.AsyncClient(base_url=server.url, timeout=30, limits=limits) as client:
            await client.get("/healthz")
            for _ in range(3):
                responses = [await send(client, "register-customer") for _ in range(8)]
                assert {response.status_code for response in responses} == {201}


async def test_a_body_that_trickles_is_cut_off_when_its_time_is_up(start: Start) -> None:
    server = start(**QUICK)
    await server.answers()
    with (
        connected(server, HEAD + b"Transfer-Encoding: chunked\r\n\r\n") as connection,
        pytest.raises(OSError),
    ):
        await asyncio.to_thread(send_on, connection, b"1\r\n \r\n", pause_seconds=0.2)
    await still_serves(server)


async def test_a_body_without_end_is_refused_when_it_is_too_large(start: Start) -> None:
    server = start(api_body_bytes_max=10_000)
    await server.answers()
    with connected(server, HEAD + b"Transfer-Encoding: chunked\r\n\r\n") as connection:
        connection.sendall(b"2710\r\n" + b" " * 10_000 + b"\r\n1\r\n \r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")
        with pytest.raises(OSError):
            send_on(connection, b"1000;" + b"x" * 4_096)
    await still_serves(server)


async def test_a_head_that_is_too_large_is_refused(start: Start) -> None:
    server = start()
    await server.answers()
    for more in (b"x" * HEAD_BYTES_MAX, b"x: y\r\nX-More: " * (HEAD_BYTES_MAX // 10)):
        with connected(server, HALF_HEAD + more + b"\r\n\r\n") as connection:
            assert statuses(read_to_end(connection)) == [431]


async def test_an_idle_connection_is_closed_without_a_word(start: Start) -> None:
    server = start(api_keep_alive_seconds=1)
    await server.answers()
    with connected(server, HEALTH) as connection:
        assert statuses(read_to_end(connection)) == [200]


async def test_what_is_wrong_with_a_later_request_is_not_taken_for_an_earlier_answer(start: Start) -> None:
    server = start()
    await server.answers()
    command = HEAD + b"Content-Length: 2\r\n\r\n{}"
    for garbage in (b"\0\1\2garbage\r\n\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\nnot-a-length\r\n"):
        with connected(server, command + garbage) as connection:
            assert statuses(read_to_end(connection)) in ([201, 400], [200, 400])


async def test_a_flood_of_pipelined_requests_is_answered_in_turn(start: Start) -> None:
    server = start()
    await server.answers()
    with connected(server) as connection:
        sending = asyncio.create_task(asyncio.to_thread(connection.sendall, HEALTH * 3_000))
        await still_serves(server)
        received = b""
        while received.count(b"HTTP/1.1 200") < 3_000:
            received += await asyncio.to_thread(connection.recv, 65_536)
        await sending


async def test_a_client_that_reads_nothing_is_cut_off(start: Start) -> None:
    server = start(api_write_seconds=1)
    await server.answers()
    page = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    before = open_files(server)
    with attacked(server, SILENT, 20) as connections:
        for connection in connections:
            connection.settimeout(0.2)
            with pytest.raises(OSError):
                connection.sendall(page * 100_000)
        await still_serves(server)

        async def closed() -> bool:
            return open_files(server) <= before + 5

        await until(closed)


async def test_connections_that_come_and_go_leave_nothing_behind(start: Start) -> None:
    server = start()
    await server.answers()
    before = open_files(server)
    for _ in range(20):
        with attacked(server, HALF_HEAD, 100):
            pass
    await still_serves(server)

    async def closed() -> bool:
        return open_files(server) <= before + 5

    await until(closed)


async def test_a_body_is_asked_for_when_its_client_waits_to_be(start: Start) -> None:
    server = start()
    await server.answers()
    expecting = HEAD + b"Expect: 100-continue\r\nContent-Length: "
    with connected(server, expecting + b"2\r\n\r\n") as connection:
        assert connection.recv(1_000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert statuses(connection.recv(65_536)) == [201]
    with connected(server, expecting + b"99999999\r\n\r\n") as connection:
        assert statuses(connection.recv(65_536)) == [413]


async def test_health_is_answered_when_every_connection_is_taken(start: Start) -> None:
    server = start(api_connections_max=16, api_requests_max=1, api_unfinished_requests_max=1_000)
    await server.answers()
    waiting = b"GET /v1/associates/nobody?at_least=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with attacked(server, waiting, 200):
        for _ in range(20):
            async with server.client() as client:
                assert (await client.get("/healthz")).status_code == 200


async def test_half_requests_hold_up_nobody_who_stops_the_service(start: Start) -> None:
    server = start(shutdown_seconds=20)
    await server.answers()
    with attacked(server, HALF_BODY, 30) as bodies, attacked(server, HALF_HEAD, 30):
        await asyncio.sleep(0.5)
        server.process.terminate()
        assert await asyncio.wait_for(server.ended(), 15) == 0
        assert [statuses(read_to_end(body)) for body in bodies] == [[503]] * 30
    assert "Traceback" not in server.log.read_text()
