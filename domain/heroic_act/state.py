"""What decisions need to know about a heroic act and about the day it happened on."""

from datetime import date
from typing import Literal

import msgspec
from msgspec.structs import replace

from domain.heroic_act import events
from domain.heroic_act.commands import HeroicKind
from domain.messages import Event, UnknownEvent, made_of

#: reported -> verified or rejected; verified -> revoked.
HeroicStatus = Literal["reported", "verified", "rejected", "revoked"]


class HeroicActState(msgspec.Struct, frozen=True, kw_only=True):
    """One report, and what came of it.

    `duplicate_of` names the first report of the same hero, customer and day.
    """

    act_id: str
    heroes: tuple[str, ...]
    customer_id: str | None
    sale_id: str | None = None
    return_id: str | None = None
    reported_by: str | None = None
    kind: HeroicKind
    happened_on: date
    status: HeroicStatus = "reported"
    duplicate_of: str | None = None


class HeroicDayState(msgspec.Struct, frozen=True, kw_only=True):
    """One hero, one customer and one day: later reports are linked to `act_id`."""

    day_id: str
    act_id: str


def evolve(state: HeroicActState | None, event: Event) -> HeroicActState:
    """The state after one more event. Raises UnknownEvent for one that is not an act's."""
    if state is None:
        if isinstance(event, events.HeroicActReported):
            return made_of(HeroicActState, event)
        raise UnknownEvent(state, event)
    match event:
        case events.HeroicActVerified():
            return replace(state, status="verified")
        case events.HeroicActRejected():
            return replace(state, status="rejected")
        case events.HeroicActRevoked():
            return replace(state, status="revoked")
        case events.HeroicActRetold():
            return state
        case _:
            raise UnknownEvent(state, event)


def evolve_day(state: HeroicDayState | None, event: Event) -> HeroicDayState:
    """The state of a day. It is opened again when the report that opened it was rejected or revoked."""
    match event:
        case events.HeroicDayOpened():
            return HeroicDayState(day_id=event.day_id, act_id=event.act_id)
        case _:
            raise UnknownEvent(state, event)
