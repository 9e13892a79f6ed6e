"""Both short cuts of our client give what the stock client gives."""

import asyncio

import nats.errors
import pytest

from infra.embedded import NatsAddress, NatsServer
from infra.messaging.client import StreamClient
from infra.messaging.headers import headers_of
from infra.settings import Settings
from tests.infra.messaging.builders import batches_over, logged, run_of, stream_at, until
from tests.nats_clients import stock_client
from tests.ports import free_port


async def test_a_stock_client_reads_what_our_frames_say(settings: Settings):
    stock = await stock_client(str(settings.nats_url), settings.nats_credentials)
    subscription = await stock.subscribe("clienteling.v1.>")
    await stock.flush()
    async with stream_at(settings) as client, batches_over(client) as batches:
        events = [
            logged(1),
            logged(2, customer_id=None, topic="customer.registered.v1", state=b'{"a":"\xc3\xa9"}'),
        ]
        await (await batches.send(events, last_sequence=0)).committed
    messages = [await subscription.next_msg(5) for _ in events]
    await stock.close()
    assert [message.data for message in messages] == [event.state for event in events]
    assert [message.subject.rpartition(".")[0] for message in messages] == [
        "clienteling.v1.sale.recorded",
        "clienteling.v1.customer.registered",
    ]
    assert [(message.headers or {})["clienteling-position"] for message in messages] == ["1", "2"]
    assert "clienteling-customer" not in (messages[1].headers or {})


async def test_a_sink_gets_what_a_stock_subscription_gets(settings: Settings):
    seen: list[tuple[bytes, bytes, bytes, bytes]] = []
    async with stream_at(settings) as client, batches_over(client) as batches:
        await client.subscribe_sink("clienteling.v1.>", lambda *message: seen.append(message))
        subscription = await client.subscribe("clienteling.v1.>")
        await (await batches.send(run_of([1, 2, 5]), last_sequence=0)).committed
        messages = [await subscription.next_msg(5) for _ in range(3)]
    assert [(subject.decode(), data, headers_of(block)) for subject, _, data, block in seen] == [
        (message.subject, message.data, message.headers) for message in messages
    ]


async def test_a_sink_gets_nothing_after_its_subscription_has_ended(settings: Settings):
    seen: list[bytes] = []
    async with stream_at(settings) as client:
        subscription = await client.subscribe_sink("elsewhere", lambda _s, _r, data, _h: seen.append(data))
        await client.publish("elsewhere", b"first")
        await client.flush()
        await subscription.unsubscribe()
        await client.publish("elsewhere", b"second")
        await client.flush()
    assert seen == [b"first"]


async def test_what_was_sent_before_a_flush_has_reached_the_server_after_it(settings: Settings):
    seen: list[bytes] = []
    async with stream_at(settings) as client:
        await client.subscribe_sink("elsewhere", lambda _s, _r, data, _h: seen.append(data))
        await client.flush()
        for _ in range(200):
            await client.publish("elsewhere", bytes(100_000))
        await client.flush()
        assert len(seen) == 200


async def test_nothing_is_kept_for_later_while_the_server_is_away(settings: Settings, own_nats: NatsServer):
    async with stream_at(settings, own_nats.url) as client, batches_over(client) as batches:
        own_nats.kill()
        await until(lambda: not client.is_connected)
        with pytest.raises(nats.errors.ConnectionClosedError):
            await batches.send(run_of([1]), last_sequence=0)
        own_nats.start()
        await until(lambda: client.is_connected)
        assert client.reconnects == 1
        assert (await client.jetstream().stream_info("CLIENTELING")).state.messages == 0


@pytest.mark.parametrize("steps", range(12))
async def test_connecting_ends_when_it_is_cancelled_at_any_step_of_an_attempt(steps: int):
    loop, nobody = asyncio.get_running_loop(), f"nats://127.0.0.1:{free_port()}"

    def cancel_later(more: int) -> None:
        if more:
            loop.call_soon(cancel_later, more - 1)
        else:
            connecting.cancel()

    def where() -> NatsAddress:
        if not connecting.cancelling():
            loop.call_soon(cancel_later, steps)
        return NatsAddress([nobody])

    async def unheard(_: Exception) -> None:
        """What an attempt fails with."""

    client = StreamClient(where)
    connecting = asyncio.create_task(
        client.connect(
            nobody, max_reconnect_attempts=-1, reconnect_time_wait=1, connect_timeout=5, error_cb=unheard
        )
    )
    try:
        done, _ = await asyncio.wait([connecting], timeout=5)
        assert done
    finally:
        # The one that goes on: cancelled once more, in a moment between two attempts.
        while not connecting.done():
            connecting.cancel()
            await asyncio.sleep(0.01)
