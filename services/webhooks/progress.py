"""How far one endpoint has come: by partition, and up to which position there is nothing left to do."""

from collections.abc import Sequence
from datetime import datetime

from infra.webhook_store.sending import Progress, Saved


class EndpointProgress:
    """Events are `read` in the order of the log, and `done` in that of their partition."""

    def __init__(self, endpoint_id: str, begun: Progress) -> None:
        self.read_to = begun.position
        self.failing_since: datetime | None = begun.failing_since
        self.last_error: str | None = None
        self._endpoint_id = endpoint_id
        self._reached = list(begun.reached)
        #: Position of what is not done yet, and of the event before it, in order.
        self._open: dict[int, int] = {}

    def read(self, position: int, previous_position: int, partition: int, *, wanted: bool) -> bool:
        """The next event was read; whether it is to be done."""
        self.read_to = position
        if not wanted or position <= self._reached[partition]:
            return False
        self._open[position] = previous_position
        return True

    def done(self, position: int, partition: int) -> None:
        """An event was taken or parked."""
        self._open.pop(position, None)
        self._reached[partition] = max(self._reached[partition], position)

    @property
    def position(self) -> int:
        """Everything up to here is done, or not wanted."""
        return next(iter(self._open.values()), self.read_to)

    @property
    def waiting(self) -> int:
        """How many events were read and are not done."""
        return len(self._open)

    def saved(self) -> Saved:
        """It, as it is written."""
        reached: Sequence[int] = self._reached
        return Saved(self._endpoint_id, self.position, list(reached), self.failing_since, self.last_error)
