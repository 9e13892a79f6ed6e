"""What decisions need to know about each standard of service of a scope."""

from datetime import date

import msgspec
from msgspec.structs import replace

from domain.messages import Event, UnknownEvent, made_of
from domain.service_standard.commands import StandardKind
from domain.service_standard.events import ServiceStandardDefined, ServiceStandardWithdrawn


class LatestVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The latest version of one kind; `within_days` and `target_bp` are None once it is withdrawn."""

    version: int
    effective_on: date
    within_days: int | None = None
    target_bp: int | None = None


class ServiceStandardsState(msgspec.Struct, frozen=True, kw_only=True):
    """The latest version of each kind that was ever defined."""

    scope: str
    latest: dict[StandardKind, LatestVersion]


def evolve(state: ServiceStandardsState | None, event: Event) -> ServiceStandardsState:
    """The state after one more event. Raises UnknownEvent for one that is not about service standards."""
    if not isinstance(event, ServiceStandardDefined | ServiceStandardWithdrawn):
        raise UnknownEvent(state, event)
    known = state or ServiceStandardsState(scope=event.scope, latest={})
    return replace(known, latest={**known.latest, event.kind: made_of(LatestVersion, event)})
