"""Identifiers in commands: of what they bring into being, and of the streams they name."""

from collections.abc import Iterator, Mapping

import msgspec

from domain.evolve import EVOLVE_OF_PREFIX
from domain.ids import ID_LENGTH
from domain.messages import Command
from infra.ids import new_id


def identified(command: Command, ids: Mapping[str, str | int]) -> Command:
    """The command with an identifier for what it brings into being: the caller's, the one given before, or a
    new one.
    """
    if command.new_id is None:
        return command
    field, prefix = command.new_id
    if getattr(command, field) is not None:
        return command
    return msgspec.structs.replace(command, **{field: ids.get(field) or new_id(prefix)})


def streams_named_by(command: Command) -> Iterator[str]:
    """The streams that a command names itself; its decision is likely to read them."""
    yield from command.streams_read
    for name in command.__struct_fields__:
        value = getattr(command, name)
        if isinstance(value, str) and len(value) == ID_LENGTH and value[:3] in EVOLVE_OF_PREFIX:
            yield value
