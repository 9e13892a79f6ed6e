"""Which errors mean that the database cannot be reached or asked just now, whoever reports them."""

from eventsourcing import persistence
from psycopg import InterfaceError, OperationalError, errors

#: The same request may work later: no connection, none free, a statement that took too long, a server that is stopping.
_UNAVAILABLE = (
    OperationalError,
    InterfaceError,
    persistence.OperationalError,
    persistence.InterfaceError,
)


def is_unavailable(error: BaseException) -> bool:
    """Whether the database could not be reached, or did not answer in time."""
    return isinstance(error, _UNAVAILABLE)


def is_missing_table(error: BaseException) -> bool:
    """Whether something was read that nobody has made yet, such as a projection's view before the projector ran."""
    return isinstance(error, errors.UndefinedTable | errors.InvalidSchemaName)
