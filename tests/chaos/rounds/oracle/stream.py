"""The stream by a plain consumer, message by message, beside the log. What is no fact is passed over."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from tests.chaos.rounds.oracle.log import Fact
from tests.nats_clients import stock_client

STREAM = "CLIENTELING"
FETCHED = 500


@dataclass(frozen=True)
class Message:
    """What the check compares of a message."""

    position: str
    stream_id: str
    version: str
    topic: str
    body: bytes


@dataclass
class StreamRead:
    """Everything on the stream, in its order."""

    messages: list[Message] = field(default_factory=list[Message])


async def read_stream(url: str, keys: Path) -> StreamRead:
    """Every message from the first to the last. Raises nats errors when it cannot be read."""
    client = await stock_client(url, keys, connect_timeout=5)
    try:
        jetstream = client.jetstream(timeout=5)
        expected = (await jetstream.stream_info(STREAM)).state.messages
        config = ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL, mem_storage=True)
        subscription = await jetstream.pull_subscribe("clienteling.v1.>", stream=STREAM, config=config)
        found = StreamRead()
        while len(found.messages) < expected:
            for message in await subscription.fetch(min(FETCHED, expected - len(found.messages)), timeout=10):
                headers = message.headers or {}
                found.messages.append(
                    Message(
                        headers.get("clienteling-position", ""),
                        headers.get("ce-subject", ""),
                        headers.get("clienteling-version", ""),
                        headers.get("ce-type", ""),
                        message.data,
                    )
                )
        return found
    finally:
        await client.close()


def unlike_the_stream(log: list[Fact], read: StreamRead, planted: list[bytes]) -> Iterator[str]:
    """Facts that the stream lacks or has in another order, and messages that are no facts and not planted."""
    facts = {_message_of(fact): fact.position for fact in log}
    seen: set[int] = set()
    carried: list[int] = []
    foreign: list[Message] = []
    for message in read.messages:
        position = facts.get(message)
        if position is None:
            foreign.append(message)
        elif position not in seen:
            seen.add(position)
            carried.append(position)
    if carried != [fact.position for fact in log]:
        missing = [fact.position for fact in log if fact.position not in seen]
        order = next((b for a, b in itertools.pairwise(carried) if b < a), None)
        what = f"missing {missing[:10]}; out of order {order}"
        yield f"the stream has {len(carried)} of {len(log)} facts; {what}"
    if len(read.messages) - len(foreign) > len(carried):
        yield f"the stream has {len(read.messages) - len(foreign) - len(carried)} facts twice"
    bodies = set(planted)
    strange = [message for message in foreign if message.body not in bodies]
    if strange:
        yield f"the stream has {len(strange)} messages that nobody planted, such as {strange[0]}"


def _message_of(fact: Fact) -> Message:
    return Message(str(fact.position), fact.stream_id, str(fact.version), fact.topic, fact.state)
