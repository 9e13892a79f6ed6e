-- One row per customer record: everything that service is measured by, and where a question looks for it.
-- `weeks` are the Mondays of weeks in which something began to be due, `concerns` whoever it was ever due
-- from and the stores they bought in; a `related` record was merged with others, into those of `survivors`,
-- and is read with them.
CREATE TABLE {table} (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    state json NOT NULL,
    weeks text[],
    concerns text[],
    survivors text[],
    related boolean NOT NULL,
    forgotten_at timestamptz
);

CREATE INDEX {name}_weeks ON {table} USING gin (weeks) WHERE weeks IS NOT NULL;
CREATE INDEX {name}_concerns ON {table} USING gin (concerns) WHERE concerns IS NOT NULL;
CREATE INDEX {name}_survivors ON {table} USING gin (survivors) WHERE survivors IS NOT NULL;
CREATE INDEX {name}_related ON {table} (key) WHERE related;
