"""Which errors mean that NATS cannot be reached or asked, or refuses."""

import nats.errors
from nats.js.errors import APIError, NoStreamResponseError, ServiceUnavailableError

__all__ = ["is_refused_by_nats", "is_unanswered_by_nats"]

_UNANSWERED = (
    nats.errors.TimeoutError,
    nats.errors.NoRespondersError,
    nats.errors.ConnectionClosedError,
    nats.errors.ConnectionReconnectingError,
    nats.errors.StaleConnectionError,
    nats.errors.OutboundBufferLimitError,
    NoStreamResponseError,
    ServiceUnavailableError,
)


def is_unanswered_by_nats(error: BaseException) -> bool:
    """Whether NATS did not answer in time, or nobody there answers (JetStream is off, the connection was
    lost).
    """
    return isinstance(error, _UNANSWERED)


def is_refused_by_nats(error: BaseException) -> bool:
    """Whether NATS answered that it does not do what was asked: no room, no right, other settings."""
    return isinstance(error, APIError | nats.errors.Error) and not is_unanswered_by_nats(error)
