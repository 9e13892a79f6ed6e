"""Hiring, hours, pay periods, and the one who leaves."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from domain.associate.commands import AssociateLeaves, ChangePayPlan, HireAssociate
from domain.commission_account.commands import IssueStatement
from domain.customer import commands as c
from domain.pay_period.commands import ClosePayPeriod, OpenPayPeriod
from services.ops.importing.run import KeyedCommand
from services.ops.simulation import people
from services.ops.simulation.floor import LEAVES_ON, PERIOD_DAYS, Floor


class Pay(Floor):
    """The calendar and what it asks for."""

    def _period(self, day: int) -> str:
        return f"P{day // PERIOD_DAYS + 1:02d}"

    def _calendar(self) -> Iterator[KeyedCommand]:
        at = datetime.combine(self._date(), time(7), UTC)
        if self.day % PERIOD_DAYS == 0:
            if self.day:
                yield from self._pay(self._period(self.day - 1), at)
            yield self._keyed(
                OpenPayPeriod(
                    period_id=self._period(self.day),
                    starts_on=self._date(),
                    ends_on=self._date(self.day + PERIOD_DAYS - 1),
                    occurred_at=at,
                )
            )
        if self.day == self.days // 2:
            associate = self.associates[2]
            yield self._keyed(
                ChangePayPlan(
                    associate_id=associate.id, plan=people.TIERED, effective_on=self._date(), occurred_at=at
                )
            )
        if self.day == LEAVES_ON:
            yield from self._leave(at)

    def _pay(self, period_id: str, at: datetime) -> Iterator[KeyedCommand]:
        yield self._keyed(ClosePayPeriod(period_id=period_id, occurred_at=at))
        for associate in self.associates:
            if associate.left_on is None or (self._date() - associate.left_on).days <= PERIOD_DAYS:
                yield self._keyed(
                    IssueStatement(associate_id=associate.id, period_id=period_id, occurred_at=at)
                )

    def _leave(self, at: datetime) -> Iterator[KeyedCommand]:
        """One of them leaves, and the book goes to two colleagues of the same store, customer by customer in turn."""
        leaver = self.associates[1]
        leaver.left_on = self._date()
        successors = self._working(leaver.store_id)[:2]
        yield self._keyed(
            AssociateLeaves(
                associate_id=leaver.id,
                left_on=self._date(),
                successors=tuple(successor.id for successor in successors),
                occurred_at=at,
            )
        )
        book = [customer for customer in self.customers if customer.associate is leaver]
        for place, customer in enumerate(book):
            customer.associate = successors[place % len(successors)]
            if customer.registered:
                yield self._keyed(
                    c.ReassignOwner(
                        customer_id=customer.id,
                        associate_id=customer.associate.id,
                        reason="leaver",
                        occurred_at=at,
                    )
                )

    def _hire(self) -> Iterator[KeyedCommand]:
        for associate in self.associates:
            yield self._keyed(
                HireAssociate(
                    associate_id=associate.id,
                    name=associate.name,
                    reference=f"staff {associate.number + 1:02d}",
                    store_id=associate.store_id,
                    department=associate.department,
                    plan=associate.plan,
                    hired_on=self._date(0),
                    made_up=True,
                    occurred_at=datetime.combine(self._date(0), time(8), UTC),
                )
            )
