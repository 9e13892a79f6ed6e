"""Events of the service standards of one scope."""

from datetime import date
from typing import ClassVar

from domain.ids import service_standards_id_of
from domain.messages import Event
from domain.service_standard.commands import StandardKind


class ServiceStandardEvent(Event, frozen=True, kw_only=True):
    """An event in the history of a scope's standards (`company`, or a store).

    Versions are numbered from 1 for each kind. It holds for what falls due on `effective_on` or later.
    """

    names: ClassVar = ("version",)

    scope: str
    kind: StandardKind
    version: int
    effective_on: date

    @property
    def stream_id(self) -> str:
        return service_standards_id_of(self.scope)


class ServiceStandardDefined(ServiceStandardEvent, frozen=True, kw_only=True):
    within_days: int
    target_bp: int


class ServiceStandardWithdrawn(ServiceStandardEvent, frozen=True, kw_only=True):
    pass


TOPICS: dict[str, type[Event]] = {
    "service_standard.defined.v1": ServiceStandardDefined,
    "service_standard.withdrawn.v1": ServiceStandardWithdrawn,
}
