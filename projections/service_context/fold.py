"""What service is measured against, one row per stream; every version of everything is kept."""

from typing import Any, Final

from domain import ids
from domain.associate.events import AssociateHired, AssociateLeft, AssociateTransferred
from domain.heroic_act.events import HeroicActReported, HeroicActRetold, HeroicActRevoked, HeroicActVerified
from domain.messages import Event
from domain.pay_period.events import PayPeriodOpened
from domain.service_standard.events import ServiceStandardDefined, ServiceStandardWithdrawn
from domain.store.events import StoreOpened
from projections import service_terms
from projections.kernel import Projection, table_ddl

#: What a row is about, by the prefix of its stream.
KIND_OF_PREFIX: Final = {
    ids.SERVICE_STANDARDS: "standards",
    ids.STORE: "store",
    ids.PAY_CALENDAR: "calendar",
    ids.ASSOCIATE: "associate",
    ids.HEROIC_ACT: "act",
}


def defined(row: service_terms.ContextRow, event: ServiceStandardDefined, position: int, at: int) -> None:
    row.scope = event.scope
    row.standards.append(
        service_terms.StandardVersion(
            position,
            at,
            event.kind,
            event.version,
            event.effective_on.toordinal(),
            event.within_days,
            event.target_bp,
        )
    )


def withdrawn(row: service_terms.ContextRow, event: ServiceStandardWithdrawn, position: int, at: int) -> None:
    row.scope = event.scope
    row.standards.append(
        service_terms.StandardVersion(position, at, event.kind, event.version, event.effective_on.toordinal())
    )


def store_opened(row: service_terms.ContextRow, event: StoreOpened, position: int, at: int) -> None:
    row.scope = event.store_id
    row.clocks.append(service_terms.Clock(position, at, event.time_zone))


def period_opened(row: service_terms.ContextRow, event: PayPeriodOpened, position: int, at: int) -> None:
    """A calendar has a period every few days; it is noted when its zone is another one."""
    row.scope = event.scope
    if not row.clocks or row.clocks[-1].time_zone != event.time_zone:
        row.clocks.append(service_terms.Clock(position, at, event.time_zone))


def hired(row: service_terms.ContextRow, event: AssociateHired, position: int, at: int) -> None:
    row.hired.append(service_terms.EmploymentDay(position, at, event.hired_on.toordinal()))
    row.workplaces.append(service_terms.Workplace(position, at, event.store_id))


def transferred(row: service_terms.ContextRow, event: AssociateTransferred, position: int, at: int) -> None:
    row.workplaces.append(service_terms.Workplace(position, at, event.store_id))


def left(row: service_terms.ContextRow, event: AssociateLeft, position: int, at: int) -> None:
    row.left.append(service_terms.EmploymentDay(position, at, event.left_on.toordinal()))


def reported(row: service_terms.ContextRow, event: HeroicActReported, position: int, at: int) -> None:
    is_duplicate = event.duplicate_of is not None
    row.reported.append(
        service_terms.ActReport(position, at, event.customer_id, event.store_id, event.heroes, is_duplicate)
    )


def verified(row: service_terms.ContextRow, event: HeroicActVerified, position: int, at: int) -> None:
    row.verified.append(service_terms.ActStep(position, at, event.verified_by))


def revoked(row: service_terms.ContextRow, event: HeroicActRevoked, position: int, at: int) -> None:
    row.revoked.append(service_terms.ActStep(position, at, event.revoked_by))


def retold(row: service_terms.ContextRow, event: HeroicActRetold, position: int, at: int) -> None:
    """The log's first may have happened after others; those that happened later still add nothing."""
    if not row.told or at < row.told[-1].at:
        row.told.append(service_terms.ActStep(position, at, event.told_by))


_FOLDS: dict[type[Event], Any] = {
    ServiceStandardDefined: defined,
    ServiceStandardWithdrawn: withdrawn,
    StoreOpened: store_opened,
    PayPeriodOpened: period_opened,
    AssociateHired: hired,
    AssociateTransferred: transferred,
    AssociateLeft: left,
    HeroicActReported: reported,
    HeroicActVerified: verified,
    HeroicActRevoked: revoked,
    HeroicActRetold: retold,
}


def empty(key: str) -> service_terms.ContextRow:
    """A stream without events."""
    return service_terms.ContextRow(key)


def fold(row: service_terms.ContextRow, event: Event, position: int) -> tuple[()]:
    """Folds an event into the row. It keeps no journal."""
    _FOLDS[type(event)](row, event, position, service_terms.seconds_of(event.occurred_at))
    return ()


def query_values(row: service_terms.ContextRow) -> tuple[Any, ...]:
    """The query columns of a row, in the order of table.sql."""
    verified_on = service_terms.instant_of(row.verified[0].at).date() if row.verified else None
    return (KIND_OF_PREFIX.get(row.key[:3], ""), verified_on, _concerns(row) or None)


def _concerns(row: service_terms.ContextRow) -> list[str]:
    named: set[str | None] = {place.store_id for place in row.workplaces}
    for report in row.reported:
        named.update((report.store_id, *report.heroes))
    named.update([step.by for step in row.verified])
    return sorted(one for one in named if one is not None)


PROJECTION: Final = Projection(
    name="service_context",
    keyed_by="stream",
    consumes=tuple(_FOLDS),
    state_type=service_terms.ContextRow,
    empty=empty,
    fold=fold,
    columns=("kind", "verified_on", "concerns"),
    values=query_values,
    ddl=table_ddl(__package__ or ""),
)
