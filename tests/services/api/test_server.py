"""The real server process: over sockets, under load, told to stop, started twice."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from infra.settings import Settings
from services.api.http.server import AddressInUse, check_port_is_free
from tests.ports import free_port
from tests.services.api.sending import answered, hire, sale_of, send, until
from tests.services.api.serving import Server

Start = Callable[..., Server]


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Start]:
    started: list[Server] = []

    def begin(*, port: int | None = None, **extra: Any) -> Server:
        server = Server(settings, tmp_path / f"api-{len(started)}.log", port or free_port(), **extra)
        started.append(server)
        return server

    yield begin
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


async def test_commands_and_reads_over_real_connections(start: Start) -> None:
    server = start(api_body_bytes_max=2_000)
    await server.answers()
    async with server.client() as client:
        anna = await hire(client)
        sold = await answered(client, "record-sale", **sale_of(anna))
        sale = await client.get(f"/v1/sales/{sold['ids']['sale_id']}")
        assert (sale.status_code, sale.json()["net_minor"]) == (200, 10_000)
        too_large = await send(client, "register-customer", name="x" * 3_000)
        assert (too_large.status_code, too_large.json()["code"]) == (413, "body_too_large")

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield b" " * 1_000

        headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
        streamed = await client.post("/v1/commands/register-customer", content=chunks(), headers=headers)
        assert streamed.status_code == 413
        assert (await client.get("/v1/associates")).json()["code"] == "nothing_projected"
        assert (await client.get("/healthz", headers={"Host": "shop.example"})).status_code == 421


async def test_clients_who_send_at_once_share_commits(start: Start) -> None:
    server = start()
    await server.answers()
    async with server.client() as client:
        sent = [send(client, "register-customer", reference=f"R{number}") for number in range(200)]
        responses = await asyncio.gather(*sent)
        assert {response.status_code for response in responses} == {201}
        positions = sorted(response.json()["position"] for response in responses)
        assert positions == list(range(1, 201))
        measured = (await client.get("/metrics")).text
    commits = next(line for line in measured.splitlines() if "commands_per_commit_count" in line)
    assert float(commits.split()[1]) < 100


async def test_told_to_stop_it_answers_what_it_has_taken_and_ends(start: Start) -> None:
    server = start()
    await server.answers()
    async with server.client() as client:
        sent = [
            asyncio.create_task(send(client, "register-customer", key=f"k{number}")) for number in range(60)
        ]
        await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED)
        server.process.send_signal(signal.SIGTERM)
        responses = await asyncio.gather(*sent, return_exceptions=True)
    assert await server.ended() == 0, server.log.read_text()
    taken = [response for response in responses if isinstance(response, httpx.Response)]
    assert {response.status_code for response in taken} <= {201, 503}
    assert sum(response.status_code == 201 for response in taken) >= 1
    again = start()
    await again.answers()
    async with again.client() as client:
        for response in taken:
            if response.status_code == 201:
                key = response.request.headers["Idempotency-Key"]
                assert (await send(client, "register-customer", key=key)).json()["replayed"] is True


async def test_two_servers_do_not_share_a_port(start: Start) -> None:
    port = free_port()
    first = start(port=port)
    await first.answers()
    second = start(port=port)
    assert await second.ended() == 1
    assert f"port {port} on 127.0.0.1 is in use" in second.log.read_text()
    assert "Traceback" not in second.log.read_text()
    with pytest.raises(AddressInUse):
        check_port_is_free("127.0.0.1", port)


def workers_of(server: Server) -> list[psutil.Process]:
    children = psutil.Process(server.process.pid).children(recursive=True)
    spawned = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    # Each also has a process beside it that reads, and does not listen.
    return [child for child in spawned if any(one.status == "LISTEN" for one in child.net_connections())]


async def test_several_processes_answer_on_one_port_and_end_with_the_first(start: Start) -> None:
    server = start(api_workers=3)
    await server.answers()

    async def all_there() -> bool:
        return len(workers_of(server)) == 2

    await until(all_there)
    workers = workers_of(server)
    async with server.client() as client:
        responses = await asyncio.gather(*(send(client, "register-customer") for _ in range(60)))
        assert {response.status_code for response in responses} == {201}
    server.process.kill()

    async def all_gone() -> bool:
        return not any(worker.is_running() and worker.status() != "zombie" for worker in workers)

    await until(all_gone)


async def test_when_one_process_ends_the_service_ends_to_be_started_again(start: Start) -> None:
    server = start(api_workers=2)
    await server.answers()

    async def there() -> bool:
        return len(workers_of(server)) == 1

    await until(there)
    workers_of(server)[0].kill()
    assert await server.ended() != 0
    assert "ended by itself" in server.log.read_text()
