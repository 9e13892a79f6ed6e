"""Compare what was paid with what would have been: per statement, associate, period and in all."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from domain.commission_account.events import StatementIssued
from services.analysis.what_if.replay import StatementPair


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a comparison, in minor units. `owed_minor` is still owed after the last statement."""

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
        """The deficits that are still owed, forgiven or written off."""
        return self.owed_minor + self.forgiven_minor + self.written_off_minor


class ComparedStatements(msgspec.Struct, frozen=True, kw_only=True):
    """One statement or several, both ways. `changed` counts those that would have paid another amount.

    `difference_minor` is what the alternative rules would have paid more.
    """

    currency: str
    statements: int
    changed: int
    difference_minor: int
    was: Side
    would_be: Side


class PeriodComparison(ComparedStatements, frozen=True, kw_only=True):
    """All statements of a period, or one associate's."""

    period_id: str


class AssociateComparison(ComparedStatements, frozen=True, kw_only=True):
    """All statements of one associate, and each of them.

    `reference` is the name they were hired or imported with.
    """

    associate_id: str
    reference: str | None
    periods: list[PeriodComparison]


Kind = TypeVar("Kind", bound=ComparedStatements)


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The whole comparison, per currency. `agrees`: every statement came out as issued, in every field."""

    totals: list[ComparedStatements]
    periods: list[PeriodComparison]
    associates: list[AssociateComparison]
    agrees: bool


def compare(paid: Sequence[StatementPair], references: dict[str, str | None]) -> Comparison:
    """Compare statements in the order of issuing; `references` maps associates to their references."""
    return Comparison(
        totals=[
            _combined(ComparedStatements, each)
            for each in _grouped(paid, lambda one: (_either(one).currency,))
        ],
        periods=_periods(paid),
        associates=[
            _combined(
                AssociateComparison,
                each,
                associate_id=_either(each[0]).associate_id,
                reference=references.get(_either(each[0]).associate_id),
                periods=_periods(each),
            )
            for each in _grouped(paid, lambda one: (_either(one).associate_id,))
        ],
        agrees=all(one.was == one.would_be for one in paid),
    )


def _periods(paid: Iterable[StatementPair]) -> list[PeriodComparison]:
    groups = _grouped(paid, lambda one: (_either(one).period_id, _either(one).currency))
    groups.sort(key=lambda group: _either(group[0]).starts_on)
    return [_combined(PeriodComparison, each, period_id=_either(each[0]).period_id) for each in groups]


def _either(paid: StatementPair) -> StatementIssued:
    """Either statement, for what both share: associate, period, currency."""
    statement = paid.was or paid.would_be
    if statement is None:
        raise ValueError("neither was a statement issued nor would one be")
    return statement


def _grouped(
    paid: Iterable[StatementPair], key: Callable[[StatementPair], tuple[str, ...]]
) -> list[list[StatementPair]]:
    groups: dict[tuple[str, ...], list[StatementPair]] = {}
    for one in paid:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def _combined(kind: type[Kind], paid: Sequence[StatementPair], **more: object) -> Kind:
    was = _side([one.was for one in paid if one.was is not None])
    would_be = _side([one.would_be for one in paid if one.would_be is not None])
    return kind(
        currency=_either(paid[0]).currency,
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
