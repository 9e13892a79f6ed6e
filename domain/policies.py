"""Policies that hold in every room of the domain."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from domain.messages import Command, Event, NotFound, Refused, made_of
from domain.state_reader import StateReader

AnyEvent = TypeVar("AnyEvent", bound=Event)
Addressed = TypeVar("Addressed")

#: Decides a command: the events that follow from it. Raises Refused.
Decision = Callable[[Any, StateReader, datetime], list[Event]]
Decisions = dict[type[Command], Decision]

#: How far the clock of a till may be ahead of ours.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
#: Before this, a time is a mistake; every library downstream can still count from here.
EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)


def business_time(command: Command, now: datetime) -> datetime:
    """When it happened in the shop (UTC): the command's `occurred_at`, else the moment of handling.

    Raises Refused: `time_zone_missing` for a time without an offset, `in_the_future` for one that has not
    come, `too_long_ago` for one before 1900.
    """
    said = command.occurred_at
    if said is None:
        return now
    if said.tzinfo is None:
        raise Refused("time_zone_missing", "The time needs an offset, such as Z for UTC.", "occurred_at")
    if said > now + CLOCK_TOLERANCE:
        raise Refused(
            "in_the_future",
            f"{said.isoformat()} has not come yet; it is {now:%Y-%m-%dT%H:%M:%SZ}.",
            "occurred_at",
        )
    if said < EARLIEST:
        raise Refused("too_long_ago", f"{said.isoformat()} is before {EARLIEST.year}.", "occurred_at")
    return said.astimezone(UTC)


def event_of(kind: type[AnyEvent], command: Command, now: datetime, /, **more: Any) -> AnyEvent:
    """The event that says what a command says: fields of the same name are taken over, `more` are its others.

    Raises Refused as `business_time` does.
    """
    return made_of(kind, command, **more, occurred_at=business_time(command, now))


def keeping(
    rules: Iterable[Callable[[Addressed, Any, StateReader], None]],
    addressed: Addressed,
    command: object,
    states: StateReader,
) -> Addressed:
    """What a command is addressed to, once the command keeps all the rules. Raises Refused."""
    for rule in rules:
        rule(addressed, command, states)
    return addressed


def given_id(value: str | None, field: str) -> str:
    """The identifier of something new. The command handler fills it in when the caller leaves it out."""
    if value is None:
        raise Refused("id_missing", f"{field} is missing.", field)
    return value


def associate_must_be_known(states: StateReader, associate_id: str | None, field: str) -> None:
    """Whoever is named has been hired once; None is let pass."""
    if associate_id is not None and states.associate(associate_id) is None:
        raise NotFound("associate_unknown", f"There is no associate {associate_id}.", field)


def named_associate_must_be_known(field: str) -> Callable[[Any, Any, StateReader], None]:
    """The policy that whoever a command names in this field has been hired once."""

    def policy(_addressed: object, command: object, states: StateReader) -> None:
        associate_must_be_known(states, getattr(command, field), field)

    return policy


def associate_must_still_work_here(states: StateReader, associate_id: str | None, field: str) -> None:
    """Whoever is named has been hired and is not leaving: a leaver's book is in other hands."""
    associate_must_be_known(states, associate_id, field)
    associate = states.associate(associate_id) if associate_id is not None else None
    if associate is not None and associate.left_on is not None:
        raise Refused(
            "associate_has_left",
            f"Associate {associate_id} leaves: the last day is {associate.left_on}.",
            field,
        )
