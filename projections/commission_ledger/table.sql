-- One row per commission account, and per return that goodwill was given for.
CREATE TABLE {table} (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    state json NOT NULL,
    associate_id text,
    currency text,
    balance_minor bigint NOT NULL,
    owed_minor bigint NOT NULL,
    in_deficit boolean NOT NULL,
    sold_without_hours text[] NOT NULL
) WITH (fillfactor = 90);

-- Deficits that build up, by associate.
CREATE INDEX {name}_in_deficit ON {table} (associate_id) WHERE in_deficit;

-- Whose hours may be missing: periods (and days that lie in none yet) with sales and no hours.
CREATE INDEX {name}_without_hours ON {table} (associate_id) WHERE cardinality(sold_without_hours) > 0;

-- What was moved from one account to another, only ever added; one row for all lines of an event that go the
-- same way. Readers see each line as two entries, what left the source and what reached the target
-- (queries.py).
CREATE TABLE {table}_postings (
    key text NOT NULL,
    position bigint NOT NULL,
    n integer NOT NULL,
    source text NOT NULL,
    target text NOT NULL,
    lines json NOT NULL,
    currency text NOT NULL,
    kind text NOT NULL,
    period_id text,
    sale_id text,
    return_id text,
    occurred_at timestamptz NOT NULL,
    waits_for date,
    document json,
    PRIMARY KEY (key, position, n)
);

-- Statements by period, associate and position; every other posting has no document.
CREATE INDEX {name}_statements ON {table}_postings (period_id, key) WHERE document IS NOT NULL;
CREATE INDEX {name}_statements_of ON {table}_postings (key, position) WHERE document IS NOT NULL;
CREATE INDEX {name}_statements_at ON {table}_postings (position) WHERE document IS NOT NULL;
