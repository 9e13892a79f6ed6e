"""The statements on a store's team."""

from typing import Final

#: Who works in a store, by id: associate_id, department, state of the directory, state of their account, and
#: their latest statements (JSON, the latest first). Parameters: store_id, after_key ('' begins), limit,
#: statements.
MEMBERS: Final = """
    SELECT member.key, member.department, member.state::text AS associate, account.state::text AS account, (
        SELECT json_agg(stated.document)::text FROM (
            SELECT document FROM projections.commission_ledger_postings AS posting
            WHERE posting.key = account.key AND document IS NOT NULL
            ORDER BY posting.position DESC LIMIT %(statements)s
        ) AS stated
    ) AS statements
    FROM (
        SELECT key, department, state FROM projections.associate_directory
        WHERE store_id = %(store_id)s AND status = 'working' AND key > %(after_key)s
        ORDER BY key LIMIT %(limit)s
    ) AS member
    LEFT JOIN projections.commission_ledger AS account ON account.key = 'acc_' || substr(member.key, 5)
    ORDER BY member.key
"""

#: Whose book is to be handed over, by id: associate_id, status (left; leaving, where a last day is
#: announced), state of the directory, how many customers they have, and the announcement (JSON). Parameters:
#: store_id, limit.
BOOKS: Final = """
    SELECT key, status, state, customers, announced FROM (
        SELECT leaver.key, CASE leaver.status WHEN 'left' THEN 'left' ELSE 'leaving' END AS status,
            leaver.state::text AS state, (
                SELECT count(*) FROM projections.clientele_book AS book
                WHERE book.primary_owner = leaver.key AND book.merged_into IS NULL
            ) AS customers,
            convert_from(announced.state, 'UTF8') AS announced
        FROM projections.associate_directory AS leaver
        LEFT JOIN public.stored_events AS announced
            ON announced.notification_id = (leaver.state -> 'leaving' ->> 'position')::bigint
        WHERE leaver.store_id = %(store_id)s AND (leaver.status = 'left' OR leaver.leaves_at IS NOT NULL)
    ) AS book
    WHERE customers > 0 ORDER BY key LIMIT %(limit)s
"""

#: The latest sales of a store with lines of nobody's, as far as their events say: sale_id. Parameters: tag,
#: sales_max.
UNATTRIBUTED_SALES: Final = """
    SELECT DISTINCT logged.originator_id FROM (
        SELECT position FROM public.event_tags WHERE tag = %(tag)s ORDER BY position DESC LIMIT %(sales_max)s
    ) AS tagged JOIN public.stored_events AS logged ON logged.notification_id = tagged.position
"""
