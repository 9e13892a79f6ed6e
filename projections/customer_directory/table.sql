-- One row per customer record. `made_of` is a digest of what the record can be found by, encrypted as it is:
-- it tells whether that has changed. It is null where there is nothing.
CREATE TABLE {table} (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    state json NOT NULL,
    merged_into text,
    forgotten boolean NOT NULL,
    made_of text
) WITH (fillfactor = 90);

CREATE INDEX {name}_merged ON {table} (merged_into) WHERE merged_into IS NOT NULL;
