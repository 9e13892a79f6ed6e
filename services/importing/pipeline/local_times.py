"""Local times as files write them, and the instants they name."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, tzinfo

from domain.policies import EARLIEST
from services.importing.pipeline.csv_files import UnusableFile

_TIME_OF_DAY = (
    r"(?:,?[ T]+(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:\.\d+)?)?(?:\s*(?P<half>[AP])\.?M\.?)?)?"
)
_NUMERIC = re.compile(
    rf"(?P<first>\d{{1,4}})(?P<mark>[-/.])(?P<second_part>\d{{1,2}})(?P=mark)(?P<third>\d{{1,4}}){_TIME_OF_DAY}",
    re.IGNORECASE,
)
#: 3 Sep 2025, 03-Sep-25, Wed, Sep 3, 2025 10:14 AM.
_NAMED = re.compile(
    rf"(?:[a-z]{{3,9}}\.?,\s+)?(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ ./-]+(?P<month>[a-z]{{3,9}})\.?"
    rf"|(?P<month_first>[a-z]{{3,9}})\.?[ -]+(?P<day_second>\d{{1,2}})(?:st|nd|rd|th)?),?[ ./-]+"
    rf"(?P<year>\d{{4}}|\d{{2}}){_TIME_OF_DAY}",
    re.IGNORECASE,
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONG_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_OFFSET_APART = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}$)|\s*(?:UTC|GMT)$")
NOON = time(12)
TIMES_OF_DAY = (" %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
TWO_READINGS = (
    "is a day that can be read two ways, day or month first: say day_first or the date "
    "format in the mapping, or write the year first"
)


class LocalTimes:
    """Reads times without an offset as local times of a zone; one with an offset is taken at its word.

    Year first in any form of ISO 8601, or the month by its English name; else day.month.year, and
    month/day/year, or day/month/year if `day_first`; with None, such days are refused. `pattern` (as for
    strptime) overrides all. A date alone is noon. A time that the clocks skip in spring is read an hour
    later, as the clocks show it; one that they show twice in autumn is the first of both. With `now`, a time
    after it (or before 1900) is refused.
    """

    def __init__(
        self,
        zone: tzinfo,
        *,
        day_first: bool | None = False,
        pattern: str | None = None,
        now: datetime | None = None,
    ) -> None:
        self._zone = zone
        self._now = now
        self._pattern = pattern
        self.day_first = day_first
        self._known: dict[str, datetime] = {}

    def instant(self, text: str) -> datetime:
        """The instant (UTC) that a text names; ValueError when it names none."""
        known = self._known.get(text)
        if known is None:
            if len(self._known) > 100_000:
                self._known.clear()
            known = self._known[text] = self._read(text.strip())
        return known

    def instant_if_any(self, text: str) -> datetime | None:
        """The instant that a text names, or None where it names none."""
        try:
            return self.instant(text)
        except ValueError:
            return None

    def day(self, text: str) -> date:
        """The day that a text names, where it was written; ValueError when it names none."""
        return self._local(text.strip()).date()

    def _read(self, text: str) -> datetime:
        try:
            local = self._local(text)
            if local.tzinfo is None:
                local = local.replace(tzinfo=self._zone)
            at = local.astimezone(UTC)
        except OverflowError:
            raise ValueError("is a time out of this world") from None
        if self._now is not None and at > self._now:
            raise ValueError("is in the future")
        if self._now is not None and at < EARLIEST:
            raise ValueError("is too long ago")
        return at

    def _local(self, text: str) -> datetime:
        if self._pattern is not None:
            return _by_pattern(text, self._pattern)
        text = _OFFSET_APART.sub(lambda found: "" if found[0].isspace() else "Z", text)
        try:
            local = datetime.fromisoformat(text)
            return datetime.combine(local, NOON) if len(text) <= 10 else local
        except ValueError:
            pass
        if (found := _NUMERIC.fullmatch(text)) is not None:
            return _at(found, *self._numeric(found))
        if (found := _NAMED.fullmatch(text)) is not None:
            month = (found["month"] or found["month_first"]).casefold()
            if month in (*MONTHS, "sept", *LONG_MONTHS):
                return _at(
                    found,
                    _whole_year(found["year"]),
                    MONTHS.index(month[:3]) + 1,
                    int(found["day"] or found["day_second"]),
                )
        raise ValueError("is not a time")

    def _numeric(self, found: re.Match[str]) -> tuple[int, int, int]:
        """Year, month and day."""
        first, second = int(found["first"]), int(found["second_part"])
        if len(found["first"]) == 4:
            return first, second, int(found["third"])
        day_first = self.day_first
        if found["mark"] == ".":
            day_first = True
        if day_first is None and first != second:
            # A day that can only be read one way is, also where a file has both orders.
            day_first = _shown_by(found[0])
            if day_first is None:
                raise ValueError(TWO_READINGS)
        day, month = (first, second) if day_first else (second, first)
        return _whole_year(found["third"]), month, day


def _whole_year(text: str) -> int:
    return int(text) if len(text) > 2 else 2000 + int(text)


def _at(found: re.Match[str], year: int, month: int, day: int) -> datetime:
    """The day with the time of day behind it; noon without one."""
    if found["hour"] is None:
        return datetime.combine(datetime(year, month, day), NOON)  # noqa: DTZ001 - the zone is set by the caller
    hour = int(found["hour"])
    if found["half"] is not None:
        if not 1 <= hour <= 12:
            raise ValueError("is not a time")
        hour = hour % 12 + (12 if found["half"] in "Pp" else 0)
    second = int(found["second"] or 0)
    return datetime(year, month, day, hour, int(found["minute"]), second)  # noqa: DTZ001 - likewise


def _by_pattern(text: str, pattern: str) -> datetime:
    """A pattern of days also reads a time of day behind the day, as files with a column for it have."""
    days_alone = not any(directive in pattern for directive in ("%H", "%I", "%X", "%c", "%T", "%R"))
    for suffix in ("", *TIMES_OF_DAY) if days_alone else ("",):
        try:
            local = datetime.strptime(text, pattern + suffix)  # noqa: DTZ007 - the zone is set by the caller
        except ValueError:
            continue
        return datetime.combine(local, NOON) if days_alone and not suffix else local
    raise ValueError("is not a time of the form that the mapping says")


def _shown_by(text: str) -> bool | None:
    """Whether a day can only have its day first (True) or its month first (False); None for neither."""
    found = _NUMERIC.fullmatch(text.strip())
    if found is None or len(found["first"]) == 4 or found["mark"] == ".":
        return None
    first, second = int(found["first"]), int(found["second_part"])
    return None if (first > 12) == (second > 12) else first > 12


def days_come_first(texts: Iterable[str]) -> bool | None:
    """Whether 3/4/2011 is the third of April: read until a text can only be one of both.

    None when none can.
    """
    return next((shown for text in texts if (shown := _shown_by(text)) is not None), None)


def order_in_words(day_first: bool | None) -> str:
    """How days are read, for people."""
    if day_first is None:
        return "year first, or the month by its name"
    return "day first" if day_first else "month first"


class DayOrder:
    """Settles whether days like 3/4/2011 have the day first: looks at all of a file's, and does not guess.

    `declared` is what the mapping says, None when it says nothing.
    """

    def __init__(self, declared: bool | None = None) -> None:
        self._declared = declared
        self._first: dict[bool, str] = {}

    def look_at(self, text: str, file: str, line: int, column: str) -> None:
        """Look at one time."""
        if len(self._first) < 2 and (shown := _shown_by(text)) is not None:
            self._first.setdefault(shown, f"{file} line {line}, column {column}: {text!r}")

    @property
    def day_first(self) -> bool | None:
        """Whether the day comes first; None when the file does not show it, or shows both.

        Raises UnusableFile where the file shows only the other order than the mapping says.
        """
        if self._declared is None:
            return next(iter(self._first)) if len(self._first) == 1 else None
        against = self._first.get(not self._declared)
        if against and self._declared not in self._first:
            said, other = ("day", "month") if self._declared else ("month", "day")
            raise UnusableFile(
                f"{against} has the {other} first, and the mapping says that the {said} comes first"
            )
        return self._declared

    @property
    def reason(self) -> str:
        """How days are read, and why, for people."""
        day_first = self.day_first
        if day_first is None:
            if self._first:
                both = " and ".join(self._first.values())
                return f"day or month first, where it can only be one of both: {both} show both"
            return order_in_words(None)
        shown = "the mapping says" if self._declared is not None else f"{self._first[day_first]} shows"
        return f"{order_in_words(day_first)}, as {shown}"
