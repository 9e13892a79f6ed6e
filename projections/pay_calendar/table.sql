-- One row per scope: `company`, or a store that keeps its own calendar.
CREATE TABLE {table} (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    state json NOT NULL,
    scope text,
    open_periods text[] NOT NULL,
    closed_periods text[] NOT NULL
);

CREATE INDEX {name}_scope ON {table} (scope);
