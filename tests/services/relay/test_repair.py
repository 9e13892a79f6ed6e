"""A stream that others wrote to is made anew from the log, in the same epoch, and never without a pause."""

import asyncio
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from nats.js.api import ConsumerConfig
from nats.js.errors import NotFoundError

import infra.messaging.repair as repair
from domain.ids import partition_of
from infra.embedded import NatsServer
from infra.event_store.log import EventLog, LoggedEvent
from infra.messaging.atomic_batches import AtomicBatches, SentBatch
from infra.messaging.client import StreamClient
from infra.messaging.epochs import NOTED_EPOCH
from infra.messaging.repair import NOTED_FOREIGN
from infra.messaging.subjects import subject_prefix_of
from infra.nats import NatsRole
from infra.nats.accounts import MAY_PUBLISH
from infra.settings import Settings
from tests.infra.messaging.builders import stream_at, until
from tests.infra.messaging.strangers import SUBJECT, forged, put
from tests.services.relay.builders import assert_stream_is_the_log, relay_at_work, write


@pytest.fixture
def log_url(settings: Settings) -> str:
    """A database with a log of five events."""
    EventLog(str(settings.database_url), pool_size=1).close()
    write(str(settings.database_url), 1, range(1, 6))
    return str(settings.database_url)


@pytest.fixture
def soon(settings: Settings) -> Settings:
    """Settings of a relay that makes a stream anew as often as every second."""
    return dataclasses.replace(settings, relay_repair_seconds=1)


def subject_of(event: LoggedEvent) -> str:
    return f"{subject_prefix_of(event.topic)}{partition_of(event.customer_id or event.stream_id)}"


async def forge(client: StreamClient) -> None:
    """Put a message that a consumer without the key believes: the next position, in the right epoch."""
    await put(client, *list(await forged(client, of=5))[7])


async def found_at(client: StreamClient) -> tuple[str | None, str | None, int]:
    """The epoch and the foreign message that the stream notes, and how many messages it holds."""
    try:
        info = await client.jetstream().stream_info("CLIENTELING")
    except NotFoundError:
        return None, None, 0
    noted = info.config.metadata or {}
    return noted.get(NOTED_EPOCH), noted.get(NOTED_FOREIGN), info.state.messages


async def test_a_forged_message_is_taken_out_in_the_same_epoch(soon: Settings, log_url: str):
    async with relay_at_work(soon) as status, stream_at(soon) as client:
        await until(lambda: status.position == 5)
        epoch, *_ = await found_at(client)
        await forge(client)
        await until(lambda: status.repairs == 1, within_seconds=30)

        async def is_the_log() -> bool:
            return await found_at(client) == (epoch, None, 5)

        await until(is_the_log)
        await asyncio.to_thread(write, log_url, 1, range(6, 8))
        await until(lambda: status.position == 7)
        assert await found_at(client) == (epoch, None, 7)
        assert (status.health().repairs, status.health().failing) == (1, False)
    await assert_stream_is_the_log(soon, str(soon.nats_url), log_url)


async def test_a_message_forged_into_a_place_between_two_batches_leaves_no_hole(
    soon: Settings, log_url: str, monkeypatch: pytest.MonkeyPatch
):
    send = AtomicBatches.send

    async def send_behind_a_stranger(
        self: AtomicBatches, events: Sequence[LoggedEvent], **how: Any
    ) -> SentBatch:
        async with stream_at(soon) as client:
            if events[0].position == 6:
                await client.jetstream().publish(subject_of(events[0]), b"{}")
            return await send(self, events, **how)

    one_by_one = dataclasses.replace(soon, relay_batch_events_max=1)
    async with relay_at_work(one_by_one) as status, stream_at(soon) as client:
        await until(lambda: status.position == 5)
        monkeypatch.setattr(AtomicBatches, "send", send_behind_a_stranger)
        await asyncio.to_thread(write, log_url, 1, range(6, 9), 3)
        await until(lambda: status.repairs == 1, within_seconds=30)
        monkeypatch.undo()

        async def is_the_log() -> bool:
            return (await found_at(client))[1:] == (None, 8)

        await until(is_the_log)
    await assert_stream_is_the_log(soon, str(soon.nats_url), log_url)


async def test_a_young_stream_waits_for_its_repair_also_while_no_relay_runs(
    settings: Settings, soon: Settings, log_url: str
):
    async with stream_at(settings) as client:
        async with relay_at_work(settings) as status:
            await until(lambda: status.position == 5)
            await forge(client)
            await asyncio.to_thread(write, log_url, 1, range(6, 8))
            await until(lambda: status.position == 7)
            assert status.repairs == 0
        # The forged message is behind two of the relay's own by now: what is noted remembers it.
        _, noted, messages = await found_at(client)
        assert (noted is not None and noted.startswith("sequence 6: "), messages) == (True, 8)
        async with relay_at_work(soon) as status:

            async def is_the_log() -> bool:
                return (await found_at(client))[1:] == (None, 7)

            await until(is_the_log)
            assert status.repairs == 1


async def test_somebody_who_goes_on_writing_neither_stops_the_relay_nor_stays(soon: Settings, log_url: str):
    async def go_on_writing(client: StreamClient) -> None:
        while True:
            await client.publish(SUBJECT, b'{"evil":1}')
            await asyncio.sleep(0.2)

    async with relay_at_work(soon) as status, relay_at_work(soon), stream_at(soon) as client:
        stranger = asyncio.create_task(go_on_writing(client))
        for first in range(6, 406, 40):
            await asyncio.to_thread(write, log_url, 1, range(first, first + 40), 10)
        await until(lambda: status.position == 405, within_seconds=60)
        stranger.cancel()

        async def is_the_log() -> bool:
            return (await found_at(client))[1:] == (None, 405)

        await until(is_the_log, within_seconds=60)
    await assert_stream_is_the_log(soon, str(soon.nats_url), log_url)


async def test_nothing_is_made_anew_where_that_is_off(settings: Settings, log_url: str):
    off = dataclasses.replace(settings, relay_repair_seconds=0)
    async with relay_at_work(off) as status, stream_at(off) as client:
        await until(lambda: status.position == 5)
        await forge(client)
        await asyncio.to_thread(write, log_url, 1, range(6, 8))
        await until(lambda: status.position == 7)
        assert ((await found_at(client))[2], status.repairs) == (8, 0)


async def test_a_stream_with_a_durable_that_cannot_be_made_again_is_left_alone(
    soon: Settings, log_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(repair, "named_consumers", lambda _: ["billing"])
    filtered = ConsumerConfig(name="billing", durable_name="billing", filter_subject=SUBJECT)
    async with stream_at(soon) as client:
        await client.jetstream().add_consumer("CLIENTELING", filtered)
        async with relay_at_work(soon) as status:
            await until(lambda: status.position == 5)
            await forge(client)
            await until(lambda: status.foreign.count == 1)
            await asyncio.sleep(2)
            await asyncio.to_thread(write, log_url, 1, range(6, 8))
            await until(lambda: status.position == 7)
            assert ((await found_at(client))[2], status.repairs) == (8, 0)


async def test_a_relay_that_may_not_delete_the_stream_goes_on_and_says_so(
    soon: Settings, log_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    allowed = [act for act in MAY_PUBLISH[NatsRole.RELAY] if ".STREAM.DELETE." not in act]
    monkeypatch.setitem(MAY_PUBLISH, NatsRole.RELAY, allowed)  # type: ignore[arg-type]
    server = NatsServer(folder / "older")
    server.configure([])
    server.start()
    impatient = dataclasses.replace(
        soon, nats_url=server.url, nats_credentials=server.keys, nats_request_seconds=0.5
    )
    try:
        async with relay_at_work(impatient) as status, stream_at(impatient) as client:
            await until(lambda: status.position == 5)
            await forge(client)
            await until(lambda: status.errors > 0)
            await asyncio.to_thread(write, log_url, 1, range(6, 8))
            await until(lambda: status.position == 7)
            assert ((await found_at(client))[2], status.repairs) == (8, 0)
    finally:
        server.kill()
