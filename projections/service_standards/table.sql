-- One row per customer record: everything that service is measured by, and where a question looks for it.
-- `weeks` are the Mondays of weeks in which something began to be due, `associates` whoever it was due from;
-- a `related` record was merged with others, and is read with them.
CREATE TABLE {table} (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    state json NOT NULL,
    weeks text[],
    associates text[],
    related boolean NOT NULL,
    forgotten_at timestamptz
);

CREATE INDEX {name}_weeks ON {table} USING gin (weeks) WHERE weeks IS NOT NULL;
CREATE INDEX {name}_related ON {table} (key) WHERE related;
CREATE INDEX {name}_forgotten ON {table} (key) WHERE forgotten_at IS NOT NULL;
