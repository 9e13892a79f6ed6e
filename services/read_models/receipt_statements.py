"""The statements on one customer's receipts in the log."""

from typing import Final

#: Every record of a person: key. Parameter: customer_id (any of them).
RECORDS: Final = """
    WITH person AS (
        SELECT survivor.key, survivor.state FROM projections.customer_directory AS asked
        JOIN projections.customer_directory AS survivor
        ON survivor.key = coalesce(asked.merged_into, asked.key)
        WHERE asked.key = %(customer_id)s
    )
    SELECT key FROM person
    UNION SELECT json_array_elements_text(state -> 'absorbed') FROM person
"""

#: The sales and returns that some event calls these customers', the latest first: its id, when it was. The
#: index of a customer's events has them; each is dated by its first event. Parameters: customer_ids,
#: before_at and before_id (null: the latest), limit.
RECEIPTS: Final = """
    WITH named AS MATERIALIZED (
        SELECT DISTINCT originator_id FROM public.stored_events
        WHERE customer_id = ANY(%(customer_ids)s::text[])
        AND topic IN (
            'sale.recorded.v1', 'sale.customer_attached.v1', 'return.accepted.v1', 'return.matched.v1'
        )
    ), receipt AS (
        SELECT first.originator_id AS id,
            (convert_from(first.state, 'UTF8')::json->>'occurred_at')::timestamptz AS occurred_at
        FROM named JOIN public.stored_events AS first
        ON first.originator_id = named.originator_id AND first.originator_version = 1
    )
    SELECT id, occurred_at FROM receipt
    WHERE %(before_at)s::timestamptz IS NULL
    OR (occurred_at, id) < (%(before_at)s::timestamptz, %(before_id)s::text)
    ORDER BY occurred_at DESC, id DESC LIMIT %(limit)s
"""
