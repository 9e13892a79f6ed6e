"""The context of a command: who gives it, in which role, and in which chain of causes.

The log keeps it beside each event that the command leads to (event metadata).
"""

import getpass
import re
from typing import Final

import msgspec

from infra.ids import new_id

#: Somebody whom nobody has identified.
ANONYMOUS: Final = "usr:anonymous"

_CORRELATION_ID = re.compile(r"[!-~]{1,128}")
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class CommandContext(msgspec.Struct, frozen=True, kw_only=True):
    """Who gives a command, and why.

    `actor`: `ass_…`, `usr:…`, `service:…`, `cli:…`, `import:…` or `reaction:…`; None where nobody says.
    `role`: the role they act in. `correlation_id`: the same for everything that one request leads to.
    `causation_id`: the id of the event that a reaction follows; None stands for the command's own idempotency
    key. `traceparent`: as W3C Trace Context says.
    """

    actor: str | None
    role: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None


#: Of who says nothing about themselves.
UNKNOWN: Final = CommandContext(actor=None)


def context_of(
    actor: str,
    *,
    role: str | None = None,
    correlation_id: str | None = None,
    traceparent: str | None = None,
) -> CommandContext:
    """The context of a command from outside: a correlation id is made where none is given, or one that cannot
    be kept; a malformed traceparent is passed over, as W3C asks for.
    """
    given = correlation_id is not None and _CORRELATION_ID.fullmatch(correlation_id)
    traced = traceparent is not None and _TRACEPARENT.fullmatch(traceparent)
    return CommandContext(
        actor=actor,
        role=role,
        correlation_id=correlation_id if given else new_id("cor"),
        traceparent=traceparent if traced else None,
    )


def context_of_command_line() -> CommandContext:
    """The context of a command that somebody gives on this machine's command line."""
    return context_of(f"cli:{_user_name()}")


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a number that has no name.
        return "unknown"
