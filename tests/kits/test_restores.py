"""Consumers on the real log and its stream: restored twice while they are away, refilled, forged.

The log answers them without HTTP here; what it answers is what the API writes.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

import services.cli.republishing as republishing
from clienteling_events import (
    Epoch,
    EventMessage,
    EventRange,
    Lineage,
    message_from_line,
    message_from_stream,
)
from infra.event_store.lineage import lineage_of
from infra.event_store.log import EventLog
from infra.event_store.ranges import event_ranges
from infra.settings import Settings
from services.api.resources.event_pages import written
from services.recovery import epochs
from tests.kits.test_consumer import Shop
from tests.services.cli.calling import (
    Call,
    calling,
    end_of_log,
    published,
    said,
    sale,
    set_log_back,
    small_shop,
)
from tests.services.cli.test_new_epoch import Stopped, backup, restore
from tests.services.relay.builders import stream_of

pytestmark = pytest.mark.timeout(240)


class Log:
    """The log of a test, as the API tells of it (`History`)."""

    def __init__(self, settings: Settings) -> None:
        self._url = str(settings.database_url)

    async def lineage(self) -> Lineage:
        with EventLog(self._url) as log, log.connection() as connection:
            return Lineage([Epoch(one.epoch, one.common_position) for one in lineage_of(connection).steps])

    async def end(self) -> int:
        with EventLog(self._url) as log:
            return log.last_position()

    async def events(self, after: int, up_to: int) -> AsyncIterator[list[EventMessage]]:
        yield [one for one in self.all() if after < one.position <= up_to]

    async def ranges(self, first: int, last: int) -> list[EventRange]:
        with EventLog(self._url) as log, log.connection() as connection:
            found = event_ranges(connection, first, last)
        return [EventRange(from_=one.from_, to=one.to, count=one.count, hash=one.hash) for one in found]

    def all(self) -> list[EventMessage]:
        with EventLog(self._url) as log:
            with log.connection() as connection:
                lineage = lineage_of(connection)
            lines = written(log.read(0, 10_000), lineage, "/clienteling", "lines")
        return [message_from_line(line) for line in lines.splitlines()]


@pytest.fixture
def call(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    return calling(settings, monkeypatch, capsys)


def stopped(*_: object, **__: object) -> None:
    raise Stopped


def on_the_stream(settings: Settings) -> list[EventMessage]:
    found = asyncio.run(stream_of(settings, str(settings.nats_url)))
    return [message_from_stream(one.headers, one.data) for one in found]


def test_a_message_and_a_line_of_one_event_are_the_same(settings: Settings) -> None:
    small_shop(settings)
    published(settings)
    assert on_the_stream(settings) == Log(settings).all()


def test_two_restores_while_a_consumer_is_away_leave_it_equal_to_the_log(
    settings: Settings, call: Call
) -> None:
    people = small_shop(settings, sales=5)
    published(settings)
    log = Log(settings)
    shop: Any = Shop(log)  # type: ignore[arg-type]
    asyncio.run(shop.take(on_the_stream(settings)))
    seen = end_of_log(settings)
    named = {one.position: one.id for one in log.all()}
    for back, sales, price in ((4, 4, 2_000), (2, 3, 3_000)):
        # The second time the log is set back to a moment behind the first common position.
        set_log_back(settings, end_of_log(settings) - back)
        assert call("events", "new-epoch", "--yes", "--json").code == 0
        said(settings, [sale(*people, unit_price_minor=price) for _ in range(sales)])
        published(settings)
    common = [step.common_position for step in asyncio.run(log.lineage()).epochs]
    assert common[1] < common[2]
    assert common[1] < seen
    everything = log.all()
    # Who is told the last step alone keeps what the first restore has lost.
    assert any(common[1] < one.position <= min(common[2], seen) for one in everything)
    asyncio.run(shop.take(on_the_stream(settings)))
    assert shop.facts() == {one.position: one.data.decode() for one in everything}
    assert asyncio.run(shop.consumer.reconcile()) == []
    for one in everything:
        assert (one.id == named.get(one.position)) == (one.position <= common[1])
    lost = [position for position in named if position > common[1]]
    assert len({one.id for one in everything} | set(named.values())) == len(everything) + len(lost)


@pytest.mark.parametrize(
    "stopped_at", ["recreate_stream", "fill"], ids=["before the stream is made anew", "before it is filled"]
)
def test_a_restore_stopped_halfway_and_another_one_leave_it_equal_to_the_log(
    settings: Settings, call: Call, monkeypatch: pytest.MonkeyPatch, stopped_at: str
) -> None:
    people = small_shop(settings, sales=5)
    published(settings)
    kept, last = backup(settings), end_of_log(settings)
    restore(settings, last - 3, kept)
    assert call("events", "new-epoch", "--yes", "--json").code == 0
    said(settings, [sale(*people, unit_price_minor=2_000) for _ in range(4)])
    published(settings)
    log = Log(settings)
    shop: Any = Shop(log)  # type: ignore[arg-type]
    asyncio.run(shop.take(on_the_stream(settings)))
    seen = asyncio.run(log.lineage()).epochs[-1].epoch

    # From a backup of the first epoch, and once more.
    restore(settings, last - 1, kept)
    where = epochs if stopped_at == "recreate_stream" else republishing
    with monkeypatch.context() as patch:
        patch.setattr(where, stopped_at, stopped)
        with pytest.raises(Stopped):
            call("events", "new-epoch", "--yes", "--json")
    halfway = asyncio.run(log.lineage()).epochs[-1].epoch
    restore(settings, last - 2, kept)
    assert call("events", "new-epoch", "--yes", "--json").code == 0
    said(settings, [sale(*people, unit_price_minor=3_000) for _ in range(4)])
    published(settings)

    assert {seen, halfway} < {one.epoch for one in asyncio.run(log.lineage()).epochs}
    asyncio.run(shop.take(on_the_stream(settings)))
    assert shop.facts() == {one.position: one.data.decode() for one in log.all()}
    assert asyncio.run(shop.consumer.reconcile()) == []


def test_a_refilled_stream_and_a_forged_message_leave_it_equal_to_the_log(
    settings: Settings, call: Call
) -> None:
    small_shop(settings)
    published(settings)
    log = Log(settings)
    shop: Any = Shop(log)  # type: ignore[arg-type]
    messages = on_the_stream(settings)
    forged = EventMessage(
        **{name: getattr(messages[3], name) for name in messages[3].__struct_fields__ if name != "data"},
        data=b'{"a bonus":true}',
    )
    asyncio.run(shop.take([*messages[:3], forged, *messages[3:5]]))
    assert call("events", "republish", "--anew", "--yes", "--json").code == 0
    asyncio.run(shop.take(on_the_stream(settings)))
    assert len(asyncio.run(shop.consumer.reconcile())) == 1
    assert shop.facts() == {one.position: one.data.decode() for one in log.all()}
