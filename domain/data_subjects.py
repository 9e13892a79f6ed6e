"""Whose personal data a command holds: the customer it concerns, else the sale, return, act or question it is
about.
"""

from collections.abc import Iterator
from typing import Any, Final

from domain.customer.policies import known_customer
from domain.ids import HEROIC_ACT, PAY_QUESTION, RETURN, SALE
from domain.messages import Command, Refused
from domain.pay_question.commands import QuestionEntry
from domain.pay_question.policies import entry_of
from domain.state_reader import StateReader

#: Data subjects of their own for as long as nobody knows the customer.
SUBJECTS_BESIDE_CUSTOMERS: Final = (SALE, RETURN, HEROIC_ACT, PAY_QUESTION)


def is_subject_beside_customers(stream_id: str) -> bool:
    """Whether texts may be encrypted with a data key of this stream, while the customer was not known."""
    return stream_id[:3] in SUBJECTS_BESIDE_CUSTOMERS


def erased_subject() -> Refused:
    """The refusal of a command with personal data of somebody whose data key is destroyed."""
    return Refused("customer_forgotten", "This customer has been forgotten.", "customer_id")


def nobody_named(command: Command) -> Refused:
    """The refusal of a command with personal data that is about nobody."""
    return Refused("nobody_named", "Personal data needs somebody it is about.", command.subject)


def subjects_of(command: Command, states: StateReader) -> tuple[str, ...]:
    """Whose key encrypts the personal data of a command, and who it was while less was known, in that order.

    A walk-in may be recognised after the command. Raises NotFound for a customer who is named and has no
    record, where the command is about nothing else.
    """
    if command.subject != "customer_id":
        about = [getattr(command, command.subject, None)]
    else:
        about = [getattr(command, command.new_id[0])] if command.new_id is not None else []
    for linked in (_sale, _return, _act, _question):
        about = [*linked(command, states), *about]
    customer_id = getattr(command, "customer_id", None)
    registers_them = command.new_id is not None and command.new_id[0] == "customer_id"
    if customer_id is not None and not registers_them and states.customer(customer_id) is None:
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
    accepts_it = isinstance(about, Command) and about.new_id is not None and about.new_id[0] == "return_id"
    if (return_id := getattr(about, "return_id", None)) is None or accepts_it:
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


def _question(about: Any, states: StateReader) -> Iterator[str | None]:
    """The sale or return of the entry that is questioned, and the customer of either by now."""
    if isinstance(about, QuestionEntry):
        if about.entry_position is not None:
            entry = entry_of(states, about.associate_id, about.entry_position)
            yield from _return(entry, states)
            yield from _sale(entry, states)
        return
    question_id = getattr(about, "question_id", None)
    if question_id is not None and (question := states.pay_question(question_id)):
        yield question.customer_id
        yield from _return(question, states)
        yield from _sale(question, states)
        yield question_id
