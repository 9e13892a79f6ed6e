"""Queries of the heroics wall: the SQL, and how rows become documents.

Parameters are psycopg's named ones.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec

from projections.heroics_wall.fold import PROJECTION, HeroicAct, Telling

_ACT: Final = """
    SELECT act.key, act.position, act.state::text AS state, (
        SELECT count(*) FROM projections.heroics_wall AS other WHERE other.duplicate_of = act.key
    ) AS duplicates
    FROM projections.heroics_wall AS act
"""

#: What the wall is asked by, each by a condition of its own: a statement that were to serve any of them would
#: be planned for none.
_ASKED_BY: Final = {
    "before_day": "(act.happened_on, act.key) < (%(before_day)s::date, %(before_key)s)",
    "store_id": "act.store_id = %(store_id)s",
    "kind": "act.kind = %(kind)s",
    "hero": "act.heroes @> ARRAY[%(hero)s::text]",
    "customer_id": "act.customer_id = %(customer_id)s",
}


def wall(asked: Mapping[str, Any]) -> str:
    """The wall: verified acts only, the latest first. Rows: key, position, state, duplicates (reports linked
    to this one).

    Parameters: those of `wall_parameters`, of which the given ones ask for.
    """
    conditions = [sql for name, sql in _ASKED_BY.items() if asked.get(name) is not None]
    return f"""{_ACT} WHERE {" AND ".join(["act.status = 'verified'", *conditions])}
        ORDER BY act.happened_on DESC, act.key DESC LIMIT %(limit)s
    """


#: One act, whatever became of it. Parameter: act_id.
ACT: Final = _ACT + "WHERE act.key = %(act_id)s"

#: The reports linked to one act. Parameter: act_id.
DUPLICATES: Final = _ACT + "WHERE act.duplicate_of = %(act_id)s ORDER BY act.position"


def waiting(store_id: str | None) -> str:
    """First reports that wait to be verified or rejected, the oldest first. Parameters: store_id (none: any),
    limit.
    """
    in_store = "" if store_id is None else f"AND {_ASKED_BY['store_id']}"
    return f"""{_ACT} WHERE act.status = 'reported' AND act.duplicate_of IS NULL {in_store}
        ORDER BY act.position LIMIT %(limit)s
    """


class ActDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An act as it is served; `story` and `reason` are encrypted, and the edge decrypts them."""

    act_id: str
    status: str | None
    heroes: tuple[str, ...]
    customer_id: str | None
    kind: str | None
    story: str | None
    happened_on: date | None
    reported_at: datetime | None
    store_id: str | None
    reporter: str | None
    reported_by: str | None
    cost_minor: int
    currency: str | None
    authorised_by: str | None
    sale_id: str | None
    return_id: str | None
    duplicate_of: str | None
    duplicates: int
    verified_at: datetime | None
    decided_by: str | None
    reason: str | None
    told: int
    tellings: list[Telling]


def act_document(act: HeroicAct, duplicates: int) -> ActDocument:
    """A row of the wall, ACT, DUPLICATES or of those that wait, as it is served, the latest telling first."""
    copied = {field: getattr(act, field) for field in HeroicAct.__struct_fields__ if field != "tellings"}
    return ActDocument(**copied, tellings=act.tellings[::-1], duplicates=duplicates)


def acts_of(rows: Iterable[tuple[str, int, str, int]]) -> list[ActDocument]:
    """Acts out of rows of (key, position, state, duplicates)."""
    return [act_document(PROJECTION.decode(state), duplicates) for _, _, state, duplicates in rows]


def wall_parameters(
    *,
    store_id: str | None = None,
    kind: str | None = None,
    hero: str | None = None,
    customer_id: str | None = None,
    before: tuple[date, str] | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """The parameters of the wall; `before` is (happened_on, act_id) of the last act that was read."""
    before_day, before_key = before or (None, None)
    return {
        "store_id": store_id,
        "kind": kind,
        "hero": hero,
        "customer_id": customer_id,
        "before_day": before_day,
        "before_key": before_key,
        "limit": limit,
    }
