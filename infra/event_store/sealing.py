"""Personal data in commands: found by its type, sealed before anything is decided, digested without being kept."""

import hashlib
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

from domain.customer.policies import known_customer
from domain.evolve import EVOLVE_OF_PREFIX
from domain.messages import Command, Refused
from domain.personal import ENCRYPTED_PREFIX, Personal, PersonalRemark, is_encrypted
from domain.state_reader import StateReader
from infra.ids import new_id
from infra.vault import SubjectKeys

STREAM_ID_LENGTH = 36

AnyCommand = TypeVar("AnyCommand", bound=Command)

_encode = msgspec.json.Encoder(order="deterministic").encode


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
    said = {name: getattr(command, name) for name in _remarks(type(command))}
    blank = [name for name, text in said.items() if text is not None and not text.strip()]
    return msgspec.structs.replace(command, **dict.fromkeys(blank)) if blank else command


def sealed(command: AnyCommand, subject_id: str, keys: SubjectKeys) -> AnyCommand:
    """The command with every personal text sealed with the subject's key, filed under the field's name."""
    clear = {
        name: value
        for name in personal_fields(type(command))
        if (value := getattr(command, name)) is not None
    }
    for name, value in clear.items():
        if not value.strip():
            raise Refused("blank", f"{name} must not be blank.", name)
        if is_encrypted(value):
            raise Refused("already_sealed", f"{name} must be given in the clear.", name)
    return msgspec.structs.replace(
        command, **{name: keys.seal(subject_id, name, value) for name, value in clear.items()}
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
        # What is sealed is opened for readers wherever it stands, so nobody may bring in a seal of somebody else's.
        raise Refused("already_sealed", "Texts must be given in the clear.")
    return hashlib.sha256(content).digest()


def holds_personal_data(command: Command) -> bool:
    """Whether any text of this command is about a person."""
    return any(getattr(command, name) is not None for name in personal_fields(type(command)))


def identified(command: Command, ids: Mapping[str, str | int]) -> Command:
    """The command with an identifier for what it brings into being: the caller's, the one given before, or a new one."""
    if command.new_id is None:
        return command
    field, prefix = command.new_id
    if getattr(command, field) is not None:
        return command
    return msgspec.structs.replace(command, **{field: ids.get(field) or new_id(prefix)})


def subject_of(command: Command, states: StateReader) -> str | None:
    """Whose key seals the personal data of a command: the customer it concerns, else what it is about."""
    return next(iter(subjects_of(command, states)), None)


def subjects_of(command: Command, states: StateReader) -> tuple[str, ...]:
    """The same, and who it would have been while less was known: a walk-in may be recognised after the command.

    Raises NotFound for a customer who is named and has no record, where the command is about nothing else.
    """
    if command.subject != "customer_id":
        about = [getattr(command, command.subject, None)]
    else:
        about = [getattr(command, command.new_id[0])] if command.new_id is not None else []
    for linked in (_sale, _return, _act):
        about = [*linked(command, states), *about]
    customer_id = getattr(command, "customer_id", None)
    brings_her_in = command.new_id is not None and command.new_id[0] == "customer_id"
    if customer_id is not None and not brings_her_in and states.customer(customer_id) is None:
        if not about:
            known_customer(states, customer_id)
        customer_id = None
    return tuple(dict.fromkeys(each for each in (customer_id, *about) if each is not None))


def _sale(about: Any, states: StateReader) -> Iterator[str | None]:
    """A sale, and the customer it belongs to by now."""
    if (sale_id := getattr(about, "sale_id", None)) is not None and (sale := states.sale(sale_id)):
        yield sale.customer_id
        yield sale_id


def _return(about: Any, states: StateReader) -> Iterator[str | None]:
    brings_it_in = isinstance(about, Command) and about.new_id is not None and about.new_id[0] == "return_id"
    if (return_id := getattr(about, "return_id", None)) is None or brings_it_in:
        return
    if return_ := states.return_(return_id):
        yield return_.customer_id
        yield from _sale(return_, states)
        yield return_id


def _act(about: Any, states: StateReader) -> Iterator[str | None]:
    if (act_id := getattr(about, "act_id", None)) is not None and (act := states.heroic_act(act_id)):
        yield act.customer_id
        yield from _sale(act, states)
        yield from _return(act, states)
        yield act_id


def streams_named_by(command: Command) -> Iterator[str]:
    """The aggregates that a command names itself; a decision is likely to look at them."""
    for name in command.__struct_fields__:
        value = getattr(command, name)
        if isinstance(value, str) and len(value) == STREAM_ID_LENGTH and value[:3] in EVOLVE_OF_PREFIX:
            yield value
