"""Northwind: a folder of orders by nine employees for ninety-one customers, with discounts and no returns.

Prices in some copies carry the noise of single precision (9.80000019); they are read as whole minor units. Nobody's pay is said: every
employee gets the same plan. The owner of a customer is who sold her most by money, not by count.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from domain.associate.commands import HireAssociate, PayPlan
from domain.customer.commands import AddContactPoint, ContactKind, ReassignOwner, RegisterCustomer
from domain.ids import ASSOCIATE, CUSTOMER, SALE, derived_id
from domain.sale.commands import LineToSell, RecordSale, Share
from services.ops.importing.account import Account, minor
from services.ops.importing.files import CsvFile
from services.ops.importing.run import KeyedCommand

SOURCE = "northwind"
CURRENCY = "USD"
NOON = time(12, 0, tzinfo=UTC)

PLAN = PayPlan(currency=CURRENCY, base_rate_minor=0, rate_bp=675, deficit_policy="carry")

FILES: dict[str, tuple[str, ...]] = {
    "employees": ("employee_id", "last_name", "first_name", "title"),
    "customers": (
        "customer_id", "company_name", "contact_name", "address", "city", "postal_code", "country", "phone",
    ),
    "categories": ("category_id", "category_name"),
    "products": ("product_id", "product_name", "category_id"),
    "orders": ("order_id", "customer_id", "employee_id", "order_date"),
    "order_details": ("order_id", "product_id", "unit_price", "quantity", "discount"),
}  # fmt: skip


class Order(NamedTuple):
    """The head of an order."""

    order_id: str
    customer_id: str
    employee_id: str
    at: datetime


class Detail(NamedTuple):
    """A line of an order; `exact` is its amount as the file has it (dollars)."""

    product_id: str
    unit_price_minor: int
    quantity: int
    net_minor: int
    exact: Decimal


def key_of(*parts: str) -> str:
    """The idempotency key of one command of this import."""
    return ":".join(("import", SOURCE, *parts))


class Northwind:
    """Turns a folder into commands, orders by day, keeping account of each order line."""

    def __init__(self, folder: Path, account: Account) -> None:
        self._files = {
            name: CsvFile(folder / f"{name}.csv", {column: (column,) for column in columns})
            for name, columns in FILES.items()
        }
        self.size_bytes = self._files["order_details"].size_bytes
        self._account = account
        self._sold_by: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._first_seller: dict[str, str] = {}
        self._products: dict[str, tuple[str, str | None]] = {}

    def commands(self, on_progress: Callable[[int], None] | None = None) -> Iterator[KeyedCommand]:
        """Every command of the import."""
        departments = {row[0]: row[1] for row in self._rows("categories")}
        self._products = {
            product_id: (name, departments.get(category_id))
            for product_id, name, category_id in self._rows("products")
        }
        orders = self._orders()
        details = self._details({order.order_id for order in orders}, on_progress)
        customers = {row[0]: row for row in self._rows("customers")}
        began = orders[0].at if orders else datetime.combine(date(1996, 7, 4), NOON)
        yield from self._hired(began)
        met: set[str] = set()
        for order in orders:
            if order.customer_id not in met and order.customer_id in customers:
                met.add(order.customer_id)
                yield from self._registered(customers[order.customer_id], order.at)
            if lines := details.get(order.order_id):
                yield self._sale(order, lines)
        for customer_id in [known for known in customers if known not in met]:
            yield from self._registered(customers[customer_id], began)
        self._account.summary.customers = len(customers)
        yield from self._owners(orders[-1].at if orders else began)

    def _rows(self, name: str, on_progress: Callable[[int], None] | None = None) -> Iterator[list[str]]:
        for number, cells in self._files[name].rows(on_progress):
            if name == "order_details":
                self._account.row()
            if cells is None:
                self._account.cannot_read(
                    f"{name}.csv line {number}: another number of columns than the header"
                )
            else:
                yield [cell.strip() for cell in cells]

    def _orders(self) -> list[Order]:
        orders = [
            Order(order_id, customer_id, employee_id, datetime.combine(date.fromisoformat(day[:10]), NOON))
            for order_id, customer_id, employee_id, day in self._rows("orders")
        ]
        return sorted(orders, key=lambda order: (order.at, order.order_id))

    def _details(
        self, order_ids: set[str], on_progress: Callable[[int], None] | None
    ) -> dict[str, list[Detail]]:
        details: dict[str, list[Detail]] = defaultdict(list)
        for order_id, product_id, price, quantity, discount in self._rows("order_details", on_progress):
            try:
                exact = Decimal(price) * int(quantity) * (1 - Decimal(discount))
                unit_price_minor = minor(Decimal(price))
                net_minor = minor(
                    Decimal(unit_price_minor) / 100 * int(quantity) * (1 - round(Decimal(discount), 4))
                )
            except (InvalidOperation, ValueError):
                self._account.cannot_read(
                    f"order {order_id}, product {product_id}: price, quantity or discount"
                )
                continue
            if order_id not in order_ids:
                self._account.leave_out("no_such_order", exact)
            elif int(quantity) <= 0 or net_minor < 0:
                self._account.leave_out("nothing_sold", exact)
            else:
                details[order_id].append(
                    Detail(product_id, unit_price_minor, int(quantity), net_minor, exact)
                )
        return details

    def _hired(self, at: datetime) -> Iterator[KeyedCommand]:
        for employee_id, last_name, first_name, _title in self._rows("employees"):
            yield (
                key_of("employee", employee_id),
                HireAssociate(
                    associate_id=derived_id(ASSOCIATE, SOURCE, employee_id),
                    name=f"{first_name} {last_name}",
                    reference=employee_id,
                    store_id=SOURCE,
                    plan=PLAN,
                    hired_on=at.date(),
                    occurred_at=at,
                ),
            )

    def _registered(self, row: list[str], at: datetime) -> Iterator[KeyedCommand]:
        customer_id, company, contact, address, city, postal_code, country, phone = row
        yield (
            key_of("customer", customer_id),
            RegisterCustomer(
                customer_id=derived_id(CUSTOMER, SOURCE, customer_id),
                reference=customer_id,
                store_id=SOURCE,
                name=f"{contact}, {company}" if contact else company or None,
                address_as=contact or None,
                occurred_at=at,
            ),
        )
        postal = ", ".join(part for part in (address, f"{postal_code} {city}".strip(), country) if part)
        points: tuple[tuple[ContactKind, str], ...] = (("phone", phone), ("address", postal))
        for kind, value in points:
            if value:
                yield (
                    key_of("contact", customer_id, kind),
                    AddContactPoint(
                        customer_id=derived_id(CUSTOMER, SOURCE, customer_id),
                        kind=kind,
                        value=value,
                        occurred_at=at,
                    ),
                )

    def _sale(self, order: Order, lines: list[Detail]) -> KeyedCommand:
        for line in lines:
            self._account.sold(line.exact, line.net_minor)
            self._sold_by[order.customer_id][order.employee_id] += line.net_minor
        self._first_seller.setdefault(order.customer_id, order.employee_id)
        self._account.summary.sales += 1
        return (
            key_of("order", order.order_id),
            RecordSale(
                sale_id=derived_id(SALE, SOURCE, order.order_id),
                customer_id=derived_id(CUSTOMER, SOURCE, order.customer_id),
                store_id=SOURCE,
                channel="store",
                currency=CURRENCY,
                lines=tuple(
                    LineToSell(
                        sku=line.product_id,
                        description=self._products.get(line.product_id, ("", None))[0],
                        department=self._products.get(line.product_id, ("", None))[1],
                        quantity=line.quantity,
                        unit_price_minor=line.unit_price_minor,
                        discount_minor=line.quantity * line.unit_price_minor - line.net_minor,
                        attribution=(Share(derived_id(ASSOCIATE, SOURCE, order.employee_id)),),
                    )
                    for line in lines
                ),
                receipt_no=order.order_id,
                occurred_at=order.at,
            ),
        )

    def _owners(self, at: datetime) -> Iterator[KeyedCommand]:
        for customer_id, sold in self._sold_by.items():
            # Ties go to whoever sold to her first.
            best = max(sold, key=lambda employee: sold[employee])
            if best != self._first_seller[customer_id]:
                yield (
                    key_of("owner", customer_id),
                    ReassignOwner(
                        customer_id=derived_id(CUSTOMER, SOURCE, customer_id),
                        associate_id=derived_id(ASSOCIATE, SOURCE, best),
                        reason="most_sold",
                        occurred_at=at,
                    ),
                )
