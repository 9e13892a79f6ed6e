"""Visits: customers come and buy."""

import math
from collections.abc import Iterator

from domain.customer import commands as c
from domain.customer.wishes import meets_wish
from domain.ids import SALE, derived_id
from domain.sale.commands import AttachCustomer, LineToSell, RecordSale, Share
from services.demo.catalogue import CATALOGUE, COLOURS, NOTES, STREETS, Article
from services.demo.people import CURRENCY, Associate, Customer, Sale, SoldLine
from services.demo.wishes import Wishes
from services.importing.pipeline.command_batches import KeyedCommand


class Visits(Wishes):
    """Customers and their baskets."""

    def _visits(self) -> Iterator[KeyedCommand]:
        for customer in self.customers:
            gone = customer.lapses_on is not None and self.day >= customer.lapses_on
            if customer.next_visit == self.day and not gone:
                if not customer.registered:
                    yield from self._meet(customer)
                yield from self._sell(customer)
                spread = max(0.2, self._chance.gauss(1.0, customer.gap_spread))
                customer.next_visit = self.day + max(1, math.ceil(customer.gap_days * spread))
        for _ in range(self._chance.randrange(3)):
            yield from self._walk_in()

    def _meet(self, customer: Customer) -> Iterator[KeyedCommand]:
        """Register a customer on the first visit: form of address, contact points, sizes, tastes."""
        customer.registered = True
        first, last = customer.name.split(" ", 1)
        yield self._keyed(
            c.RegisterCustomer(
                customer_id=customer.id,
                store_id=customer.associate.store_id,
                name=customer.name,
                address_as=first if self._some(0.5) else f"Ms. {last}",
            )
        )
        street = f"{self._chance.randrange(1, 400)} {self._chance.choice(STREETS)} Street"
        points: list[tuple[c.ContactKind, str]] = [
            ("phone", f"+1 206 555 01{customer.number % 100:02d}"),
            ("email", f"{first}.{last}@example.org".lower()),
        ]
        if self._some(0.3):
            points.append(("address", street))
        for kind, value in points:
            yield self._keyed(c.AddContactPoint(customer_id=customer.id, kind=kind, value=value))
        for channel in customer.reachable:
            yield self._keyed(
                c.SetContactPreference(
                    customer_id=customer.id,
                    channel=channel,  # type: ignore[arg-type]
                    allowed=True,
                )
            )
        for kind, size in customer.sizes.items():
            yield self._keyed(c.RecordSize(customer_id=customer.id, kind=kind, size=size))
        for label in customer.labels:
            yield self._keyed(c.RecordTaste(customer_id=customer.id, kind="label", value=label))
        if self._some(0.6):
            occasion: c.OccasionKind = self._chance.choice(("birthday", "anniversary", "trip"))
            on = self._date(self._chance.randrange(self.days + 40))
            yield self._keyed(c.RecordOccasion(customer_id=customer.id, kind=occasion, on=on))

    def _basket(self, customer: Customer | None) -> list[tuple[Article, int]]:
        chance = self._chance
        liked = [
            article
            for article in CATALOGUE
            if customer is None
            or article.label in customer.labels
            or article.department in customer.departments
        ]
        return [
            (chance.choice(liked), chance.choice((1, 1, 1, 1, 2, 3)))
            for _ in range(chance.choice((1, 1, 2, 2, 3)))
        ]

    def _sell(self, customer: Customer) -> Iterator[KeyedCommand]:
        basket = self._basket(customer)
        seller = self._served_by(customer)
        fulfilled = self._fulfilled(customer)
        basket.extend((customer.waiting[wish].article, 1) for wish in fulfilled)
        sale = yield from self._ring_up(customer, basket, seller)
        customer.visit_days.append(self.day)
        for wish_id in fulfilled:
            customer.waiting.pop(wish_id, None)
            yield self._keyed(
                c.FulfilWish(
                    customer_id=customer.id,
                    wish_id=wish_id,
                    sale_id=sale.id,
                    fulfilled_by=seller.id,
                )
            )
        if self._some(0.16):
            yield from self._wish(customer)
        if self._some(0.2):
            note = self._chance.choice(NOTES)
            text = note.format(
                colour=self._chance.choice(COLOURS), label=self._chance.choice(customer.labels)
            )
            yield self._keyed(
                c.AddNote(
                    customer_id=customer.id,
                    text=text,
                    written_by=seller.id,
                )
            )
        if self._some(0.02):
            yield from self._heroic_act(customer, sale)

    def _ring_up(
        self, customer: Customer | None, basket: list[tuple[Article, int]], seller: Associate
    ) -> "Iterator[KeyedCommand]":
        key = self._key("RecordSale")
        sale = Sale(derived_id(SALE, key), customer, None, seller.store_id, self.day, [])
        online = customer is not None and self._some(0.12)
        lines: list[LineToSell] = []
        for article, quantity in basket:
            attribution: tuple[Share, ...] = () if online and self._some(0.5) else (Share(seller.id),)
            sale.seller = seller if attribution else sale.seller
            others = [a for a in self._working(seller.store_id) if a is not seller]
            if attribution and others and self._some(0.1):
                other = self._chance.choice(others)
                share = self._chance.choice((5_000, 6_000, 7_000))
                attribution = (Share(seller.id, share), Share(other.id, 10_000 - share))
            size = self._chance.choice(article.sizes)
            sale.lines.append(SoldLine(article, quantity, article.price_minor, size))
            lines.append(
                LineToSell(
                    sku=article.sku,
                    description=article.description,
                    label=article.label,
                    department=article.department,
                    size=size,
                    quantity=quantity,
                    unit_price_minor=article.price_minor,
                    tax_minor=article.price_minor * quantity * 10 // 100,
                    attribution=attribution,
                )
            )
        gross = sum(line.quantity * line.unit_price_minor for line in lines)
        yield (
            key,
            RecordSale(
                sale_id=sale.id,
                customer_id=customer.id if customer else None,
                store_id=seller.store_id,
                channel="online" if online else "store",
                currency=CURRENCY,
                lines=tuple(lines),
                order_discount_minor=gross // 10 if self._some(0.08) else 0,
                receipt_no=f"R{self._counts['RecordSale']:06d}",
                occurred_at=self._at(),
            ),
        )
        self._sales.append(sale)
        self._belongs_to(customer, sale)
        return sale

    def _belongs_to(self, customer: Customer | None, sale: Sale) -> None:
        """Follow what the domain does for the customer of a sale.

        Without an owner, they get the seller as owner, who is credited with at least half of the sale; the
        wishes that its goods meet are fulfilled.
        """
        if customer is None:
            return
        if customer.owner is None and sale.seller is not None:
            customer.owner, customer.first_sale = sale.seller, sale.id
        customer.waiting = {
            number: wish
            for number, wish in customer.waiting.items()
            if not any(meets_wish(wish, line) for line in sale.lines)
        }

    def _walk_in(self) -> Iterator[KeyedCommand]:
        seller = self._chance.choice(self._working())
        sale = yield from self._ring_up(None, self._basket(None), seller)
        known = [customer for customer in self.customers if customer.registered]
        if known and self._some(0.15):
            sale.customer = self._chance.choice(known)
            self._belongs_to(sale.customer, sale)
            yield self._keyed(AttachCustomer(sale_id=sale.id, customer_id=sale.customer.id))
