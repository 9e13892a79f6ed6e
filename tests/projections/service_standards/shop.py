"""A small shop in New York, whose standards hold from 1 March 2026; two associates and their customers.

The history of docs/domain.md, "Standards of service", is made of these.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from domain.customer.events import (
    ContactLogged,
    ContactPreferenceSet,
    CustomerForgotten,
    FollowUpCompleted,
    FollowUpPlanned,
    OwnerAssigned,
    OwnerReassigned,
)
from domain.heroic_act.events import HeroicActReported, HeroicActRetold, HeroicActVerified
from domain.messages import Event
from domain.sale.events import SaleRecorded
from domain.service_standard.events import ServiceStandardDefined
from projections.service_context.fold import PROJECTION as CONTEXT
from projections.service_standards.fold import PROJECTION as STANDARDS
from projections.service_standards.measuring import Due, dues
from projections.service_standards.queries import ServiceMeasure, measures
from projections.service_standards.terms import Terms
from projections.service_terms import Cut, seconds_of
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, DORA, STORE
from tests.domain.builders.money_events import associate_hired, sale_recorded
from tests.domain.builders.people_events import heroic_act_reported, store_opened
from tests.projections.folding import folded

EMIL, FLORA, GINA = (f"cus_{digit * 32}" for digit in "456")
NAMES: Final = {ANNA: "Anna", BEN: "Ben", CARL: "Carl", None: "nobody"}
NEW_YORK: Final = ZoneInfo("America/New_York")
EVER: Final = 2**62


def at(day: str, hour: float = 12) -> datetime:
    """An instant by the shop's clock."""
    local = datetime.fromisoformat(day).replace(tzinfo=NEW_YORK) + timedelta(hours=hour)
    return local.astimezone(UTC)


def standard(kind: str, within_days: int, **changes: Any) -> ServiceStandardDefined:
    given: dict[str, Any] = {
        "occurred_at": at("2026-02-27"),
        "scope": "company",
        "kind": kind,
        "version": 1,
        "effective_on": date(2026, 3, 1),
        "within_days": within_days,
        "target_bp": 9_000,
    }
    return ServiceStandardDefined(**(given | changes))


def sale(customer_id: str, day: str, number: int, hour: float = 15, **changes: Any) -> SaleRecorded:
    """A pair of shoes for 100.00."""
    when = at(day, hour)
    given: dict[str, Any] = {
        "occurred_at": when,
        "sale_id": sale_id(number),
        "customer_id": customer_id,
        "sold_on": date.fromisoformat(day),
    }
    return sale_recorded(**(given | changes))


def sale_id(number: int) -> str:
    return f"sal_{number:032x}"


def contact(
    customer_id: str, purpose: str, day: str, by: str, hour: float = 11, **changes: Any
) -> ContactLogged:
    given: dict[str, Any] = {"channel": "write", "purpose": purpose, "contacted_by": by}
    return ContactLogged(occurred_at=at(day, hour), customer_id=customer_id, **(given | changes))


def agrees(customer_id: str, day: str = "2025-01-02") -> ContactPreferenceSet:
    return ContactPreferenceSet(occurred_at=at(day), customer_id=customer_id, channel="write", allowed=True)


def owned(customer_id: str, by: str, day: str = "2025-01-02") -> OwnerAssigned:
    return OwnerAssigned(occurred_at=at(day), customer_id=customer_id, associate_id=by)


def handed_over(customer_id: str, to: str, day: str) -> OwnerReassigned:
    return OwnerReassigned(occurred_at=at(day), customer_id=customer_id, associate_id=to, reason="leaver")


def forgotten(customer_id: str, day: str) -> CustomerForgotten:
    return CustomerForgotten(occurred_at=at(day), customer_id=customer_id)


def promise(
    customer_id: str, number: int, made: str, due: str, by: str | None, **changes: Any
) -> FollowUpPlanned:
    return FollowUpPlanned(
        occurred_at=at(made),
        customer_id=customer_id,
        follow_up_id=number,
        due_on=date.fromisoformat(due),
        reason="sealed:v1:cus_x:reason:abc",
        associate_id=by,
        **changes,
    )


def kept(customer_id: str, number: int, day: str, hour: float = 12) -> FollowUpCompleted:
    return FollowUpCompleted(occurred_at=at(day, hour), customer_id=customer_id, follow_up_id=number)


def act(reported: str, verified: str, **changes: Any) -> tuple[HeroicActReported, HeroicActVerified]:
    """Ben's act for Dora, verified by Carl."""
    report = heroic_act_reported(
        occurred_at=at(reported), happened_on=date.fromisoformat(reported), customer_id=DORA, **changes
    )
    return report, HeroicActVerified(
        occurred_at=at(verified),
        act_id=report.act_id,
        heroes=report.heroes,
        customer_id=DORA,
        kind=report.kind,
        happened_on=report.happened_on,
        verified_by=CARL,
    )


def retold(report: HeroicActReported, day: str) -> HeroicActRetold:
    return HeroicActRetold(
        occurred_at=at(day),
        act_id=report.act_id,
        heroes=report.heroes,
        customer_id=report.customer_id,
        told_to="morning meeting",
        told_by=CARL,
    )


COMPANY: Final[tuple[Event, ...]] = (
    store_opened(occurred_at=at("2024-01-02"), store_id=STORE, time_zone="America/New_York"),
    *(
        associate_hired(associate_id=who, store_id=STORE, occurred_at=at("2024-01-02"), hired_on=hired_on)
        for who, hired_on in (
            (ANNA, date(2024, 1, 2)),
            (BEN, date(2025, 3, 14)),
            (CARL, date(2024, 1, 2)),
        )
    ),
    standard("thank_you", 3),
    standard("promise_kept", 0),
    standard("wish_told", 1),
    standard("lapsing_reached", 7),
    standard("act_retold", 30),
    *(agrees(customer) for customer in (CLARA, DORA, EMIL, FLORA, GINA)),
    *(owned(customer, ANNA) for customer in (CLARA, FLORA, GINA)),
    *(owned(customer, BEN) for customer in (DORA, EMIL)),
)


def answer(events: tuple[Event, ...], until: datetime, position: int = EVER) -> list[Due]:
    """Everything that was due, as of an instant (and of a position) after a history."""
    terms, records = _rows(events, Cut(position, seconds_of(until)))
    return sorted(dues(records, terms), key=lambda due: (due.due_on, due.positions))


def weeks(events: tuple[Event, ...], until: datetime, start: str, end: str) -> list[ServiceMeasure]:
    terms, records = _rows(events, Cut(EVER, seconds_of(until)))
    days = date.fromisoformat(start), date.fromisoformat(end)
    return measures(dues(records, terms), terms, *days)


def told(found: list[Due], kind: str) -> list[tuple[str, str]]:
    """Whose it was and what came of it, of one standard."""
    return [(NAMES[due.associate_id], due.status) for due in found if due.kind == kind]


def _rows(events: tuple[Event, ...], cut: Cut) -> tuple[Terms, list[Any]]:
    return (
        Terms(folded(CONTEXT, *events).states.values(), cut),
        list(folded(STANDARDS, *events).states.values()),
    )
