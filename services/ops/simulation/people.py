"""Who works in the made-up shop and who comes to it, as the simulation remembers them."""

from dataclasses import dataclass, field
from datetime import date

from domain.associate.commands import PayPlan, Tier
from domain.ids import ASSOCIATE, CUSTOMER, derived_id
from services.ops.simulation.catalogue import Article

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
    """Somebody who serves. `skill` scales how often customers come back to them."""

    number: int
    name: str
    store_id: str
    department: str | None
    plan: PayPlan
    skill: float
    left_on: date | None = None

    @property
    def id(self) -> str:
        return derived_id(ASSOCIATE, SOURCE, str(self.number))


@dataclass
class Customer:
    """Somebody who comes back. Numbers of wishes and follow-ups are counted as the domain counts them."""

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
    wishes: int = 0
    waiting: dict[int, Article] = field(default_factory=dict)
    follow_ups: int = 0
    promised: dict[int, int] = field(default_factory=dict)
    thanked_until: int = -1

    @property
    def id(self) -> str:
        return derived_id(CUSTOMER, SOURCE, str(self.number))


@dataclass
class SoldLine:
    """A line of a sale, and how many of its units the customer still has."""

    article: Article
    left: int
    price_minor: int


@dataclass
class Sale:
    """A receipt the simulation may come back to."""

    id: str
    customer: Customer | None
    store_id: str
    day: int
    lines: list[SoldLine]
    corrected: bool = False
