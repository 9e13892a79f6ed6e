"""The statements on the blind index (`vault.blind_index_entries`): finding customers in the whole house, and
taking in what has changed in their directory.

Context: generation of the directory, and what tokens are made with (form, master key, region).
"""

from typing import Final

from infra.vault import KEYS_JSON
from projections.associate_directory.fold import PROJECTION as ASSOCIATES
from projections.customer_directory.fold import PROJECTION as DIRECTORY

#: So many entries are looked at before the index is: whoever has what nearly everybody has ("mrs") is found
#: among them, and the index, which reads all who have it before the first, is spared.
SAMPLE_ENTRIES: Final = 1_000
_INDEX: Final = f"""
    WITH serving AS MATERIALIZED (
        SELECT concat_ws(
            '|', %(made_with)s::text, generation, extract(epoch FROM made_at)
        ) AS context
        FROM projections.generations WHERE name = '{DIRECTORY.name}' AND status = 'active'
    ), reached AS MATERIALIZED (
        SELECT coalesce((
            SELECT change_no FROM vault.blind_index WHERE context = (SELECT context FROM serving)
        ), -1) AS change_no
    ), ending AS MATERIALIZED (
        SELECT coalesce((SELECT max(change_no) FROM projections.customer_directory), 0) AS change_no
    )
"""
#: One row: the records of whom was found and their data keys, as JSON; how many entries were found; the
#: associates who lead them (`store_id`, `name`); the position; the last change of the directory, and whether
#: the index has that of `required` (null: the last one).
#:
#: Parameters: made_with, alternatives (arrays of tokens as text: all of one), customer_ids, found_max,
#: required.
FOUND_CUSTOMERS: Final = f"""{_INDEX}, entry AS MATERIALIZED (
        SELECT DISTINCT one.entry FROM unnest(%(alternatives)s::text[]) AS sought, LATERAL (
            WITH sampled AS MATERIALIZED (
                SELECT entry FROM (
                    SELECT entry, tokens FROM vault.blind_index_entries LIMIT {SAMPLE_ENTRIES}
                ) AS first WHERE tokens @> sought::bigint[] LIMIT %(found_max)s
            )
            SELECT entry FROM sampled WHERE (SELECT count(*) FROM sampled) >= %(found_max)s
            UNION ALL (
                SELECT entry FROM vault.blind_index_entries
                WHERE tokens @> sought::bigint[] AND (SELECT count(*) FROM sampled) < %(found_max)s
                LIMIT %(found_max)s
            )
        ) AS one
    ), person AS MATERIALIZED (
        SELECT DISTINCT coalesce(merged_into, key) AS key FROM projections.customer_directory
        WHERE key = ANY(ARRAY(
            SELECT subject_id FROM vault.blind_index_subjects
            WHERE entry = ANY(ARRAY(SELECT entry FROM entry))
        ) || %(customer_ids)s::text[])
    ), record AS MATERIALIZED (
        SELECT key, state, state ->> 'primary_owner' AS owner FROM projections.customer_directory
        WHERE (key = ANY(ARRAY(SELECT key FROM person)) OR merged_into = ANY(ARRAY(SELECT key FROM person)))
        AND NOT EXISTS (SELECT FROM vault.keys WHERE subject_id = key AND wrapped_key IS NULL)
    )
    SELECT
        (SELECT json_agg(state ORDER BY key)::text FROM record) AS records,
        (SELECT count(*) FROM entry) AS entries,
        (SELECT json_object_agg(key, json_build_object('store_id', store_id, 'name', state ->> 'name'))::text
            FROM projections.associate_directory WHERE key IN (SELECT owner FROM record)) AS associates,
        {KEYS_JSON.format(subjects="SELECT key FROM record UNION ALL SELECT owner FROM record")} AS keys,
        (
            SELECT min(position) FROM projections.checkpoints
            WHERE serving AND projection IN ('{DIRECTORY.name}', '{ASSOCIATES.name}')
        ) AS position,
        (SELECT change_no FROM ending) AS ending,
        (SELECT change_no FROM reached)
            >= coalesce(%(required)s::bigint, (SELECT change_no FROM ending)) AS is_complete
"""
#: One row: what the index is to be after the next step (context; the last change), what it is (as stored),
#: and records that have changed, as JSON. Parameters: made_with, batch_max.
CHANGED_RECORDS: Final = f"""{_INDEX}
    SELECT
        (SELECT context FROM serving) AS context,
        (SELECT change_no FROM ending) AS ending,
        (SELECT change_no FROM reached) AS reached,
        (SELECT context FROM vault.blind_index) AS stored_context,
        (SELECT change_no FROM vault.blind_index) AS stored_change_no,
        (
            SELECT coalesce(json_agg(changed ORDER BY change_no)::text, '[]') FROM (
                SELECT
                    change_no, key AS subject_id, state,
                    md5(record.made_of || %(made_with)s::text) AS made_of
                FROM projections.customer_directory AS record
                LEFT JOIN vault.blind_index_subjects AS subject ON subject.subject_id = record.key
                WHERE change_no > (SELECT change_no FROM reached)
                AND subject.made_of IS DISTINCT FROM md5(record.made_of || %(made_with)s::text)
                ORDER BY change_no LIMIT %(batch_max)s
            ) AS changed
        ) AS changed
"""
#: Whether the index has taken in every change. Parameter: made_with.
IS_COMPLETE: Final = f"{_INDEX} SELECT (SELECT change_no FROM reached) >= (SELECT change_no FROM ending)"

BEGIN_INDEX: Final = (
    "INSERT INTO vault.blind_index (context, change_no) VALUES ('', -1) ON CONFLICT (only_row) DO NOTHING"
)
#: Holds everybody else up who would take changes in; what the index has by now.
LOCK_INDEX: Final = "SELECT context, change_no FROM vault.blind_index FOR UPDATE"
#: Parameters: entries (JSON), subjects. Who is being erased at this moment is waited for, and nothing is kept
#: of what was decrypted before.
KEEP_ENTRIES: Final = """
    WITH data_key AS MATERIALIZED (
        SELECT subject_id, wrapped_key IS NULL AS destroyed FROM vault.keys
        WHERE subject_id = ANY(%(subjects)s::text[]) ORDER BY subject_id FOR SHARE
    ), given AS MATERIALIZED (
        SELECT given.subject_id, made_of, tokens FROM json_to_recordset(%(entries)s::json) AS given (
            subject_id text, made_of text, tokens bigint[]
        ) LEFT JOIN data_key USING (subject_id)
        WHERE made_of IS NOT NULL AND destroyed IS NOT true
    ), kept AS (
        INSERT INTO vault.blind_index_subjects AS subject (subject_id, made_of)
        SELECT subject_id, made_of FROM given ORDER BY subject_id
        ON CONFLICT (subject_id) DO UPDATE SET made_of = excluded.made_of
        RETURNING subject.subject_id, subject.entry
    )
    INSERT INTO vault.blind_index_entries (entry, tokens)
    SELECT entry, tokens FROM kept JOIN given USING (subject_id) ORDER BY entry
    ON CONFLICT (entry) DO UPDATE SET tokens = excluded.tokens
"""
#: Entries of records that nothing is left of to be found by. Parameter: gone.
DROP_ENTRIES: Final = """
    WITH gone AS (
        DELETE FROM vault.blind_index_subjects WHERE subject_id = ANY(%(gone)s::text[]) RETURNING entry
    )
    DELETE FROM vault.blind_index_entries WHERE entry IN (SELECT entry FROM gone)
"""
#: Parameters: context, change_no.
ADVANCE_INDEX: Final = "UPDATE vault.blind_index SET context = %(context)s, change_no = %(change_no)s"
