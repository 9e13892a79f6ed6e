"""The heroics wall: one row per report, with what came of it and where it was told."""

from datetime import date, datetime
from typing import Any, Final

import msgspec

from domain.heroic_act import events
from domain.heroic_act.commands import HeroicKind, ReporterKind
from domain.heroic_act.state import HeroicStatus
from domain.messages import Event
from projections.kernel import Projection, table_ddl

#: How many tellings a row lists; all are counted.
TELLINGS_KEPT: Final = 20


class Telling(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A team that heard the story."""

    told_to: str
    told_at: datetime
    told_by: str | None = None


class HeroicAct(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A report and what came of it. `story` and `reason` are encrypted; the cost is the house's.

    `status`: None before the report. `duplicate_of` names the first report of the same hero, customer and
    day.
    `decided_by` and `reason` belong to the latest of verifying, rejecting and revoking.
    """

    act_id: str
    status: HeroicStatus | None = None
    heroes: tuple[str, ...] = ()
    customer_id: str | None = None
    kind: HeroicKind | None = None
    story: str | None = None
    happened_on: date | None = None
    reported_at: datetime | None = None
    store_id: str | None = None
    reporter: ReporterKind | None = None
    reported_by: str | None = None
    cost_minor: int = 0
    currency: str | None = None
    authorised_by: str | None = None
    sale_id: str | None = None
    return_id: str | None = None
    duplicate_of: str | None = None
    verified_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = None
    told: int = 0
    tellings: list[Telling] = []


def reported(act: HeroicAct, event: events.HeroicActReported) -> None:
    act.status = "reported"
    act.reported_at = event.occurred_at
    for field in _COPIED:
        setattr(act, field, getattr(event, field))


def verified(act: HeroicAct, event: events.HeroicActVerified) -> None:
    act.status = "verified"
    act.verified_at = event.occurred_at
    act.decided_by = event.verified_by


def rejected(act: HeroicAct, event: events.HeroicActRejected) -> None:
    act.status = "rejected"
    act.decided_by = event.rejected_by
    act.reason = event.reason


def revoked(act: HeroicAct, event: events.HeroicActRevoked) -> None:
    act.status = "revoked"
    act.decided_by = event.revoked_by
    act.reason = event.reason


def retold(act: HeroicAct, event: events.HeroicActRetold) -> None:
    act.told += 1
    act.tellings.append(Telling(event.told_to, event.occurred_at, event.told_by))
    del act.tellings[:-TELLINGS_KEPT]


_COPIED = sorted(
    set(HeroicAct.__struct_fields__) & set(events.HeroicActReported.__struct_fields__) - {"act_id"}
)

_FOLDS: dict[type[Event], Any] = {
    events.HeroicActReported: reported,
    events.HeroicActVerified: verified,
    events.HeroicActRejected: rejected,
    events.HeroicActRevoked: revoked,
    events.HeroicActRetold: retold,
}


def empty(act_id: str) -> HeroicAct:
    """An act nobody has reported."""
    return HeroicAct(act_id=act_id)


def fold(act: HeroicAct, event: Event, position: int) -> tuple[()]:
    """Folds an event into the act. The wall keeps no journal."""
    _FOLDS[type(event)](act, event)
    return ()


def query_values(act: HeroicAct) -> tuple[Any, ...]:
    """The query columns of an act's row, in the order of table.sql."""
    return (
        act.status or "unreported",
        act.store_id,
        act.happened_on,
        act.kind,
        list(act.heroes) or None,
        act.customer_id,
        act.duplicate_of,
    )


PROJECTION: Final = Projection(
    name="heroics_wall",
    keyed_by="stream",
    consumes=tuple(_FOLDS),
    state_type=HeroicAct,
    empty=empty,
    fold=fold,
    columns=("status", "store_id", "happened_on", "kind", "heroes", "customer_id", "duplicate_of"),
    values=query_values,
    ddl=table_ddl(__package__ or ""),
)
