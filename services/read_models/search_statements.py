"""The statements on what customers are found by: finding them, and keeping the entries that are missing
(`vault.search_entries`).

An entry is of one record of a customer. It counts while the record is at the entry's position, in the same
context: form, master key and generation of the book. Whoever it finds may not match after all, but it misses
nobody.
"""

from typing import Final

from infra.vault import KEYS_JSON
from projections.clientele_book.fold import PROJECTION as BOOK
from projections.clientele_book.queries import Role, Sort, order_of, owned_by

#: Bits of an entry: some 8 % of them are set by a name, a mail address and a telephone number.
BITS: Final = 2048
#: Whoever changes what an entry is made of gives it another number.
FORM: Final = 1

_KEPT: Final = f"""
    WITH serving AS MATERIALIZED (
        SELECT position, revision, concat_ws(
            '|', '{FORM}', %(fingerprint)s::text, generation, extract(epoch FROM made_at)
        ) AS context
        FROM projections.generations WHERE name = '{BOOK.name}' AND status = 'active'
    ), sought AS MATERIALIZED (
        SELECT %(words)s::bit({BITS}) AS words, %(digits)s::bit({BITS}) AS digits
    ), kept AS MATERIALIZED (
        SELECT
            subject_id, entry.position,
            grams & (SELECT words FROM sought) = (SELECT words FROM sought)
            OR grams & (SELECT digits FROM sought) = (SELECT digits FROM sought) AS found
        FROM vault.search_entries AS entry
        WHERE associate_id = %(associate_id)s AND context = (SELECT context FROM serving)
    )
"""
#: Every record of everybody in a book, and which of them belong to one person.
_RECORDS: Final = """
    SELECT key, position, key AS person FROM projections.clientele_book
    WHERE primary_owner = %(associate_id)s AND merged_into IS NULL AND NOT related
    UNION ALL
    SELECT key, position, key FROM projections.clientele_book
    WHERE secondary_owners @> ARRAY[%(associate_id)s] AND NOT related
    AND primary_owner IS DISTINCT FROM %(associate_id)s
    UNION ALL
    SELECT record.key, record.position, person.key
    FROM (
        SELECT coalesce(merged_into, key) AS key FROM projections.clientele_book
        WHERE primary_owner = %(associate_id)s AND related
        UNION
        SELECT coalesce(merged_into, key) FROM projections.clientele_book
        WHERE secondary_owners @> ARRAY[%(associate_id)s] AND related
    ) AS person
    JOIN projections.clientele_book AS record
    ON record.key = person.key OR record.merged_into = person.key
"""
#: How many entries there are the planner cannot know: this is hashed whatever it thinks, a join would not be.
_IS_MISSING: Final = "NOT IN (SELECT subject_id, position FROM kept)"
#: Every record of everybody who may match, or did at `since`; of each also whether its entry is missing, and
#: the context to keep it with. Parameters: associate_id, fingerprint, words, digits, since.
FOUND_PAGES: Final = f"""{_KEPT}, entry AS MATERIALIZED (
        SELECT
            key, person, position > %(since)s AS moved, (key, position) {_IS_MISSING} AS missing,
            (key, position) IN (SELECT subject_id, position FROM kept WHERE found) AS found
        FROM ({_RECORDS}) AS record
    ), wanted AS MATERIALIZED (
        SELECT key, bool_or(moved OR missing OR found) OVER (PARTITION BY person) AS is_wanted FROM entry
    )
    SELECT
        key, position, state::text AS state, key IN (SELECT key FROM entry WHERE missing) AS missing,
        (SELECT context FROM serving) AS context
    FROM projections.clientele_book WHERE key = ANY(ARRAY(SELECT key FROM wanted WHERE is_wanted))
"""


def found_customers(role: Role, sort: Sort, *, descending: bool) -> str:
    """One row: a JSON array of who may match, each with `summary` and `contact_points`; how many they are,
    their data keys, the position, and a text that says in which state all entries were found to be there:
    given as `complete`, it spares the next statement to look, as long as neither book nor entries change.

    No array where whole pages have to be read, because somebody who may match has several records, or an
    entry is missing (then no text, either); nor of more than `found_max`.

    Parameters: associate_id, fingerprint, words, digits, complete, found_max.
    """
    order = order_of(sort, descending=descending)
    return f"""{_KEPT}, checked AS MATERIALIZED (
            SELECT state, CASE WHEN state = %(complete)s::text THEN true ELSE NOT EXISTS (
                SELECT FROM ({_RECORDS}) AS record WHERE (key, position) {_IS_MISSING}
            ) END AS is_complete
            FROM (
                SELECT concat_ws('|', context, revision, (SELECT sum(position) FROM kept)) AS state
                FROM serving
            ) AS now
        ), hit AS MATERIALIZED (
            SELECT key, related FROM projections.clientele_book
            WHERE key = ANY(ARRAY(SELECT subject_id FROM kept WHERE found)) AND (related OR {owned_by(role)})
        ), page AS MATERIALIZED (
            SELECT key FROM hit
            WHERE (SELECT is_complete FROM checked) AND NOT EXISTS (SELECT FROM hit WHERE related)
            AND (SELECT count(*) FROM hit) <= %(found_max)s
        )
        SELECT
            CASE WHEN EXISTS (SELECT FROM page) OR NOT EXISTS (SELECT FROM hit) THEN (
                SELECT coalesce(json_agg(json_build_object(
                    'summary', summary, 'contact_points', state -> 'contact_points'
                ) ORDER BY {order}, key)::text, '[]')
                FROM projections.clientele_book WHERE key = ANY(ARRAY(SELECT key FROM page))
            ) END AS found,
            (SELECT count(*) FROM hit) AS hits,
            {KEYS_JSON.format(subjects="SELECT key FROM page")} AS keys,
            (SELECT position FROM serving) AS position,
            (SELECT state FROM checked WHERE is_complete) AS complete
    """


#: Entries of whoever has left the book. Parameter: associate_id.
DROP: Final = """
    DELETE FROM vault.search_entries WHERE associate_id = %(associate_id)s AND NOT EXISTS (
        SELECT FROM projections.clientele_book WHERE key = subject_id
        AND (related OR primary_owner = %(associate_id)s OR secondary_owners @> ARRAY[%(associate_id)s])
    )
"""
#: Parameters: associate_id, context, entries (JSON), subjects. Who is being erased at this moment is waited
#: for, and nothing is kept of what was decrypted before.
KEEP: Final = f"""
    WITH readable AS MATERIALIZED (
        SELECT subject_id FROM vault.keys
        WHERE subject_id = ANY(%(subjects)s::text[]) AND wrapped_key IS NOT NULL
        ORDER BY subject_id FOR SHARE
    )
    INSERT INTO vault.search_entries (associate_id, context, subject_id, position, grams)
    SELECT %(associate_id)s, %(context)s, subject_id, position, grams
    FROM json_to_recordset(%(entries)s::json) AS entry (
        subject_id text, position bigint, grams bit({BITS}), decrypted boolean
    )
    WHERE NOT decrypted OR subject_id IN (SELECT subject_id FROM readable)
    ORDER BY subject_id
    ON CONFLICT (associate_id, subject_id) DO UPDATE SET position = excluded.position,
    context = excluded.context, grams = excluded.grams
"""
