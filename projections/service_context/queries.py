"""Queries of what service is measured against. Parameters are psycopg's named ones."""

from typing import Final

_ROWS: Final = "SELECT key, position, state::text AS state FROM projections.service_context "

#: The standards of every scope, and the clocks of stores and calendars.
STANDARDS_AND_CLOCKS: Final = _ROWS + "WHERE kind IN ('standards', 'store', 'calendar') ORDER BY key"

#: Everybody who works here or did.
EVERYBODY: Final = _ROWS + "WHERE kind = 'associate' ORDER BY key"

#: Some associates. Parameter: associate_ids.
ASSOCIATES: Final = _ROWS + "WHERE key = ANY(%(associate_ids)s::text[]) ORDER BY key"

#: Whoever works in a store or did. Parameter: store_id.
STAFF: Final = _ROWS + "WHERE kind = 'associate' AND concerns @> ARRAY[%(store_id)s::text] ORDER BY key"

_VERIFIED: Final = "WHERE kind = 'act' AND verified_on BETWEEN %(since)s AND %(until)s "

#: The acts that were verified on a day from `since` to `until`.
ACTS: Final = _ROWS + _VERIFIED + "ORDER BY key"

#: Those of them that some associates or stores are concerned with. Parameters: since, until, concerned (their
#: ids). OFFSET keeps them from being looked up among all acts of those days, which grow with the house.
ACTS_CONCERNING: Final = (
    "SELECT key, position, state::text AS state FROM ("
    "SELECT * FROM projections.service_context WHERE concerns && %(concerned)s::text[] OFFSET 0"
    f") AS concerning {_VERIFIED} ORDER BY key"
)
