-- One row per stream: a scope's standards of service, a store, a pay calendar, an associate, a heroic act.
-- `concerns`: the stores that an associate worked in; of an act its heroes, its store and who verified it.
CREATE TABLE {table} (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    state json NOT NULL,
    kind text NOT NULL,
    verified_on date,
    concerns text[]
);

CREATE INDEX {name}_kind ON {table} (kind, verified_on);
CREATE INDEX {name}_store ON {table} ((state ->> 'scope')) WHERE kind = 'store';
CREATE INDEX {name}_concerns ON {table} USING gin (concerns) WHERE concerns IS NOT NULL;
