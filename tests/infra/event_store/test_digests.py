"""A command's content is told from another's by its digest, for ever: also after the command has learnt to
say more.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from msgspec import inspect

from domain.decide import COMMANDS
from domain.messages import Command
from domain.sale.commands import LineToSell, Share
from domain.score_parameters.commands import ScoreParameters
from domain.stock_arrival.commands import ArrivingItem
from infra.event_store.encryption import digest_of

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


class Before:
    """The command as it was once."""

    class GreetCustomer(Command, frozen=True, kw_only=True):
        customer_id: str


class GreetCustomer(Command, frozen=True, kw_only=True):
    customer_id: str
    how: str | None = None
    times: int = 1


def digest(command: Command) -> bytes:
    return digest_of(command, None, None)


def test_a_command_that_may_say_more_is_the_same_while_it_does_not() -> None:
    assert digest(Before.GreetCustomer(customer_id="c")) == digest(GreetCustomer(customer_id="c"))
    assert digest(GreetCustomer(customer_id="c")) == digest(GreetCustomer(customer_id="c", how=None, times=1))


def test_whatever_a_command_says_tells_it_from_others() -> None:
    said = [
        GreetCustomer(customer_id="c"),
        GreetCustomer(customer_id="d"),
        GreetCustomer(customer_id="c", how="hello"),
        GreetCustomer(customer_id="c", times=2),
        GreetCustomer(customer_id="c", occurred_at=NOON),
    ]
    assert len({digest(command) for command in said}) == len(said)


def structs_within(info: object) -> Iterator[type[msgspec.Struct]]:
    """The structs that a type is made of, at any depth."""
    match info:
        case inspect.StructType():
            yield info.cls
            for field in info.fields:
                yield from structs_within(field.type)
        case inspect.UnionType():
            for one_of in info.types:
                yield from structs_within(one_of)
        case inspect.VarTupleType() | inspect.ListType():
            yield from structs_within(info.item_type)
        case _:
            pass


def test_lines_of_a_command_leave_out_what_they_do_not_say() -> None:
    parts = {part for command in COMMANDS.values() for part in structs_within(inspect.type_info(command))}
    assert {LineToSell, Share, ArrivingItem} < parts
    saying_all = {
        part for part in parts if part.__struct_defaults__ and not part.__struct_config__.omit_defaults
    }
    # The parameters of the score are a fact as a whole: a version says all its numbers, also those that were
    # left to it.
    assert saying_all == {ScoreParameters}
