"""What changes is told to whoever may read it, once the tables have it: over sockets, with tokens."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import psycopg
import pytest
import pytest_asyncio

from infra.clock import FixedClock
from infra.event_store.epoch import begin_epoch
from infra.settings import Settings
from projections.registry import BY_NAME
from services.api.listeners import WAITING_BYTES_MAX, Listener
from services.api.main import create_app
from services.api.resources.live import audiences_of
from services.read_models.changes import READ_FOR, Change
from tests.services.api.conftest import Project, projecting, servers_of
from tests.services.api.listening import Ear, Serving, hearing
from tests.services.api.role_world import World, made_world
from tests.services.api.sending import answered, sale_of, until
from tests.tokens import every_right

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANOTHER_GENERATION = "UPDATE projections.generations SET generation = %s WHERE name = 'loyalty_score'"


class House:
    """The API of a house with two stores, and its projector."""

    def __init__(self, serving: Serving, client: httpx.AsyncClient, project: Project, world: World) -> None:
        self.serving, self.client, self.project, self.world = serving, client, project, world

    async def nobody_looks(self) -> None:
        """Returns when the process asks the database for nothing any more."""

        async def is_quiet() -> bool:
            return not self.serving.application.app.live.looking

        await until(is_quiet)

    async def send(self, command: str, **fields: object) -> None:
        everything = every_right(self.world.settings.data_dir)
        async with self.serving.client() as client:
            client.headers.update(everything)
            await answered(client, command, **fields)
        await self.project()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house_at_work(api_settings: Settings, clock: FixedClock) -> AsyncIterator[House]:
    settings = replace(api_settings, auth="on", api_live_listeners_max=8)
    serving = Serving(create_app(settings, servers_of(settings), clock=clock))
    await serving.answers()
    async with projecting(serving.application, settings) as project, serving.client() as client:
        world = await made_world(client, settings)
        await project()
        yield House(serving, client, project, world)
    await serving.stop()


async def test_each_is_told_what_they_may_read_and_nobody_else(house_at_work: House) -> None:
    house = house_at_work
    anna, cora = house.world.things["own"], house.world.things["foreign"]
    store = {"store_id": "downtown"}
    async with AsyncExitStack() as stack:

        async def ear(role: str, **claims: object) -> Ear:
            headers = house.world.headers(role, **claims)  # type: ignore[arg-type]
            return await stack.enter_async_context(hearing(house.client, headers))

        own, manager, uptown = (
            await ear("associate"),
            await ear("manager"),
            await ear("manager", stores=("uptown",)),
        )
        till, payroll = await ear("point_of_sale"), await ear("payroll")
        # Of Anna's customer: her book and day, and the team that serves them.
        await house.send(
            "log-contact",
            customer_id=anna["customer_id"],
            contacted_by=anna["associate_id"],
            channel="call",
            purpose="thank_you",
        )
        of_anna = {"associate_id": anna["associate_id"], **store}
        of_book = [
            {"what": what, **of_anna, "customer_id": anna["customer_id"]} for what in ("book", "today")
        ]
        heard = await own.changes(3)
        assert sorted(heard, key=str) == sorted([*of_book, {"what": "team", **of_anna}], key=str)
        assert sorted(await manager.changes(3), key=str) == sorted(heard, key=str)
        assert await payroll.changes(1) == [{"what": "team", **of_anna}]
        # A sale of Cora's is seen in her store, and by payroll.
        sold = sale_of(cora["associate_id"], store_id="uptown", customer_id=cora["customer_id"])
        await house.send("record-sale", **sold)
        assert {one["what"] for one in await payroll.changes(2)} == {"pay", "team"}
        of_cora = await uptown.changes(3)
        assert {one["what"] for one in of_cora} == {"book", "today", "team"}
        assert {one["store_id"] for one in of_cora} == {"uptown"}
        # What concerns the house reaches all who may read it, and nothing came before.
        await house.send("open-store", store_id="airport", name="Airport", time_zone="UTC", currency="USD")
        for one in (own, manager, uptown):
            assert await one.changes(1) == [{"what": "house"}]
        await till.quiet()
    await house.serving.listeners(0)


async def test_operators_hear_of_the_relay_and_of_what_was_asked_for_and_nobody_else_does(
    house_at_work: House, api_settings: Settings
) -> None:
    house, headers = house_at_work, house_at_work.world.headers("ops")
    async with (
        hearing(house.client, headers) as ops,
        hearing(house.client, house.world.headers("manager")) as other,
    ):
        body = {"projections": ["pay_calendar"]}
        assert (
            await house.client.post("/v1/projections/rebuild", json=body, headers=headers)
        ).status_code == 202
        assert await ops.changes(1) == [{"what": "house"}]
        with psycopg.connect(str(api_settings.database_url)) as connection:
            connection.execute(
                "INSERT INTO projections.heartbeats (service, instance, at, status) "
                """VALUES ('relay', 'pretended:1', now(), '{"doing": "retrying", "stalled": true}')"""
            )
        assert await ops.changes(1) == [{"what": "house"}]
        # Who was cut off asks for it again.
        async with hearing(house.client, headers, last_id=ops.last_id) as again:
            assert await again.changes(1) == [{"what": "house"}]
        await other.quiet()


async def test_who_loses_a_customer_hears_of_it_too(house_at_work: House) -> None:
    house = house_at_work
    anna, ben = (house.world.things[one]["associate_id"] for one in ("own", "store"))
    customer_id = house.world.things["own"]["merged_customer_id"]
    async with hearing(house.client, house.world.headers("associate")) as own:
        await house.send("reassign-owner", customer_id=customer_id, associate_id=ben)
        heard = await own.changes(3)
        assert {(one["what"], one["associate_id"]) for one in heard} == {
            ("book", anna), ("today", anna), ("team", anna)
        }  # fmt: skip


async def test_heroics_are_told_in_their_store(house_at_work: House) -> None:
    house = house_at_work
    async with (
        hearing(house.client, house.world.headers("associate")) as downtown,
        hearing(house.client, house.world.headers("manager", stores=("uptown",))) as uptown,
    ):
        act_id = house.world.things["own"]["act_id"]
        await house.send("verify-heroic-act", act_id=act_id, verified_by=house.world.mona)
        heard = await downtown.changes(3)
        assert {"what": "heroics", "store_id": "downtown", "act_id": act_id} in heard
        assert {one["what"] for one in heard} == {"book", "today", "heroics"}
        await uptown.quiet()


async def test_nothing_is_told_before_the_tables_have_it(house_at_work: House) -> None:
    house = house_at_work
    customer = house.world.things["own"]["customer_id"]
    everything = every_right(house.world.settings.data_dir)
    async with hearing(house.client, house.world.headers("associate")) as own:
        async with house.serving.client() as client:
            client.headers.update(everything)
            await answered(client, "add-note", customer_id=customer, text="Likes tea")
        await own.quiet()
        await house.project()
        assert {one["what"] for one in await own.changes(2)} == {"book", "today"}


async def test_who_was_cut_off_goes_on_where_it_was(house_at_work: House) -> None:
    house = house_at_work
    customer = house.world.things["own"]["customer_id"]
    headers = house.world.headers("associate")
    async with hearing(house.client, headers) as own:
        await house.send("add-note", customer_id=customer, text="One")
        await own.changes(2)
        seen = own.last_id
    await house.serving.listeners(0)
    await house.send("add-note", customer_id=customer, text="Two")
    async with hearing(house.client, headers, last_id=seen) as again:
        assert {one["what"] for one in await again.changes(2)} == {"book", "today"}
        assert again.last_id != seen
    async with hearing(house.client, headers, last_id=again.last_id) as later:
        await house.send("add-note", customer_id=customer, text="Three")
        assert len(await later.changes(2)) == 2


@pytest.mark.parametrize(
    ("last_id", "why"),
    [("x", "set_back"), ("0123456789abcdef.5", "set_back"), ("{epoch}.999999999", "set_back"),
     ("{epoch}.0", "missed")],
)  # fmt: skip
async def test_who_cannot_go_on_is_told_to_read_everything_again(
    house_at_work: House, monkeypatch: pytest.MonkeyPatch, last_id: str, why: str
) -> None:
    house = house_at_work
    monkeypatch.setattr("services.api.live_feed.RECALLED_EVENTS", 3)
    await house.nobody_looks()
    async with hearing(house.client, house.world.headers("manager")) as ear:
        await house.project()
        feed = house.serving.application.app.live
        epoch = feed.reset("began").partition(b"id: ")[2].partition(b".")[0].decode()
        given = last_id.format(epoch=epoch)
        async with hearing(house.client, house.world.headers("manager"), last_id=given) as again:
            kind, document = await again.event()
            assert (kind, document["why"]) == ("reset", why)
        await ear.quiet()


async def test_no_more_listen_than_the_settings_say(house_at_work: House) -> None:
    house = house_at_work
    headers = house.world.headers("manager")
    async with AsyncExitStack() as stack:
        for _ in range(8):
            await stack.enter_async_context(hearing(house.client, headers))
        response = await house.client.get("/v1/live", headers=headers)
        assert (response.status_code, response.json()["code"]) == (503, "too_many_event_streams")
        assert (await house.client.get("/v1/live")).status_code == 401
    await house.serving.listeners(0)


async def test_who_reads_too_slowly_is_told_to_begin_again(house_at_work: House) -> None:
    taken: list[bytes] = []
    reads = asyncio.Event()

    async def send(message: dict[str, bytes]) -> None:
        await reads.wait()
        taken.append(message["body"])

    listener = Listener(send, frozenset(), 0.0, b"missed")
    listener.tell(b"first")
    await asyncio.sleep(0)
    for number in range(3 * WAITING_BYTES_MAX // 1_000):
        listener.tell(b"%d" % number * 200)
    listener.tell(b"last")
    reads.set()
    await listener.close(gone=False)
    assert taken[0] == b"first"
    assert taken[1].startswith(b"missed")
    assert taken[1].endswith(b"last")
    assert len(taken[1]) <= 2 * WAITING_BYTES_MAX


async def test_a_rebuilt_projection_and_a_log_set_back_are_told(house_at_work: House) -> None:
    house = house_at_work
    url = house.world.settings.database_url or ""
    async with hearing(house.client, house.world.headers("manager")) as ear:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "UPDATE projections.generations SET generation = 2 WHERE name = 'loyalty_score'"
            )
            kind, document = await ear.event()
            assert (kind, document["why"]) == ("reset", "rebuilt")
            connection.execute(
                "UPDATE projections.generations SET generation = 1 WHERE name = 'loyalty_score'"
            )
            assert (await ear.event()).document["why"] == "rebuilt"
            with connection.transaction():
                begin_epoch(connection, document["position"])
        assert (await ear.event()).document["why"] == "set_back"


async def test_a_projection_that_stands_still_holds_up_nobody_for_long(
    house_at_work: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = house_at_work
    monkeypatch.setattr("services.api.live_feed.LATE_SECONDS", 0.3)
    url = house.world.settings.database_url or ""
    customer = house.world.things["own"]["customer_id"]
    await house.serving.listeners(0)
    async with hearing(house.client, house.world.headers("associate")) as own:
        await house.send("add-note", customer_id=customer, text="Before")
        await own.changes(2)
        behind = "UPDATE projections.generations SET position = %s WHERE name = 'pay_calendar'"
        with psycopg.connect(url, autocommit=True) as connection:
            at = connection.execute("SELECT min(position) FROM projections.generations").fetchone()
            await house.send("add-note", customer_id=customer, text="Meanwhile")
            connection.execute(behind, at)
            assert len(await own.changes(2)) == 2
            end = connection.execute("SELECT max(position) FROM projections.generations").fetchone()
            connection.execute(behind, end)
        assert (await own.event()).document["why"] == "missed"


async def test_a_stopping_server_ends_them_at_once(api_settings: Settings, clock: FixedClock) -> None:
    settings = replace(api_settings, shutdown_seconds=600)
    serving = Serving(create_app(settings, servers_of(settings), clock=clock))
    await serving.answers()
    async with serving.client() as client, hearing(client) as ear:
        stopping = asyncio.ensure_future(serving.stop())
        with pytest.raises(EOFError):
            await ear.event()
        await stopping
    assert serving.application.app.live.listeners == 0


async def test_an_answer_ends_when_its_time_is_over(api_settings: Settings, clock: FixedClock) -> None:
    settings = replace(api_settings, api_event_stream_seconds=1)
    serving = Serving(create_app(settings, servers_of(settings), clock=clock))
    await serving.answers()
    async with serving.client() as client, hearing(client) as ear:
        with pytest.raises(EOFError):
            await ear.event()
    await serving.stop()


async def test_who_vanishes_is_not_counted_any_more(house_at_work: House) -> None:
    house = house_at_work
    token = house.world.headers("manager")["Authorization"]
    with socket.create_connection(("127.0.0.1", house.serving.port)) as vanishing:
        head = f"GET /v1/live HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n\r\n"
        vanishing.sendall(head.encode())
        await house.serving.listeners(1)
    await house.serving.listeners(0)


async def test_every_projection_says_what_it_is_read_for() -> None:
    assert READ_FOR.keys() == BY_NAME.keys()
    assert audiences_of(Change(what="pay")) == (("pay_periods", ""),)
