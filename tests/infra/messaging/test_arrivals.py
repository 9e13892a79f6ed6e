"""Messages read for all projections of a process."""

from typing import cast

import msgspec

from infra.event_store.epoch import Epoch
from infra.messaging.arrivals import ArrivalReader
from infra.messaging.client import StreamClient
from infra.messaging.frames import FrameWriter
from infra.messaging.pulls import Delivered
from infra.messaging.stamps import Stamps
from tests.infra.messaging.builders import BEGAN, EPOCH, EPOCHS, KEY, SOURCE, logged

NEXT_EPOCH = "fedcba9876543210"
CURRENT = Epoch(1, EPOCH, 0, BEGAN, KEY)


def test_a_message_of_the_relay_is_the_event_in_the_log() -> None:
    message = _message(7)
    (event,) = ArrivalReader(Stamps([CURRENT])).logged([message]).events
    assert event == msgspec.structs.replace(logged(1), state=message.data)


def test_another_message_at_a_known_sequence_is_judged_anew() -> None:
    reader, genuine = ArrivalReader(Stamps([CURRENT])), _message(7)
    reader.logged([genuine])
    arrived = reader.logged([_delivered(7, genuine.raw_headers, b"{}")])
    assert (arrived.events, arrived.foreign) == ([], [(7, "foreign")])


def test_what_was_genuine_is_of_an_earlier_epoch_after_a_new_one() -> None:
    stamps = Stamps([CURRENT])
    reader = ArrivalReader(stamps)
    reader.logged([_message(7)])
    stamps.renew([CURRENT, Epoch(2, NEXT_EPOCH, 0, BEGAN, b"n" * 32)])
    arrived = reader.logged([_message(7)])
    assert (arrived.events, arrived.foreign) == ([], [(7, "earlier")])


def _message(sequence: int) -> Delivered:
    """The relay's message of the first event, as the stream has it at this sequence."""
    writer = FrameWriter(EPOCHS, SOURCE, message_bytes_max=1_000_000)
    frame = writer.frames([logged(1)], batch_id=b"b", last_sequence=sequence - 1, reply=b"r")
    line, _, message = frame.partition(b"\r\n")
    headers = int(line.split()[-2])
    return _delivered(sequence, message[:headers], message[headers:-2])


def _delivered(sequence: int, headers: bytes, data: bytes) -> Delivered:
    return Delivered(cast("StreamClient", None), b"", b"", data, headers, sequence)
