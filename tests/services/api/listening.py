"""The API on a port of this process, and reading its server-sent events as a browser does."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

import httpx

from services.api.http.application import Api
from services.api.http.server import listen
from tests.ports import free_port
from tests.services.api.sending import until


class Serving:
    """The API on a port of this process; `stop` is what SIGTERM comes to."""

    def __init__(self, application: Api) -> None:
        self.application = application
        self.port = free_port()
        self._listening = asyncio.ensure_future(listen(application, host="127.0.0.1", port=self.port))

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=60)

    async def answers(self) -> None:
        async with self.client() as client:

            async def alive() -> bool:
                assert not self._listening.done()
                with suppress(httpx.TransportError):
                    return (await client.get("/healthz")).status_code == 200
                return False

            await until(alive)

    async def open_streams(self, number: int) -> None:
        """Returns when so many are open."""

        async def so_many() -> bool:
            return self.application.app.event_streams.open == number

        await until(so_many)

    async def listeners(self, number: int) -> None:
        """Returns when so many listen to what changes."""

        async def so_many() -> bool:
            return self.application.app.live.listeners == number

        await until(so_many)

    async def stop(self) -> None:
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening


class Heard(NamedTuple):
    """One event of an answer: its kind, and its document."""

    kind: str
    document: dict[str, Any]


class Ear:
    """Hears the events of an answer; `last_id` is what a browser would send when it asks again."""

    def __init__(self, response: httpx.Response) -> None:
        self.last_id = ""
        self._heard: asyncio.Queue[Heard | None] = asyncio.Queue()
        self._hearing = asyncio.ensure_future(self._hear(response))

    def close(self) -> None:
        self._hearing.cancel()

    async def event(self) -> Heard:
        """The next event. Raises EOFError when the server ends the answer in order."""
        heard = await self._heard.get()
        if heard is None:
            raise EOFError
        return heard

    async def quiet(self) -> None:
        """Returns when nothing has been heard for a while; else this raises."""
        await asyncio.sleep(0.5)
        assert self._heard.empty(), self._heard.get_nowait()

    async def _hear(self, response: httpx.Response) -> None:
        kind, data = "message", ""
        async for line in response.aiter_lines():
            name, _, value = line.partition(": ")
            match name:
                case "event":
                    kind = value
                case "data":
                    data = value
                case "id":
                    self.last_id = value
                case "" if not line:
                    if data:
                        self._heard.put_nowait(Heard(kind, json.loads(data)))
                    kind, data = "message", ""
                case _:
                    pass
        self._heard.put_nowait(None)

    async def changes(self, number: int) -> list[dict[str, Any]]:
        """The documents of the next changes, without their positions."""
        found: list[dict[str, Any]] = []
        while len(found) < number:
            kind, document = await self.event()
            assert kind == "change", document
            assert document.pop("position") > 0
            found.append(document)
        return found


@asynccontextmanager
async def hearing(
    client: httpx.AsyncClient, headers: dict[str, str] | None = None, *, last_id: str | None = None
) -> AsyncGenerator[Ear]:
    """An answer of /v1/live; without a last id its `reset` has been heard."""
    given = {**(headers or {}), **({} if last_id is None else {"Last-Event-ID": last_id})}
    async with client.stream("GET", "/v1/live", headers=given) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        ear = Ear(response)
        try:
            if last_id is None:
                kind, document = await ear.event()
                assert (kind, document["why"]) == ("reset", "began")
            yield ear
        finally:
            ear.close()
