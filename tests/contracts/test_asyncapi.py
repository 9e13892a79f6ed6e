"""The AsyncAPI document is well-formed, refers to what is there, and describes what the relay writes."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from domain.topics import CLASS_OF_TOPIC
from infra.event_store.codec import decode
from infra.event_store.log import LoggedEvent
from infra.messaging.epochs import EpochBegan
from infra.messaging.frames import FrameWriter
from infra.messaging.headers import headers_of
from infra.messaging.inbox import STOCK_ARRIVED
from infra.messaging.subjects import ALL_SUBJECTS, EPOCH_SUBJECT
from services.reactions.messages import Malformed, Message, arrival_of
from tests.contracts.asyncapi_shape import ASYNCAPI
from toolchain.contracts.asyncapi import EPOCH_CHANNEL

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = json.loads((ROOT / "contracts/asyncapi.json").read_text())
TOPICS = sorted(CLASS_OF_TOPIC)


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def resolved(reference: str) -> Any:
    """What a reference leads to; a KeyError or FileNotFoundError when it leads nowhere."""
    if reference.startswith("./"):
        return json.loads((ROOT / "contracts" / reference).read_text())
    part: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        part = part[name]
    return part


def published(topic: str) -> tuple[str, dict[str, str]]:
    """Subject and headers of a stored event, as the relay's frames have them."""
    state = (ROOT / f"tests/frozen_events/{topic}.json").read_bytes().removesuffix(b"\n")
    event = decode(topic, state)
    assert event is not None
    customer_id: str | None = getattr(event, "customer_id", None)
    logged = LoggedEvent(7, 6, event.stream_id, 3, topic, customer_id, state)
    writer = FrameWriter("0123456789abcdef", b"k" * 32, message_bytes_max=1_000_000)
    frame = writer.frames([logged], batch_id=b"b1", last_sequence=6, reply=b"_INBOX.1")
    line, block = frame.split(b"\r\n", 1)
    return line.split(b" ")[1].decode(), headers_of(block.split(b"\r\n\r\n")[0])


def test_the_document_is_well_formed() -> None:
    jsonschema_rs.Draft202012Validator(ASYNCAPI).validate(DOCUMENT)


@pytest.mark.parametrize(
    "damage",
    [
        lambda document: document.pop("info"),
        lambda document: document.update(chanels={}),
        lambda document: document["operations"]["publish.sale.recorded"].update(action="emit"),
        lambda document: document["channels"]["sale.recorded"].pop("address"),
    ],
)
def test_a_document_that_is_not_well_formed_is_found(damage: Any) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    damage(document)
    assert not jsonschema_rs.Draft202012Validator(ASYNCAPI).is_valid(document)


def test_every_reference_leads_somewhere() -> None:
    found = list(references(DOCUMENT))
    assert len(found) > 5 * len(TOPICS)
    for reference in found:
        assert resolved(reference)
    with pytest.raises(KeyError):
        resolved("#/channels/sale.dreamt")


def test_every_topic_is_a_message_of_one_channel_and_its_operation_sends_it() -> None:
    messages = [topic for channel in DOCUMENT["channels"].values() for topic in channel["messages"]]
    assert sorted(messages) == sorted([*TOPICS, EPOCH_CHANNEL, STOCK_ARRIVED])
    for operation in DOCUMENT["operations"].values():
        channel = operation["channel"]["$ref"]
        sent = {f"{channel}/messages/{topic}" for topic in resolved(channel)["messages"]}
        assert {message["$ref"] for message in operation["messages"]} == sent


def test_the_notice_of_a_new_epoch_is_outside_of_the_stream_and_is_what_is_sent() -> None:
    channel = DOCUMENT["channels"][EPOCH_CHANNEL]
    assert channel["address"] == EPOCH_SUBJECT
    assert not EPOCH_SUBJECT.startswith(ALL_SUBJECTS.removesuffix(">"))
    payload = resolved(DOCUMENT["components"]["messages"][EPOCH_CHANNEL]["payload"]["schema"]["$ref"])
    began_at = datetime(2026, 1, 2, tzinfo=UTC)
    notice = EpochBegan(epoch="b", previous_epoch="a", common_position=6, began_at=began_at)
    sent = json.loads(msgspec.json.encode(notice))
    assert set(payload["required"]) == set(sent) == set(payload["properties"])
    jsonschema_rs.Draft202012Validator(payload).validate(sent)


def test_what_the_inventory_is_promised_is_what_is_taken_in() -> None:
    channel = DOCUMENT["channels"][STOCK_ARRIVED]
    assert channel["address"] == STOCK_ARRIVED
    assert DOCUMENT["operations"][f"receive.{STOCK_ARRIVED}"]["action"] == "receive"
    payload = resolved(DOCUMENT["components"]["messages"][STOCK_ARRIVED]["payload"]["schema"]["$ref"])
    schema = jsonschema_rs.Draft202012Validator({**payload, "components": DOCUMENT["components"]})
    told = {"store_id": "downtown", "items": [{"sku": "SH1", "label": "Alden", "size": "9", "quantity": 6}]}
    for said, fits in ((told, True), ({**told, "items": []}, False), ({**told, "hero": 1}, False)):
        assert schema.is_valid(said) == fits
        message = Message({}, json.dumps(said).encode())
        if fits:
            assert arrival_of(message).items[0].quantity == 6
        else:
            with pytest.raises(Malformed):
                arrival_of(message)


def test_every_parameter_of_an_address_is_described_and_no_other() -> None:
    for channel in DOCUMENT["channels"].values():
        assert re.findall(r"{(\w+)}", channel["address"]) == list(channel.get("parameters", {}))


@pytest.mark.parametrize("topic", TOPICS)
def test_the_relay_publishes_where_the_channel_says(topic: str) -> None:
    subject, _ = published(topic)
    [channel] = [channel for channel in DOCUMENT["channels"].values() if topic in channel["messages"]]
    prefix = channel["address"].removesuffix("{partition}")
    assert subject.startswith(prefix)
    assert subject.removeprefix(prefix) in DOCUMENT["components"]["parameters"]["partition"]["enum"]


@pytest.mark.parametrize("topic", TOPICS)
def test_the_relay_writes_the_headers_that_the_message_promises(topic: str) -> None:
    _, headers = published(topic)
    [trait] = DOCUMENT["components"]["messages"][topic]["traits"]
    promised = resolved(trait["$ref"])["headers"]
    jsonschema_rs.Draft202012Validator(promised, validate_formats=True).validate(headers)
    of_the_batch = {name for name in headers if name.startswith(("Nats-Batch-", "Nats-Expected-"))}
    assert set(headers) - of_the_batch <= set(promised["properties"])


@pytest.mark.parametrize("topic", TOPICS)
def test_the_schema_that_an_event_names_is_that_of_its_message(topic: str) -> None:
    _, headers = published(topic)
    payload = resolved(DOCUMENT["components"]["messages"][topic]["payload"]["schema"]["$ref"])
    assert headers["ce-dataschema"] == payload["$id"]
