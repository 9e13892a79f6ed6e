"""Made-up associates for files that name none: plainly labelled, the customers spread over them."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from domain.associate.commands import PayPlan
from domain.ids import CUSTOMER, derived_id
from domain.messages import Refused
from services.importing.pipeline.source_documents import Hire

ASSOCIATES_MAX = 1000
RATE_BP = 675


def made_up_plan(currency: str) -> PayPlan:
    """The pay plan of an associate without one in the file: 6.75 % and no guarantee."""
    return PayPlan(currency=currency, base_rate_minor=0, rate_bp=RATE_BP, deficit_policy="carry")


class MadeUpAssociates:
    """A number of made-up associates; a customer gets the same one on every run."""

    def __init__(self, source: str, count: int, currency: str) -> None:
        self._source = source
        self._count = count
        self._currency = currency
        self._known: dict[str, str] = {}

    def of(self, customer: str) -> str:
        """The reference of a customer's associate."""
        known = self._known.get(customer)
        if known is None:
            digest = derived_id(CUSTOMER, self._source, customer)[4:12]
            known = self._known[customer] = reference(int(digest, 16) % self._count + 1)
        return known

    def hires(self, at: datetime, day: date) -> Iterator[Hire]:
        """Hire all of them on the first day of the history."""
        width = len(str(self._count))
        for number in range(1, self._count + 1):
            label = f"{number:0{width}d}"
            yield Hire(
                reference=reference(number),
                at=at,
                store=self._source,
                plan=made_up_plan(self._currency),
                name=f"Made-up associate {label}",
                label=f"made-up {label}",
                hired_on=day,
                made_up=True,
            )


def reference(number: int) -> str:
    """The reference of a made-up associate; numbers count from 1."""
    return f"made-up:{number}"


def refuse_other_number_of_associates(
    known_keys: Callable[[list[str]], set[str]], source: str, associates: int
) -> None:
    """Refuse to resume a history with another number of made-up associates than it began with.

    `known_keys` returns those of the given idempotency keys that have been answered.
    """
    keys = [f"import:{source}:associate:{reference(number)}" for number in range(1, ASSOCIATES_MAX + 1)]
    before = len(known_keys(keys))
    if before not in (0, associates):
        raise Refused(
            "other_number_of_associates",
            f"this history was imported with --associates {before}; give the same number to go on with it",
            "--associates",
        )
