"""Local times as files write them, and the instants they name."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time, tzinfo

from domain.policies import EARLIEST

_NUMERIC = re.compile(
    r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})"
    r"(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:\s*([AP])M)?)?",
    re.IGNORECASE,
)
NOON = time(12)


class LocalTimes:
    """Reads times without an offset as local times of a zone; one with an offset is taken at its word.

    Year first in any form of ISO 8601; else day.month.year, and month/day/year, or day/month/year if
    `day_first`. `pattern` (as for strptime) overrides both. A date alone is noon. A time that the clocks skip
    in spring is read an hour later, as the clocks show it; one that they show twice in autumn is the first of
    both. With `now`, a time after it (or before 1900) is refused.
    """

    def __init__(
        self,
        zone: tzinfo,
        *,
        day_first: bool = False,
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
        try:
            local = datetime.fromisoformat(text)
            return datetime.combine(local, NOON) if len(text) <= 10 else local
        except ValueError:
            return self._numeric(text)

    def _numeric(self, text: str) -> datetime:
        found = _NUMERIC.fullmatch(text)
        if found is None:
            raise ValueError("is not a time")
        first, second, third = (int(found[place]) for place in (1, 3, 4))
        if len(found[1]) == 4:
            year, month, day = first, second, third
        else:
            day, month = (first, second) if self.day_first or found[2] == "." else (second, first)
            year = third if third > 99 else 2000 + third
        if found[5] is None:
            return datetime.combine(datetime(year, month, day), NOON)  # noqa: DTZ001 - likewise
        hour = int(found[5])
        if found[8] is not None:
            hour = hour % 12 + (12 if found[8] in "Pp" else 0)
        return datetime(year, month, day, hour, int(found[6]), int(found[7] or 0))  # noqa: DTZ001 - likewise


def _by_pattern(text: str, pattern: str) -> datetime:
    """A pattern of days also reads a time of day behind the day, as files with a column for it have."""
    days_alone = not any(directive in pattern for directive in ("%H", "%I", "%X", "%c"))
    for suffix in ("", " %H:%M", " %H:%M:%S") if days_alone else ("",):
        try:
            local = datetime.strptime(text, pattern + suffix)  # noqa: DTZ007 - the zone is set by the caller
        except ValueError:
            continue
        return datetime.combine(local, NOON) if days_alone and not suffix else local
    raise ValueError("is not a time of the form that the mapping says")


def days_come_first(texts: Iterable[str]) -> bool:
    """Whether 3/4/2011 is the third of April: read until a text can only be one of both.

    False when none can.
    """
    for text in texts:
        found = _NUMERIC.fullmatch(text.strip())
        if found is None or len(found[1]) == 4:
            continue
        if int(found[1]) > 12:
            return True
        if int(found[3]) > 12:
            return False
    return False
