"""Wishes of customers, stock arrivals and the follow-ups that come of them."""

from collections.abc import Iterator
from datetime import UTC

from domain.customer import commands as c
from domain.ids import STOCK_ARRIVAL, derived_id
from domain.stock_arrival.commands import ArrivingItem, RecordStockArrival
from domain.stock_arrival.events import ArrivedItem, StockArrived
from projections.clientele_book.page import CustomerPage, FollowUp, Wish
from services.demo.catalogue import CATALOGUE
from services.demo.contacts import Contacts
from services.demo.people import Customer, Promise, WishedFor
from services.demo.simulation_state import STORES
from services.importing.pipeline.command_batches import KeyedCommand
from services.reactions.wishes import follow_ups_for


class Wishes(Contacts):
    """Wishes, arrivals and follow-ups."""

    def _morning(self) -> Iterator[KeyedCommand]:
        if self._date().weekday() == 0:
            for store_id in STORES:
                yield from self._arrival(store_id)
        for customer in self.customers:
            for follow_up_id, promise in list(customer.promised.items()):
                if promise.due <= self.day and self._some(0.7):
                    yield from self._keep_promise(customer, follow_up_id, promise)

    def _arrival(self, store_id: str) -> Iterator[KeyedCommand]:
        wanted = [
            w.article for customer in self.customers for w in customer.waiting.values() if self._some(0.25)
        ]
        articles = {article.sku: article for article in wanted[:4] + self._chance.sample(CATALOGUE, k=3)}
        key = self._key("RecordStockArrival")
        command = RecordStockArrival(
            arrival_id=derived_id(STOCK_ARRIVAL, key),
            store_id=store_id,
            items=tuple(
                ArrivingItem(sku=a.sku, label=a.label, size=size, department=a.department, quantity=2)
                for a in articles.values()
                for size in a.sizes
            ),
            occurred_at=self._at(),
        )
        yield key, command
        yield from self._follow_ups(command)

    def _follow_ups(self, command: RecordStockArrival) -> Iterator[KeyedCommand]:
        """Plan follow-ups as the reactions do: the same function, the same idempotency keys."""
        arrived = StockArrived(
            occurred_at=(command.occurred_at or self._at()).astimezone(UTC),
            arrival_id=command.arrival_id or "",
            store_id=command.store_id,
            items=tuple(ArrivedItem(sku=i.sku, label=i.label, size=i.size) for i in command.items),
        )
        by_id = {customer.id: customer for customer in self.customers if customer.waiting}
        pages = [self._page(customer) for customer in by_id.values()]
        working = {associate.id for associate in self.associates if associate.left_on is None}
        for keyed in follow_ups_for(arrived, pages, lambda _record, _wish_id: True, working.__contains__):
            promised = keyed[1]
            customer = by_id[promised.customer_id]
            customer.follow_ups += 1
            customer.promised[customer.follow_ups] = Promise(self.day, promised.wish_id or 0)
            yield keyed

    def _page(self, customer: Customer) -> CustomerPage:
        """The customer's page in the clientele book, as far as arrivals need it."""
        return CustomerPage(
            customer_id=customer.id,
            primary_owner=customer.owner.id if customer.owner else None,
            preferences=dict.fromkeys(customer.reachable, True),  # type: ignore[arg-type]
            wishes=[
                Wish(
                    wish_id=number,
                    recorded_at=wish.wished_at,
                    label=wish.label,
                    sku=wish.sku,
                    size=wish.size,
                )
                for number, wish in customer.waiting.items()
            ],
            follow_ups=[
                FollowUp(number, self._date(promise.due), "", wish_id=promise.wish_id)
                for number, promise in customer.promised.items()
            ],
        )

    def _keep_promise(
        self, customer: Customer, follow_up_id: int, promise: Promise
    ) -> Iterator[KeyedCommand]:
        """Contact the customer; if the article has arrived, they come soon."""
        del customer.promised[follow_up_id]
        if customer.reachable:
            yield self._keyed(self._contact(customer, "wish"))
        yield self._keyed(
            c.CompleteFollowUp(
                customer_id=customer.id,
                follow_up_id=follow_up_id,
                completed_by=self._served_by(customer).id,
            )
        )
        if promise.wish_id in customer.waiting:
            customer.waiting[promise.wish_id].has_arrived = True
        customer.next_visit = max(self.day, min(customer.next_visit, self.day + self._chance.randrange(1, 6)))

    def _fulfilled(self, customer: Customer) -> list[int]:
        """The wish that the next sale fulfils, if any: most likely one they were called about."""
        return [
            number
            for number, wish in customer.waiting.items()
            if self._some(0.9 if wish.has_arrived else 0.2)
        ][:1]

    def _wish(self, customer: Customer) -> Iterator[KeyedCommand]:
        article = self._chance.choice([a for a in CATALOGUE if a.label in customer.labels])
        customer.wishes += 1
        wish = WishedFor(
            article,
            by_item=self._some(0.6),
            size=customer.sizes.get(article.department),
            wished_at=self._at(),
        )
        customer.waiting[customer.wishes] = wish
        associate = self._served_by(customer)
        yield self._keyed(
            c.RecordWish(
                customer_id=customer.id,
                label=wish.label,
                sku=wish.sku,
                size=wish.size,
                recorded_by=associate.id,
            ),
            wish.wished_at,
        )
        if self._some(0.6):
            customer.follow_ups += 1
            promise = Promise(self.day + self._chance.randrange(5, 30), customer.wishes)
            customer.promised[customer.follow_ups] = promise
            yield self._keyed(
                c.PlanFollowUp(
                    customer_id=customer.id,
                    due_on=self._date(promise.due),
                    reason=f"Call about the {article.description}.",
                    associate_id=associate.id,
                    wish_id=promise.wish_id,
                )
            )
