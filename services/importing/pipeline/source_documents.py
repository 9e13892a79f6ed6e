"""What every format is read into: source documents of paper from a shop's history, and the people they name.

References are the file's own numbers for people; identifiers are derived from them, so that the same file
always leads to the same identifiers.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from domain.associate.commands import PayPlan
from domain.customer.commands import ContactKind
from domain.sale.commands import SaleChannel

DocumentKind = Literal["sale", "return"]

#: The limits of one command of the domain.
LINES_MAX = 5000
QUANTITY_MAX = 10**7
AMOUNT_MINOR_MAX = 10**13
CODE_LENGTH_MAX = 200
DESCRIPTION_LENGTH_MAX = 500
#: A longer text is no invoice number; a key made of one has to fit into 200 characters.
NAME_LENGTH_MAX = 80


class Line(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A line of goods sold or returned: `quantity` and all amounts are positive.

    `exact` is what the file says the line comes to (major units, after discounts, without tax), `net_minor`
    the same in whole minor units. `seller` is the reference of the associate who sold it; with `co_sellers`
    they sold it together, in equal parts. Money back without goods has the quantity 0. Where the file counts
    no units, `counted` is false, and the quantity 1.
    """

    sku: str
    quantity: int
    exact: Decimal
    net_minor: int
    unit_price_minor: int
    description: str = ""
    department: str | None = None
    label: str | None = None
    size: str | None = None
    tax_minor: int = 0
    seller: str | None = None
    co_sellers: tuple[str, ...] = ()
    counted: bool = True

    @property
    def sellers(self) -> tuple[str, ...]:
        return (self.seller, *self.co_sellers) if self.seller is not None else ()


class SourceDocument(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A receipt or the document of a return. `name` is its number, unique among the documents of its kind.
    `found_at` says in which files and lines it stands. `beside_other_kind`: the file has both a sale and a
    return of that number.
    """

    kind: DocumentKind
    name: str
    customer: str | None
    at: datetime
    lines: tuple[Line, ...]
    store: str
    currency: str
    found_at: str
    channel: SaleChannel = "store"
    taken_in_by: str | None = None
    beside_other_kind: bool = False


class Hire(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """An associate named by the source."""

    reference: str
    at: datetime
    store: str
    plan: PayPlan
    name: str | None = None
    label: str | None = None
    hired_on: date | None = None
    made_up: bool = False


class ImportedCustomer(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A customer with more data than a number."""

    reference: str
    at: datetime
    store: str
    name: str | None = None
    address_as: str | None = None
    contact_points: tuple[tuple[ContactKind, str], ...] = ()


class HandOver(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A customer changes owner at an instant."""

    customer: str
    associate: str
    at: datetime
    reason: str


class PayPeriodStart(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A pay period of the company begins."""

    period_id: str
    starts_on: date
    ends_on: date
    time_zone: str
    at: datetime


class PayPeriodEnd(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A pay period of the company is over: it is closed, and each of these associates gets a statement."""

    period_id: str
    associates: tuple[str, ...]
    at: datetime


class StoreMet(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A store is named for the first time; its days are those of the time zone of the file."""

    store: str
    time_zone: str
    currency: str
    channel: SaleChannel
    at: datetime


Entry = SourceDocument | Hire | ImportedCustomer | HandOver | PayPeriodStart | PayPeriodEnd | StoreMet


class SourceFormat(Protocol):
    """Reads a source. `owner_of` is the owner of a customer whose first document is a return, or None."""

    source: str
    size_bytes: int

    def entries(self, on_progress: Callable[[int], None] | None = None) -> Iterator[Entry]: ...

    def owner_of(self, customer: str) -> str | None: ...
