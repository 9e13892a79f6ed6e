-- One row per report of a heroic act. The wall shows those with status 'verified'.
CREATE TABLE {table} (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    state json NOT NULL,
    status text NOT NULL,
    store_id text,
    happened_on date,
    kind text,
    heroes text[],
    customer_id text,
    duplicate_of text
);

-- The wall, the latest act first.
CREATE INDEX {name}_wall ON {table} (happened_on DESC, key DESC) WHERE status = 'verified';
CREATE INDEX {name}_store ON {table} (store_id, happened_on DESC, key DESC) WHERE status = 'verified';
CREATE INDEX {name}_waiting ON {table} (store_id, position)
    WHERE status = 'reported' AND duplicate_of IS NULL;
CREATE INDEX {name}_heroes ON {table} USING gin (heroes) WHERE heroes IS NOT NULL;
CREATE INDEX {name}_customer ON {table} (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX {name}_duplicates ON {table} (duplicate_of) WHERE duplicate_of IS NOT NULL;
