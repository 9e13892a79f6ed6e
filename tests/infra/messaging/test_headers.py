"""What stands beside an event on the stream can be read back, whatever was in it."""

import json

import pytest

from infra.event_store.epoch import Epoch
from infra.messaging.epochs import NOTED_COMMON_POSITION, NOTED_EPOCH, notes_of
from infra.messaging.frames import FrameTooLarge, FrameWriter
from infra.messaging.headers import (
    EventMetadata,
    NotFromTheLog,
    headers_of,
    metadata_from,
    metadata_of,
)
from infra.messaging.stream import NOTED_LINEAGE
from infra.messaging.subjects import subject_prefix_of
from tests.infra.messaging.builders import BEGAN, CUSTOMER, EPOCH, EPOCHS, KEY, SALE, SOURCE, STATE, logged

_HEADER_LINE = b"NATS/1.0\r\n"


def one_frame(event, **options) -> tuple[list[bytes], bytes, bytes]:
    """Protocol line, header block and payload of a batch of one."""
    writer = FrameWriter(EPOCHS, SOURCE, message_bytes_max=options.pop("message_bytes_max", 1_000_000))
    frame = writer.frames([event], batch_id=b"b-1", last_sequence=41, reply=b"_INBOX.x")
    line, _, rest = frame.partition(b"\r\n")
    words = line.split()
    return words, rest[: int(words[-2])], rest[int(words[-2]) : int(words[-1])]


def test_a_batch_of_one_is_fenced_and_committed_in_one_message():
    words, block, payload = one_frame(logged(42))
    assert words[:3] == [b"HPUB", words[1], b"_INBOX.x"]
    assert words[1].startswith(b"clienteling.v1.sale.recorded.")
    assert payload == STATE
    headers = headers_of(block)
    assert len(mark := headers.pop("clienteling-stamp")) == 32
    assert headers == {
        "Nats-Batch-Id": "b-1",
        "Nats-Batch-Sequence": "1",
        "Nats-Expected-Last-Sequence": "41",
        "Nats-Batch-Commit": "1",
        "Nats-Msg-Id": f"{EPOCH}-42-{mark}",
        "clienteling-position": "42",
        "clienteling-previous-position": "41",
        "clienteling-epoch": EPOCH,
        "clienteling-version": "42",
        "clienteling-customer": CUSTOMER,
        "ce-type": "sale.recorded.v1",
        "ce-subject": SALE,
        "ce-id": f"{SALE}/42/{EPOCH}",
        "ce-time": "2026-01-02T03:04:05.678Z",
        "ce-specversion": "1.0",
        "ce-source": "/clienteling",
        "ce-dataschema": "urn:clienteling:schema:sale.recorded.v1",
        "ce-sequence": "000000000000000042",
        "ce-datacontenttype": "application/json",
        "content-type": "application/json",
    }


def test_an_event_keeps_its_id_when_the_log_is_set_back_behind_it() -> None:
    epochs = [*EPOCHS, Epoch(2, "second", 41, BEGAN, KEY), Epoch(3, "third", 50, BEGAN, KEY)]
    writer = FrameWriter(epochs, "https://shop.example/berlin", message_bytes_max=1_000_000)
    ids = []
    for position in (41, 42, 50, 51):
        frame = writer.frames([logged(position)], batch_id=None, last_sequence=41, reply=b"r")
        headers = headers_of(frame.partition(b"\r\n")[2].partition(b"\r\n\r\n")[0])
        ids.append(headers["ce-id"])
        assert (headers["clienteling-epoch"], headers["ce-source"]) == (
            "third",
            "https://shop.example/berlin",
        )
    assert ids == [f"{SALE}/41/{EPOCH}", f"{SALE}/42/second", f"{SALE}/50/second", f"{SALE}/51/third"]


def test_the_note_at_the_stream_tells_every_epoch() -> None:
    notes = notes_of([*EPOCHS, Epoch(2, "second", 41, BEGAN, KEY), Epoch(3, "third", 50, BEGAN, KEY)])
    assert (notes[NOTED_EPOCH], notes[NOTED_COMMON_POSITION]) == ("third", "50")
    assert json.loads(notes[NOTED_LINEAGE]) == [
        {"epoch": EPOCH, "common_position": 0},
        {"epoch": "second", "common_position": 41},
        {"epoch": "third", "common_position": 50},
    ]


def test_the_first_message_is_fenced_and_the_first_and_the_last_are_answered():
    writer = FrameWriter(EPOCHS, SOURCE, message_bytes_max=1_000_000)
    frames = writer.frames([logged(n) for n in (1, 2, 3)], batch_id=b"b", last_sequence=0, reply=b"_INBOX.x")
    blocks = frames.split(b"HPUB ")[1:]
    assert [b"Nats-Expected-Last-Sequence: 0" in block for block in blocks] == [True, False, False]
    assert [b"Nats-Batch-Commit: 1" in block for block in blocks] == [False, False, True]
    assert [b"_INBOX.x " in block for block in blocks] == [False, False, True]
    assert [b"_INBOX.x-begun " in block for block in blocks] == [True, False, False]


def test_events_that_are_no_batch_are_each_fenced_by_the_one_before():
    writer = FrameWriter(EPOCHS, SOURCE, message_bytes_max=1_000_000)
    frames = writer.frames([logged(n) for n in (1, 2, 3)], batch_id=None, last_sequence=7, reply=b"_INBOX.x")
    blocks = frames.split(b"HPUB ")[1:]
    fences = [b"Nats-Expected-Last-Sequence: %d" % last for last in (7, 8, 9)]
    assert [fence in block for fence, block in zip(fences, blocks, strict=True)] == [True, True, True]
    assert [b"Nats-Batch" in block for block in blocks] == [False, False, False]
    assert [b"_INBOX.x" in block for block in blocks] == [False, False, True]


@pytest.mark.parametrize("customer", [CUSTOMER, None])
def test_the_place_of_an_event_is_read_from_its_header_block(customer):
    _, block, _ = one_frame(logged(42, 17, customer_id=customer))
    expected = EventMetadata(42, 17, EPOCH, 42, customer, "sale.recorded.v1", SALE)
    assert metadata_of(block) == expected
    assert metadata_from(headers_of(block)) == expected


def test_the_order_of_the_headers_does_not_matter():
    _, block, _ = one_frame(logged(42, 17))
    lines = block.removeprefix(_HEADER_LINE).split(b"\r\n")[:-2]
    turned = _HEADER_LINE + b"\r\n".join(reversed(lines)) + b"\r\n\r\n"
    assert metadata_of(turned) == metadata_of(block)


def test_text_that_could_end_a_header_line_is_carried_encoded():
    odd = "sal_\r\nce-type: forged\r\n é%"
    words, block, _ = one_frame(logged(1, stream_id=odd, customer_id=odd, topic="Sale.\r\nrecorded *.>.v1"))
    metadata = metadata_of(block)
    assert (metadata.stream_id, metadata.customer_id, metadata.topic) == (
        odd,
        odd,
        "Sale.\r\nrecorded *.>.v1",
    )
    assert block.count(b"ce-type") == 1 + block.count(b"%0D%0Ace-type") == 1 + 3
    assert len(words) == 5


def test_a_message_of_someone_else_is_not_taken_for_the_log():
    with pytest.raises(NotFromTheLog):
        metadata_of(b"NATS/1.0\r\nclienteling-position: 1\r\n\r\n")


@pytest.mark.parametrize(
    ("state", "time"),
    [
        (b'{"occurred_at":"2026-01-02T03:04:05Z","a":1}', "2026-01-02T03:04:05Z"),
        (b'{ "a":1, "occurred_at": "2026-01-02T03:04:05+01:00" }', "2026-01-02T03:04:05+01:00"),
        (b'{"a":1}', None),
        (b'{"occurred_at":"yester\r\nday at about noon"}', None),
        (b"not json at all", None),
        (b"", None),
    ],
)
def test_the_time_is_found_without_decoding_or_left_out(state, time):
    _, block, payload = one_frame(logged(1, state=state))
    assert headers_of(block).get("ce-time") == time
    assert payload == state


def test_a_topic_of_a_shape_nobody_knows_yet_still_has_a_subject():
    assert subject_prefix_of("heroic_act.day_opened.v12") == "clienteling.v1.heroic_act.day_opened."
    assert subject_prefix_of("Sale.Recorded.>.*") == "clienteling.v1.sale.recorded____."
    assert subject_prefix_of("") == "clienteling.v1._._."


def test_an_event_that_nats_would_refuse_is_refused_with_its_position():
    with pytest.raises(FrameTooLarge, match=r"position 7 takes 1,[0-9]{3} bytes.* allows 1,024"):
        one_frame(logged(7, state=b"x" * 1_000), message_bytes_max=1_024)
