"""Returns, exchanges and corrections of attribution."""

from collections.abc import Iterator

from domain.ids import RETURN, derived_id
from domain.return_.commands import AcceptReturn, LineToReturn, LinkExchange, MatchReturn
from domain.sale.commands import CorrectAttribution, Share
from services.demo.people import CURRENCY, Sale
from services.demo.visits import Visits
from services.importing.pipeline.command_batches import KeyedCommand


class Returns(Visits):
    """Accepts every return."""

    def _counter(self) -> Iterator[KeyedCommand]:
        recent = [
            s for s in self._sales if 1 <= self.day - s.day <= 70 and any(line.left for line in s.lines)
        ]
        for sale in recent:
            if self._some(0.0045):
                yield from self._take_back(sale)
        if self._unmatched and self._some(0.35):
            return_id, sale, line_no, _ = self._unmatched.pop(0)
            yield self._keyed(MatchReturn(return_id=return_id, sale_id=sale.id, lines=(line_no,)))
        if self._some(0.1) and recent:
            yield from self._correct(self._chance.choice(recent))

    def _take_back(self, sale: Sale) -> Iterator[KeyedCommand]:
        chance = self._chance
        line_no = chance.choice([n for n, line in enumerate(sale.lines, start=1) if line.left])
        line = sale.lines[line_no - 1]
        quantity = chance.randrange(1, line.left + 1)
        line.left -= quantity
        key = self._key("AcceptReturn")
        return_id = derived_id(RETURN, key)
        clerk = chance.choice(self._working(sale.store_id))
        if self._some(0.2):
            refund = quantity * line.price_minor
            yield (
                key,
                AcceptReturn(
                    return_id=return_id,
                    store_id=sale.store_id,
                    currency=CURRENCY,
                    customer_id=sale.customer.id if sale.customer and self._some(0.5) else None,
                    lines=(
                        LineToReturn(
                            sku=line.article.sku,
                            description=line.article.description,
                            label=line.article.label,
                            department=line.article.department,
                            quantity=quantity,
                            refund_minor=refund,
                        ),
                    ),
                    accepted_by=clerk.id,
                    occurred_at=self._at(),
                ),
            )
            self._unmatched.append((return_id, sale, line_no, quantity))
            return
        giver = chance.choice([customer for customer in self.customers if customer.registered])
        gift = self._some(0.12)
        yield (
            key,
            AcceptReturn(
                return_id=return_id,
                sale_id=sale.id,
                customer_id=giver.id if gift else None,
                store_id=sale.store_id,
                lines=(LineToReturn(line_no=line_no, quantity=quantity),),
                accepted_by=clerk.id,
                condition="worn once" if self._some(0.2) else None,
                reason="a gift in the wrong size" if gift else None,
                occurred_at=self._at(),
            ),
        )
        if sale.customer and self._some(0.3):
            replacement = yield from self._ring_up(sale.customer, [(line.article, 1)], clerk)
            yield self._keyed(LinkExchange(return_id=return_id, sale_id=replacement.id))

    def _correct(self, sale: Sale) -> Iterator[KeyedCommand]:
        if sale.corrected or sale.customer is None:
            return
        sale.corrected = True
        seller, at = self._chance.choice(self._working(sale.store_id)), self._at()
        if sale.id == sale.customer.first_sale and seller is not sale.customer.owner:
            return  # Their owner would follow the correction.
        yield self._keyed(
            CorrectAttribution(
                sale_id=sale.id,
                line_no=1,
                attribution=(Share(seller.id),),
                reason="rung_up_under_the_wrong_number",
            ),
            at,
        )
