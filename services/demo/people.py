"""Associates, customers and sales of the simulated shop."""

from dataclasses import dataclass, field
from datetime import date, datetime

from domain.associate.commands import PayPlan, Tier
from domain.ids import ASSOCIATE, CUSTOMER, derived_id
from services.demo.catalogue import Article

SOURCE = "simulated-shop"
CURRENCY = "USD"

STANDARD = PayPlan(currency=CURRENCY, base_rate_minor=1_000, rate_bp=675)
SHOES = PayPlan(currency=CURRENCY, base_rate_minor=1_000, rate_bp=675, department_rates_bp={"shoes": 900})
TIERED = PayPlan(
    currency=CURRENCY,
    base_rate_minor=1_000,
    rate_bp=500,
    tiers=(Tier(0, 500), Tier(1_500_000, 675), Tier(3_000_000, 800)),
)
FORGIVING = PayPlan(currency=CURRENCY, base_rate_minor=950, rate_bp=675, deficit_policy="forgive")
DRAWING = PayPlan(currency=CURRENCY, base_rate_minor=1_050, rate_bp=675, deficit_policy="recoverable_draw")


@dataclass
class Associate:
    """An associate. `skill` scales how often customers come back to them; `away` are days of a long leave."""

    number: int
    name: str
    store_id: str
    department: str | None
    plan: PayPlan
    skill: float
    left_on: date | None = None
    away: range = range(0)

    @property
    def id(self) -> str:
        return derived_id(ASSOCIATE, SOURCE, str(self.number))


@dataclass
class WishedFor:
    """An article a customer waits for, by SKU or label; `has_arrived` once they were told."""

    article: Article
    by_item: bool
    size: str | None
    wished_at: datetime
    has_arrived: bool = False

    @property
    def sku(self) -> str | None:
        """The item, where the wish names one."""
        return self.article.sku if self.by_item else None

    @property
    def label(self) -> str | None:
        """The label, where any article of it will do."""
        return None if self.by_item else self.article.label


@dataclass
class Promise:
    """A follow-up with a customer on a day of the season, about a wish."""

    due: int
    wish_id: int


@dataclass
class Customer:
    """A customer. Wishes and follow-ups are numbered as the domain numbers them.

    `associate` serves them; `owner` has them in their book, from the first sale on; `first_sale` is that one,
    while the owner follows what is corrected about it.
    """

    number: int
    name: str
    associate: Associate
    labels: tuple[str, ...]
    departments: tuple[str, ...]
    sizes: dict[str, str]
    gap_days: float
    gap_spread: float
    taste_for_price: float
    reachable: tuple[str, ...]
    arrives_on: int
    registered: bool = False
    next_visit: int = 0
    lapses_on: int | None = None
    owner: Associate | None = None
    first_sale: str | None = None
    wishes: int = 0
    waiting: dict[int, WishedFor] = field(default_factory=dict)
    follow_ups: int = 0
    promised: dict[int, Promise] = field(default_factory=dict)
    thanked_until: int = -1
    reached_on: int = -1
    visit_days: list[int] = field(default_factory=list)

    @property
    def id(self) -> str:
        return derived_id(CUSTOMER, SOURCE, str(self.number))


@dataclass
class SoldLine:
    """A line of a sale, and how many of its units the customer still has."""

    article: Article
    left: int
    price_minor: int
    size: str | None = None

    @property
    def sku(self) -> str:
        """The item that was sold."""
        return self.article.sku

    @property
    def label(self) -> str:
        """Its label."""
        return self.article.label


@dataclass
class Sale:
    """A sale the simulation may come back to; `seller` is None where nobody is credited."""

    id: str
    customer: Customer | None
    seller: Associate | None
    store_id: str
    day: int
    lines: list[SoldLine]
    corrected: bool = False
