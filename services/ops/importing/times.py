"""Local times as files write them, and the instants they name."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time, tzinfo

_NUMERIC = re.compile(
    r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})"
    r"(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:\s*([AP])M)?)?",
    re.IGNORECASE,
)
NOON = time(12)


class LocalTimes:
    """Reads times without an offset as local times of a zone; one with an offset is taken at its word.

    Year first in any form of ISO 8601; else month/day/year, or day/month/year if `day_first`. `pattern` (as for strptime) overrides
    both. A date alone is noon. A time that the clocks skip in spring is read an hour later, as the clocks show it; one that
    they show twice in autumn is the first of both.
    """

    def __init__(self, zone: tzinfo, *, day_first: bool = False, pattern: str | None = None) -> None:
        self._zone = zone
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
            return local.astimezone(UTC)
        except OverflowError:
            raise ValueError("is a time out of this world") from None

    def _local(self, text: str) -> datetime:
        if self._pattern is not None:
            return datetime.strptime(text, self._pattern)  # noqa: DTZ007 - the zone is set by the caller
        try:
            local = datetime.fromisoformat(text)
            return datetime.combine(local, NOON) if len(text) <= 10 else local
        except ValueError:
            return self._numeric(text)

    def _numeric(self, text: str) -> datetime:
        found = _NUMERIC.fullmatch(text)
        if found is None:
            raise ValueError("is not a time")
        first, second, third = (int(found[place]) for place in (1, 2, 3))
        if len(found[1]) == 4:
            year, month, day = first, second, third
        else:
            day, month = (first, second) if self.day_first else (second, first)
            year = third if third > 99 else 2000 + third
        if found[4] is None:
            return datetime.combine(datetime(year, month, day), NOON)  # noqa: DTZ001 - likewise
        hour = int(found[4])
        if found[7] is not None:
            hour = hour % 12 + (12 if found[7] in "Pp" else 0)
        return datetime(year, month, day, hour, int(found[5]), int(found[6] or 0))  # noqa: DTZ001 - likewise


def days_come_first(texts: Iterable[str]) -> bool:
    """Whether 3/4/2011 is the third of April here: read on until a text can only be one of both. False when none can."""
    for text in texts:
        found = _NUMERIC.fullmatch(text.strip())
        if found is None or len(found[1]) == 4:
            continue
        if int(found[1]) > 12:
            return True
        if int(found[2]) > 12:
            return False
    return False
