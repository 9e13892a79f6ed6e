"""Every event and every field says what it means: unit, absence, encryption, revision, and who emits it."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from domain.decide import COMMANDS, DECISIONS, kebab
from domain.messages import Event
from domain.personal import is_encrypted
from domain.sale.decisions import record_sale
from domain.topics import CLASS_OF_TOPIC
from tests.frozen_events.test_personal_data_stays_sealed import EXAMPLES
from toolchain.contracts.documents import current_contract
from toolchain.contracts.emitters import commands_of_events, events_of
from toolchain.contracts.event_schemas import described_field, structs_of
from toolchain.contracts.published import fields_of
from toolchain.contracts.units import unit_of

CONTRACT = current_contract()
TOPICS = sorted(CLASS_OF_TOPIC)


def structs(topic: str) -> Iterator[tuple[str, dict[str, Any], dict[str, dict[str, Any]]]]:
    """Title, schema and fields of the event and of every struct inside."""
    schema = CONTRACT.events[topic]
    for part in (schema, *schema.get("$defs", {}).values()):
        yield part["title"], part, fields_of(schema)[part["title"]]


@pytest.mark.parametrize("topic", TOPICS)
def test_every_event_and_field_is_described_in_a_sentence(topic: str) -> None:
    for title, schema, fields in structs(topic):
        assert schema["description"].endswith("."), title
        for name, field in fields.items():
            assert field.get("description", "").endswith("."), f"{title}.{name} has no docstring below it"
            assert field["x-since"]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_field_says_what_it_means_that_it_is_left_out_where_it_can_be(topic: str) -> None:
    for title, schema, fields in structs(topic):
        required = {*schema.get("required", ()), *list(fields)[: schema.get("minItems", 0)]}
        for name, field in fields.items():
            is_null = name not in required and field.get("default", ...) is None
            assert ("x-absent" in field) is is_null, f"{title}.{name}: a sentence that begins with Absent:"


@pytest.mark.parametrize("topic", TOPICS)
def test_positions_of_an_array_have_the_names_of_its_struct(topic: str) -> None:
    for title, struct in structs_of(CLASS_OF_TOPIC[topic]).items():
        [(_, schema, _)] = [each for each in structs(topic) if each[0] == title]
        assert ("prefixItems" in schema) is bool(struct.__struct_config__.array_like)  # type: ignore[attr-defined]
        if "prefixItems" in schema:
            names = [field.encode_name for field in msgspec.structs.fields(struct)]
            assert [place["title"] for place in schema["prefixItems"]] == names


def test_a_number_or_a_time_without_a_unit_is_refused() -> None:
    assert unit_of("net_minor", {"integer"}, {""}) == "minor units of the currency"
    assert unit_of("kind", {"string"}, {""}) is None
    with pytest.raises(KeyError, match="the unit of weight"):
        unit_of("weight", {"integer"}, {""})
    with pytest.raises(KeyError):
        described_field("day", {"type": "string", "format": "date"}, "A day.")


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_encrypted_in_the_example_is_marked_and_nothing_else(topic: str) -> None:
    schema = CONTRACT.events[topic]
    encrypted = {name for name, value in schema["examples"][0].items() if is_encrypted(value)}
    marked = {
        name for name, field in schema["properties"].items() if '"x-encrypted": true' in json.dumps(field)
    }
    assert marked == encrypted
    assert "x-encrypted" not in json.dumps(schema.get("$defs", {}))


def test_a_field_says_which_revision_added_it() -> None:
    sale_recorded = CONTRACT.events["sale.recorded.v1"]
    assert "x-revision" not in sale_recorded["properties"]["receipt_no"]
    assert sale_recorded["properties"]["sold_on"]["x-revision"] == 2
    assert sale_recorded["$defs"]["Credit"]["properties"]["commission_minor"]["x-revision"] == 3


@pytest.mark.parametrize("topic", TOPICS)
def test_an_event_names_commands_that_lead_to_it(topic: str) -> None:
    commands = CONTRACT.events[topic]["x-emitted-by"]
    assert commands
    assert set(commands) <= set(COMMANDS)


@pytest.mark.parametrize(
    ("story", "command"), EXAMPLES, ids=[type(command).__name__ for _, command in EXAMPLES]
)
def test_what_a_command_is_seen_to_lead_to_names_it(story: Any, command: Any) -> None:
    for event in story.when(command):
        assert kebab(type(command).__name__) in commands_of_events()[type(event)]


def test_events_are_found_through_every_function_that_a_decision_calls() -> None:
    found = {event.__name__ for event in events_of(record_sale)}
    expected = {"SaleRecorded", "OwnerAssigned", "WishFulfilled", "CommissionEarned", "ReceiptNumbered"}
    assert found == expected


def test_every_command_leads_to_an_event() -> None:
    emitting = {command for commands in commands_of_events().values() for command in commands}
    assert emitting == {kebab(command.__name__) for command in DECISIONS}
    assert all(issubclass(event, Event) for event in commands_of_events())
