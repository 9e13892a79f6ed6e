"""What every command, event and refusal of the domain has in common."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import msgspec

AnyStruct = TypeVar("AnyStruct", bound=msgspec.Struct)


def made_of(kind: type[AnyStruct], /, *sources: object, **more: Any) -> AnyStruct:
    """A struct with what `sources` have under the names of its fields, later ones first, and with `more`."""
    fields: dict[str, Any] = {
        name: getattr(source, name)
        for source in sources
        for name in kind.__struct_fields__
        if hasattr(source, name)
    }
    return kind(**{**fields, **more})


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What somebody wants done; an imperative. It may be refused, and then nothing has happened.

    `occurred_at` is when it happened in the shop (UTC); left out, it is the moment of handling.
    `new_id` names the field and the prefix of the identifier that is given when the caller leaves it out.
    `subject` names the field with the data subject: whose data key encrypts the personal data of the command.
    What is left out is not encoded: a command class may get another optional field, and commands without it
    still have the same content under their idempotency keys.
    """

    new_id: ClassVar[tuple[str, str] | None] = None
    subject: ClassVar[str] = "customer_id"

    occurred_at: datetime | None = None
    """When it happened in the shop. Absent: the moment of handling."""

    @property
    def streams_read(self) -> tuple[str, ...]:
        """Streams that no field names and its decision reads: they are loaded together with the others."""
        return ()


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What has happened, in the past tense; never changed and never taken back.

    `occurred_at` is when it happened in the shop (UTC), also for events that are imported years later.
    `names` lists the fields whose values the command result gives back: the identifiers of what is new.
    """

    names: ClassVar[tuple[str, ...]] = ()

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""

    @property
    def stream_id(self) -> str:
        """The stream (aggregate) that this event belongs to."""
        raise NotImplementedError

    @property
    def tags(self) -> tuple[str, ...]:
        """What the log can be searched for beside streams and customers; kept beside the event, not in it."""
        return ()

    @property
    def erases(self) -> str | None:
        """The data subject whose data key is destroyed in the commit of this event (crypto-shredding)."""
        return None


class Refused(Exception):
    """A refusal: the command breaks a rule. `code` is stable for programs, `message` is for people.

    `field` is the path of the offending field (`lines[2].quantity`), or empty when it is the whole command.
    """

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class CommandWarning(msgspec.Struct, frozen=True):
    """A remark of a command result: the command is done as given, and somebody should look at this.

    `code`, `message` and `field` as in a refusal.
    """

    code: str
    message: str
    field: str = ""


Warnings = Iterator[CommandWarning]


class NotFound(Refused):
    """A command or a query names something that has no history."""


class UnknownEvent(TypeError):
    """An event reached an evolve function that does not know it; nothing is guessed."""

    def __init__(self, state: object, event: object) -> None:
        super().__init__(f"{type(event).__name__} is not an event that {type(state).__name__} can evolve by")
