-- One row per stream: a scope's standards of service, a store, a pay calendar, an associate, a heroic act.
CREATE TABLE {table} (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    state json NOT NULL,
    kind text NOT NULL,
    verified_on date
);

CREATE INDEX {name}_kind ON {table} (kind, verified_on);
