"""Operations that will be no more: announced by headers of every answer, and in the OpenAPI document.

A row of DEPRECATED marks an operation. It stays as it is until its sunset at least.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Final


@dataclass(frozen=True)
class DeprecatedOperation:
    """When it was announced, the day from which on it may be gone, and the path of what does it instead."""

    announced: date
    sunset: date
    successor: str

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What its answers say: `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link` (RFC 8288)."""
        gone = format_datetime(_midnight(self.sunset), usegmt=True)
        link = f'<{self.successor}>; rel="successor-version", </docs>; rel="deprecation"; type="text/html"'
        return [
            (b"deprecation", b"@%d" % _midnight(self.announced).timestamp()),
            (b"sunset", gone.encode()),
            (b"link", link.encode()),
        ]

    @property
    def sentence(self) -> str:
        """What people read of it."""
        return f"Deprecated since {self.announced}; gone after {self.sunset}. Use `{self.successor}`."


#: By the operation's name.
DEPRECATED: Final[dict[str, DeprecatedOperation]] = {}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)
