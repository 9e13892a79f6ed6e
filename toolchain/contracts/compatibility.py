"""What changed between two versions of the contract, and whom it breaks.

Additions break nobody: a new event, a new optional field, a further value of an `enum`, a further header. All
else that a consumer can see is a breaking change and needs a new topic version (docs/events.md).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from toolchain.contracts.contract import Contract
from toolchain.contracts.schema_differences import Schemas


@dataclass(frozen=True)
class Change:
    """One difference. `subject` is what changed: a topic, or a part of the stream."""

    subject: str
    sentence: str
    breaking: bool


def changes(published: Contract, current: Contract) -> list[Change]:
    """Everything that differs, in a sentence each that says what, and whom it breaks."""
    return [*_payloads(published, current), *_stream(published.asyncapi, current.asyncapi)]


def breaking(published: Contract, current: Contract) -> list[str]:
    """The sentences of the changes that break somebody; none where the current contract keeps the other."""
    return [change.sentence for change in changes(published, current) if change.breaking]


def _payloads(published: Contract, current: Contract) -> Iterator[Change]:
    for topic, before in published.events.items():
        after = current.events.get(topic)
        whom = f"consumers of {topic}"
        if after is None:
            text = f"{topic} is gone: {whom} wait for events that never come, and cannot read those stored."
            yield Change(topic, text, breaking=True)
            continue
        for path, text, breaks in Schemas(before, after).differences():
            yield Change(topic, _sentence(f"{topic}{path}", text, breaks, whom), breaks is not None)
    for topic in current.events:
        if topic not in published.events:
            yield Change(topic, f"{topic} is a new event.", breaking=False)


def _sentence(what: str, text: str, breaks: str | None, whom: str) -> str:
    return f"{what} {text}." if breaks is None else f"{what} {text}: {whom} {breaks}."


def _stream(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    for name, value in before.get("x-delivery", {}).items():
        if (now := after.get("x-delivery", {}).get(name)) != value:
            text = f"The {name} of the delivery changed from {value!r} to {now!r}: all consumers find "
            yield Change("the stream", f"{text}events elsewhere, or in another order.", breaking=True)
    yield from _subjects(before, after)
    yield from _partition_keys(before, after)
    parts_before, parts_after = before["components"], after["components"]
    for trait in parts_before["messageTraits"]:
        yield from _headers(trait, parts_before, parts_after)
    yield from _schemas_beside(parts_before["schemas"], parts_after["schemas"])


def _subjects(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    for name, channel in before["channels"].items():
        now = after["channels"].get(name)
        address = channel["address"]
        if now is None or now["address"] != address:
            where = "nowhere" if now is None else now["address"]
            text = f"The subject {address} is {where} now: whoever subscribes to it hears nothing."
            yield Change(name, text, breaking=True)
        elif missing := set(channel["messages"]) - set(now["messages"]):
            text = (
                f"{', '.join(sorted(missing))} is not sent on {address} any more: whoever subscribes to it "
            )
            yield Change(name, f"{text}misses it.", breaking=True)
    for name in after["channels"]:
        if name not in before["channels"]:
            yield Change(name, f"{after['channels'][name]['address']} is a new subject.", breaking=False)
    had, has = (set(part["components"]["parameters"]["partition"]["enum"]) for part in (before, after))
    if had != has:
        text = f"There are {len(has)} partitions and not {len(had)}: who reads some of them reads others now."
        yield Change("the stream", text, breaking=True)


def _partition_keys(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    for name, message in before["components"]["messages"].items():
        key, now = (
            each.get("x-partition-key")
            for each in (message, after["components"]["messages"].get(name, message))
        )
        if key != now:
            text = (
                f"{name} goes to the partition of {now}, and went to that of {key}: consumers that read by "
            )
            yield Change(name, f"{text}partition lose the order of what belongs together.", breaking=True)


def _headers(trait: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    now = after["messageTraits"].get(trait, {})
    if (kind := before["messageTraits"][trait]["contentType"]) != now.get("contentType"):
        text = f"Payloads are {now.get('contentType')} and were {kind}: no consumer can read both."
        yield Change("the headers", text, breaking=True)
    had, has = before["messageTraits"][trait]["headers"], now.get("headers", {"type": "object"})
    for path, text, breaks in Schemas(had, has).differences():
        sentence = _sentence(f"The header {path.removeprefix('.')}", text, breaks, "all consumers")
        yield Change("the headers", sentence, breaks is not None)


def _schemas_beside(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    """Messages beside the events: the notice of an epoch, and what others send to us."""
    roots = {"components": {"schemas": before}}, {"components": {"schemas": after}}
    for name, schema in before.items():
        if name not in after:
            yield Change(name, f"{name} is gone: whoever sends or reads it fails.", breaking=True)
            continue
        pair = Schemas({**roots[0], **schema}, {**roots[1], **after[name]})
        for path, text, breaks in pair.differences():
            sentence = _sentence(f"{name}{path}", text, breaks, "those who send or read it")
            yield Change(name, sentence, breaks is not None)
