"""Queries of what service is measured against. Parameters are psycopg's named ones."""

from typing import Final

_ROWS: Final = "SELECT key, position, state::text AS state FROM projections.service_context "

#: The standards of every scope, and the clocks of stores and calendars.
STANDARDS_AND_CLOCKS: Final = _ROWS + "WHERE kind IN ('standards', 'store', 'calendar') ORDER BY key"

#: Everybody who works here or did.
EVERYBODY: Final = _ROWS + "WHERE kind = 'associate' ORDER BY key"

#: Some associates. Parameter: associate_ids.
ASSOCIATES: Final = _ROWS + "WHERE key = ANY(%(associate_ids)s::text[]) ORDER BY key"

#: The acts that were verified on a day from `since` to `until`.
ACTS: Final = _ROWS + ("WHERE kind = 'act' AND verified_on BETWEEN %(since)s AND %(until)s ORDER BY key")
