"""An event says on the stream when it was recorded, by whom and why, as far as the log knows."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from infra.messaging.frames import FrameWriter
from infra.messaging.headers import headers_of, metadata_of
from tests.infra.messaging.builders import EPOCHS, SOURCE, STAMPS, STATE, logged

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
CONTEXT = {
    "actor": "usr:anna",
    "correlation_id": "till-17",
    "causation_id": "key 1",
    "traceparent": TRACE,
}


def block_of(**metadata: Any) -> bytes:
    """The header block of an event with this metadata, as the relay writes it."""
    event = msgspec.structs.replace(logged(42), **metadata)
    writer = FrameWriter(EPOCHS, SOURCE, message_bytes_max=1_000_000)
    frame = writer.frames([event], batch_id=b"b", last_sequence=41, reply=b"_INBOX.x")
    return frame.partition(b"\r\n")[2].removesuffix(STATE + b"\r\n")


def added_by(**metadata: Any) -> dict[str, str]:
    """The headers that a message has because of this metadata."""
    plain = headers_of(block_of())
    return {name: value for name, value in headers_of(block_of(**metadata)).items() if name not in plain}


def test_what_is_known_of_a_command_stands_in_the_headers() -> None:
    at = datetime(2026, 1, 2, 4, 4, 5, 60, timezone(timedelta(hours=1)))
    assert added_by(recorded_at=at, **CONTEXT) == {
        "ce-recordedtime": "2026-01-02T03:04:05.000060Z",
        "ce-authtype": "user",
        "ce-authid": "usr:anna",
        "ce-correlationid": "till-17",
        "ce-causationid": "key%201",
        "ce-traceparent": TRACE,
    }


def test_without_actor_and_correlation_nothing_but_the_time_is_told() -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    assert added_by(causation_id="key 1", traceparent=TRACE) == {}
    assert added_by(recorded_at=at, causation_id="key 1") == {
        "ce-recordedtime": "2026-01-02T00:00:00.000000Z"
    }


@pytest.mark.parametrize(
    ("actor", "kind"),
    [
        ("ass_0123", "user"),
        ("usr:anna", "user"),
        ("usr:anonymous", "unauthenticated"),
        ("usr:anonymous2", "user"),
        ("cli:root", "user"),
        ("service:inventory", "service_account"),
        ("import:demo", "service_account"),
        ("reaction:wishes", "system"),
        ("somebody", "unknown"),
    ],
)
def test_an_actor_has_the_kind_that_their_name_begins_with(actor: str, kind: str) -> None:
    assert added_by(actor=actor) == {"ce-authtype": kind, "ce-authid": actor}


def test_text_that_could_end_a_line_is_encoded_and_read_back() -> None:
    odd = 'usr:\r\nce-type: forged\0 "é%41'
    added = added_by(actor=odd, correlation_id=odd, causation_id=odd, traceparent=odd)
    assert all(value.isascii() and value.isprintable() and " " not in value for value in added.values())
    assert {unquote(value) for name, value in added.items() if name != "ce-authtype"} == {odd}


def test_a_message_with_context_is_as_genuine_as_one_without() -> None:
    plain, told = block_of(), block_of(**CONTEXT)
    assert metadata_of(told) == metadata_of(plain)
    assert headers_of(told)["clienteling-stamp"] == headers_of(plain)["clienteling-stamp"]
    assert STAMPS.origin(42, told, STATE) == "genuine"
