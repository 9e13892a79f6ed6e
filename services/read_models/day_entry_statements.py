"""The statements on what lists say today: listing, checking and keeping entries (`day_entries`)."""

from datetime import datetime
from typing import Any, Final

from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.clientele_book.fold import PROJECTION as BOOK
from projections.loyalty_score.fold import PROJECTION as LOYALTY
from projections.pay_calendar.fold import PROJECTION as CALENDARS
from projections.score_parameters.fold import PROJECTION as PARAMETERS

#: What entries are made of. What is said from them contains the log up to the one that is behind.
SOURCES: Final = tuple(one.name for one in (BOOK, LOYALTY, PARAMETERS, DIRECTORY, CALENDARS))
#: Whoever changes what an entry says, without changing a table, gives it another number.
FORM: Final = 2

#: Everything that entries are made of but the customers' own rows; `{stream}` is that of the store.
_CONTEXT: Final = f"""
    concat_ws(
        '|', '{FORM}',
        (
            SELECT string_agg(projection || ':' || generation, ',' ORDER BY projection)
            FROM projections.checkpoints WHERE serving AND projection = ANY(%(sources)s::text[])
        ),
        (SELECT coalesce(max(position), 0) FROM projections.score_parameters),
        coalesce((SELECT position FROM projections.associate_directory WHERE key = %(associate_id)s), 0),
        (SELECT coalesce(max(position), 0) FROM projections.pay_calendar),
        (
            SELECT coalesce(max(originator_version), 0) FROM public.stored_events
            WHERE originator_id = {{stream}}
        )
    )
"""
#: Parameters: sources, associate_id, store_stream.
CONTEXT: Final = f"SELECT {_CONTEXT.format(stream='%(store_stream)s')} AS context"

#: Every record of some persons, who are named by any of them. Parameter: customer_ids.
RECORDS: Final = """
    SELECT key, position, state::text FROM projections.clientele_book
    WHERE key = ANY(%(customer_ids)s::text[]) OR merged_into = ANY(%(customer_ids)s::text[])
"""

_ENTRIES: Final = f"""
    WITH today AS MATERIALIZED (
        SELECT
            store_stream, time_zone, context, {_CONTEXT.format(stream="store_stream")} = context AS holds
        FROM projections.day_contexts WHERE associate_id = %(associate_id)s
    ), candidate AS MATERIALIZED (
        SELECT key, position FROM projections.clientele_book
        WHERE primary_owner = %(associate_id)s AND merged_into IS NULL AND NOT related
        UNION
        SELECT person.key, (
            SELECT max(record.position) FROM projections.clientele_book AS record
            WHERE record.key = person.key OR record.merged_into = person.key
        )
        FROM (
            SELECT coalesce(merged_into, key) AS key FROM projections.clientele_book
            WHERE primary_owner = %(associate_id)s AND related
            UNION
            SELECT coalesce(merged_into, key) FROM projections.clientele_book
            WHERE secondary_owners @> ARRAY[%(associate_id)s]
            UNION
            SELECT coalesce(merged_into, key) FROM projections.clientele_book
            WHERE promised_by @> ARRAY[%(associate_id)s]
        ) AS person
    ), entry AS MATERIALIZED (
        SELECT
            candidate.key, candidate.position, score, net_spend_minor, is_primary, is_secondary, summary,
            call, since, until, customer_id IS NULL AS missing
        FROM candidate LEFT JOIN projections.day_entries ON associate_id = %(associate_id)s
        AND customer_id = candidate.key AND signature = candidate.position
        AND context = (SELECT context FROM today WHERE holds)
        AND since <= %(now)s AND %(now)s < until
        AND (
            promisers IS NULL OR working = ARRAY(
                SELECT key FROM projections.associate_directory
                WHERE key = ANY(promisers) AND status = 'working' ORDER BY key COLLATE "C"
            )
        )
    )
"""
#: Whose texts stand on a page: what a merged person's other records say is encrypted with keys of their own.
_SUBJECTS: Final = """
    SELECT key FROM page UNION ALL
    SELECT record.key FROM projections.clientele_book AS record JOIN page ON record.merged_into = page.key
"""
#: What is another one as soon as any of the tables that entries are checked against was written to.
#: `{stream}` is that of the store.
_REVISION: Final = """
    (
        SELECT string_agg(concat_ws(':', name, generation, revision), ',' ORDER BY name)
        FROM projections.generations WHERE status = 'active' AND name = ANY(%(sources)s::text[])
    ) || coalesce(
        (SELECT max(originator_version) FROM public.stored_events WHERE originator_id = {stream}), 0
    )
"""
_BESIDE: Final = f"""
    (SELECT store_stream FROM today) AS store_stream,
    (SELECT {_REVISION.format(stream="store_stream")} FROM today) AS revision,
    (SELECT min(until) FROM entry) AS until,
    ARRAY({_SUBJECTS}) AS subjects,
    (SELECT time_zone FROM today WHERE holds) AS time_zone,
    (SELECT coalesce(array_agg(key), '{{}}') FROM entry WHERE missing) AS missing,
    (SELECT count(*) FROM candidate) AS candidates,
    (
        SELECT min(position) FROM projections.checkpoints
        WHERE serving AND projection = ANY(%(sources)s::text[])
    ) AS position
"""


def calls_of_today(keys: str) -> str:
    """One row: the `total` of calls and the first of them as a JSON array; then the data keys of these
    customers (`keys` makes them of a subquery), the store's stream, the revision of all that, until when it
    holds, whose texts it shows, the time zone, whose entries are missing, how many customers there are to be
    asked about, and the position.

    Parameters: associate_id, now, limit, sources.
    """
    return f"""{_ENTRIES}, page AS MATERIALIZED (
            SELECT key, call, row_number() OVER (ORDER BY score DESC, net_spend_minor DESC, key) AS place
            FROM entry WHERE call IS NOT NULL ORDER BY place LIMIT %(limit)s
        )
        SELECT
            (SELECT count(*) FROM entry WHERE call IS NOT NULL) AS total,
            (SELECT '[' || coalesce(string_agg(call, ',' ORDER BY place), '') || ']' FROM page) AS calls,
            {keys.format(subjects=_SUBJECTS)} AS keys,
            {_BESIDE}
    """


_ROLE: Final = {"primary": "is_primary", "secondary": "is_secondary", "any": "(is_primary OR is_secondary)"}


def book_by_score(role: str, keys: str, *, descending: bool) -> str:
    """One row: the `total` of customers, the page's summaries as a JSON array, their scores as a JSON object,
    who is the last of them, and then the same as in `calls_of_today`.

    Parameters: associate_id, now, limit, offset, sources.
    """
    order = f"entry.score {'DESC' if descending else 'ASC'}, entry.key"
    return f"""{_ENTRIES}, listed AS MATERIALIZED (
            SELECT key, score, summary, row_number() OVER (ORDER BY {order}) AS place
            FROM entry WHERE {_ROLE[role]} ORDER BY place LIMIT %(limit)s OFFSET %(offset)s
        ), page AS MATERIALIZED (
            SELECT key, score, place, coalesce(listed.summary, book.summary::text) AS summary
            FROM listed JOIN projections.clientele_book AS book USING (key)
        )
        SELECT
            {_scored_page(role)},
            {keys.format(subjects=_SUBJECTS)} AS keys,
            {_BESIDE}
    """


def _scored_page(role: str) -> str:
    """How many customers there are in all, and those of `page` (key, score, place, summary) in its order."""
    return f"""(SELECT count(*) FROM entry WHERE {_ROLE[role]}) AS total,
            (SELECT '[' || coalesce(string_agg(summary, ',' ORDER BY place), '') || ']' FROM page)
                AS customers,
            (SELECT coalesce(json_object_agg(key, score ORDER BY place)::text, '{{}}') FROM page) AS scores,
            (SELECT key FROM page ORDER BY place DESC LIMIT 1) AS last"""


def book_by_score_after(role: str, keys: str, *, descending: bool) -> str:
    """One row: the same as in `book_by_score`, of the customers behind one of them in the order that the book
    had at an instant and a position; before what is in every answer also whether there is `more`, and
    `unknown`: whose score of then is needed; null where pages have to be read, because somebody has several
    records, or it is not known where the page before had ended.

    An entry that holds since then says what it said then. `then` is JSON, the scores of others by customer;
    null for who was not in the book.

    Parameters: associate_id, now, limit, sources, after, then, began_at, began_position.
    """
    behind, order = ("<", "DESC") if descending else (">", "ASC")
    return f"""{_ENTRIES}, told AS MATERIALIZED (
            SELECT key, value::integer AS score FROM json_each_text(%(then)s::json)
        ), stood AS MATERIALIZED (
            SELECT key, score, true AS stands FROM told WHERE score IS NOT NULL
            UNION ALL
            SELECT key, score, {_ROLE[role]} FROM entry
            WHERE since <= %(began_at)s AND position <= %(began_position)s
            AND key <> ALL(ARRAY(SELECT key FROM told))
        ), place AS MATERIALIZED (
            SELECT score FROM stood WHERE key = %(after)s
        ), behind AS MATERIALIZED (
            SELECT entry.key, entry.score, summary, row_number() OVER (
                ORDER BY stood.score {order}, entry.key
            ) AS place
            FROM stood JOIN entry USING (key), place
            WHERE {_ROLE[role]} AND stands AND (
                stood.score {behind} place.score OR stood.score = place.score AND entry.key > %(after)s
            )
            ORDER BY place LIMIT %(limit)s + 1
        ), page AS MATERIALIZED (
            SELECT key, score, place, coalesce(behind.summary, book.summary::text) AS summary
            FROM behind JOIN projections.clientele_book AS book USING (key) WHERE place <= %(limit)s
        ), unknown AS MATERIALIZED (
            SELECT key FROM entry
            WHERE {_ROLE[role]} AND (since > %(began_at)s OR position > %(began_position)s)
            UNION SELECT %(after)s WHERE NOT EXISTS (SELECT FROM stood WHERE key = %(after)s)
        )
        SELECT
            {_scored_page(role)},
            (SELECT count(*) > %(limit)s FROM behind) AS more,
            CASE WHEN NOT EXISTS (
                SELECT FROM projections.clientele_book WHERE related AND (
                    primary_owner = %(associate_id)s OR secondary_owners @> ARRAY[%(associate_id)s]
                )
            ) AND (%(after)s <> ALL(ARRAY(SELECT key FROM told WHERE score IS NULL))) THEN ARRAY(
                SELECT key FROM unknown WHERE key <> ALL(ARRAY(SELECT key FROM told))
            ) END AS unknown,
            {keys.format(subjects=_SUBJECTS)} AS keys,
            {_BESIDE}
    """


def revision(keys: str) -> str:
    """One row: the revision of what the answers of the other queries are made of, and the data keys of
    `subjects`.

    Parameters: sources, store_stream, subjects.
    """
    keys_of_subjects = keys.format(subjects="SELECT unnest(%(subjects)s::text[])")
    return (
        f"SELECT {_REVISION.format(stream='%(store_stream)s::text')} AS revision, {keys_of_subjects} AS keys"
    )


KEEP_CONTEXT: Final = """
    INSERT INTO projections.day_contexts (associate_id, store_stream, time_zone, context)
    VALUES (%(associate_id)s, %(store_stream)s, %(time_zone)s, %(context)s)
    ON CONFLICT (associate_id) DO UPDATE SET store_stream = excluded.store_stream,
    time_zone = excluded.time_zone, context = excluded.context
"""
#: Entries of a day that is over are of no use. Parameters: associate_id, now.
FORGET: Final = """
    DELETE FROM projections.day_entries
    WHERE associate_id = %(associate_id)s AND until < %(now)s::timestamptz - interval '1 day'
"""
#: Parameters: associate_id, context, since, entries (JSON of Entry).
KEEP: Final = """
    INSERT INTO projections.day_entries (
        associate_id, context, since, customer_id, signature, until, promisers, working, is_primary,
        is_secondary, score, net_spend_minor, summary, call
    )
    SELECT %(associate_id)s, %(context)s, %(since)s, entry.*
    FROM json_to_recordset(%(entries)s::json) AS entry (
        customer_id text, signature bigint, until timestamptz, promisers text[], working text[],
        is_primary boolean, is_secondary boolean, score integer, net_spend_minor bigint, summary text,
        call text
    )
    ORDER BY customer_id
    ON CONFLICT (associate_id, customer_id) DO UPDATE SET signature = excluded.signature,
    context = excluded.context, since = excluded.since, until = excluded.until,
    promisers = excluded.promisers, working = excluded.working, is_primary = excluded.is_primary,
    is_secondary = excluded.is_secondary, score = excluded.score, net_spend_minor = excluded.net_spend_minor,
    summary = excluded.summary, call = excluded.call
"""


def parameters_of_day(associate_id: str, now: datetime) -> dict[str, Any]:
    """What every statement on entries asks by."""
    return {"associate_id": associate_id, "now": now, "sources": list(SOURCES)}
