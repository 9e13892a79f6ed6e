"""Messages by NATS: from the durable that a consumer was given, for as long as it wants them."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import nats.errors
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from clienteling_events.consumer import Consumer
from clienteling_events.lanes import Lanes
from clienteling_events.message import EventMessage, NotAnEvent, message_from_stream

#: A named consumer asks JetStream below this domain: `client.jetstream(domain=DOMAIN)`.
DOMAIN: Final = "clienteling"
STREAM: Final = "CLIENTELING"
#: After an error everything is asked for anew: the durable goes with the stream, and is made again with it.
RETRY_SECONDS: Final = 1.0
#: So long a pull waits for the first message.
PULL_SECONDS: Final = 5.0

log = logging.getLogger(__name__)


async def consume(
    jetstream: JetStreamContext,
    durable: str,
    consumer: Consumer[Any] | Lanes,
    *,
    stop: asyncio.Event,
    batch_max: int = 500,
    pull_seconds: float = PULL_SECONDS,
) -> None:
    """Take messages from a durable until `stop` is set, asking for `pull_seconds` at a time. Messages are
    acknowledged when they are handled: one that comes again is passed over.

    What a handler raises ends it, and so does an API that refuses to answer (Refused: a token that is not
    taken). Errors of NATS, and an API that does not answer, do not: it begins anew until they are there. The
    first time that nothing comes, what the log has behind the checkpoint is handled.
    """
    while not stop.is_set():
        try:
            await consumer.start()
            await _pull(jetstream, durable, consumer, stop, batch_max, pull_seconds)
        except (nats.errors.Error, OSError) as error:
            if error is consumer.raised:
                raise
            log.warning("Events do not come (%s); asking again", error)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RETRY_SECONDS)


async def _pull(
    jetstream: JetStreamContext,
    durable: str,
    consumer: Consumer[Any] | Lanes,
    stop: asyncio.Event,
    batch_max: int,
    pull_seconds: float,
) -> None:
    subscription = await jetstream.pull_subscribe_bind(durable, STREAM)
    caught_up = False
    try:
        while not stop.is_set():
            try:
                messages = await subscription.fetch(batch_max, timeout=pull_seconds)
            except TimeoutError:
                # Nothing new; or nobody is there any more, which this raises.
                await subscription.consumer_info()
                if not caught_up:
                    await consumer.catch_up()
                    caught_up = True
                continue
            await consumer.take(events_in(messages))
            for message in messages:
                await message.ack()
    finally:
        with suppress(nats.errors.Error):
            await subscription.unsubscribe()


def events_in(messages: Sequence[Msg]) -> list[EventMessage]:
    """The events among messages. What others put onto the stream is passed over."""
    found: list[EventMessage] = []
    for message in messages:
        try:
            found.append(message_from_stream(message.headers, message.data))
        except NotAnEvent:
            log.warning("A message on %s is no event of the log", message.subject)
    return found
