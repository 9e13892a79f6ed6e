"""Events of a heroic act. Each repeats heroes and customer, so that no reader has to look them up."""

from datetime import date
from typing import ClassVar

from domain.heroic_act.commands import HeroicKind, ReporterKind
from domain.messages import Event


class HeroicActEvent(Event, frozen=True, kw_only=True):
    """An event in one act's history."""

    act_id: str
    heroes: tuple[str, ...]
    customer_id: str | None = None

    @property
    def stream_id(self) -> str:
        return self.act_id


class HeroicActReported(HeroicActEvent, frozen=True, kw_only=True):
    """`duplicate_of` names the first report of the same hero, customer and day."""

    names: ClassVar = ("act_id", "duplicate_of")

    kind: HeroicKind
    story: str
    happened_on: date
    store_id: str | None = None
    reporter: ReporterKind = "witness"
    reported_by: str | None = None
    cost_minor: int = 0
    currency: str = "USD"
    authorised_by: str | None = None
    sale_id: str | None = None
    return_id: str | None = None
    duplicate_of: str | None = None


class HeroicActVerified(HeroicActEvent, frozen=True, kw_only=True):
    kind: HeroicKind
    happened_on: date
    verified_by: str | None = None


class HeroicActRejected(HeroicActEvent, frozen=True, kw_only=True):
    rejected_by: str | None = None
    reason: str | None = None


class HeroicActRevoked(HeroicActEvent, frozen=True, kw_only=True):
    kind: HeroicKind
    happened_on: date
    revoked_by: str | None = None
    reason: str | None = None


class HeroicActRetold(HeroicActEvent, frozen=True, kw_only=True):
    told_to: str
    told_by: str | None = None


class HeroicDayOpened(Event, frozen=True, kw_only=True):
    """The first report about one hero, one customer and one day; later ones are linked to `act_id`."""

    day_id: str
    act_id: str

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
