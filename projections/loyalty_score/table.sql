-- One row per customer record: the records that a score as of any date is computed from. The score itself
-- changes by the hour and is not stored.
CREATE TABLE {table} (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    state json NOT NULL,
    merged_into text,
    first_sold_at timestamptz,
    last_sold_at timestamptz,
    sales integer NOT NULL
) WITH (fillfactor = 90, toast_tuple_target = 8160);

CREATE INDEX {name}_merged ON {table} (merged_into) WHERE merged_into IS NOT NULL;
