"""Hiring, pay periods, and an associate who leaves."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from domain.associate.commands import AssociateLeaves, ChangePayPlan, HireAssociate
from domain.commission_account.commands import SignStatement
from domain.customer.handing_over import NAMED, LeftBehind, in_turn
from domain.ids import PAY_QUESTION, derived_id
from domain.pay_period.commands import COMPANY, ClosePayPeriod, OpenPayPeriod
from domain.pay_question.commands import AnswerQuestion, QuestionEntry
from domain.store.commands import OpenStore
from services.demo import people
from services.demo.people import CURRENCY
from services.demo.simulation_state import (
    ASSOCIATES_PER_STORE,
    LEAVES_ON,
    PERIOD_DAYS,
    STORES,
    SimulationState,
)
from services.importing.pipeline.command_batches import KeyedCommand
from services.reactions.hand_overs import handed_over
from services.reactions.pay_runs import statements_for

#: By their place in a store, who signs nothing: their statements are signed by time.
SIGNS_NOTHING = 1
#: Who asks about their last two statements; a manager has answered the first of the two.
WHO_ASKS, WHO_ANSWERS = 2, 3
#: Who has said on the last day that they will leave, so many days later.
WHO_WILL_LEAVE, NOTICE_DAYS = 0, 21


class Payroll(SimulationState):
    """Pay periods, plan changes and leaving."""

    def _period(self, day: int) -> str:
        return f"P{day // PERIOD_DAYS + 1:02d}"

    def _calendar(self) -> Iterator[KeyedCommand]:
        at = datetime.combine(self._date(), time(7), UTC)
        if self.day % PERIOD_DAYS == 0:
            if self.day:
                yield from self._pay(self._period(self.day - 1), at)
            yield self._open(self.day, at)
        if self.day == self.days // 2:
            associate = self.associates[2]
            yield self._keyed(
                ChangePayPlan(associate_id=associate.id, plan=people.TIERED, effective_on=self._date()), at
            )
        if self.day == LEAVES_ON:
            yield from self._leave(at)
        if self.day == self.days - 1:
            # Who takes their book over is still to be said.
            leaving = AssociateLeaves(
                associate_id=self.associates[WHO_WILL_LEAVE].id, left_on=self._date(self.day + NOTICE_DAYS)
            )
            yield self._keyed(leaving, at)

    def _open(self, first_day: int, at: datetime) -> KeyedCommand:
        return self._keyed(
            OpenPayPeriod(
                period_id=self._period(first_day),
                starts_on=self._date(first_day),
                ends_on=self._date(first_day + PERIOD_DAYS - 1),
            ),
            at,
        )

    def _open_until(self, today: date) -> Iterator[KeyedCommand]:
        """Open the pay periods behind the season, so that one holds today."""
        at = datetime.combine(self._date(self.days - 1), time(22), UTC)
        for first_day in range(
            -(-self.days // PERIOD_DAYS) * PERIOD_DAYS, (today - self.first_day).days + 1, PERIOD_DAYS
        ):
            yield self._open(first_day, at)

    def _pay(self, period_id: str, at: datetime) -> Iterator[KeyedCommand]:
        yield self._keyed(ClosePayPeriod(period_id=period_id), at)
        paid = [
            associate.id
            for associate in self.associates
            if associate.left_on is None or (self._date() - associate.left_on).days <= PERIOD_DAYS
        ]
        yield from statements_for(COMPANY, period_id, paid, at)
        yield from self._sign(period_id, paid, at + timedelta(hours=2))

    def _sign(self, period_id: str, paid: list[str], at: datetime) -> Iterator[KeyedCommand]:
        """Associates sign their statements; somebody asks about their last two instead."""
        asker, last = self.associates[WHO_ASKS], (self.days - 1) // PERIOD_DAYS
        periods_left = last - self.day // PERIOD_DAYS
        asks = periods_left < 2 and asker.id in paid
        for associate in self.associates:
            signs = associate.id in paid and associate.number % ASSOCIATES_PER_STORE != SIGNS_NOTHING
            if signs and not (asks and associate is asker):
                yield self._keyed(SignStatement(associate_id=associate.id, period_id=period_id), at)
        if not asks:
            return
        key = self._key("QuestionEntry")
        question_id = derived_id(PAY_QUESTION, key)
        question = ("My Saturday is missing, I think.", "Which returns were taken off here?")[periods_left]
        yield (
            key,
            QuestionEntry(
                question_id=question_id,
                associate_id=asker.id,
                period_id=period_id,
                question=question,
                occurred_at=at,
            ),
        )
        if periods_left:
            answer = AnswerQuestion(
                question_id=question_id,
                associate_id=asker.id,
                outcome="declined",
                reason="They are the ones of that period in your ledger; I went through them with you.",
                answered_by=self.associates[WHO_ANSWERS].id,
            )
            yield self._keyed(answer, at + timedelta(hours=1))

    def _leave(self, at: datetime) -> Iterator[KeyedCommand]:
        """An associate leaves; their book goes to two colleagues of the same store in turn."""
        leaver = self.associates[1]
        leaver.left_on = self._date()
        successors = self._working(leaver.store_id)[:2]
        yield self._keyed(
            AssociateLeaves(
                associate_id=leaver.id,
                left_on=self._date(),
                successors=tuple(successor.id for successor in successors),
            ),
            at,
        )
        book = [customer for customer in self.customers if customer.owner is leaver]
        records = [LeftBehind(customer.id, customer.id) for customer in book]
        dealt = in_turn(records, [successor.id for successor in successors])
        yield from handed_over(leaver.id, records, dealt, NAMED, at)
        by_id = {successor.id: successor for successor in successors}
        for customer in book:
            customer.owner, customer.first_sale = by_id[dealt[customer.id]], None
        served = [customer for customer in self.customers if customer.associate is leaver]
        for place, customer in enumerate(served):
            taken_over = customer.owner if customer.owner in successors else None
            customer.associate = taken_over or successors[place % len(successors)]

    def _hire(self) -> Iterator[KeyedCommand]:
        at = datetime.combine(self._date(0), time(8), UTC)
        for store_id in STORES:
            yield self._keyed(
                OpenStore(
                    store_id=store_id,
                    name=store_id.title(),
                    time_zone="UTC",
                    currency=CURRENCY,
                ),
                at,
            )
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
                ),
                at,
            )
