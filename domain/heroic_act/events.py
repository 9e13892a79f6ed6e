"""Events of a heroic act. Each repeats heroes and customer, so that no reader has to look them up."""

from datetime import date
from typing import ClassVar

from domain.heroic_act.commands import HeroicKind, ReporterKind
from domain.messages import Event
from domain.personal import Encrypted


class HeroicActEvent(Event, frozen=True, kw_only=True):
    """An event in one act's history."""

    act_id: str
    """The heroic act whose history it is."""
    heroes: tuple[str, ...]
    """Associates who did it, at least one."""
    customer_id: str | None = None
    """Customer it was done for. Absent: nobody knows who it was."""

    @property
    def stream_id(self) -> str:
        return self.act_id


class HeroicActReported(HeroicActEvent, frozen=True, kw_only=True):
    """Somebody reported an act of service above and beyond; it counts for nothing until it is verified."""

    names: ClassVar = ("act_id", "duplicate_of")

    kind: HeroicKind
    """What was done."""
    story: Encrypted
    """What happened, as it was told."""
    happened_on: date
    """Day of the act, by the store's clock."""
    store_id: str | None = None
    """Store that it happened in or for. Absent: none was named; where the first hero works is meant."""
    reporter: ReporterKind = "witness"
    """Who told of it: a witness, the customer or a manager."""
    reported_by: str | None = None
    """Associate who reported it; never one of the heroes. Absent: not an associate, or not named."""
    cost_minor: int = 0
    """What it cost the house; it touches nobody's commission."""
    currency: str = "USD"
    """ISO 4217 code of the currency of `cost_minor`."""
    authorised_by: str | None = None
    """Associate who authorised the cost. Absent: nobody is named."""
    sale_id: str | None = None
    """Sale that it belongs to. Absent: none is linked."""
    return_id: str | None = None
    """Return that it belongs to. Absent: none is linked."""
    duplicate_of: str | None = None
    """First report that shares a hero, the customer and the day. Absent: this is the first one."""


class HeroicActVerified(HeroicActEvent, frozen=True, kw_only=True):
    """Somebody who knows confirmed the act: from now on it is on the wall and counts in the score."""

    kind: HeroicKind
    """What was done, as reported."""
    happened_on: date
    """Day of the act, as reported."""
    verified_by: str | None = None
    """Associate who confirmed it; neither the reporter nor a hero. Absent: not named."""


class HeroicActRejected(HeroicActEvent, frozen=True, kw_only=True):
    """A reported act did not happen, or not like that. It never counted."""

    rejected_by: str | None = None
    """Associate who rejected it. Absent: not named."""
    reason: Encrypted | None = None
    """Why, in their words. Absent: no reason was given."""


class HeroicActRevoked(HeroicActEvent, frozen=True, kw_only=True):
    """A verified act is taken off the wall and counts no longer."""

    kind: HeroicKind
    """What was done, as reported."""
    happened_on: date
    """Day of the act, as reported."""
    revoked_by: str | None = None
    """Associate who revoked it. Absent: not named."""
    reason: Encrypted | None = None
    """Why, in their words. Absent: no reason was given."""


class HeroicActRetold(HeroicActEvent, frozen=True, kw_only=True):
    """A verified act was told to a team; any number of times."""

    told_to: str
    """Team, store or department that it was told to, as the shop calls it."""
    told_by: str | None = None
    """Associate who told it. Absent: not named."""


class HeroicDayOpened(Event, frozen=True, kw_only=True):
    """The first report about one hero, one customer and one day; later ones are linked to `act_id`."""

    day_id: str
    """Stream of the first report about one hero, one customer and one day, derived from the three."""
    act_id: str
    """The act that was reported first."""

    @property
    def stream_id(self) -> str:
        return self.day_id


TOPICS: dict[str, type[Event]] = {
    "heroic_act.reported.v1": HeroicActReported,
    "heroic_act.verified.v1": HeroicActVerified,
    "heroic_act.rejected.v1": HeroicActRejected,
    "heroic_act.revoked.v1": HeroicActRevoked,
    "heroic_act.retold.v1": HeroicActRetold,
    "heroic_act.day_opened.v1": HeroicDayOpened,
}
