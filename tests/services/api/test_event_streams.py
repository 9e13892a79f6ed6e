"""Server-sent events over sockets: as they are recorded, and ended by either side."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from clienteling_events import EventMessage, HttpHistory, RangeHash, differing, message_from_line
from infra.clock import FixedClock
from infra.settings import Settings
from services.api.main import create_app
from tests.services.api.conftest import servers_of
from tests.services.api.listening import Serving
from tests.services.api.sending import register

pytestmark = pytest.mark.asyncio(loop_scope="module")

SSE = {"Accept": "text/event-stream"}


Serve = Callable[..., Any]


@pytest_asyncio.fixture(loop_scope="module")
async def serve(api_settings: Settings, clock: FixedClock) -> AsyncIterator[Serve]:
    async with AsyncExitStack() as stack:

        async def begin(**settings: Any) -> Serving:
            changed = replace(api_settings, **settings)
            serving = Serving(create_app(changed, servers_of(changed), clock=clock))
            stack.push_async_callback(serving.stop)
            await serving.answers()
            return serving

        yield begin


class Stream:
    """The blocks of an answer that goes on."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def event(self) -> EventMessage:
        """The next event; the block says its position as id."""
        block: dict[str, str] = {}
        async for line in self._lines:
            name, _, value = line.partition(": ")
            if line:
                block[name] = value
            elif "data" in block:
                message = message_from_line(block["data"].encode())
                assert block["id"] == str(message.position)
                return message
            else:
                block = {}
        raise EOFError

    async def ends(self) -> None:
        """Returns when the server ends the answer, as HTTP has it; else this raises."""
        async for _ in self._lines:
            pass


@asynccontextmanager
async def streamed(client: httpx.AsyncClient, after: int = 0) -> AsyncGenerator[Stream]:
    async with client.stream("GET", "/v1/events", headers={**SSE, "Last-Event-ID": str(after)}) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield Stream(response)


async def test_events_come_as_they_are_recorded_until_the_client_goes(serve: Serve) -> None:
    serving = await serve()
    async with serving.client() as client:
        customers = [await register(client), await register(client)]
        async with streamed(client) as stream:
            known = [await stream.event(), await stream.event()]
            assert [one.customer for one in known] == customers
            async with streamed(client, known[0].position) as behind:
                assert await behind.event() == known[1]
                customers.append(await register(client))
                assert (await stream.event()).customer == (await behind.event()).customer == customers[-1]
                await serving.open_streams(2)
                measured = (await client.get("/metrics")).text
                assert 'clienteling_event_streams_open{operation="events"} 2.0' in measured
            await serving.open_streams(1)
        await serving.open_streams(0)


async def test_the_kit_reads_the_log_and_its_ranges_by_http(serve: Serve) -> None:
    serving = await serve()
    async with serving.client() as client:
        for number in range(201):
            await register(client, reference=f"kit-{number}")
    history = HttpHistory(f"http://127.0.0.1:{serving.port}")
    end = serving.application.app.log.last_position()
    events = [event async for page in history.events(0, end) for event in page]
    assert [one.position for one in events] == [
        one.position for one in serving.application.app.log.read(0, end)
    ]
    at = RangeHash()
    for event in events:
        at, _ = at.with_event(event)
    assert differing([at.until(end)], await history.ranges(1, end)) == []
    assert (await history.lineage()).current == events[-1].epoch


async def test_a_stopping_server_ends_the_answers_that_would_go_on(serve: Serve) -> None:
    serving = await serve(shutdown_seconds=600)
    async with serving.client() as client:
        await register(client)
        async with streamed(client) as stream:
            await stream.event()
            stopping = asyncio.ensure_future(serving.stop())
            await stream.ends()
        await stopping
    assert serving.application.app.event_streams.open == 0


async def test_no_more_answers_are_open_at_once_than_the_settings_say(serve: Serve) -> None:
    serving = await serve(api_event_streams_max=3)
    async with serving.client() as client, AsyncExitStack() as stack:
        asked = [
            client.send(client.build_request("GET", "/v1/events", headers=SSE), stream=True)
            for _ in range(12)
        ]
        answers = await asyncio.gather(*asked)
        for answer in answers:
            stack.push_async_callback(answer.aclose)
        assert sorted(answer.status_code for answer in answers) == [200] * 3 + [503] * 9
    await serving.open_streams(0)


async def test_an_answer_ends_when_its_time_is_over(serve: Serve) -> None:
    serving = await serve(api_event_stream_seconds=1)
    async with serving.client() as client:
        await register(client)
        async with streamed(client) as stream:
            await stream.ends()
    await serving.open_streams(0)


async def test_who_reads_nothing_is_cut_off_and_counts_no_more(serve: Serve) -> None:
    serving = await serve(api_write_seconds=0.1)
    async with serving.client() as client:
        for _ in range(20):
            await register(client, name="x" * 200)
    with socket.socket() as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        silent.connect(("127.0.0.1", serving.port))
        await serving.open_streams(0)
        head = f"GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: {SSE['Accept']}\r\n\r\n".encode()
        silent.sendall(head)
        await serving.open_streams(1)
        async with serving.client() as client:
            while serving.application.app.event_streams.open:
                await asyncio.gather(*(register(client, name="x" * 200) for _ in range(50)))
