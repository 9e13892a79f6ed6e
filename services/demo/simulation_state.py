"""State of the simulation: people, the current day, sales so far, and the source of chance."""

from datetime import UTC, date, datetime, time, timedelta

from msgspec.structs import replace

from domain.messages import Command
from infra.ids import seeded_source
from services.demo import people
from services.demo.catalogue import FIRST_NAMES, LABELS, LAST_NAMES
from services.demo.people import SOURCE, Associate, Customer, Sale
from services.importing.pipeline.command_batches import KeyedCommand

STORES = ("downtown", "harbour", "uptown")
DAYS = 182
PERIOD_DAYS = 14
CUSTOMERS = 540
ASSOCIATES_PER_STORE = 4
LEAVES_ON = 132
#: A whole pay period away: returns are clawed back from no commission, which leads to a deficit.
AWAY = range(7 * PERIOD_DAYS, 8 * PERIOD_DAYS)
WHO_IS_AWAY = 6
OPENS_AT = time(10, 0)
HOURS_A_DAY = 8


class SimulationState:
    """State that all parts of a season share; determined by the seed and the last day."""

    def __init__(self, last_day: date, *, customers: int = CUSTOMERS, days: int = DAYS) -> None:
        self.days = days
        self.first_day = last_day - timedelta(days=days - 1)
        self.day = 0
        self._minute = 0.0
        self._counts: dict[str, int] = {}
        self._chance = seeded_source(SOURCE)
        self._sales: list[Sale] = []
        self._unmatched: list[tuple[str, Sale, int, int]] = []
        self._alterations: list[tuple[int, Customer, int]] = []
        self._reported_acts: list[tuple[int, str, Associate, Associate, Customer]] = []
        self.associates = [
            self._new_associate(number) for number in range(len(STORES) * ASSOCIATES_PER_STORE)
        ]
        self.customers = [self._new_customer(number) for number in range(customers)]

    def _date(self, day: int | None = None) -> date:
        return self.first_day + timedelta(days=self.day if day is None else day)

    def _at(self) -> datetime:
        self._minute += self._chance.random() * 1.5
        return datetime.combine(self._date(), OPENS_AT, UTC) + timedelta(minutes=self._minute)

    def _key(self, word: str) -> str:
        self._counts[word] = self._counts.get(word, 0) + 1
        return f"{SOURCE}:{word}:{self._counts[word]}"

    def _keyed(self, command: Command, at: datetime | None = None) -> KeyedCommand:
        """A command with its idempotency key, given at an instant; by default at the next one of this day."""
        return self._key(type(command).__name__), replace(command, occurred_at=at or self._at())

    def _some(self, share: float) -> bool:
        return self._chance.random() < share

    def _name(self) -> str:
        return f"{self._chance.choice(FIRST_NAMES)} {self._chance.choice(LAST_NAMES)}"

    def _new_associate(self, number: int) -> Associate:
        store, place = divmod(number, ASSOCIATES_PER_STORE)
        plan = (
            people.SHOES,
            people.TIERED,
            people.STANDARD,
            (people.FORGIVING, people.DRAWING, people.STANDARD)[store],
        )
        return Associate(
            number=number,
            name=self._name(),
            store_id=STORES[store],
            department=("shoes", "women", None, "alterations")[place],
            plan=plan[place],
            skill=0.6 + 0.8 * self._chance.random(),
            away=AWAY if number == WHO_IS_AWAY else range(0),
        )

    def _new_customer(self, number: int) -> Customer:
        chance = self._chance
        departments = tuple(chance.sample(list(LABELS), k=chance.choice((1, 2, 2, 3))))
        labels = tuple({chance.choice(LABELS[department]) for department in departments})
        associate = chance.choice(self.associates)
        gap_days = chance.gammavariate(1.6, 20.0 / associate.skill) + 6
        arrives = 0 if self._some(0.55) else chance.randrange(max(1, self.days - 10))
        return Customer(
            number=number,
            name=self._name(),
            associate=associate,
            labels=tuple(sorted(labels)),
            departments=departments,
            sizes={
                "shoes": chance.choice(("6.5", "7", "8", "8.5")),
                "women": chance.choice(("4", "6", "8", "10")),
            },
            gap_days=gap_days,
            gap_spread=chance.choice((0.25, 0.5, 1.0)),
            taste_for_price=chance.lognormvariate(0, 0.5),
            reachable=chance.choice(
                (("call", "text", "write"), ("call", "write"), ("text",), ("write",), ())
            ),
            arrives_on=arrives,
            next_visit=arrives + int(chance.random() * min(gap_days, 30)),
            lapses_on=chance.randrange(min(40, self.days // 2), self.days) if self._some(0.3) else None,
        )

    def _working(self, store_id: str | None = None) -> list[Associate]:
        return [
            associate
            for associate in self.associates
            if associate.left_on is None
            and self.day not in associate.away
            and store_id in (None, associate.store_id)
        ]

    def _served_by(self, customer: Customer) -> Associate:
        """The associate who serves a customer today: a colleague while theirs is away."""
        associate = customer.associate
        return self._working(associate.store_id)[0] if self.day in associate.away else associate
