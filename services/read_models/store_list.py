"""The stores of the house: those that were opened, and those where somebody works or last worked."""

from typing import Final

import msgspec

from domain.store.events import StoreOpened

#: A page of stores by id, and the departments in which somebody works: store_id, departments. Each store of
#: the directory, and each of its departments, is one step through an index. Parameters: after_store (''
#: begins), limit.
STORES: Final = """
    WITH RECURSIVE worked_in (store_id, n) AS (
        (
            SELECT store_id, 1 FROM projections.associate_directory
            WHERE store_id > %(after_store)s ORDER BY store_id LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT next.store_id FROM projections.associate_directory AS next
            WHERE next.store_id > worked_in.store_id ORDER BY next.store_id LIMIT 1
        ), n + 1
        FROM worked_in WHERE worked_in.store_id IS NOT NULL AND n < %(limit)s
    ), listed AS (
        SELECT store_id FROM worked_in WHERE store_id IS NOT NULL
        UNION (
            SELECT state ->> 'scope' FROM projections.service_context
            WHERE kind = 'store' AND state ->> 'scope' > %(after_store)s
            ORDER BY state ->> 'scope' LIMIT %(limit)s
        )
    ), page AS (
        SELECT store_id FROM listed ORDER BY store_id LIMIT %(limit)s
    )
    SELECT store_id, ARRAY(
        WITH RECURSIVE works_in (department) AS (
            (
                SELECT department FROM projections.associate_directory AS working
                WHERE working.store_id = page.store_id AND status = 'working' AND department IS NOT NULL
                ORDER BY department LIMIT 1
            )
            UNION ALL
            SELECT (
                SELECT next.department FROM projections.associate_directory AS next
                WHERE next.store_id = page.store_id AND next.status = 'working'
                AND next.department > works_in.department ORDER BY next.department LIMIT 1
            )
            FROM works_in WHERE works_in.department IS NOT NULL
        )
        SELECT department FROM works_in WHERE department IS NOT NULL
    ) AS departments
    FROM page ORDER BY store_id
"""


class StoreDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A store as it was opened; all but its id is null for one that was not. `departments`: where somebody
    works.
    """

    store_id: str
    name: str | None
    time_zone: str | None
    currency: str | None
    channel: str | None
    departments: list[str]


def store_document(store_id: str, departments: list[str], opened: StoreOpened | None) -> StoreDocument:
    """A row of STORES with what the log says of the store."""
    return StoreDocument(
        store_id=store_id,
        name=opened.name if opened else None,
        time_zone=opened.time_zone if opened else None,
        currency=opened.currency if opened else None,
        channel=opened.channel if opened else None,
        departments=departments,
    )
