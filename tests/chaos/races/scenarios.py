"""What is raced for: one scenario for each rule that spans aggregates.

What must hold of the events is told here by what the rule means, not by how it is decided.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import replace

from domain.associate.commands import AssociateLeaves
from domain.associate.events import AssociateLeft
from domain.commission_account.events import (
    AllowanceClawedBack,
    CommissionClawedBack,
    CommissionEarned,
    CommissionMoved,
    CommissionRestored,
)
from domain.customer.commands import (
    AssignOwner,
    ForgetCustomer,
    MergeCustomers,
    ReassignOwner,
    RegisterCustomer,
    UnmergeCustomers,
)
from domain.customer.events import CustomersMerged, CustomersUnmerged, OwnerAssigned, OwnerReassigned
from domain.messages import Command, Event
from domain.pay_period.events import PayPeriodClosed, PayPeriodReopened
from domain.return_.commands import LineToReturn
from domain.return_.events import ReturnMatched
from domain.sale.commands import AttachCustomer, LineToSell, Share
from domain.sale.events import PriceAllowed, ReceiptNumbered, UnitsRestored, UnitsReturned
from tests.domain.builders import money_commands as money

NOW = datetime(2024, 12, 31, 12, 0, tzinfo=UTC)
PRICE_MINOR = 10_000

AnyEvent = TypeVar("AnyEvent", bound=Event)


class Names:
    """The identifiers of one round, all of them new."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.store = f"store-{number}"
        self.staff = tuple(self.id("ass", place) for place in range(3))
        self.customers = tuple(self.id("cus", place) for place in range(3))
        self.sales = tuple(self.id("sal", place) for place in range(2))
        self.return_ = self.id("ret", 0)

    def id(self, kind: str, place: int) -> str:
        """An identifier of this kind; those of the writers are from 100 on."""
        return f"{kind}_{self.number:024x}{place:08x}"


class Scenario(NamedTuple):
    """What is there `before`, what each writer `draw`s, and what must hold of what they wrote."""

    name: str
    before: Callable[[Names], list[Command]]
    draw: Callable[[Names, random.Random, int], Command]
    check: Callable[[Names, Sequence[Event]], None]
    one_key: bool = False


def of_kind(events: Sequence[Event], kind: type[AnyEvent]) -> list[AnyEvent]:
    return [event for event in events if isinstance(event, kind)]


def hired(names: Names) -> list[Command]:
    return [money.hire_associate(associate_id=who, store_id=names.store) for who in names.staff]


def registered(names: Names) -> list[Command]:
    return [RegisterCustomer(customer_id=who, occurred_at=money.HIRED_AT) for who in names.customers]


def sold(names: Names, place: int = 0, *, lines: tuple[LineToSell, ...] = (), **changes: Any) -> Command:
    """One pair of shoes, or these lines."""
    lines = lines or (line_of(names.staff[0]),)
    return money.record_sale(*lines, sale_id=names.sales[place], store_id=names.store, **changes)


def line_of(first: str, *others: str, quantity: int = 1) -> LineToSell:
    """A line that these have sold together, in equal parts as far as that goes."""
    staff = (first, *others)
    basis_points = [10_000 // len(staff)] * len(staff)
    basis_points[0] += 10_000 - sum(basis_points)
    shares = tuple(Share(who, part) for who, part in zip(staff, basis_points, strict=True))
    return money.line_to_sell(quantity=quantity, attribution=shares if others else (Share(first),))


# The last unit of a sale comes back once.


def _units_sold(names: Names) -> list[Command]:
    return [*hired(names), sold(names, lines=(line_of(names.staff[0], quantity=1 + names.number % 3),))]


def _bring_back(names: Names, rng: random.Random, place: int) -> Command:
    return money.accept_return(
        LineToReturn(line_no=1, quantity=rng.choice((1, 1, 2)) if place else 1),
        return_id=names.id("ret", 100 + place), sale_id=names.sales[0], store_id=names.store,
    )  # fmt: skip


def _no_unit_came_back_twice(names: Names, events: Sequence[Event]) -> None:
    taken = sum(line.quantity for event in of_kind(events, UnitsReturned) for line in event.lines)
    assert 1 <= taken <= 1 + names.number % 3, f"{taken} units came back"


# A customer has one first owner.


def _first_sale(names: Names, rng: random.Random, place: int) -> Command:
    who = rng.choice(names.staff)
    if rng.random() < 0.2:
        return AssignOwner(customer_id=names.customers[0], associate_id=who, occurred_at=money.SOLD_AT)
    return money.record_sale(
        line_of(who), sale_id=names.id("sal", 100 + place), store_id=names.store,
        customer_id=names.customers[0],
    )  # fmt: skip


def _one_first_owner(names: Names, events: Sequence[Event]) -> None:
    primary = [event for event in of_kind(events, OwnerAssigned) if event.role == "primary"]
    by_sale = [place for place, event in enumerate(primary) if event.reason == "first_sale"]
    assert primary
    assert by_sale in ([], [0]), primary


# Records are merged into one, never in a circle.


def _merge(names: Names, rng: random.Random, place: int) -> Command:
    survivor, merged = rng.sample(names.customers, 2)
    kind = rng.choices((MergeCustomers, UnmergeCustomers), (3, 1))[0]
    if rng.random() < 0.05:
        return ForgetCustomer(customer_id=merged, occurred_at=money.SOLD_AT)
    if rng.random() < 0.2:
        return money.record_sale(
            line_of(rng.choice(names.staff)), sale_id=names.id("sal", 100 + place), store_id=names.store,
            customer_id=merged,
        )  # fmt: skip
    return kind(customer_id=survivor, merged_customer_id=merged, occurred_at=money.SOLD_AT)


def _no_circle_of_records(names: Names, events: Sequence[Event]) -> None:
    into: dict[str, str] = {}
    for event in events:
        if isinstance(event, CustomersMerged) and not event.survives:
            assert event.customer_id not in into, "merged away twice"
            assert event.customer_id not in into.values(), "merged away with others in it"
            assert event.other_customer_id not in into, "merged into one that was merged away"
            into[event.customer_id] = event.other_customer_id
        elif isinstance(event, CustomersUnmerged) and not event.survives:
            assert into.pop(event.customer_id) == event.other_customer_id


# A return without a receipt finds its sale later, and only one.


def _brought_without_receipt(names: Names) -> list[Command]:
    line = LineToReturn(sku=money.SHOES, refund_minor=7_950)
    brought = money.accept_return_without_receipt(
        return_id=names.return_, store_id=names.store, lines=(line,)
    )
    return [*hired(names), sold(names, 0), sold(names, 1), brought]


def _match(names: Names, rng: random.Random, place: int) -> Command:
    sale_id = rng.choice(names.sales)
    match rng.choice(("match", "match", "unmatch", "with receipt")):
        case "match":
            return money.match_return(return_id=names.return_, sale_id=sale_id)
        case "unmatch":
            return money.unmatch_return(return_id=names.return_, sale_id=sale_id)
        case _:
            return money.accept_return(
                return_id=names.id("ret", 100 + place), sale_id=sale_id, store_id=names.store
            )


def _units_of_each_sale_are_there(names: Names, events: Sequence[Event]) -> None:
    out: Counter[str] = Counter()
    by: dict[tuple[str, str], int] = {}
    for event in events:
        if isinstance(event, UnitsReturned):
            out[event.sale_id] += sum(line.quantity for line in event.lines)
            by[event.sale_id, event.return_id] = 1
            assert out[event.sale_id] <= 1, f"{event.sale_id} came back twice"
        elif isinstance(event, UnitsRestored):
            out[event.sale_id] -= sum(line.quantity for line in event.lines)
            del by[event.sale_id, event.return_id]
        elif isinstance(event, ReturnMatched):
            matched = [sale for sale, brought in by if brought == names.return_]
            assert len(matched) <= 1, f"{names.return_} is of {matched}"


# Nothing is posted to a period that is closed.


def _period_open(names: Names) -> list[Command]:
    return [*hired(names), money.open_pay_period(scope=names.store), sold(names)]


def _close(names: Names, rng: random.Random, place: int) -> Command:
    match rng.choice(("close", "reopen", "sell", "sell", "hours", "statement", "correct", "return")):
        case "close":
            return money.close_pay_period(scope=names.store)
        case "reopen":
            return money.reopen_pay_period(scope=names.store)
        case "sell":
            seller = rng.choice(names.staff)
            return money.record_sale(
                line_of(seller), sale_id=names.id("sal", 100 + place), store_id=names.store
            )
        case "hours":
            return money.record_hours(
                associate_id=rng.choice(names.staff), worked_on=date(2024, 3, 1 + place % 28)
            )
        case "statement":
            return money.issue_statement(associate_id=rng.choice(names.staff), scope=names.store)
        case "correct":
            return _correct(names, rng)
        case _:
            return _bring_back(names, rng, place)


POSTED = CommissionEarned, CommissionClawedBack, CommissionRestored, CommissionMoved, AllowanceClawedBack


def _nothing_in_a_closed_period(names: Names, events: Sequence[Event]) -> None:
    closed = False
    for event in events:
        if isinstance(event, PayPeriodClosed):
            assert not closed, "closed twice"
            closed = True
        elif isinstance(event, PayPeriodReopened):
            assert closed, "reopened though open"
            closed = False
        elif isinstance(event, POSTED):
            assert not (closed and event.period_id == "2024-03"), event


# What a sale earned is divided anew, and always adds up.


def _one_pair_sold(names: Names) -> list[Command]:
    return [*hired(names), sold(names, lines=(line_of(*names.staff[:2]),))]


def _correct(names: Names, rng: random.Random) -> Command:
    shares = line_of(*rng.sample(names.staff, rng.choice((1, 2, 3)))).attribution
    return money.correct_attribution(sale_id=names.sales[0], attribution=shares)


def _divide(names: Names, rng: random.Random, place: int) -> Command:
    match rng.choice(("correct", "correct", "return", "allow")):
        case "correct":
            return _correct(names, rng)
        case "return":
            return _bring_back(names, rng, place)
        case _:
            return money.allow_price(sale_id=names.sales[0], amount_minor=rng.choice((4_000, 1_001)))


def _credited_sales_add_up(names: Names, events: Sequence[Event]) -> None:
    moved = sum(event.sales_minor for event in of_kind(events, CommissionMoved))
    off = sum(event.sales_minor for event in events if isinstance(event, AllowanceClawedBack))
    allowed = sum(event.amount_minor for event in of_kind(events, PriceAllowed))
    taken_back = sum(event.sales_minor for event in of_kind(events, CommissionClawedBack))
    returned = bool(of_kind(events, UnitsReturned))
    assert moved == 0
    assert off == allowed
    assert taken_back == (PRICE_MINOR - allowed if returned else 0)


# Who has left gets no customer.


def _leave(names: Names, rng: random.Random, place: int) -> Command:
    leaver, *others = names.staff
    customer_id = rng.choice(names.customers)
    match rng.choice(("leave", "sell", "assign", "reassign", "attach")):
        case "leave":
            return AssociateLeaves(
                occurred_at=NOW, associate_id=leaver, successors=tuple(others[: place % 3])
            )
        case "sell":
            return money.record_sale(
                line_of(leaver, rng.choice(others)), sale_id=names.id("sal", 100 + place),
                store_id=names.store, customer_id=customer_id,
            )  # fmt: skip
        case "assign":
            return AssignOwner(customer_id=customer_id, associate_id=leaver, occurred_at=NOW)
        case "reassign":
            return ReassignOwner(customer_id=customer_id, associate_id=leaver, occurred_at=NOW)
        case _:
            return AttachCustomer(sale_id=names.sales[0], customer_id=customer_id, occurred_at=NOW)


def _leaver_gets_nobody(names: Names, events: Sequence[Event]) -> None:
    left = False
    for event in events:
        if isinstance(event, AssociateLeft):
            assert not left, "left twice"
            left = True
        elif isinstance(event, OwnerAssigned | OwnerReassigned):
            assert not (left and event.associate_id == names.staff[0]), event


# A receipt number is found again, and a key is answered once.


def _same_receipt(names: Names, rng: random.Random, place: int) -> Command:
    return money.record_sale(
        line_of(rng.choice(names.staff)), sale_id=names.id("sal", 100 + rng.randrange(3)),
        store_id=names.store, receipt_no="R1",
    )  # fmt: skip


def _each_sale_is_recorded_once(names: Names, events: Sequence[Event]) -> None:
    numbered = Counter(event.sale_id for event in of_kind(events, ReceiptNumbered))
    assert set(numbered.values()) == {1}, numbered


def _the_same(names: Names, rng: random.Random, place: int) -> Command:
    return sold(names, customer_id=names.customers[0])


def _earned_once(names: Names, events: Sequence[Event]) -> None:
    assert [event.sales_minor for event in of_kind(events, CommissionEarned)] == [PRICE_MINOR]


def _people(names: Names) -> list[Command]:
    return [*hired(names), *registered(names)]


def _people_and_a_walk_in(names: Names) -> list[Command]:
    return [*_people(names), replace(sold(names), customer_id=None)]


SCENARIOS = (
    Scenario("last unit", _units_sold, _bring_back, _no_unit_came_back_twice),
    Scenario("first owner", _people, _first_sale, _one_first_owner),
    Scenario("merge", _people, _merge, _no_circle_of_records),
    Scenario("match later", _brought_without_receipt, _match, _units_of_each_sale_are_there),
    Scenario("close of a period", _period_open, _close, _nothing_in_a_closed_period),
    Scenario("splits", _one_pair_sold, _divide, _credited_sales_add_up),
    Scenario("leaver's book", _people_and_a_walk_in, _leave, _leaver_gets_nobody),
    Scenario("receipt number", _people, _same_receipt, _each_sale_is_recorded_once),
    Scenario("one key", _people, _the_same, _earned_once, one_key=True),
)
