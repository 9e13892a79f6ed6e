"""Which events of the log somebody wants: by type and by partition."""

import msgspec

from domain.ids import partition_of
from infra.event_store.log import LoggedEvent


def partition_key(event: LoggedEvent) -> str:
    """What an event's partition is computed from, and whose order holds: the customer, else the aggregate."""
    return event.customer_id or event.stream_id


class EventFilter(msgspec.Struct, frozen=True):
    """Which events are wanted: of these types, or types that begin so up to a dot, and these partitions."""

    types: tuple[str, ...] = ()
    partitions: frozenset[int] = frozenset()

    @property
    def passes_all(self) -> bool:
        """Whether every event is wanted."""
        return not (self.types or self.partitions)

    def passes(self, event: LoggedEvent) -> bool:
        """Whether an event is wanted."""
        if self.types and not any(f"{event.topic}.".startswith(f"{one}.") for one in self.types):
            return False
        return not self.partitions or partition_of(partition_key(event)) in self.partitions
