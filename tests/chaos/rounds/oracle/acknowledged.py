"""What was acknowledged stands in the log, exactly once; and the log holds nothing that no command led to."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.chaos.rounds.client import Sent
from tests.chaos.rounds.oracle.log import Fact


@dataclass(frozen=True)
class Recorded:
    """A command's answer as it is kept, and where its facts stand: indices from `first` up to `end`."""

    key: str
    ids: dict[str, Any]
    events: list[str]
    first: int
    end: int


def read_recorded(connection: psycopg.Connection[Any], log: list[Fact]) -> dict[str, Recorded]:
    """Every command that was ever answered, by its key."""
    place = {(fact.stream_id, fact.version): index for index, fact in enumerate(log)}
    found: dict[str, Recorded] = {}
    for key, stored in connection.execute("SELECT idempotency_key, answer FROM public.idempotency_keys"):
        answer = json.loads(bytes(stored))
        events: list[str] = answer.get("events", [])
        end = place.get((answer.get("last_stream"), answer.get("last_version")), -1) + 1 if events else 0
        found[key] = Recorded(key, answer.get("ids", {}), events, end - len(events), end)
    return found


def unlike_the_log(log: list[Fact], recorded: dict[str, Recorded]) -> Iterator[str]:
    """Facts that belong to no command, or to two; commands with other facts than they were answered with."""
    owner: dict[int, str] = {}
    for command in recorded.values():
        topics = [fact.topic for fact in log[max(command.first, 0) : command.end]]
        if topics != command.events:
            yield f"command {command.key}: answered with {command.events}, the log has {topics}"
        for index in range(command.first, command.end):
            if index in owner:
                yield f"position {log[index].position} belongs to {owner[index]} and to {command.key}"
            owner[index] = command.key
    for index, fact in enumerate(log):
        if index not in owner:
            yield f"position {fact.position} ({fact.topic}) belongs to no command"


def unlike_the_answers(
    sent: Iterable[Sent], log: list[Fact], recorded: dict[str, Recorded], own_prefix: str
) -> Iterator[str]:
    """Acknowledged commands that the log lost or holds otherwise, and commands in it that nobody sent."""
    known = {one.key: one for one in sent}
    for one in known.values():
        found = recorded.get(one.key)
        if one.answer is not None:
            yield from _unlike_one(one, one.answer, found, log)
        elif one.refused is not None and found is not None and not one.lost:
            yield f"{one.command} {one.key} was refused ({one.refused}) and stands in the log"
        elif not one.settled:
            yield f"{one.command} {one.key} was never answered"
    for key in recorded.keys() - known.keys():
        if key.startswith(own_prefix):
            yield f"the log has a command {key} that nobody sent"


def _unlike_one(one: Sent, answer: dict[str, Any], found: Recorded | None, log: list[Fact]) -> Iterator[str]:
    if found is None:
        yield f"{one.command} {one.key} was acknowledged and is not recorded"
        return
    if (answer["ids"], answer["events"]) != (found.ids, found.events):
        yield f"{one.command} {one.key}: acknowledged {answer}, recorded {found}"
    if found.events and log[found.end - 1].position != answer["position"]:
        place = log[found.end - 1].position
        yield f"{one.command} {one.key}: acknowledged at {answer['position']}, recorded at {place}"


def doubled_marks(log: list[Fact]) -> Iterator[str]:
    """Receipts, references and retellings carry the key of their command: each can be there once."""
    marks = {
        "sale.recorded.v1": "receipt_no",
        "customer.registered.v1": "reference",
        "associate.hired.v1": "reference",
        "heroic_act.retold.v1": "told_to",
    }
    seen: dict[tuple[str, str], int] = {}
    for fact in log:
        mark = fact.content.get(marks.get(fact.topic, ""))
        if mark is None:
            continue
        if (fact.topic, mark) in seen:
            yield f"{fact.topic} {mark} stands at {seen[fact.topic, mark]} and at {fact.position}"
        seen[fact.topic, mark] = fact.position
