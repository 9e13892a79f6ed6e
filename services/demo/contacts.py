"""Contacts with customers, hours worked and heroic acts."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Literal

from domain.commission_account.commands import RecordHours
from domain.customer import commands as c
from domain.heroic_act.commands import RejectHeroicAct, ReportHeroicAct, RetellHeroicAct, VerifyHeroicAct
from domain.ids import HEROIC_ACT, derived_id
from services.demo.catalogue import STORIES
from services.demo.people import CURRENCY, Customer, Sale
from services.demo.simulation_state import HOURS_A_DAY, STORES, SimulationState
from services.importing.pipeline.command_batches import KeyedCommand


class Contacts(SimulationState):
    """Thank-yous, hours worked and heroic acts."""

    def _evening(self) -> Iterator[KeyedCommand]:
        for sale in self._sales[-40:]:
            customer = sale.customer
            if customer is None or not customer.registered or not customer.reachable:
                continue
            due = sale.day == self.day - 2 and customer.thanked_until < sale.day
            if due and self._some(0.6):
                customer.thanked_until = self.day
                thanks = self._contact(customer, "thank_you")
                if thanks.answered or thanks.channel != "call":
                    customer.reached_on = self.day
                yield self._keyed(thanks)
        yield from self._stories()
        for associate in self._working():
            if self._chance.random() < 5 / 7:
                yield self._keyed(
                    RecordHours(
                        associate_id=associate.id,
                        worked_on=self._date(),
                        selling_minutes=HOURS_A_DAY * 60 - 90,
                        non_selling_minutes=90,
                    ),
                    datetime.combine(self._date(), time(19), UTC),
                )

    def _heroic_act(self, customer: Customer, sale: Sale) -> Iterator[KeyedCommand]:
        hero = self._served_by(customer)
        witnesses = [a for a in self._working() if a is not hero]
        witness = self._chance.choice(witnesses)
        kind = self._chance.choice(list(STORIES))
        key = self._key("ReportHeroicAct")
        act_id = derived_id(HEROIC_ACT, key)
        story = STORIES[kind].format(
            customer=customer.name, hero=hero.name, article=sale.lines[0].article.description
        )
        yield (
            key,
            ReportHeroicAct(
                act_id=act_id,
                heroes=(hero.id,),
                customer_id=customer.id,
                kind=kind,  # type: ignore[arg-type]
                story=story,
                happened_on=self._date(),
                store_id=hero.store_id,
                reporter=self._chance.choice(("witness", "customer", "manager")),
                reported_by=witness.id,
                cost_minor=self._chance.choice((0, 0, 1_200, 3_500, 14_000)),
                currency=CURRENCY,
                authorised_by=witness.id,
                sale_id=sale.id,
                occurred_at=self._at(),
            ),
        )
        self._reported_acts.append((self.day + 2, act_id, hero, witness, customer))

    def _stories(self) -> Iterator[KeyedCommand]:
        for entry in [entry for entry in self._reported_acts if entry[0] <= self.day]:
            self._reported_acts.remove(entry)
            _, act_id, hero, witness, _ = entry
            if self._some(0.1):
                yield self._keyed(RejectHeroicAct(act_id=act_id, rejected_by=witness.id))
                continue
            second = next(a for a in self._working() if a is not hero and a is not witness)
            yield self._keyed(VerifyHeroicAct(act_id=act_id, verified_by=second.id))
            for store_id in STORES:
                if self._some(0.5):
                    yield self._keyed(RetellHeroicAct(act_id=act_id, told_to=store_id, told_by=witness.id))

    def _contact(self, customer: Customer, purpose: str) -> c.LogContact:
        channel: Literal["call", "text", "write"] = self._chance.choice(customer.reachable)  # type: ignore[assignment]
        return c.LogContact(
            customer_id=customer.id,
            channel=channel,
            purpose=purpose,
            contacted_by=self._served_by(customer).id,
            answered=self._some(0.55),
        )
