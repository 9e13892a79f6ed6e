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
    """Whose standard: `company`, or a store whose own one stands in place of the company's."""
    kind: StandardKind
    """What is expected: thank_you, promise_kept, wish_told, lapsing_reached or act_retold."""
    version: int
    """Number of the version among those of the scope and kind, from 1."""
    effective_on: date
    """First day on which what falls due is measured by it."""

    @property
    def stream_id(self) -> str:
        return service_standards_id_of(self.scope)


class ServiceStandardDefined(ServiceStandardEvent, frozen=True, kw_only=True):
    """A standard of service holds from `effective_on` on; a later version of the same scope and kind replaces
    it.
    """

    within_days: int
    """Days from the one on which it falls due; 0: on that day itself."""
    target_bp: int
    """Share that is to be kept in time."""


class ServiceStandardWithdrawn(ServiceStandardEvent, frozen=True, kw_only=True):
    """A standard of service is expected no more from `effective_on` on; a store goes by the company's."""


TOPICS: dict[str, type[Event]] = {
    "service_standard.defined.v1": ServiceStandardDefined,
    "service_standard.withdrawn.v1": ServiceStandardWithdrawn,
}
