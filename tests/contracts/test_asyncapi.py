"""The AsyncAPI document is well-formed, refers to what is there, and describes what the relay writes."""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from domain.ids import partition_of
from domain.topics import CLASS_OF_TOPIC, DEPRECATED, Deprecation
from infra.event_store.codec import decode
from infra.event_store.epoch import Epoch
from infra.event_store.log import LoggedEvent
from infra.messaging.epochs import EpochBegan
from infra.messaging.frames import FrameWriter
from infra.messaging.headers import headers_of
from infra.messaging.inbox import STOCK_ARRIVED
from infra.messaging.subjects import ALL_SUBJECTS, EPOCH_SUBJECT, answers_to
from services.api.over_nats import Answer, Sent
from services.reactions.answers import ARRIVAL_REFUSED, answer_to
from services.reactions.cloud_events import Malformed
from services.reactions.messages import Message, arrival_of
from services.reactions.recording import Refusal
from tests.contracts.asyncapi_shape import ASYNCAPI
from toolchain.contracts import sent_commands
from toolchain.contracts.asyncapi import EPOCH_CHANNEL
from toolchain.contracts.event_schemas import event_schemas
from toolchain.contracts.inbound_messages import ANSWERED

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = json.loads((ROOT / "contracts/asyncapi.json").read_text())
TOPICS = sorted(CLASS_OF_TOPIC)
EPOCH = Epoch(1, "0123456789abcdef", 0, datetime(2026, 1, 2, tzinfo=UTC), b"k" * 32)


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
    writer = FrameWriter([EPOCH], "/a-house", message_bytes_max=1_000_000)
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
    assert sorted(messages) == sorted(
        [*TOPICS, EPOCH_CHANNEL, STOCK_ARRIVED, ARRIVAL_REFUSED, *sent_commands.CHANNELS]
    )
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


def test_what_the_inventory_is_answered_is_what_is_promised() -> None:
    channel = DOCUMENT["channels"][ANSWERED]
    assert channel["address"] == answers_to("inventory")
    told = DOCUMENT["components"]["messages"][ARRIVAL_REFUSED]
    payload = {**resolved(told["payload"]["schema"]["$ref"]), "components": DOCUMENT["components"]}
    promised = resolved(told["traits"][0]["$ref"])["headers"]
    for headers in ({}, {"ce-id": "1", "ce-source": "/inventory", "ce-correlationid": "who?"}):
        message, refusal = Message(headers, b"{"), Refusal("malformed", "it is no JSON")
        sent, content = answer_to(
            message, refusal, sequence=7, source="/h", now=datetime(2026, 1, 2, tzinfo=UTC)
        )
        jsonschema_rs.Draft202012Validator(promised, validate_formats=True).validate(sent)
        jsonschema_rs.Draft202012Validator(payload).validate(json.loads(content))
        assert set(json.loads(content)) == set(payload["properties"])
        assert {name for name in sent if name.startswith("ce-")} - {"ce-datacontenttype"} <= set(
            promised["properties"]
        )


def test_what_a_store_is_answered_has_the_headers_that_are_promised() -> None:
    promised = DOCUMENT["components"]["messageTraits"][sent_commands.ANSWERED]["headers"]
    for sent, answer in (
        (Sent("downtown", "record-sale", {"Idempotency-Key": "a b"}), Answer(201, b"{}", "cor_1")),
        (Sent("downtown", "dröam", {}), Answer(404, b"{}", None, "unknown_address", "no")),
    ):
        headers = sent.headers_of(answer, sequence=7, source="/house")
        jsonschema_rs.Draft202012Validator(promised).validate(headers)
        assert set(headers) - {"Nats-Msg-Id"} <= set(promised["properties"])


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


def test_the_key_of_a_message_is_what_its_partition_is_reckoned_from() -> None:
    examples = DOCUMENT["x-delivery"]["partition_examples"]
    for key, partition in examples.items():
        digest = hashlib.blake2s(key.encode(), digest_size=2).digest()
        assert int.from_bytes(digest, "big") % DOCUMENT["x-delivery"]["partitions"] == partition
    for topic in TOPICS:
        subject, headers = published(topic)
        message = DOCUMENT["components"]["messages"][topic]
        customer_id = message["examples"][0]["payload"].get("customer_id")
        by_customer = message["x-partition-key"].startswith("customer_id")
        assert by_customer is (customer_id is not None)
        assert subject.rpartition(".")[2] == str(partition_of(customer_id or headers["ce-subject"]))


def test_a_deprecated_topic_says_so_in_its_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    topic = "sale.recorded.v1"
    _, before = published(topic)
    assert "ce-deprecated" not in before
    sunset = Deprecation(date(2027, 1, 1), date(2027, 7, 1), "sale.recorded.v2")
    monkeypatch.setitem(DEPRECATED, topic, sunset)
    _, headers = published(topic)
    assert {name: headers[name] for name in headers if name.startswith("ce-deprecat")} == {
        "ce-deprecated": "true",
        "ce-deprecationfrom": "2027-01-01T00:00:00Z",
        "ce-deprecationsunset": "2027-07-01T00:00:00Z",
        "ce-deprecationmigration": "urn:clienteling:schema:sale.recorded.v2",
    }
    promised = DOCUMENT["components"]["messageTraits"]["event"]["headers"]
    jsonschema_rs.Draft202012Validator(promised, validate_formats=True).validate(headers)
    schema = event_schemas()[topic]
    assert (schema["deprecated"], schema["x-sunset"], schema["x-stability"]) == (
        True,
        "2027-07-01",
        "deprecated",
    )


def test_a_deprecation_leaves_consumers_ninety_days() -> None:
    for topic, deprecation in DEPRECATED.items():
        assert deprecation.sunset - deprecation.announced >= timedelta(days=90), topic
        assert deprecation.successor in CLASS_OF_TOPIC
