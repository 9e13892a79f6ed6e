"""Proof for who takes only some of the subjects: nothing is missing of the aggregates that they follow.

Positions skip what a filter leaves out, but each aggregate counts its own events. It holds where all events
of an aggregate come through the filter, as with a partition, or with `clienteling.v1.sale.>`.
"""

from clienteling_events.message import EventMessage


class VersionMissing(RuntimeError):
    """Events of an aggregate did not come: those between `after` and `before`."""

    def __init__(self, subject: str, after: int, before: int) -> None:
        super().__init__(f"{subject} goes on with version {before} after {after}")
        self.subject, self.after, self.before = subject, after, before


class Versions:
    """The last version of each aggregate that was handled."""

    def __init__(self, known: dict[str, int] | None = None, *, from_the_beginning: bool = True) -> None:
        self.known = known or {}
        self._from_the_beginning = from_the_beginning

    def is_next(self, message: EventMessage) -> bool:
        """Whether an event is to be handled; False where it was. Raises VersionMissing.

        Of an aggregate that comes for the first time any version is taken, unless the consumer has begun with
        the first event of the log.
        """
        last = self.known.get(message.subject, 0 if self._from_the_beginning else message.version - 1)
        if message.version > last + 1:
            raise VersionMissing(message.subject, last, message.version)
        return message.version == last + 1

    def handled(self, message: EventMessage) -> None:
        """Remember that an event was handled."""
        self.known[message.subject] = message.version
