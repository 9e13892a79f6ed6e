"""Standards of service that the shop sets itself, promises, and calls to customers who have grown silent."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Final

from domain.customer.commands import Channel, CompleteFollowUp, LogContact, PlanFollowUp
from domain.service_standard.commands import DefineServiceStandard, StandardKind
from projections.rhythm import lapsing_after_days
from services.demo.people import Customer
from services.demo.simulation_state import SimulationState
from services.importing.pipeline.command_batches import KeyedCommand

#: Within how many days, and at how many of a hundred.
EXPECTED: Final[dict[StandardKind, tuple[int, int]]] = {
    "thank_you": (3, 60),
    "promise_kept": (0, 80),
    "wish_told": (1, 80),
    "lapsing_reached": (7, 50),
    "act_retold": (30, 100),
}


#: Whoever thanks nobody before does so on that evening after the purchase.
THANKED_AFTER_DAYS: Final = 2
#: Alterations are promised for so many days later.
ALTERED_IN_DAYS: Final = 4


class Standards(SimulationState):
    """What is expected, and whom somebody calls because of it. Nothing here is left to chance."""

    def _expect(self) -> Iterator[KeyedCommand]:
        for kind, (within_days, percent) in EXPECTED.items():
            yield self._keyed(
                DefineServiceStandard(
                    kind=kind,
                    within_days=within_days,
                    target_bp=percent * 100,
                    effective_on=self._date(0),
                ),
                datetime.combine(self._date(0), time(9), UTC),
            )

    def _promise(self) -> Iterator[KeyedCommand]:
        """Some purchases are altered and promised for a day; now and then it takes a day longer."""
        for customer in self.customers:
            if customer.visit_days[-1:] == [self.day] and customer.number % 7 == 0:
                customer.follow_ups += 1
                self._alterations.append(
                    (self.day + ALTERED_IN_DAYS + (customer.number % 3 == 0), customer, customer.follow_ups)
                )
                yield self._keyed(
                    PlanFollowUp(
                        customer_id=customer.id,
                        due_on=self._date(self.day + ALTERED_IN_DAYS),
                        reason="Alterations are ready",
                        associate_id=self._served_by(customer).id,
                    ),
                    self._closing_time(),
                )
        for day, customer, follow_up_id in self._alterations:
            if day == self.day:
                yield self._keyed(
                    CompleteFollowUp(
                        customer_id=customer.id,
                        follow_up_id=follow_up_id,
                        completed_by=self._served_by(customer).id,
                    ),
                    self._closing_time(),
                )

    def _thank(self) -> Iterator[KeyedCommand]:
        """Four of five customers are thanked on the third evening, if nobody has reached them before."""
        bought_on = self.day - THANKED_AFTER_DAYS
        for customer in self.customers:
            was_reached = customer.reached_on > bought_on
            if not customer.reachable or customer.number % 5 == 0 or was_reached:
                continue
            if bought_on in customer.visit_days[-3:]:
                yield self._keyed(self._call(customer, "thank_you"), self._closing_time())

    def _call_the_silent(self) -> Iterator[KeyedCommand]:
        """Three of five are called, within eleven days of the day on which they have been silent too long."""
        for customer in self.customers:
            silent_after = lapsing_after_days(customer.visit_days)
            if silent_after is None or not customer.reachable or customer.number % 5 > 2:
                continue
            if self.day == customer.visit_days[-1] + silent_after + 1 + customer.number % 11:
                yield self._keyed(self._call(customer, "lapsing"), self._closing_time())

    def _call(self, customer: Customer, purpose: str) -> LogContact:
        channel: Channel = customer.reachable[0]  # type: ignore[assignment]
        return LogContact(
            customer_id=customer.id,
            channel=channel,
            purpose=purpose,
            contacted_by=self._served_by(customer).id,
            answered=customer.number % 4 > 0,
        )

    def _closing_time(self) -> datetime:
        return datetime.combine(self._date(), time(18), UTC)
