"""What breaks a consumer is found and said in a sentence, what only adds is let pass: each kind planted."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from toolchain.contracts.compatibility import breaking, changes
from toolchain.contracts.contract import Contract
from toolchain.contracts.documents import broken_promises, current_contract
from toolchain.contracts.published import published

SALE, WISH, LOGGED = "sale.recorded.v1", "customer.wish_recorded.v1", "customer.contact_logged.v1"
STATEMENT = "commission_account.statement_issued.v1"
CURRENT = current_contract()
#: Changes a copy of the contract in place.
Planted = Callable[[Contract], Any]


def changed(plant: Planted) -> Contract:
    contract = copy.deepcopy(CURRENT)
    plant(contract)
    return contract


def fields(contract: Contract, topic: str, struct: str | None = None) -> dict[str, Any]:
    schema = contract.events[topic]
    return (schema if struct is None else schema["$defs"][struct])["properties"]


def headers(contract: Contract) -> dict[str, Any]:
    return contract.asyncapi["components"]["messageTraits"]["event"]["headers"]


def channel(contract: Contract) -> dict[str, Any]:
    return contract.asyncapi["channels"]["sale.recorded"]


def renamed(part: dict[str, Any], name: str, new_name: str) -> None:
    part[new_name] = part.pop(name)


def swap_places(places: list[Any]) -> None:
    places.reverse()


def require(schema: dict[str, Any], name: str) -> None:
    schema["properties"].setdefault(name, {"type": "string"})
    schema["required"].append(name)


BREAKING: dict[str, tuple[Planted, str]] = {
    "an event is gone": (lambda c: c.events.pop(WISH), "customer.wish_recorded.v1 is gone: consumers of"),
    "a field is gone": (lambda c: fields(c, STATEMENT).pop("pay_minor"), f"{STATEMENT}.pay_minor"),
    "a field is renamed": (
        lambda c: renamed(fields(c, SALE), "receipt_no", "receipt"),
        f"{SALE}.receipt_no is called `receipt` now: consumers of {SALE} read it under its name",
    ),
    "a field of a struct inside is gone": (
        lambda c: fields(c, SALE, "SoldLine").pop("kind"),
        f"{SALE}.lines[].kind is gone",
    ),
    "a type is another one": (
        lambda c: fields(c, STATEMENT)["pay_minor"].update(type="string"),
        f"{STATEMENT}.pay_minor was an integer and is a string",
    ),
    "a type is narrowed by a pattern": (
        lambda c: fields(c, SALE)["store_id"].update(pattern="^[a-z]+$"),
        f"{SALE}.store_id has another pattern",
    ),
    "a type is narrowed by a bound": (
        lambda c: fields(c, SALE)["net_minor"].update(minimum=0),
        f"{SALE}.net_minor has another least value",
    ),
    "a field may be null now": (
        lambda c: fields(c, SALE).update(store_id={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        f"{SALE}.store_id may be a null now",
    ),
    "a field is never null any more": (
        lambda c: fields(c, SALE)["receipt_no"].update(anyOf=[{"type": "string"}]),
        f"{SALE}.receipt_no is never a null any more",
    ),
    "a new field is required": (
        lambda c: require(c.events[SALE], "till"),
        f"{SALE}.till is a new required field: consumers of {SALE} refuse the events stored without it",
    ),
    "an optional field is required": (
        lambda c: require(c.events[SALE], "receipt_no"),
        f"{SALE}.receipt_no must be there now",
    ),
    "a required field is optional": (
        lambda c: c.events[SALE]["required"].remove("net_minor"),
        f"{SALE}.net_minor may be left out now",
    ),
    "a value of an enum is gone": (
        lambda c: fields(c, SALE)["channel"]["enum"].remove("outlet"),
        f"{SALE}.channel is never 'outlet' any more",
    ),
    "null means something else": (
        lambda c: fields(c, LOGGED)["contact_id"].update({"x-absent": "the contact was deleted."}),
        f"{LOGGED}.contact_id means something else when it is left out",
    ),
    "a default is another one": (
        lambda c: fields(c, SALE)["channel"].update(default="online"),
        f"{SALE}.channel means something else when it is left out ('store' became 'online')",
    ),
    "a unit is another one": (
        lambda c: fields(c, SALE)["net_minor"].update({"x-unit": "major units"}),
        f"{SALE}.net_minor has another unit",
    ),
    "a text is no longer encrypted": (
        lambda c: fields(c, WISH)["note"]["anyOf"][0].pop("x-encrypted"),
        f"{WISH}.note is encrypted in one version and not in the other",
    ),
    "two places of an array are swapped": (
        lambda c: swap_places(c.events[SALE]["$defs"]["Band"]["prefixItems"]),
        f"{SALE}.lines[].credits[].bands[][0] was `base_e4` and is `rate_bp`",
    ),
    "a struct that two fields share means something else to one of them": (
        lambda c: fields(c, "sale.attribution_corrected.v1")["after"].update(default=None),
        "sale.attribution_corrected.v1.after means something else",
    ),
    "a bound has no rule of its own": (
        lambda c: fields(c, SALE)["lines"].update(maxItems=100),
        f"{SALE}.lines has another `maxItems` (None became 100)",
    ),
    "an array must be longer": (
        lambda c: c.events[SALE]["$defs"]["Band"].update(minItems=3),
        "must have 3 items and not 2",
    ),
    "a subject is renamed": (
        lambda c: channel(c).update(address="clienteling.v1.sale.made.{partition}"),
        "The subject clienteling.v1.sale.recorded.{partition} is clienteling.v1.sale.made.{partition} now",
    ),
    "a subject is gone": (
        lambda c: c.asyncapi["channels"].pop("sale.recorded"),
        "The subject clienteling.v1.sale.recorded.{partition} is nowhere now",
    ),
    "an event is on another subject": (
        lambda c: renamed(channel(c)["messages"], SALE, "sale.recorded.v2"),
        f"{SALE} is not sent on clienteling.v1.sale.recorded",
    ),
    "a header is renamed": (
        lambda c: renamed(headers(c)["properties"], "clienteling-epoch", "clienteling-era"),
        "The header clienteling-epoch is",
    ),
    "a header is not always there": (
        lambda c: headers(c)["required"].remove("clienteling-position"),
        "The header clienteling-position may be left out now",
    ),
    "a header has another value": (
        lambda c: headers(c)["properties"]["ce-specversion"].update(const="2.0"),
        "The header ce-specversion has another fixed value",
    ),
    "payloads are written otherwise": (
        lambda c: c.asyncapi["components"]["messageTraits"]["event"].update(contentType="application/cbor"),
        "Payloads are application/cbor and were application/json",
    ),
    "there are fewer partitions": (
        lambda c: c.asyncapi["components"]["parameters"]["partition"]["enum"].pop(),
        "There are 63 partitions and not 64",
    ),
    "an event goes by another key": (
        lambda c: c.asyncapi["components"]["messages"][SALE].update({"x-partition-key": "ce-subject"}),
        f"{SALE} goes to the partition of ce-subject",
    ),
    "the partition is reckoned otherwise": (
        lambda c: c.asyncapi["x-delivery"]["partition_examples"].update(cus_1=99),
        "The partition_examples of the delivery changed",
    ),
    "the order is another one": (
        lambda c: c.asyncapi["x-delivery"].update(order="Events come in any order."),
        "The order of the delivery changed",
    ),
    "the stream is renamed": (
        lambda c: c.asyncapi["x-delivery"].update(stream="EVENTS"),
        "The stream of the delivery changed from 'CLIENTELING' to 'EVENTS'",
    ),
    "the notice of an epoch lacks a field": (
        lambda c: c.asyncapi["components"]["schemas"]["EpochBegan"]["properties"].pop("common_position"),
        "EpochBegan.common_position is gone: those who send or read it",
    ),
    "the inbox asks for more": (
        lambda c: require(c.asyncapi["components"]["schemas"]["RecordStockArrival"], "sender"),
        "RecordStockArrival.sender is a new required field",
    ),
}

ADDITIONS: dict[str, Planted] = {
    "an event": lambda c: c.events.update({"sale.dreamt.v1": c.events[SALE]}),
    "the next version of an event": lambda c: c.events.update({"sale.recorded.v2": c.events[SALE]}),
    "an optional field": lambda c: fields(c, SALE).update(till={"type": "string", "default": ""}),
    "an optional field that may be null": lambda c: fields(c, WISH).update(
        colour={"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "x-absent": "any."}
    ),
    "an optional field of a struct inside": lambda c: fields(c, SALE, "SoldLine").update(
        colour={"type": "string", "default": ""}
    ),
    "an optional place at the end of an array": lambda c: c.events[SALE]["$defs"]["Band"][
        "prefixItems"
    ].append({"title": "tier_no", "type": "integer", "default": 0}),
    "a value of an enum": lambda c: fields(c, SALE)["channel"]["enum"].append("telephone"),
    "a header": lambda c: headers(c)["properties"].update({"ce-house": {"type": "string"}}),
    "a subject": lambda c: c.asyncapi["channels"].update(
        {"sale.dreamt": {"address": "clienteling.v1.sale.dreamt.{partition}", "messages": {}}}
    ),
    "a description": lambda c: fields(c, SALE)["net_minor"].update(description="In other words."),
    "an example": lambda c: c.events[SALE].update(examples=[]),
    "a deprecation": lambda c: c.events[SALE].update(
        {"deprecated": True, "x-stability": "deprecated", "x-sunset": "2030-01-01"}
    ),
    "a command that leads to it": lambda c: c.events[SALE]["x-emitted-by"].append("take-order"),
    "what the inbox may be told": lambda c: c.asyncapi["components"]["schemas"]["ArrivingItem"][
        "properties"
    ].update(colour={"type": "string", "default": ""}),
}


@pytest.mark.parametrize("kind", BREAKING)
def test_a_breaking_change_is_refused_with_a_sentence(kind: str) -> None:
    plant, sentence = BREAKING[kind]
    found = breaking(CURRENT, changed(plant))
    assert any(sentence in one for one in found), found


@pytest.mark.parametrize("kind", ADDITIONS)
def test_an_addition_passes(kind: str) -> None:
    assert breaking(CURRENT, changed(ADDITIONS[kind])) == []


def test_nothing_changed_between_a_contract_and_itself() -> None:
    assert changes(CURRENT, copy.deepcopy(CURRENT)) == []


def test_every_published_version_is_kept() -> None:
    assert published()
    assert broken_promises() == []
