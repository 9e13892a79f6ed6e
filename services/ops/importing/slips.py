"""What every format is read into: slips of paper from a shop's history, and the people they name.

References are the file's own numbers for people; identifiers are derived from them, so that the same file always
leads to the same identifiers.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from domain.associate.commands import PayPlan
from domain.customer.commands import ContactKind
from domain.sale.commands import SaleChannel

SlipKind = Literal["sale", "return"]

#: What the domain takes in one command.
LINES_MAX = 5000
QUANTITY_MAX = 10**7
AMOUNT_MINOR_MAX = 10**13
CODE_LENGTH_MAX = 200
DESCRIPTION_LENGTH_MAX = 500
#: Longer ones are no numbers of invoices; a key made of one has to fit into 200 characters.
NAME_LENGTH_MAX = 80


class Line(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Goods sold, or taken back: `quantity` and all amounts are positive.

    `exact` is what the file says the line comes to (major units, after discounts, without tax), `net_minor` the same in
    whole minor units. `seller` is the reference of the associate who sold it.
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


class Slip(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A receipt, or the paper of a return. `name` is its number, the same on no other slip of its kind."""

    kind: SlipKind
    name: str
    customer: str | None
    at: datetime
    lines: tuple[Line, ...]
    store: str
    currency: str
    channel: SaleChannel = "store"
    taken_in_by: str | None = None


class Hire(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Somebody who sold."""

    reference: str
    at: datetime
    store: str
    plan: PayPlan
    name: str | None = None
    label: str | None = None
    hired_on: date | None = None
    made_up: bool = False


class Patron(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A customer of whom more is known than a number."""

    reference: str
    at: datetime
    store: str
    name: str | None = None
    address_as: str | None = None
    contact_points: tuple[tuple[ContactKind, str], ...] = ()


class HandOver(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A customer belongs to somebody from an instant on."""

    customer: str
    associate: str
    at: datetime
    reason: str


Entry = Slip | Hire | Patron | HandOver


class Format(Protocol):
    """What reads a source. `owner_of` names who owns a customer that comes with a return first; None where nobody does."""

    source: str
    size_bytes: int

    def entries(self, on_progress: Callable[[int], None] | None = None) -> Iterator[Entry]: ...

    def owner_of(self, customer: str) -> str | None: ...
