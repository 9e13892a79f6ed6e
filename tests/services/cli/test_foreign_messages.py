"""The commands about the stream pass over what is not from the log, say how much it was, and can make a
stream without it.
"""

import asyncio
import json

import pytest

from infra.messaging.stream import bounds_of_stream
from infra.settings import Settings
from tests.infra.messaging.builders import stream_at
from tests.infra.messaging.strangers import forged, put
from tests.services.cli.calling import Call, end_of_log, published, set_log_back, small_shop
from tests.services.relay.builders import assert_stream_is_the_log

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def strangers(settings: Settings) -> int:
    """A small shop in the stream, and messages of others in its middle and at its end; how many of them."""
    small_shop(settings, sales=1)
    many = litter(settings, published(settings))
    small_shop(settings, sales=1)
    return many + litter(settings, published(settings))


def litter(settings: Settings, sequence: int) -> int:
    async def put_all() -> int:
        async with stream_at(settings) as client:
            # Without the one that is kept out by its id when it comes again.
            kinds = [
                kind for kind in await forged(client, of=sequence) if "Nats-Msg-Id" not in (kind[0] or {})
            ]
            for headers, body in kinds:
                await put(client, headers, body)
            return len(kinds)

    return asyncio.run(put_all())


def test_the_stream_is_compared_and_filled_though_others_wrote_to_it(
    settings: Settings, strangers: int, call: Call
):
    done = call("events", "republish", "--json")
    assert done.code == 0, done.said
    found = done.document["found"]
    assert (found["foreign"], found["lost"], found["missing"]) == (strangers, 0, 0)
    assert f"{strangers} messages in the stream are not from the log" in call("events", "republish").said


def test_a_stream_without_the_messages_of_others_is_made_by_one_command(
    settings: Settings, strangers: int, call: Call
):
    done = call("events", "republish", "--anew", "--yes", "--json")
    assert (done.code, done.document["made_anew"]) == (0, True)
    asyncio.run(assert_stream_is_the_log(settings, str(settings.nats_url), str(settings.database_url)))

    async def messages() -> int:
        async with stream_at(settings) as client:
            first, last = await bounds_of_stream(client.jetstream()) or (1, 0)
            return last - first + 1

    assert asyncio.run(messages()) == end_of_log(settings)
    again = call("events", "republish", "--anew", "--yes", "--json")
    assert (again.code, again.document["made_anew"]) == (0, False)


def test_tail_gives_the_relays_messages_and_counts_the_others(settings: Settings, strangers: int, call: Call):
    tail = call("events", "tail", "--after", 0, "--no-follow", "--json")
    assert tail.code == 0, tail.said
    positions = [int(json.loads(line)["clienteling-position"]) for line in tail.out.splitlines()]
    assert positions == list(range(1, end_of_log(settings) + 1))
    assert f"{strangers} messages in the stream are not from the log" in tail.said


def test_a_new_epoch_can_be_begun_though_others_wrote_to_the_stream(
    settings: Settings, strangers: int, call: Call
):
    kept = end_of_log(settings) - 2
    set_log_back(settings, kept)
    called = call("events", "new-epoch", "--yes", "--json")
    assert called.code == 0, called.said
    divergence = called.document["parting"]
    assert (divergence["common_position"], divergence["lost"]["count"]) == (kept, 2)
    assert divergence["foreign_messages"] > 0
    asyncio.run(assert_stream_is_the_log(settings, str(settings.nats_url), str(settings.database_url)))
