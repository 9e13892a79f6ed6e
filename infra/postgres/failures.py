"""Which errors mean that the database cannot be reached or asked just now, whoever reports them."""

from eventsourcing import persistence
from psycopg import Error as DatabaseError
from psycopg import InterfaceError, OperationalError, errors
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

#: Whatever the database or its driver complains about.
__all__ = [
    "DatabaseError",
    "is_broken",
    "is_disk_full",
    "is_lost_connection",
    "is_missing_table",
    "is_refused",
    "is_unavailable",
]

#: The same request may work later: no connection, none free, a statement that took too long, a server that is
#: stopping.
_UNAVAILABLE = (
    OperationalError,
    InterfaceError,
    persistence.OperationalError,
    persistence.InterfaceError,
)
#: The server has closed a connection that said nothing in the middle of a transaction: it hung, or this
#: process did.
_TIMED_OUT = (errors.IdleInTransactionSessionTimeout, errors.TransactionTimeout)


def is_unavailable(error: BaseException) -> bool:
    """Whether the database could not be reached, or did not answer in time."""
    # The event store's library wraps these as internal errors, with the driver's as the cause.
    return isinstance(error, (*_UNAVAILABLE, *_TIMED_OUT)) or isinstance(error.__cause__, _TIMED_OUT)


def is_refused(error: BaseException) -> bool:
    """Whether the database answers, and does not let us: a right that we were not given, or a copy that is
    only read.
    """
    refusals = (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)
    return isinstance(error, refusals) or isinstance(error.__cause__, refusals)


def is_disk_full(error: BaseException) -> bool:
    """Whether the database answers that its disk is full."""
    return isinstance(error, errors.DiskFull) or isinstance(error.__cause__, errors.DiskFull)


def is_broken(error: BaseException) -> bool:
    """Whether the server says of itself that something is wrong: files it cannot read, memory it cannot have,
    its own mistakes.
    """
    asked = [one for one in (error, error.__cause__) if isinstance(one, DatabaseError)]
    return any((one.sqlstate or "")[:2] in ("53", "58", "F0", "XX") for one in asked)


def is_lost_connection(error: BaseException) -> bool:
    """Whether a statement failed because its connection was gone: on another one it may work at once."""
    if isinstance(error, _TIMED_OUT):
        return True
    if not isinstance(error, OperationalError) or isinstance(
        error, PoolTimeout | PoolClosed | TooManyRequests
    ):
        return False
    # Class 08: the connection; 57P0x: the server is stopping, was killed or is starting. None: nobody said
    # anything.
    return error.sqlstate is None or error.sqlstate[:2] == "08" or error.sqlstate[:4] == "57P0"


def is_missing_table(error: BaseException) -> bool:
    """Whether something was read that nobody has made yet, such as a projection's view before the projector
    ran.
    """
    return isinstance(error, errors.UndefinedTable | errors.InvalidSchemaName)
