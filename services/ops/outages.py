"""What is said on the command line when a server does not start or answer, or the master key is not the one."""

import structlog

from infra.embedded import EmbeddedServerError
from infra.messaging.connection import NatsUnreachable
from infra.postgres.failures import is_refused, is_unavailable
from infra.vault import VaultError

log = structlog.get_logger(__name__)


def sentence_about(error: Exception) -> str | None:
    """One sentence about an error whose cause lies outside of this program; None when it is a mistake of ours.

    Whoever wants to know where it came up sets CLIENTELING_LOG_LEVEL to debug.
    """
    sentence = _sentence(error)
    if sentence is not None:
        log.debug("What was asked for could not be done", exc_info=error)
    return sentence


def _sentence(error: Exception) -> str | None:
    if isinstance(error, EmbeddedServerError | VaultError | NatsUnreachable):
        return str(error)
    if is_unavailable(error):
        return f"PostgreSQL does not answer: {_first_line(error)}"
    if is_refused(error):
        return f"PostgreSQL refuses: {_first_line(error)}"
    if isinstance(error, ExceptionGroup):
        # Tasks that ran side by side and ended for one reason each; the first one is told.
        return _sentence(error.exceptions[0])
    return None


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__
