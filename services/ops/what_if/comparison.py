"""What was paid beside what would have been paid: per statement, per associate, per period and in all. Sums of statements, no more."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from domain.commission_account.events import StatementIssued
from services.ops.what_if.replay import Paid


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a comparison, in minor units. `owed_minor`: what was still owed after the last statement."""

    net_minor: int = 0
    guarantee_minor: int = 0
    topped_up_minor: int = 0
    carried_minor: int = 0
    forgiven_minor: int = 0
    recouped_minor: int = 0
    written_off_minor: int = 0
    owed_minor: int = 0
    pay_minor: int = 0

    @property
    def deficits_minor(self) -> int:
        """What was advanced and is still owed, or was given up."""
        return self.owed_minor + self.forgiven_minor + self.written_off_minor


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A statement, or several put together, both ways. `changed`: how many of them would have paid another amount.

    `difference_minor` is what the other rules would have paid more.
    """

    currency: str
    statements: int
    changed: int
    difference_minor: int
    was: Side
    would_be: Side


class OfPeriod(Compared, frozen=True, kw_only=True):
    """Everybody's statements of a period, or one associate's."""

    period_id: str


class OfAssociate(Compared, frozen=True, kw_only=True):
    """All statements of one associate, and each of them. `reference`: what they were hired or imported as."""

    associate_id: str
    reference: str | None
    periods: list[OfPeriod]


Kind = TypeVar("Kind", bound=Compared)


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer. Totals and periods are per currency. `agrees`: every statement came out as issued, in every field."""

    totals: list[Compared]
    periods: list[OfPeriod]
    associates: list[OfAssociate]
    agrees: bool


def compared(paid: Sequence[Paid], references: dict[str, str | None]) -> Comparison:
    """`paid` in the order of issuing; `references` by associate."""
    return Comparison(
        totals=[_put_together(Compared, each) for each in _grouped(paid, lambda one: (_any(one).currency,))],
        periods=_periods(paid),
        associates=[
            _put_together(
                OfAssociate,
                each,
                associate_id=_any(each[0]).associate_id,
                reference=references.get(_any(each[0]).associate_id),
                periods=_periods(each),
            )
            for each in _grouped(paid, lambda one: (_any(one).associate_id,))
        ],
        agrees=all(one.was == one.would_be for one in paid),
    )


def _periods(paid: Iterable[Paid]) -> list[OfPeriod]:
    groups = _grouped(paid, lambda one: (_any(one).period_id, _any(one).currency))
    groups.sort(key=lambda group: _any(group[0]).starts_on)
    return [_put_together(OfPeriod, each, period_id=_any(each[0]).period_id) for each in groups]


def _any(paid: Paid) -> StatementIssued:
    """Either of the two, for what both say alike: whose it is, the period, the currency."""
    statement = paid.was or paid.would_be
    if statement is None:
        raise ValueError("neither was a statement issued nor would one be")
    return statement


def _grouped(paid: Iterable[Paid], key: Callable[[Paid], tuple[str, ...]]) -> list[list[Paid]]:
    groups: dict[tuple[str, ...], list[Paid]] = {}
    for one in paid:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def _put_together(kind: type[Kind], paid: Sequence[Paid], **more: object) -> Kind:
    was = _side([one.was for one in paid if one.was is not None])
    would_be = _side([one.would_be for one in paid if one.would_be is not None])
    return kind(
        currency=_any(paid[0]).currency,
        statements=len(paid),
        changed=sum(_pay(one.was) != _pay(one.would_be) for one in paid),
        difference_minor=would_be.pay_minor - was.pay_minor,
        was=was,
        would_be=would_be,
        **more,
    )


def _pay(statement: StatementIssued | None) -> int:
    return statement.pay_minor if statement is not None else 0


def _side(statements: Sequence[StatementIssued]) -> Side:
    owed_after = {statement.associate_id: statement.owed_after_minor for statement in statements}
    return Side(
        net_minor=sum(statement.net_minor for statement in statements),
        guarantee_minor=sum(statement.guarantee_minor for statement in statements),
        topped_up_minor=sum(statement.topped_up_minor for statement in statements),
        carried_minor=sum(statement.carried_minor for statement in statements),
        forgiven_minor=sum(statement.forgiven_minor for statement in statements),
        recouped_minor=sum(statement.recouped_minor for statement in statements),
        written_off_minor=sum(statement.written_off_minor for statement in statements),
        owed_minor=sum(owed_after.values()),
        pay_minor=sum(statement.pay_minor for statement in statements),
    )
