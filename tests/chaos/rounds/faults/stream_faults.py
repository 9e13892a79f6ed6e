"""What somebody on NATS can do who got hold of a key of ours: delete consumers and the stream, publish junk,
forge messages.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo, DeliverPolicy

from infra.nats import NatsRole
from tests.chaos.rounds.faults.scene import Fault, Scene, chosen
from tests.nats_clients import stock_client

STREAM = "CLIENTELING"
Deed = Callable[[Scene, Client, JetStreamContext, float], Awaitable[None]]


async def delete_consumer(_: Scene, __: Client, jetstream: JetStreamContext, target: float) -> None:
    """A consumer is gone, with what it had in flight."""
    consumer = await _consumer(jetstream, target)
    await jetstream.delete_consumer(STREAM, consumer.name)


async def make_consumer_anew(_: Scene, __: Client, jetstream: JetStreamContext, target: float) -> None:
    """A consumer is deleted and made again under its name, beginning elsewhere."""
    consumer = await _consumer(jetstream, target)
    start: dict[str, Any] = {"deliver_policy": DeliverPolicy.ALL, "opt_start_seq": None}
    if target * 10 % 1 < 0.5:
        start = {"deliver_policy": DeliverPolicy.NEW, "opt_start_seq": None}
    await jetstream.delete_consumer(STREAM, consumer.name)
    await jetstream.add_consumer(STREAM, consumer.config.evolve(**start))


async def delete_stream(_: Scene, __: Client, jetstream: JetStreamContext, ___: float) -> None:
    """The stream is gone with all its consumers."""
    await jetstream.delete_stream(STREAM)


async def publish_junk(scene: Scene, _: Client, jetstream: JetStreamContext, target: float) -> None:
    """Messages without a place in the log."""
    for number in range(1 + int(target * 5)):
        body = b'{"evil":%d}' % number if number % 2 else b"\xff\x00 not JSON"
        scene.planted.append(body)
        await jetstream.publish("clienteling.v1.customer.registered.1", body)


async def forge_messages(scene: Scene, _: Client, jetstream: JetStreamContext, target: float) -> None:
    """Messages with a genuine one's headers and another position: ahead of the log, behind it, the next."""
    genuine = await jetstream.get_last_msg(STREAM, "clienteling.v1.>")
    for shift in (1, 5, -3, 1_000_000)[: 1 + int(target * 4)]:
        headers = dict(genuine.headers or {})
        position = max(1, int(headers["clienteling-position"]) + shift)
        headers |= {
            "clienteling-position": str(position),
            "clienteling-previous-position": str(position - 1),
            "Nats-Msg-Id": f"forged-{position}-{target}",
        }
        for name in [name for name in headers if name.startswith(("Nats-Batch", "Nats-Expected"))]:
            del headers[name]
        body = (genuine.data or b"{}").replace(b'"', b"'", 1) if shift == 5 else genuine.data or b"{}"
        scene.planted.append(body)
        await jetstream.publish(genuine.subject or "clienteling.v1.forged.forged.0", body, headers=headers)


async def forge_acknowledgements(
    _: Scene, client: Client, jetstream: JetStreamContext, target: float
) -> None:
    """What a consumer has in flight is acknowledged by somebody who has not taken it in."""
    consumer = await _consumer(jetstream, target)
    delivered = consumer.delivered
    if delivered is None:
        raise nats.js.errors.NotFoundError
    place = f"1.{delivered.stream_seq}.{delivered.consumer_seq}.1700000000000000000.0"
    for _number in range(5):
        await client.publish(f"$JS.ACK.{STREAM}.{consumer.name}.{place}", b"+ACK")
    await client.flush(2)


async def put_junk_in_the_inbox(_: Scene, __: Client, jetstream: JetStreamContext, target: float) -> None:
    """A message of the inventory service that is no stock arrival: it is kept aside for a person."""
    await jetstream.publish("inventory.stock.arrived", b"no arrival", headers={"ce-id": f"junk-{target}"})


async def _consumer(jetstream: JetStreamContext, target: float) -> ConsumerInfo:
    consumers = sorted(await jetstream.consumers_info(STREAM), key=lambda consumer: consumer.name)
    if not consumers:
        raise nats.js.errors.NotFoundError
    return chosen(consumers, target)


def _once(deed: Deed, *, times: int = 1, role: NatsRole = NatsRole.OPS) -> Callable[[Scene, float], Any]:
    """A fault that is a deed at its beginning (and again after moments); without NATS it misses."""

    async def act(scene: Scene, target: float) -> None:
        server = scene.house.servers.nats
        # With the keys of the house: whoever has none is refused, and does nothing at all.
        client = await stock_client(server.url, server.keys, role, connect_timeout=2, error_cb=_quiet)
        try:
            for _ in range(times):
                await deed(scene, client, client.jetstream(timeout=2), target)
                await asyncio.sleep(0.2)
        finally:
            await client.close()

    @contextmanager
    def fault(scene: Scene, target: float) -> Generator[None]:
        try:
            asyncio.run(act(scene, target))
        except (nats.errors.Error, OSError, TimeoutError) as error:
            scene.missed.append(f"{deed.__name__}: {error!r}")
        yield

    return fault


async def _quiet(_: Exception) -> None:
    """What goes wrong here is said by the call that it goes wrong in."""


STREAM_FAULTS = {
    "consumer_deleted": Fault(_once(delete_consumer), 3, (0.0, 0.1)),
    "consumer_made_anew": Fault(_once(make_consumer_anew, times=3), 3, (0.0, 0.1)),
    "stream_deleted": Fault(_once(delete_stream), 2, (0.0, 0.1)),
    "junk_published": Fault(_once(publish_junk, role=NatsRole.RELAY), 3, (0.0, 0.1)),
    "messages_forged": Fault(_once(forge_messages, role=NatsRole.RELAY), 3, (0.0, 0.1)),
    "acks_forged": Fault(_once(forge_acknowledgements, times=4), 3, (0.0, 0.1)),
    "inbox_junk": Fault(_once(put_junk_in_the_inbox, role=NatsRole.INVENTORY), 1, (0.0, 0.1)),
}
