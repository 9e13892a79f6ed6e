"""Queries of the directory: the SQL, and how rows become documents. Parameters are psycopg's named ones."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from domain.messages import made_of
from domain.pay_period.commands import COMPANY
from projections.associate_directory.fold import AgreedPlan, Associate, Workplace

_ASSOCIATE: Final = "SELECT key, position, state::text AS state FROM projections.associate_directory "

#: One associate. Parameter: associate_id.
ASSOCIATE: Final = _ASSOCIATE + "WHERE key = %(associate_id)s"

#: Associates by their number in another system. Parameter: reference.
BY_REFERENCE: Final = _ASSOCIATE + "WHERE reference = %(reference)s ORDER BY key"


def directory(asked: Mapping[str, Any]) -> str:
    """The directory. Parameters: after_key (paging; '' begins), limit; store_id, status and made_up, of which
    the given ones ask for.
    """
    named = [name for name in ("store_id", "status", "made_up") if asked.get(name) is not None]
    conditions = " AND ".join(["key > %(after_key)s", *(f"{name} = %({name})s" for name in named)])
    return f"{_ASSOCIATE} WHERE {conditions} ORDER BY key LIMIT %(limit)s"


def on_the_payroll(scope: str) -> str:
    """Whom a pay run asks a statement for: everyone who ever worked in the scope's store (`company`:
    anywhere), leavers too, because goods come back after they left. Whether there is anything to state is
    decided by the command.

    Rows: key. Parameters: scope, after_key (paging; '' begins), limit.
    """
    in_store = "" if scope == COMPANY else "AND stores @> ARRAY[%(scope)s::text]"
    return f"""
        SELECT key FROM projections.associate_directory
        WHERE key > %(after_key)s {in_store} ORDER BY key LIMIT %(limit)s
    """


#: Where somebody works or last worked: store_id, department. Parameter: associate_id.
WORKPLACE: Final = (
    "SELECT store_id, department FROM projections.associate_directory WHERE key = %(associate_id)s"
)

#: Where some associates work or last worked: store_id. Parameter: associate_ids.
STORES_AMONG: Final = (
    "SELECT store_id FROM projections.associate_directory WHERE key = ANY(%(associate_ids)s)"
)

#: Every store that somebody works or worked in: store_id. Each is one step through an index, however many
#: work there.
STORES: Final = """
    WITH RECURSIVE worked_in (store_id) AS (
        (SELECT store_id FROM projections.associate_directory_workplaces ORDER BY store_id LIMIT 1)
        UNION ALL
        SELECT (
            SELECT next.store_id FROM projections.associate_directory_workplaces AS next
            WHERE next.store_id > worked_in.store_id ORDER BY next.store_id LIMIT 1
        )
        FROM worked_in WHERE worked_in.store_id IS NOT NULL
    )
    SELECT store_id FROM worked_in WHERE store_id IS NOT NULL
"""

#: Which of some stores somebody works or worked in: store_id. Parameter: store_ids.
KNOWN_STORES: Final = """
    SELECT asked.store_id FROM unnest(%(store_ids)s::text[]) AS asked (store_id) WHERE EXISTS (
        SELECT FROM projections.associate_directory_workplaces AS workplace
        WHERE workplace.store_id = asked.store_id
    )
"""

#: One row for somebody who was hired and has not said that they leave. Parameter: associate_id.
WORKS_HERE: Final = (
    "SELECT key FROM projections.associate_directory WHERE key = %(associate_id)s AND status = 'working'"
)

#: Which of some associates work here: key. Parameter: associate_ids.
WORKING_AMONG: Final = (
    "SELECT key FROM projections.associate_directory "
    "WHERE key = ANY(%(associate_ids)s) AND status = 'working'"
)

#: Everyone who works in a store: key, department. Parameter: store_id.
WORKING_IN_STORE: Final = """
    SELECT key, department FROM projections.associate_directory
    WHERE status = 'working' AND store_id = %(store_id)s ORDER BY key
"""

#: Everyone who works here: key.
WORKING: Final = "SELECT key FROM projections.associate_directory WHERE status = 'working' ORDER BY key"

#: Whose announced last day has begun: key, position, state. Parameter: now.
LEAVING: Final = _ASSOCIATE + "WHERE leaves_at <= %(now)s ORDER BY leaves_at, key"


class AssociateDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An associate as served; `name` is encrypted, and the edge decrypts it. `leaves_on` is an announced last
    day to come.

    `plan` is the one in force on the day asked for.
    """

    associate_id: str
    name: str | None
    reference: str | None
    status: str
    made_up: bool
    store_id: str | None
    department: str | None
    hired_on: date | None
    left_on: date | None
    leaves_on: date | None
    successors: tuple[str, ...]
    plan: AgreedPlan | None
    plans: list[AgreedPlan]
    postings: list[Workplace]


def associate_document(associate: Associate, on: date) -> AssociateDocument:
    """What the directory says about somebody on a day."""
    posting = associate.posting
    return made_of(
        AssociateDocument,
        associate,
        store_id=posting.store_id if posting else None,
        department=posting.department if posting else None,
        leaves_on=associate.leaving.left_on if associate.leaving else None,
        plan=associate.plan_on(on),
    )
