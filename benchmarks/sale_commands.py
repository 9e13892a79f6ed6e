"""Sales as commands, for benchmarks that give them to the command handler without HTTP."""

from collections.abc import Iterator
from itertools import count

from benchmarks.sales import STORE
from domain.sale.commands import LineToSell, RecordSale, Share


def sale_commands(people: dict[str, list[str]]) -> Iterator[RecordSale]:
    """One sale after another, of a line each, to customers and by associates in turn."""
    customers, associates = people["customers"], people["associates"]
    for number in count():
        line = LineToSell(
            sku="SH0101", description="Calzari loafer", label="Calzari", department="shoes", quantity=1,
            unit_price_minor=10_001, attribution=(Share(associates[number % len(associates)]),),
        )  # fmt: skip
        yield RecordSale(
            customer_id=customers[number % len(customers)], store_id=STORE, currency="USD", lines=(line,)
        )
