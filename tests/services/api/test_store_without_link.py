"""A store whose link is cut goes on selling; the house has it all when it is back: docs/examples/store."""

import asyncio
import json
import re
import sys
import time
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from subprocess import Popen
from typing import Any

import httpx
import nats
import pytest
from nats.js.errors import NoStreamResponseError

from domain.ids import derived_id
from infra.embedded import NatsServer, binaries
from infra.embedded.nats_server import CONFIG
from infra.event_store.log import EventLog
from infra.messaging.subjects import ANSWERS
from infra.nats import API_DOMAIN
from infra.settings import Settings
from services.api.main import create_app
from tests.infra.messaging.builders import until
from tests.services.api.conftest import client_of, running, servers_of
from tests.services.api.sending import hire, sale_of
from tests.tokens import every_right

EXAMPLE = Path(__file__).parents[3] / "docs/examples/store"
PASSWORD = "of-the-test"


class Link:
    """The way from the store to the house, which can be cut."""

    def __init__(self, to: int) -> None:
        self.port = 0
        self._to = to
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_house, to_house = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, to_house}

        async def pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with suppress(OSError):
                while content := await source.read(65_536):
                    sink.write(content)
                    await sink.drain()
            sink.close()

        await asyncio.gather(pass_on(reader, to_house), pass_on(from_house, writer))


@pytest.fixture
def house(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NatsServer]:
    """The house's server, which listens for leaf nodes, too."""
    leafnodes = 'leafnodes {{ listen: "127.0.0.1:-1" }}\n'
    monkeypatch.setattr("infra.embedded.nats_server.CONFIG", CONFIG + leafnodes)
    server = NatsServer(folder / "house")
    server.configure([], ["downtown"])
    server.start()
    yield server
    server.kill()


@asynccontextmanager
async def link_to(house: NatsServer) -> AsyncGenerator[Link]:
    """A link that is there."""
    link = Link(_port(house.log, "leafnode"))
    await link.mend()
    yield link
    await link.cut()


@contextmanager
def store_of(house: NatsServer, link: Link, folder: Path) -> Generator[str]:
    """The store's own server and its forwarder, as the example has them; the address for its tills."""
    text = (EXAMPLE / "nats.conf").read_text().replace('"127.0.0.1:4222"', '"127.0.0.1:-1"')
    folder.mkdir()
    (folder / "nats.conf").write_text(text)
    environment = {
        "STORE_SEED": (house.keys / "downtown.nk").read_text().strip(),
        "HOUSE_URL": f"nats-leaf://127.0.0.1:{link.port}",
        "TILL_PASSWORD": PASSWORD,
    }
    command = [str(binaries.nats_server()), "-c", "nats.conf", "-l", "server.log"]
    with Popen(command, cwd=folder, env=environment) as server:
        try:
            url = f"nats://till:{PASSWORD}@127.0.0.1:{_port(folder / 'server.log', 'client')}"
            with Popen([sys.executable, str(EXAMPLE / "forward.py"), url, "downtown"]) as forwarder:
                try:
                    yield url
                finally:
                    forwarder.kill()
        finally:
            server.kill()


def _port(log: Path, kind: str) -> int:
    """Where a server listens for connections of a kind, once its log says so."""
    deadline = time.monotonic() + 60
    while True:
        with suppress(OSError):
            if found := re.search(rf"Listening for {kind} connections on [\d.]+:(\d+)", log.read_text()):
                return int(found[1])
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def test_what_is_sold_without_the_link_is_recorded_in_order_when_it_is_back(
    settings: Settings, house: NatsServer, folder: Path
):
    mine = replace(settings, nats_url=house.url, nats_credentials=house.keys, auth="on")
    async with (
        running(create_app(mine, servers_of(mine))) as application,
        client_of(application) as client,
        link_to(house) as link,
    ):
        with store_of(house, link, folder / "store") as url:
            await sells_without_the_link(mine, client, link, url)


async def sells_without_the_link(mine: Settings, client: httpx.AsyncClient, link: Link, url: str) -> None:
    client.headers.update(every_right(mine.data_dir))
    anna = await hire(client)
    till = await nats.connect(url, inbox_prefix="_INBOX_downtown")

    async def sell(number: int) -> None:
        """A new customer, and a sale to them: each is on the store's disk when this returns."""
        clara = derived_id("cus", str(number))
        sale = {**sale_of(anna, store_id="downtown"), "customer_id": clara}
        for name, told in (("register-customer", {"customer_id": clara}), ("record-sale", sale)):
            headers = {"Idempotency-Key": f"{name}-{number}"}
            content = json.dumps(told).encode()
            await till.jetstream().publish(f"store.commands.{name}", content, headers=headers)

    async def is_open() -> bool:
        with suppress(NoStreamResponseError):
            await sell(0)
            return True
        return False

    await until(is_open, within_seconds=60)
    await until(lambda: recorded(mine) == 2, within_seconds=60)
    await link.cut()
    for number in range(1, 6):
        await sell(number)
    kept = (await till.jetstream().stream_info("OUTBOX")).state.messages
    assert (recorded(mine), kept) == (2, 10)
    await link.mend()
    await until(lambda: recorded(mine) == 12, within_seconds=60)
    answers = await answers_to_the_store(till, 12)
    assert [key for key, _ in answers] == [
        f"{name}-{number}" for number in range(6) for name in ("register-customer", "record-sale")
    ]
    assert {status for _, status in answers} == {"201"}
    await till.close()


def recorded(settings: Settings) -> int:
    """How many customers were registered and sales recorded."""
    with EventLog(str(settings.database_url), pool_size=1) as log:
        topics = [event.topic for event in log.read(0, 1_000)]
    return topics.count("customer.registered.v1") + topics.count("sale.recorded.v1")


async def answers_to_the_store(till: Any, count: int) -> list[tuple[str, str]]:
    """Key and status of what the house has answered, over the link."""
    subscription = await till.jetstream(domain=API_DOMAIN).pull_subscribe_bind("downtown", ANSWERS)
    told: list[tuple[str, str]] = []
    while len(told) < count:
        for message in await subscription.fetch(count - len(told), timeout=60):
            told.append((message.headers["ce-causationid"], message.headers["clienteling-status"]))
            await message.ack()
    return told
