"""What service is measured against, as rows keep it: standards, clocks, who works where, heroic acts.

Everything carries the position of its event and the instant it happened (seconds since 1970), and nothing is
ever overwritten: so a row serves any past. Days are proleptic ordinals.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import msgspec

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_SECONDS: Final = 86_400
_FIRST_DAY: Final = _EPOCH.toordinal()


def seconds_of(instant: datetime) -> int:
    """Whole seconds since 1970 (UTC), rounded down."""
    since = instant - _EPOCH
    return since.days * _DAY_SECONDS + since.seconds


def instant_of(seconds: int) -> datetime:
    """The instant of so many seconds since 1970."""
    return _EPOCH + timedelta(seconds=seconds)


class Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something that happened at an instant, and the position of its event."""

    position: int
    at: int


AnyFact = TypeVar("AnyFact", bound=Fact)


class Cut(NamedTuple):
    """A past: what stands in the log up to a position and had happened by an instant."""

    position: int
    at: int

    def known(self, facts: Iterable[AnyFact]) -> list[AnyFact]:
        """Those of the facts that belong to this past."""
        return [fact for fact in facts if fact.position <= self.position and fact.at <= self.at]


class StandardVersion(Fact, frozen=True, array_like=True, gc=False):
    """A standard from a day on; `within_days` is None where it is withdrawn."""

    kind: str
    version: int
    effective_on: int
    within_days: int | None = None
    target_bp: int | None = None


class Clock(Fact, frozen=True, array_like=True, gc=False):
    """The time zone of a store, or of a pay calendar's scope."""

    time_zone: str


class Workplace(Fact, frozen=True, array_like=True, gc=False):
    """Where somebody works from then on."""

    store_id: str


class EmploymentDay(Fact, frozen=True, array_like=True, gc=False):
    """The first or the last day of somebody's employment."""

    day: int


class ActReport(Fact, frozen=True, array_like=True, gc=False):
    """A heroic act as it was reported."""

    customer_id: str | None
    store_id: str | None
    heroes: tuple[str, ...]
    is_duplicate: bool


class ActStep(Fact, frozen=True, array_like=True, gc=False):
    """Verified, revoked or told; `by` is who did it."""

    by: str | None


class ContextRow(msgspec.Struct, omit_defaults=True):
    """One stream: a scope's standards, a store, a pay calendar, an associate, or a heroic act.

    `scope` names the store or `company`; it is None for associates and acts. Of an act's tellings the first
    counts alone.
    """

    key: str
    scope: str | None = None
    standards: list[StandardVersion] = []
    clocks: list[Clock] = []
    workplaces: list[Workplace] = []
    hired: list[EmploymentDay] = []
    left: list[EmploymentDay] = []
    reported: list[ActReport] = []
    verified: list[ActStep] = []
    revoked: list[ActStep] = []
    told: list[ActStep] = []


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo:
    """A time zone by its name; UTC for one that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def utc_day_of(seconds: int) -> int:
    """The day of an instant in UTC."""
    return _FIRST_DAY + seconds // _DAY_SECONDS


def day_of(seconds: int, clock: ZoneInfo) -> int:
    """The day of an instant in a time zone."""
    return instant_of(seconds).astimezone(clock).toordinal()


def start_of(day: int, clock: ZoneInfo) -> int:
    """The first second of a day in a time zone."""
    return seconds_of(datetime.combine(date.fromordinal(day), datetime.min.time(), clock))


def week_of(day: int) -> int:
    """The number of the week, Monday to Sunday, that a day lies in."""
    return (day - 1) // 7


def monday_of(week: int) -> date:
    """The first day of a week."""
    return date.fromordinal(week * 7 + 1)
