"""Personal data in commands: found by its type, sealed before anything is decided, digested without being kept."""

import hashlib
import typing
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol, TypeVar

import msgspec

from domain.messages import Command, Refused
from domain.personal import Personal, is_sealed

AnyCommand = TypeVar("AnyCommand", bound=Command)

_encode = msgspec.json.Encoder(order="deterministic").encode


class Sealer(Protocol):
    """What the handler needs of the vault."""

    def ensure_keys(self, subject_ids: list[str]) -> None: ...
    def seal(self, subject_id: str, field: str, text: str) -> str: ...
    def blind_digest(self, subject_id: str, content: bytes) -> bytes: ...


@cache
def personal_fields(command_class: type[Command]) -> tuple[str, ...]:
    """The names of the fields of a command that hold personal data."""
    return tuple(
        name
        for name, hint in typing.get_type_hints(command_class, include_extras=True).items()
        if hint == Personal or Personal in typing.get_args(hint)
    )


def sealed(command: AnyCommand, subject_id: str, vault: Sealer) -> AnyCommand:
    """The command with every personal text sealed with the subject's key, filed under `<field>`."""
    clear = {
        name: value
        for name in personal_fields(type(command))
        if (value := getattr(command, name)) is not None
    }
    for name, value in clear.items():
        if not value.strip():
            raise Refused("blank", f"{name} must not be blank", name)
        if is_sealed(value):
            raise Refused("already_sealed", f"{name} must be given in the clear", name)
    if not clear:
        return command
    vault.ensure_keys([subject_id])
    return msgspec.structs.replace(
        command, **{name: vault.seal(subject_id, name, value) for name, value in clear.items()}
    )


def digest_of(command: Command, subject_of: Callable[[], str | None], vault: Sealer) -> bytes:
    """What tells a command's content from another's: SHA-256, personal texts replaced by keyed digests."""
    blinded: dict[str, Any] = {}
    for name in personal_fields(type(command)):
        value = getattr(command, name)
        if value is not None:
            subject_id = subject_of()
            if subject_id is None:
                continue
            vault.ensure_keys([subject_id])
            blinded[name] = vault.blind_digest(subject_id, value.encode()).hex()
    content = _encode([type(command).__name__, msgspec.structs.replace(command, **blinded)])
    return hashlib.sha256(content).digest()
