"""What an endpoint does not take: parked by key where it takes others, waited for where it takes nothing."""

import asyncio
import dataclasses

import pytest

from domain.ids import partition_of
from infra.settings import Settings
from tests.services.cli.calling import Call, calling
from tests.services.webhooks.builders import (
    Receiver,
    Reply,
    Request,
    customer,
    parked,
    position_of,
    receiving,
    registered,
    rows,
    sending,
    served,
    until,
    write,
)


def same_partition(number: int) -> int:
    """Another customer of the same partition."""
    wanted = partition_of(customer(number))
    return next(n for n in range(1_000, 9_000) if partition_of(customer(n)) == wanted)


class Poisoned:
    """A receiver that refuses one customer until it is mended."""

    def __init__(self, number: int, status: int = 500) -> None:
        self.key = customer(number)
        self.status = status

    async def __call__(self, request: Request) -> Reply:
        if request.key == self.key:
            return Reply(self.status, body=b"no room for \x00 this\n")
        return Reply()

    def mend(self) -> None:
        self.key = ""


@pytest.fixture
def call(house: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    monkeypatch.setenv("CLIENTELING_WEBHOOKS_PRIVATE_ADDRESSES", "allowed")
    return calling(house, monkeypatch, capsys)


async def test_a_poison_event_parks_its_key_and_the_others_of_its_partition_go_on(house: Settings) -> None:
    other = same_partition(1)
    async with receiving(Poisoned(1)) as receiver:
        registered(house, receiver.url)
        positions = write(house, 1, other, 1, 1, other)
        async with sending(house):
            await served(house, positions[-1])
    assert parked(house) == [(customer(1), positions[n]) for n in (0, 2, 3)]
    assert receiver.positions(customer(other)) == [positions[1], positions[4]]
    reasons = [row[0] for row in rows(house, "SELECT reason FROM webhooks.parked ORDER BY position")]
    assert reasons[0] == "it answered 500: no room for   this"
    assert reasons[1:] == ["it waits behind a parked one"] * 2
    tried = [one.position for one in receiver.got if one.key == customer(1)]
    assert set(tried) == {positions[0]}
    assert len(tried) >= house.webhooks_tries_max


async def test_an_endpoint_that_takes_nothing_keeps_its_place_and_parks_nothing(house: Settings) -> None:
    async def down(_: Request) -> Reply:
        return Reply(503)

    async with receiving(down) as receiver:
        registered(house, receiver.url)
        positions = write(house, 1, same_partition(1), 2, 3)
        async with sending(house) as webhooks:
            # Of each partition the first, and what waits behind it, many times more than would park it.
            await until(lambda: len(receiver.got) > 12 * house.webhooks_tries_max, within_seconds=60)
            assert parked(house) == []
            assert position_of(house) == 0
            (health,) = webhooks.health()
            assert (health.failing, health.lag_events) == (True, positions[-1])
            await receiver.stop()
            await asyncio.sleep(1)
            assert parked(house) == []
            receiver.answer = Receiver().answer
            await receiver.start()
            await served(house, positions[-1])
    assert sorted(receiver.positions()) == positions


async def test_parked_events_are_sent_again_in_order_and_new_ones_behind_them(
    house: Settings, call: Call
) -> None:
    poisoned = Poisoned(1)
    async with receiving(poisoned) as receiver:
        registered(house, receiver.url)
        positions = write(house, 1, 2, 1)
        async with sending(house):
            await served(house, positions[-1])
            key = f"billing/{customer(1)}"
            listed = await asyncio.to_thread(call, "dead-letters", "list", "webhooks", "--json")
            assert [(one["key"], one["events"]) for one in listed.document] == [(key, 2)]
            shown = await asyncio.to_thread(call, "dead-letters", "show", "webhooks", key, "--json")
            assert [one["position"] for one in shown.document] == [positions[0], positions[2]]
            refused = await asyncio.to_thread(call, "dead-letters", "retry", "webhooks", key, "--json")
            assert (refused.code, refused.document["waiting"]) == (1, 2)
            poisoned.mend()
            done = await asyncio.to_thread(call, "dead-letters", "retry", "webhooks", key, "--json")
            assert (done.code, done.document["taken_in"]) == (0, 2)
            last = write(house, 1)[0]
            await served(house, last)
    assert parked(house) == []
    assert receiver.positions(customer(1)) == [positions[0], positions[2], last]


async def test_what_is_discarded_is_given_up_and_what_waited_behind_it_is_sent(
    house: Settings, call: Call
) -> None:
    poisoned = Poisoned(1)
    async with receiving(poisoned) as receiver:
        registered(house, receiver.url)
        positions = write(house, 1, 2, 1)
        async with sending(house):
            await served(house, positions[-1])
            poisoned.mend()
            done = await asyncio.to_thread(
                call, "dead-letters", "discard", "webhooks", f"billing/{customer(1)}", "--json"
            )
            assert done.document["key"] == f"billing/{customer(1)}"
            await until(lambda: parked(house) == [], within_seconds=30)
            last = write(house, 1)[0]
            await served(house, last)
    assert receiver.positions(customer(1)) == [positions[2], last]


async def test_one_that_is_discarded_alone_lets_its_key_go_on(house: Settings, call: Call) -> None:
    poisoned = Poisoned(1)
    async with receiving(poisoned) as receiver:
        registered(house, receiver.url)
        positions = write(house, 1, 2)
        async with sending(house):
            await served(house, positions[-1])
            poisoned.mend()
            code = await asyncio.to_thread(
                call, "dead-letters", "discard", "webhooks", "--all", "--reason", "no room", "--yes"
            )
            assert code.code in (0, 1)
            last = write(house, 1)[0]
            await served(house, last)
    assert receiver.positions(customer(1)) == [last]
    assert parked(house) == []


async def test_parked_keys_stay_parked_over_a_restart(house: Settings) -> None:
    async with receiving(Poisoned(1)) as receiver:
        registered(house, receiver.url)
        async with sending(house):
            await served(house, write(house, 1, 2)[-1])
        receiver.answer = Receiver().answer
        async with sending(house):
            await served(house, write(house, 1, 2)[-1])
    assert parked(house) == [(customer(1), 1), (customer(1), 3)]
    assert receiver.positions() == [2, 4]


async def test_410_gone_disables_and_resume_goes_on_from_there(house: Settings, call: Call) -> None:
    async def gone(_: Request) -> Reply:
        return Reply(410, body=b"moved out")

    async with receiving(gone) as receiver:
        registered(house, receiver.url)
        positions = write(house, 1, 2)
        async with sending(house) as webhooks:
            query = "SELECT disabled FROM webhooks.endpoints WHERE disabled IS NOT NULL"
            await until(lambda: rows(house, query), within_seconds=10)
            assert rows(house, query) == [("it answered 410: moved out",)]
            await until(lambda: webhooks.health() == [], within_seconds=10)
            listed = await asyncio.to_thread(call, "webhooks", "list", "--json")
            assert (listed.code, listed.document[0]["doing"]) == (1, "disabled")
            receiver.answer = Receiver().answer
            assert (await asyncio.to_thread(call, "webhooks", "resume", "billing")).code == 0
            await served(house, positions[-1])
    assert sorted(receiver.positions()) == positions


async def test_an_endpoint_that_takes_nothing_for_days_is_disabled(house: Settings) -> None:
    async def down(_: Request) -> Reply:
        return Reply(503)

    async with receiving(down) as receiver:
        registered(house, receiver.url)
        write(house, 1)
        async with sending(house):
            failing = "SELECT failing_since FROM webhooks.progress WHERE failing_since IS NOT NULL"
            await until(lambda: rows(house, failing), within_seconds=10)
        rows(
            house,
            "UPDATE webhooks.progress SET failing_since = failing_since - interval '6 days' RETURNING 1",
        )
        async with sending(house):
            query = "SELECT disabled FROM webhooks.endpoints WHERE disabled IS NOT NULL"
            await until(lambda: rows(house, query), within_seconds=10)
    assert rows(house, query) == [("it has taken nothing for 5 days; at last it answered 503",)]
    assert rows(house, "SELECT actor, change FROM webhooks.changes") == [("service:webhooks", "disabled")]


async def test_a_redirect_is_not_followed(house: Settings) -> None:
    async with receiving() as elsewhere:

        async def moved(_: Request) -> Reply:
            return Reply(307, (("Location", elsewhere.url),))

        async with receiving(moved) as receiver:
            registered(house, receiver.url)
            write(house, 1)
            async with sending(house):
                query = "SELECT last_error FROM webhooks.progress WHERE last_error IS NOT NULL"
                await until(lambda: rows(house, query), within_seconds=10)
        assert elsewhere.got == []
    assert rows(house, query) == [("it answered 307, and redirects are not followed",)]


async def test_private_addresses_are_refused_where_they_are_connected_to(house: Settings) -> None:
    strict = dataclasses.replace(house, webhooks_private_addresses="refused")
    async with receiving() as receiver:
        # A name that nobody checked when it was added, or that meant another machine then.
        registered(house, receiver.url.replace("127.0.0.1", "localhost"))
        write(house, 1)
        async with sending(strict):
            query = "SELECT last_error FROM webhooks.progress WHERE last_error IS NOT NULL"
            await until(lambda: rows(house, query), within_seconds=10)
    assert receiver.got == []
    assert "which not everybody reaches" in rows(house, query)[0][0]
