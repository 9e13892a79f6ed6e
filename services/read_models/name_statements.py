"""The statement on the names of associates and customers, and the data keys that they are read with."""

from typing import Final

from infra.vault import KEYS_JSON

#: One row: associates and customers by id (JSON objects; names encrypted), and the data keys. A customer has
#: the first form of address or name that the surviving record has, else those it has absorbed. Parameters:
#: associate_ids, customer_ids.
NAMES: Final = f"""
    WITH associate AS MATERIALIZED (
        SELECT key, state ->> 'name' AS name FROM projections.associate_directory
        WHERE key = ANY(%(associate_ids)s::text[])
    ), person AS MATERIALIZED (
        SELECT record.key AS asked, survivor.key, survivor.state
        FROM projections.customer_directory AS record
        JOIN projections.customer_directory AS survivor
        ON survivor.key = coalesce(record.merged_into, record.key)
        WHERE record.key = ANY(%(customer_ids)s::text[])
    ), record AS MATERIALIZED (
        SELECT asked, key, 0 AS n, coalesce(state ->> 'address_as', state ->> 'name') AS name FROM person
        UNION ALL
        SELECT person.asked, absorbed.key, listed.n,
            coalesce(absorbed.state ->> 'address_as', absorbed.state ->> 'name')
        FROM person
        CROSS JOIN LATERAL json_array_elements_text(person.state -> 'absorbed') WITH ORDINALITY
            AS listed (key, n)
        JOIN projections.customer_directory AS absorbed ON absorbed.key = listed.key
    ), customer AS MATERIALIZED (
        SELECT asked, (array_agg(name ORDER BY n) FILTER (WHERE name IS NOT NULL))[1] AS name
        FROM record GROUP BY asked
    )
    SELECT
        (SELECT json_object_agg(key, name ORDER BY key)::text FROM associate) AS associates,
        (SELECT json_object_agg(asked, name ORDER BY asked)::text FROM customer) AS customers,
        {KEYS_JSON.format(subjects="SELECT key FROM associate UNION ALL SELECT key FROM record")} AS keys
"""
