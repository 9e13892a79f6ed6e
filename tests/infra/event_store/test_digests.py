"""A command's content is told from another's by its digest, for ever: also after the command has learnt to say more."""

from datetime import UTC, datetime

from domain.messages import Command
from infra.event_store.sealing import digest_of

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
