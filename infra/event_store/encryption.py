"""Personal data in commands: found by its type, encrypted before anything is decided, digested without being
kept.
"""

import hashlib
import typing
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

import msgspec

from domain.data_subjects import nobody_named, subjects_of
from domain.messages import Command, Refused
from domain.personal import ENCRYPTED_PREFIX, Personal, PersonalRemark, is_encrypted
from domain.state_reader import StateReader
from infra.vault import KeyMissing, SubjectForgotten, SubjectKeys, Vault

AnyCommand = TypeVar("AnyCommand", bound=Command)

_encode = msgspec.json.Encoder(order="deterministic").encode


class DataKeys:
    """The data keys that one commit encrypts with: fetched together, missing ones made."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._keys: dict[str, SubjectKeys] = {}

    def load(self, commands: Iterable[Command], states: StateReader) -> None:
        """Fetch the keys of all these commands at once; those of erased subjects there are none of."""
        subject_ids: set[str] = set()
        for command in commands:
            if holds_personal_data(command):
                # What cannot be found out yet is found out, or refused, when it is the command's turn.
                with suppress(Refused):
                    subject_ids.update(subjects_of(command, states)[:1])
        while subject_ids:
            try:
                keys = self._vault.ensure_keys(sorted(subject_ids))
            except SubjectForgotten as erased:
                subject_ids.discard(erased.subject_id)
            else:
                self._keys.update(dict.fromkeys(subject_ids, keys))
                return

    def encrypt(self, command: AnyCommand, states: StateReader) -> tuple[AnyCommand, bytes]:
        """The command with its personal data encrypted, and the digest of its content.

        Where the customer is erased, with the key of the next that the command is about: a return's or an
        act's own. Raises SubjectForgotten when there is none.
        """
        if not holds_personal_data(command):
            return command, digest_of(command, None, None)
        erased: SubjectForgotten | None = None
        for subject_id in subjects_of(command, states):
            try:
                keys = self._keys.get(subject_id) or self._vault.ensure_keys([subject_id])
            except SubjectForgotten as error:
                erased = error
                continue
            self._keys[subject_id] = keys
            digest = digest_of(command, subject_id, keys)
            return encrypted(command, subject_id, keys), digest
        raise erased or nobody_named(command)

    def digests(self, command: Command, states: StateReader) -> Iterator[bytes]:
        """What the digest of the command may have been: the customer's key may have replaced the sale's
        since.
        """
        if not holds_personal_data(command):
            yield digest_of(command, None, None)
            return
        erased: SubjectForgotten | None = None
        for subject_id in subjects_of(command, states):
            try:
                keys = self._keys.get(subject_id) or self._vault.keys_of([subject_id])
                yield digest_of(command, subject_id, keys)
            except KeyMissing:
                pass
            except SubjectForgotten as error:
                erased = error
        if erased is not None:
            raise erased


@cache
def personal_fields(command_class: type[Command]) -> tuple[str, ...]:
    """The names of the fields of a command that hold personal data."""
    return tuple(
        name
        for name, hint in typing.get_type_hints(command_class, include_extras=True).items()
        if {hint, *typing.get_args(hint)} & {Personal, PersonalRemark}
    )


@cache
def _remarks(command_class: type[Command]) -> frozenset[str]:
    """The fields among them that a command can do without."""
    hints = typing.get_type_hints(command_class, include_extras=True)
    return frozenset(name for name, hint in hints.items() if PersonalRemark in typing.get_args(hint))


def without_blank_remarks(command: AnyCommand) -> AnyCommand:
    """The command without the remarks that say nothing: a form was sent with an empty field."""
    remarks = {name: getattr(command, name) for name in _remarks(type(command))}
    blank = [name for name, text in remarks.items() if text is not None and not text.strip()]
    return msgspec.structs.replace(command, **dict.fromkeys(blank)) if blank else command


def holds_personal_data(command: Command) -> bool:
    """Whether any text of this command is about a person."""
    return any(getattr(command, name) is not None for name in personal_fields(type(command)))


def encrypted(command: AnyCommand, subject_id: str, keys: SubjectKeys) -> AnyCommand:
    """The command with every personal text encrypted with the subject's key, filed under the field's name."""
    plain = {
        name: value
        for name in personal_fields(type(command))
        if (value := getattr(command, name)) is not None
    }
    for name, value in plain.items():
        if not value.strip():
            raise Refused("blank", f"{name} must not be blank.", name)
        if is_encrypted(value):
            raise Refused("already_sealed", f"{name} must be given in the clear.", name)
    return msgspec.structs.replace(
        command, **{name: keys.encrypt(subject_id, name, value) for name, value in plain.items()}
    )


def digest_of(command: Command, subject_id: str | None, keys: SubjectKeys | None) -> bytes:
    """What tells a command's content from another's: SHA-256, personal texts replaced by keyed digests."""
    blinded: dict[str, Any] = {}
    if subject_id is not None and keys is not None:
        for name in personal_fields(type(command)):
            value = getattr(command, name)
            if value is not None:
                blinded[name] = keys.blind_digest(subject_id, value.encode()).hex()
    if blinded:
        command = msgspec.structs.replace(command, **blinded)
    content = _encode([type(command).__name__, command])
    if ENCRYPTED_PREFIX.encode() in content:
        # Encrypted texts are decrypted for readers wherever they are, so nobody may bring in somebody else's.
        raise Refused("already_sealed", "Texts must be given in the clear.")
    return hashlib.sha256(content).digest()
